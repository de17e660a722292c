package publisher

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/nats-io/nats.go"
)

// A Message is one thing to tell the hub.
type Message struct {
	// Kind is the subject's token: contact, open-case, …
	Kind string
	// ID is unique within Source, and the same each time the message is sent.
	ID string
	// Source is the URI of the system that sends.
	Source string
	// Type is the full protobuf name of the payload, such as mash.intake.v1.Contact.
	Type string
	// Time is when the message was made.
	Time time.Time
	// ContentType is application/json for protobuf's JSON, application/protobuf for its binary form.
	ContentType string
	// Data is the payload. It must not change until the answer is there.
	Data []byte
}

// An Answer is the hub's last word on a message.
type Answer struct {
	// Kind is "receipt" (the message is on record) or "rejection" (it will not be, as it stands).
	Kind   string
	Header nats.Header
	// Data is mash.intake.v1.Receipt or Rejection, in the format its content-type header names.
	Data []byte
}

// Answers is the header that says which message an answer belongs to.
const Answers = "mash-answers"

// Kinds of answers.
const (
	KindReceipt   = "receipt"
	KindRejection = "rejection"
)

// check refuses what the server would not: a token that would break out of the subject, a control character in a header.
func (m Message) check() error {
	if !validToken(m.Kind) {
		return errors.New("kind is not lower-case letters, digits and inner hyphens")
	}
	if m.Time.IsZero() {
		return errors.New("time is missing")
	}
	for _, f := range []struct{ name, value string }{
		{"id", m.ID}, {"source", m.Source}, {"type", m.Type}, {"content type", m.ContentType},
	} {
		if f.value == "" {
			return fmt.Errorf("%s is missing", f.name)
		}
		if strings.ContainsFunc(f.value, unicode.IsControl) {
			return fmt.Errorf("%s holds a control character", f.name)
		}
	}
	return nil
}

func (m Message) header() nats.Header {
	return nats.Header{
		"ce-specversion":     {"1.0"},
		"ce-id":              {percentEncode(m.ID)},
		"ce-source":          {percentEncode(m.Source)},
		"ce-type":            {percentEncode(m.Type)},
		"ce-time":            {m.Time.UTC().Format(time.RFC3339Nano)},
		"ce-datacontenttype": {percentEncode(m.ContentType)},
		"content-type":       {m.ContentType},
	}
}

// key is the value of Answers on the message's answer.
func (m Message) key() string {
	escape := func(s string) string { return strings.ReplaceAll(percentEncode(s), "|", "%7C") }
	return escape(m.Source) + "|" + escape(m.ID)
}

// percentEncode escapes what CloudEvents wants escaped in headers: space, double quote, percent sign, and every byte
// outside printable ASCII.
func percentEncode(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c > '~' || c == '"' || c == '%' {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// validToken is the hub's rule for agencies and kinds. The client library does not check it.
func validToken(s string) bool {
	if s == "" || len(s) > 32 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
}
