package embedded

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// appendRequests are messages of every shape that clients send, and some others.
func appendRequests(t testing.TB) [][]byte {
	t.Helper()
	var out [][]byte
	add := func(m *streams.AppendReq) {
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	name := &shared.StreamIdentifier{StreamName: []byte("contact-1")}
	for _, o := range []*streams.AppendReq_Options{
		{}, {StreamIdentifier: name}, {StreamIdentifier: &shared.StreamIdentifier{}},
		{StreamIdentifier: name, ExpectedStreamRevision: &streams.AppendReq_Options_Revision{Revision: 1 << 40}},
		{StreamIdentifier: name, ExpectedStreamRevision: &streams.AppendReq_Options_Revision{}},
		{StreamIdentifier: name, ExpectedStreamRevision: &streams.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}},
		{StreamIdentifier: name, ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}}},
		{StreamIdentifier: name, ExpectedStreamRevision: &streams.AppendReq_Options_StreamExists{StreamExists: &shared.Empty{}}},
	} {
		add(&streams.AppendReq{Content: &streams.AppendReq_Options_{Options: o}})
	}
	id := &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{MostSignificantBits: -5, LeastSignificantBits: 7}}}
	half := &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{LeastSignificantBits: 7}}}
	text := &shared.UUID{Value: &shared.UUID_String_{String_: "4d36e96e-e325-11ce-bfc1-08002be10318"}}
	ordinary := map[string]string{"type": "t", "content-type": "application/json", "other": "ü"}
	for _, p := range []*streams.AppendReq_ProposedMessage{
		{}, {Id: id}, {Id: id, Metadata: map[string]string{"type": "t"}}, {Id: id, Metadata: map[string]string{"type": "t", "content-type": "text/plain"}},
		{Id: id, Metadata: ordinary, CustomMetadata: []byte(`{}`), Data: []byte("data")},
		{Id: half, Metadata: map[string]string{"type": "t", "content-type": contentBinary}, Data: []byte("data")},
		{Id: text, Metadata: ordinary}, {Id: &shared.UUID{}, Metadata: ordinary}, {Metadata: ordinary},
	} {
		add(&streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: p}})
	}
	field := func(n protowire.Number, v []byte) []byte { return appendBytes(nil, n, v) }
	last := out[len(out)-1]
	return append(out,
		nil, []byte{0x80}, field(2, field(2, field(1, []byte("type")))), field(2, field(2, append(field(1, []byte("type")), field(2, []byte{0xff})...))),
		append(last[:len(last):len(last)], last...), field(1, append(field(4, nil), field(1, field(3, []byte("late")))...)),
		field(2, append(field(4, []byte("a")), field(4, []byte("b"))...)), field(9, nil), field(1, field(1, field(3, []byte("s")))),
	)
}

// read is what becomes of a message as the first of an append and as a later one.
type readAs struct {
	Stream         string
	Want           int64
	Events         []event
	First, Another string
}

func interpret(m *appendMessage) readAs {
	var r readAs
	var first, another command
	if err := first.begin(m); err != nil {
		r.First = err.Error()
	} else {
		r.Stream, r.Want = first.stream, first.expected.number()
	}
	size := 0
	if err := another.propose(m, &size, 1<<20); err != nil {
		r.Another = err.Error()
	}
	r.Events = another.events
	return r
}

// checkRequest compares what is read by hand with what the generated code reads.
func checkRequest(t *testing.T, b []byte) {
	t.Helper()
	generic := appendMessage{generic: new(streams.AppendReq)}
	wantErr := proto.Unmarshal(b, generic.generic)
	var m appendMessage
	err := m.unmarshal(b)
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("%x: error %v, want %v", b, err, wantErr)
	}
	if err != nil {
		return
	}
	if diff := cmp.Diff(interpret(&generic), interpret(&m), cmp.AllowUnexported(event{}), cmp.Transformer("empty", emptyIsNil)); diff != "" {
		t.Fatalf("%x: generated code against ours: %s", b, diff)
	}
}

// emptyIsNil makes an empty value that was sent equal to one that was not.
func emptyIsNil(b []byte) string { return string(b) }

func TestAppendsAreReadAsTheGeneratedCodeReadsThem(t *testing.T) {
	byHand := 0
	for _, b := range appendRequests(t) {
		checkRequest(t, b)
		var m appendMessage
		if m.unmarshal(b) == nil && m.kind != otherMessage {
			byHand++
		}
	}
	if byHand < 10 {
		t.Errorf("%d messages were read by hand, want all that clients send", byHand)
	}
}

func FuzzAppendMessage(f *testing.F) {
	for _, b := range appendRequests(f) {
		f.Add(b)
	}
	f.Fuzz(checkRequest)
}

func TestAnAppendsAnswerIsTheGeneratedCodes(t *testing.T) {
	for _, out := range []outcome{{last: 0, pos: 1}, {last: 5, pos: 300}, {last: 1 << 40, pos: 1 << 50}} {
		var got streams.AppendResp
		if err := proto.Unmarshal(appendSuccess(nil, out), &got); err != nil {
			t.Fatal(err)
		}
		if want := successResponse(out); !proto.Equal(&got, want) {
			t.Errorf("got %v, want %v", &got, want)
		}
	}
}
