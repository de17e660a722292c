package embedded

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
)

func sampleRecord() record {
	return record{
		pos: 7, rev: 3, created: 17_723_448_000_000_000, id: [16]byte{0xfe, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
		json: true, stream: []byte("contact-1"), typ: []byte("T"), meta: []byte("{}"), data: []byte("data"),
	}
}

// The layout is a promise: these bytes must decode for ever.
func TestRecordLayoutIsWhatItWas(t *testing.T) {
	const want = "0101000900000001000000020000000400000000000000070000000000000003003ef761ce3c3000" +
		"fe0102030405060708090a0b0c0d0e0f636f6e746163742d31547b7d64617461"
	r := sampleRecord()
	b := make([]byte, r.size())
	r.encode(b)
	if got := hex.EncodeToString(b[:len(b)-recordTrailer]); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	back, err := decodeRecord(7, b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, back, cmp.AllowUnexported(record{})); diff != "" {
		t.Fatalf("decoded differs (-want +got):\n%s", diff)
	}
}

func TestRecordNoticesEveryFlippedBit(t *testing.T) {
	r := sampleRecord()
	b := make([]byte, r.size())
	r.encode(b)
	for bit := range 8 * len(b) {
		damaged := bytes.Clone(b)
		damaged[bit/8] ^= 1 << (bit % 8)
		if _, err := decodeRecord(7, damaged); err == nil {
			t.Fatalf("bit %d flipped and nothing was noticed", bit)
		}
	}
	for n := range b {
		if _, err := decodeRecord(7, b[:n]); err == nil {
			t.Fatalf("cut to %d bytes and nothing was noticed", n)
		}
	}
}

func TestRecordUnderAnotherPositionIsNoticed(t *testing.T) {
	r := sampleRecord()
	b := make([]byte, r.size())
	r.encode(b)
	if _, err := decodeRecord(8, b); err == nil {
		t.Fatal("a record was read at a position that is not its own")
	}
}

func wireEvent(r *record) *streams.ReadResp_ReadEvent_RecordedEvent {
	h := halves(r.id)
	return &streams.ReadResp_ReadEvent_RecordedEvent{
		Id: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
			MostSignificantBits: int64(h[0]), LeastSignificantBits: int64(h[1]),
		}}},
		StreamIdentifier: &shared.StreamIdentifier{StreamName: r.stream},
		StreamRevision:   r.rev, PreparePosition: r.pos, CommitPosition: r.pos,
		Metadata:       map[string]string{"type": string(r.typ), "content-type": contentType(r), "created": "17723448000000000"},
		CustomMetadata: r.meta, Data: r.data,
	}
}

// What is written by hand must be what the generated code reads.
func TestWireFormIsTheProtocols(t *testing.T) {
	event := sampleRecord()
	binary := sampleRecord()
	binary.json, binary.rev, binary.meta, binary.data = false, 0, nil, bytes.Repeat([]byte{0xff}, 70_000)
	link := sampleRecord()
	link.pos, link.rev, link.id = 1<<40, tombstoneRevision, [16]byte{15: 1}
	frames := []eventFrame{
		{event: &event, retries: -1}, {event: &binary, retries: -1},
		{event: &event, link: &link, retries: -1}, {link: &link, retries: -1},
	}
	for i, f := range frames {
		want := &streams.ReadResp_ReadEvent{
			Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: f.original().pos},
		}
		if f.event != nil {
			want.Event = wireEvent(f.event)
		}
		if f.link != nil {
			want.Link = wireEvent(f.link)
		}
		var got streams.ReadResp
		if err := proto.Unmarshal(f.append(nil), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.GetEvent(), protocmp.Transform()); diff != "" {
			t.Errorf("frame %d differs (-want +got):\n%s", i, diff)
		}
	}
}

func TestWireFormOfStringIDsRetriesAndCheckpoints(t *testing.T) {
	r := sampleRecord()
	f := eventFrame{event: &r, stringIDs: true, retries: 3}
	var got persistent.ReadResp
	if err := proto.Unmarshal(f.append(nil), &got); err != nil {
		t.Fatal(err)
	}
	if id := got.GetEvent().GetEvent().GetId().GetString_(); id != formatID(r.id) {
		t.Errorf("got id %q, want %q", id, formatID(r.id))
	}
	if n := got.GetEvent().GetRetryCount(); n != 3 {
		t.Errorf("got retry count %d, want 3", n)
	}
	var checkpoint streams.ReadResp
	if err := proto.Unmarshal(appendCheckpoint(nil, 300), &checkpoint); err != nil {
		t.Fatal(err)
	}
	if c := checkpoint.GetCheckpoint(); c.GetCommitPosition() != 300 || c.GetPreparePosition() != 300 {
		t.Errorf("got checkpoint %v, want 300", c)
	}
}
