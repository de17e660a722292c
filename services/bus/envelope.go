package bus

import (
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
)

// The headers of a message: CloudEvents 1.0, binary mode, as its NATS binding says (bindings/nats-protocol-binding.md).
const (
	HeaderSpecVersion     = "ce-specversion"
	HeaderID              = "ce-id"
	HeaderSource          = "ce-source"
	HeaderType            = "ce-type"
	HeaderTime            = "ce-time"
	HeaderDataContentType = "ce-datacontenttype"
	HeaderContentType     = "content-type"
)

// maxAttribute is the longest attribute in bytes, decoded: enough for any id or URI in use, and far too short to carry
// a document past the size limits of the payload's fields.
const maxAttribute = 512

// An Envelope is what a message says about itself in its headers. Source and ID together name it among its agency's.
type Envelope struct {
	// ID is unique within Source.
	ID string
	// Source is the URI of the system that sent the message.
	Source string
	// Type is the full protobuf name of the payload.
	Type string
	// Time is when the sender says the message was made. Nothing is decided by it.
	Time time.Time
	// ContentType is the payload's media type in normal form: lower case, parameters sorted.
	ContentType string
}

// Named reports whether the envelope says which message it belongs to.
func (e Envelope) Named() bool { return e.ID != "" && e.Source != "" }

// A HeaderError says which header of a message cannot be accepted and why. It never repeats the header's value, so it
// may be logged and sent back.
type HeaderError struct {
	Header  string
	Problem string
}

func (e *HeaderError) Error() string { return "header " + e.Header + " " + e.Problem }

// Header writes the envelope as headers. The payload's type goes into both ce-datacontenttype, where the binding has it,
// and content-type, where most senders and readers have it. The error is a *HeaderError.
func (e Envelope) Header() (nats.Header, error) {
	h := nats.Header{HeaderSpecVersion: {"1.0"}}
	for _, a := range []struct{ name, value string }{
		{HeaderID, e.ID}, {HeaderSource, e.Source}, {HeaderType, e.Type}, {HeaderDataContentType, e.ContentType},
	} {
		if err := checkAttribute(a.name, a.value); err != nil {
			return nil, err
		}
		h[a.name] = []string{percentEncode(a.value)}
	}
	if e.Time.IsZero() {
		return nil, &HeaderError{HeaderTime, "is missing"}
	}
	h[HeaderTime] = []string{e.Time.UTC().Format(time.RFC3339Nano)}
	h[HeaderContentType] = []string{e.ContentType}
	return h, nil
}

// DecodeEnvelope reads the envelope from a message's headers. Header names are compared without case, as senders differ;
// ce-specversion may be absent, as the type already says which version of what this is. The error is a *HeaderError about
// the first header at fault. Beside it stands what could be read, the rest empty: with its ID and Source the sender can be
// told which message was refused.
func DecodeEnvelope(h nats.Header) (Envelope, error) {
	values, first := singleValues(h)
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	if v, ok := values[HeaderSpecVersion]; ok && v != "1.0" {
		note(&HeaderError{HeaderSpecVersion, "is not 1.0"})
	}
	var e Envelope
	for _, a := range []struct {
		name string
		to   *string
	}{{HeaderID, &e.ID}, {HeaderSource, &e.Source}, {HeaderType, &e.Type}} {
		v, err := decodeAttribute(a.name, values[a.name])
		if err != nil {
			note(err)
			continue
		}
		*a.to = v
	}
	var err error
	if e.Time, err = decodeTime(values[HeaderTime]); err != nil {
		note(err)
	}
	if e.ContentType, err = decodeContentType(values); err != nil {
		note(err)
	}
	return e, first
}

// otherAttributes stands for the name of a ce- header that is none of ours. A sender can write anything into a name, and
// what is said of a header is logged and kept.
const otherAttributes = "ce-*"

// singleValues picks the headers that DecodeEnvelope reads. A header that is there twice, perhaps in two spellings, could
// be read one way here and another way elsewhere: it is left out, and is an error.
func singleValues(h nats.Header) (map[string]string, error) {
	values := make(map[string]string, 7)
	var twice []string
	for name, vs := range h {
		lower := strings.ToLower(name)
		if lower != HeaderContentType && !strings.HasPrefix(lower, "ce-") {
			continue
		}
		if _, there := values[lower]; there || len(vs) != 1 || slices.Contains(twice, lower) {
			twice = append(twice, lower)
			delete(values, lower)
			continue
		}
		values[lower] = vs[0]
	}
	if len(twice) == 0 {
		return values, nil
	}
	// The same one each time, though maps have no order; and one that the sender can find, if there is one.
	slices.Sort(twice)
	if i := slices.IndexFunc(twice, ours); i >= 0 {
		return values, &HeaderError{twice[i], "must be there exactly once"}
	}
	return values, &HeaderError{otherAttributes, "must be there exactly once"}
}

func ours(name string) bool {
	switch name {
	case HeaderSpecVersion, HeaderID, HeaderSource, HeaderType, HeaderTime, HeaderDataContentType, HeaderContentType:
		return true
	}
	return false
}

func decodeAttribute(name, encoded string) (string, error) {
	v, ok := percentDecode(encoded)
	if !ok {
		return "", &HeaderError{name, "has a malformed percent-encoding"}
	}
	return v, checkAttribute(name, v)
}

func checkAttribute(name, v string) error {
	switch {
	case v == "":
		return &HeaderError{name, "is missing"}
	case len(v) > maxAttribute:
		return &HeaderError{name, fmt.Sprintf("is longer than %d bytes", maxAttribute)}
	case !utf8.ValidString(v):
		return &HeaderError{name, "is not UTF-8"}
	case strings.ContainsFunc(v, unicode.IsControl):
		return &HeaderError{name, "holds a control character"}
	}
	return nil
}

func decodeTime(v string) (time.Time, error) {
	s, err := decodeAttribute(HeaderTime, v)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, &HeaderError{HeaderTime, "is not an RFC 3339 time such as 2026-03-02T09:30:00Z"}
	}
	return t, nil
}

// decodeContentType accepts the payload's type in either header, or in both when they agree.
func decodeContentType(values map[string]string) (string, error) {
	plain, hasPlain := values[HeaderContentType]
	attribute, hasAttribute := values[HeaderDataContentType]
	var found string
	if hasPlain {
		m, err := mediaType(HeaderContentType, plain)
		if err != nil {
			return "", err
		}
		// The binding's sign for structured mode, where the attributes are in the payload.
		if strings.HasPrefix(m, "application/cloudevents") {
			return "", &HeaderError{HeaderContentType, "says structured mode; only binary mode is accepted"}
		}
		found = m
	}
	if hasAttribute {
		decoded, err := decodeAttribute(HeaderDataContentType, attribute)
		if err != nil {
			return "", err
		}
		m, err := mediaType(HeaderDataContentType, decoded)
		if err != nil {
			return "", err
		}
		if hasPlain && m != found {
			return "", &HeaderError{HeaderContentType, "and " + HeaderDataContentType + " disagree"}
		}
		found = m
	}
	if found == "" {
		return "", &HeaderError{HeaderContentType, "is missing"}
	}
	return found, nil
}

func mediaType(header, v string) (string, error) {
	if err := checkAttribute(header, v); err != nil {
		return "", err
	}
	media, params, err := mime.ParseMediaType(v)
	if err != nil || !strings.Contains(media, "/") {
		return "", &HeaderError{header, "is not a media type"}
	}
	return mime.FormatMediaType(media, params), nil
}
