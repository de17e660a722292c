package publisher

import (
	"strings"
	"testing"
	"time"
)

func good() Message {
	return Message{
		Kind: "contact", ID: "1", Source: "urn:records", Type: "mash.intake.v1.Contact",
		Time: time.Date(2026, 3, 2, 9, 30, 0, 0, time.FixedZone("", 3600)), ContentType: "application/json", Data: []byte("{}"),
	}
}

func TestCheckNamesTheField(t *testing.T) {
	if err := good().check(); err != nil {
		t.Fatalf("a good message is refused: %v", err)
	}
	for _, tt := range []struct {
		want   string
		change func(*Message)
	}{
		{"kind", func(m *Message) { m.Kind = "contact.v1\r\nPUB mash.in.kent-health.contact.v1 0" }},
		{"kind", func(m *Message) { m.Kind = "*" }},
		{"kind", func(m *Message) { m.Kind = "" }},
		{"id", func(m *Message) { m.ID = "" }},
		{"id", func(m *Message) { m.ID = "1\r\nce-id: 2" }},
		{"source", func(m *Message) { m.Source = "a\x00b" }},
		{"type", func(m *Message) { m.Type = "" }},
		{"content type", func(m *Message) { m.ContentType = "\n" }},
		{"time", func(m *Message) { m.Time = time.Time{} }},
	} {
		m := good()
		tt.change(&m)
		if err := m.check(); err == nil || !strings.HasPrefix(err.Error(), tt.want+" ") {
			t.Errorf("check() of a message with a bad %s = %v", tt.want, err)
		}
	}
}

func TestKeyKeepsSourceAndIDApart(t *testing.T) {
	a, b := good(), good()
	a.Source, a.ID = "urn:a|b", "c"
	b.Source, b.ID = "urn:a", "b|c"
	if a.key() == b.key() {
		t.Errorf("two messages have the key %q", a.key())
	}
	a.Source, a.ID = "urn:größe", `50% "x"`
	if got, want := a.key(), "urn:gr%C3%B6%C3%9Fe|50%25%20%22x%22"; got != want {
		t.Errorf("key() = %q, want %q", got, want)
	}
}

func TestHeaderNeverSetsMsgID(t *testing.T) {
	h := good().header()
	for name := range h {
		if strings.EqualFold(name, "Nats-Msg-Id") {
			t.Error("Nats-Msg-Id is set: a message that is sent again would be dropped and get no receipt")
		}
	}
	if got, want := h.Get("ce-time"), "2026-03-02T08:30:00Z"; got != want {
		t.Errorf("ce-time = %q, want %q", got, want)
	}
}
