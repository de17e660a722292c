package bus

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"
)

func envelope() Envelope {
	return Envelope{
		ID: "4711", Source: "https://police.example/records", Type: "mash.intake.v1.Contact",
		Time: time.Date(2026, 3, 2, 9, 30, 0, 123, time.UTC), ContentType: "application/json",
	}
}

func headers(t *testing.T, e Envelope) nats.Header {
	t.Helper()
	h, err := e.Header()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestEnvelopeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[^\p{Cc}\x{FFFD}]{1,60}`)
		want := envelope()
		want.ID, want.Source, want.Type = text.Draw(t, "id"), text.Draw(t, "source"), text.Draw(t, "type")
		h, err := want.Header()
		if err != nil {
			t.Fatalf("Header() of %+v: %v", want, err)
		}
		for name, values := range h {
			for _, c := range []byte(values[0]) {
				if c < ' ' || c > '~' {
					t.Fatalf("header %s holds byte %#x unescaped", name, c)
				}
			}
		}
		got, err := DecodeEnvelope(h)
		if err != nil {
			t.Fatalf("DecodeEnvelope(%v): %v", h, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestEnvelopeOnTheWire(t *testing.T) {
	e := envelope()
	e.ID = `50% "größe"`
	want := nats.Header{
		"ce-specversion": {"1.0"}, "ce-id": {"50%25%20%22gr%C3%B6%C3%9Fe%22"}, "ce-source": {"https://police.example/records"},
		"ce-type": {"mash.intake.v1.Contact"}, "ce-time": {"2026-03-02T09:30:00.000000123Z"},
		"ce-datacontenttype": {"application/json"}, "content-type": {"application/json"},
	}
	if diff := cmp.Diff(want, headers(t, e)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEnvelopeRefusals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(nats.Header)
		header string
	}{
		{"no id", func(h nats.Header) { delete(h, HeaderID) }, HeaderID},
		{"no source", func(h nats.Header) { delete(h, HeaderSource) }, HeaderSource},
		{"no type", func(h nats.Header) { delete(h, HeaderType) }, HeaderType},
		{"no time", func(h nats.Header) { delete(h, HeaderTime) }, HeaderTime},
		{"time without zone", func(h nats.Header) { h[HeaderTime] = []string{"2026-03-02T09:30:00"} }, HeaderTime},
		{"29 February of another year", func(h nats.Header) { h[HeaderTime] = []string{"2026-02-29T09:30:00Z"} }, HeaderTime},
		{"encoded line break", func(h nats.Header) { h[HeaderID] = []string{"1%0D%0Ax"} }, HeaderID},
		{"C1 control", func(h nats.Header) { h[HeaderID] = []string{"1%C2%85x"} }, HeaderID},
		{"half an escape", func(h nats.Header) { h[HeaderSource] = []string{"urn:a%2"} }, HeaderSource},
		{"not hex", func(h nats.Header) { h[HeaderSource] = []string{"urn:a%zz"} }, HeaderSource},
		{"not UTF-8", func(h nats.Header) { h[HeaderSource] = []string{"urn:%FF"} }, HeaderSource},
		{"too long", func(h nats.Header) { h[HeaderID] = []string{strings.Repeat("x", 513)} }, HeaderID},
		{"two ids", func(h nats.Header) { h[HeaderID] = []string{"1", "2"} }, HeaderID},
		{"two spellings", func(h nats.Header) { h["CE-ID"] = []string{"2"} }, HeaderID},
		{"three spellings", func(h nats.Header) { h["CE-ID"], h["Ce-Id"] = []string{"2"}, []string{"3"} }, HeaderID},
		{"an attribute of the sender's twice", func(h nats.Header) { h["ce-sam-4711"] = []string{"1", "2"} }, "ce-*"},
		{"another version", func(h nats.Header) { h[HeaderSpecVersion] = []string{"0.3"} }, HeaderSpecVersion},
		{"no content type", func(h nats.Header) { delete(h, HeaderContentType); delete(h, HeaderDataContentType) }, HeaderContentType},
		{"content types disagree", func(h nats.Header) { h[HeaderContentType] = []string{"application/protobuf"} }, HeaderContentType},
		{"structured mode", func(h nats.Header) { h[HeaderContentType] = []string{"application/cloudevents+json"} }, HeaderContentType},
		{"no media type", func(h nats.Header) { h[HeaderContentType] = []string{"json"} }, HeaderContentType},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := headers(t, envelope())
			tt.change(h)
			_, err := DecodeEnvelope(h)
			var refusal *HeaderError
			if !errors.As(err, &refusal) || refusal.Header != tt.header {
				t.Errorf("DecodeEnvelope() = %v, want a refusal of %s", err, tt.header)
			}
			if err != nil && strings.Contains(err.Error(), "4711") {
				t.Errorf("the error repeats what was sent: %v", err)
			}
		})
	}
}

// A header at fault takes nothing from the others: id and source say which message is refused.
func TestWhatCanBeReadIsReadBesideTheError(t *testing.T) {
	whole := envelope()
	for _, tt := range []struct {
		name   string
		change func(nats.Header, *Envelope)
	}{
		{"no type", func(h nats.Header, e *Envelope) { delete(h, HeaderType); e.Type = "" }},
		{"no time", func(h nats.Header, e *Envelope) { delete(h, HeaderTime); e.Time = time.Time{} }},
		{"a time that is none", func(h nats.Header, e *Envelope) { h[HeaderTime] = []string{"soon"}; e.Time = time.Time{} }},
		{"another version", func(h nats.Header, _ *Envelope) { h[HeaderSpecVersion] = []string{"0.3"} }},
		{"a doubled attribute of the sender's", func(h nats.Header, _ *Envelope) { h["ce-x"] = []string{"1", "2"} }},
		{"a doubled time", func(h nats.Header, e *Envelope) { h["CE-Time"] = h[HeaderTime]; e.Time = time.Time{} }},
		{"structured mode", func(h nats.Header, e *Envelope) {
			h[HeaderContentType] = []string{"application/cloudevents+json"}
			e.ContentType = ""
		}},
		{"no id", func(h nats.Header, e *Envelope) { delete(h, HeaderID); e.ID = "" }},
		{"two ids", func(h nats.Header, e *Envelope) { h["CE-ID"] = []string{"2"}; e.ID = "" }},
		{"an id too long", func(h nats.Header, e *Envelope) { h[HeaderID] = []string{strings.Repeat("x", 513)}; e.ID = "" }},
		{"half an escape in the source", func(h nats.Header, e *Envelope) { h[HeaderSource] = []string{"urn:a%2"}; e.Source = "" }},
		{"nothing but an id", func(h nats.Header, e *Envelope) {
			maps.DeleteFunc(h, func(name string, _ []string) bool { return name != HeaderID })
			*e = Envelope{ID: e.ID}
		}},
	} {
		h, want := headers(t, whole), whole
		tt.change(h, &want)
		got, err := DecodeEnvelope(h)
		if err == nil {
			t.Errorf("%s: accepted", tt.name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestEnvelopeContentTypeInEitherHeader(t *testing.T) {
	for _, tt := range []struct{ plain, attribute, want string }{
		{"application/json", "", "application/json"},
		{"", "application/json", "application/json"},
		{"Application/JSON; charset=UTF-8", "application/json;%20charset=UTF-8", "application/json; charset=UTF-8"},
	} {
		h := headers(t, envelope())
		maps.DeleteFunc(h, func(name string, _ []string) bool { return strings.Contains(name, "content") })
		if tt.plain != "" {
			h["Content-Type"] = []string{tt.plain}
		}
		if tt.attribute != "" {
			h[HeaderDataContentType] = []string{tt.attribute}
		}
		if e, err := DecodeEnvelope(h); err != nil || e.ContentType != tt.want {
			t.Errorf("content-type %q, ce-datacontenttype %q: %q, %v; want %q", tt.plain, tt.attribute, e.ContentType, err, tt.want)
		}
	}
}

func TestHeaderRefusesControlCharacters(t *testing.T) {
	e := envelope()
	e.Source = "urn:x\r\nNats-Rollup: all"
	var refusal *HeaderError
	if _, err := e.Header(); !errors.As(err, &refusal) || refusal.Header != HeaderSource {
		t.Errorf("Header() = %v, want a refusal of ce-source", err)
	}
}

func TestTokensAndSubjects(t *testing.T) {
	for _, bad := range []string{"", ".", "a.b", "*", ">", "a b", "A", "a\r\nPUB x 0", "a\x00", "é", "-a", strings.Repeat("a", 33)} {
		if ValidToken(bad) {
			t.Errorf("ValidToken(%q) = true", bad)
		}
	}
	if agency, kind, err := ParseInSubject(InSubject(police, "open-case")); err != nil || agency != police || kind != "open-case" {
		t.Errorf("ParseInSubject() = %q, %q, %v", agency, kind, err)
	}
	for _, bad := range []string{"", "mash.in.kent-police.contact", "mash.out.kent-police.contact.v1", "mash.in.kent-police.contact.v2",
		"mash.in.Kent.contact.v1", "mash.in.kent-police..v1", "mash.in.kent-police.a.b.v1", "mash.in.kent-police.Kontakt.v1"} {
		if agency, kind, err := ParseInSubject(bad); err == nil {
			t.Errorf("ParseInSubject(%q) = %q, %q, want an error", bad, agency, kind)
		}
	}
}

func FuzzDecodeEnvelope(f *testing.F) {
	f.Add("4711", "urn:a", "2026-03-02T09:30:00Z", "application/json")
	f.Add("%", "%0", "%0A", ";")
	f.Fuzz(func(t *testing.T, id, source, when, contentType string) {
		e, err := DecodeEnvelope(nats.Header{
			HeaderID: {id}, HeaderSource: {source}, HeaderType: {"t"}, HeaderTime: {when}, HeaderContentType: {contentType},
		})
		if err != nil {
			return
		}
		// What was accepted can be written again and means the same.
		h, err := e.Header()
		if err != nil {
			t.Fatalf("Header() of %+v: %v", e, err)
		}
		again, err := DecodeEnvelope(h)
		if err != nil || again.ID != e.ID || again.Source != e.Source || !again.Time.Equal(e.Time) || again.ContentType != e.ContentType {
			t.Fatalf("decoded again: %+v, %v; want %+v", again, err, e)
		}
	})
}
