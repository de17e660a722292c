package hub_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/hubtest"
)

// rawSender is an agency's system that writes its headers itself, and gets them wrong.
type rawSender struct {
	*nats.Conn
	receipts jetstream.Consumer
}

func newRawSender(t *testing.T, h *hubtest.Hub, agency string) *rawSender {
	t.Helper()
	key, err := nats.NkeyOptionFromSeed(filepath.Join(h.Config.Data, "creds", "agencies", agency+".nk"))
	if err != nil {
		t.Fatal(err)
	}
	s := &rawSender{}
	if s.Conn, err = nats.Connect(h.Addresses().NATS, key, nats.CustomInboxPrefix("_INBOX."+agency)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	js, err := jetstream.New(s.Conn)
	if err != nil {
		t.Fatal(err)
	}
	if s.receipts, err = js.Consumer(h.Context(), "RECEIPT", "receipts"); err != nil {
		t.Fatal(err)
	}
	return s
}

// send publishes and gives the hub's next answer.
func (s *rawSender) send(t *testing.T, subject string, header nats.Header, data []byte) publisher.Answer {
	t.Helper()
	if err := s.PublishMsg(&nats.Msg{Subject: subject, Header: header, Data: data}); err != nil {
		t.Fatal(err)
	}
	return s.next(t)
}

// next gives the hub's next answer, to whatever message.
func (s *rawSender) next(t *testing.T) publisher.Answer {
	t.Helper()
	msg, err := s.receipts.Next(jetstream.FetchMaxWait(hubtest.Patience))
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	if err := msg.Ack(); err != nil {
		t.Fatal(err)
	}
	return publisher.Answer{Kind: strings.Split(msg.Subject(), ".")[3], Header: msg.Headers(), Data: msg.Data()}
}

const partnerSystem = "https://partner.example/system"

func goodHeader(id string) nats.Header {
	return nats.Header{
		"ce-specversion": {"1.0"}, "ce-id": {id}, "ce-source": {partnerSystem}, "ce-type": {"mash.intake.v1.Contact"},
		"ce-time": {"2026-03-02T10:00:00Z"}, "content-type": {"application/json"},
	}
}

// Whatever is wrong with a message's other headers or its subject, its sender is told which message was rejected, and why.
func TestABadHeaderIsRejectedToTheMessageItIsOn(t *testing.T) {
	h := hubtest.Start(t)
	police := newRawSender(t, h, "kent-police")
	payload, err := protojson.Marshal(contact("kent-police"))
	if err != nil {
		t.Fatal(err)
	}
	const subject = "mash.in.kent-police.contact.v1"
	for _, bad := range []struct {
		name, subject string
		change        func(nats.Header)
		reason, field string
	}{
		{"a time that is none", subject, func(h nats.Header) { h["ce-time"] = []string{"last Tuesday"} }, "INVALID_HEADER", "ce-time"},
		{"no time", subject, func(h nats.Header) { delete(h, "ce-time") }, "INVALID_HEADER", "ce-time"},
		{"no type", subject, func(h nats.Header) { delete(h, "ce-type") }, "INVALID_HEADER", "ce-type"},
		{"another type", subject, func(h nats.Header) { h["ce-type"] = []string{"mash.intake.v1.Gossip"} }, "WRONG_TYPE", "ce-type"},
		{"no content type", subject, func(h nats.Header) { delete(h, "content-type") }, "INVALID_HEADER", "content-type"},
		{"an attribute of its own twice", subject, func(h nats.Header) { h["ce-Sam"] = []string{"1", "2"} }, "INVALID_HEADER", "ce-*"},
		{"an attribute of its own in two spellings", subject, func(h nats.Header) { h["ce-sam"], h["CE-Sam"] = []string{"1"}, []string{"2"} }, "INVALID_HEADER", "ce-*"},
		{"an earlier version", subject, func(h nats.Header) { h["ce-specversion"] = []string{"0.3"} }, "INVALID_HEADER", "ce-specversion"},
		{"structured mode", subject, func(h nats.Header) { h["content-type"] = []string{"application/cloudevents+json"} }, "INVALID_HEADER", "content-type"},
		{"a subject that is none of the hub's", "mash.in.kent-police.Kontakt.v1", func(nats.Header) {}, "UNKNOWN_SUBJECT", "subject"},
		{"such a subject and a bad header", "mash.in.kent-police.Kontakt.v1", func(h nats.Header) { delete(h, "ce-time") }, "UNKNOWN_SUBJECT", "subject"},
	} {
		t.Run(bad.name, func(t *testing.T) {
			id := strings.ReplaceAll(bad.name, " ", "-")
			header := goodHeader(id)
			bad.change(header)
			answer := police.send(t, bad.subject, header, payload)
			r := rejected(t, answer)
			if got, want := answer.Header.Get(publisher.Answers), partnerSystem+"|"+id; got != want {
				t.Errorf("it answers %q, want %q", got, want)
			}
			if r.GetMessageId() != id || r.GetMessageSource() != partnerSystem || r.GetReason() != bad.reason {
				t.Errorf("rejection = %v, want %s of this message", r, bad.reason)
			}
			if len(r.GetViolations()) != 1 || r.GetViolations()[0].GetField() != bad.field {
				t.Errorf("violations = %v, want one of %s", r.GetViolations(), bad.field)
			}
			if strings.Contains(strings.ToLower(r.String()), "sam") || strings.Contains(r.String(), "Tuesday") {
				t.Errorf("rejection = %v repeats what was sent", r)
			}
			q := quarantined(t, h, r.GetQuarantineId()).GetQuarantined()
			if q.GetMessageId() != id || q.GetMessageSource() != partnerSystem {
				t.Errorf("on record it is %q of %q", q.GetMessageId(), q.GetMessageSource())
			}
			accepted(t, police.send(t, subject, goodHeader("good-after-"+id), payload))
		})
	}
	// Without a usable id it is nobody's in particular, and is rejected all the same.
	header := goodHeader("m-1")
	header["CE-ID"] = []string{"m-2"}
	answer := police.send(t, subject, header, payload)
	if r := rejected(t, answer); r.GetMessageId() != "" || answer.Header.Get(publisher.Answers) != "" || r.GetMessageSource() != partnerSystem {
		t.Errorf("two ids: %v, %v; want neither to be answered", r, answer.Header)
	}
}
