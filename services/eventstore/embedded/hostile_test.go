package embedded

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// rawCodec sends bytes as they are, whatever they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }
func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}
func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

var _ encoding.CodecV2 = rawCodec{}

const persistentPath = "/event_store.client.persistent_subscriptions.PersistentSubscriptions/"

// rawMethods are all calls that take anything from outside.
var rawMethods = []string{
	"/event_store.client.streams.Streams/Read", "/event_store.client.streams.Streams/Append",
	"/event_store.client.streams.Streams/Delete", "/event_store.client.streams.Streams/Tombstone",
	"/event_store.client.streams.Streams/BatchAppend",
	"/event_store.client.server_features.ServerFeatures/GetSupportedMethods", "/event_store.client.gossip.Gossip/Read",
	persistentPath + "Create", persistentPath + "Update", persistentPath + "Delete", persistentPath + "Read",
	persistentPath + "GetInfo", persistentPath + "ReplayParked", persistentPath + "List", persistentPath + "RestartSubsystem",
	"/no.such.Service/Call",
}

func takesMany(method string) bool {
	return strings.HasSuffix(method, "Append") || method == persistentPath+"Read"
}

// hurl sends messages to a method and returns the status of the first answer.
func hurl(conn *grpc.ClientConn, method string, messages ...[]byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	desc := &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}
	call, err := conn.NewStream(ctx, desc, method, grpc.ForceCodecV2(rawCodec{}))
	if err != nil {
		return err
	}
	if !takesMany(method) {
		messages = messages[:1] // more would be refused by gRPC and not by us
	}
	for _, m := range messages {
		if err := call.SendMsg(m); err != nil {
			break // the status comes from RecvMsg
		}
	}
	if err := call.CloseSend(); err != nil {
		return err
	}
	var answer []byte
	return call.RecvMsg(&answer)
}

// acceptable statuses: the server understood that the request is bad, or took
// it. Internal would be a panic or a broken answer, Unavailable a server gone.
func acceptable(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.Unknown:
		return errors.Is(err, io.EOF)
	case codes.Internal:
		// gRPC's own words for bytes that are not the message.
		return strings.Contains(err.Error(), "unmarshal")
	case codes.DeadlineExceeded:
		return false
	}
	return true
}

// seeds are good messages, from which bad ones are made.
func seeds(t testing.TB) [][]byte {
	t.Helper()
	empty := &shared.Empty{}
	id := &shared.StreamIdentifier{StreamName: []byte("hostile")}
	all := []proto.Message{
		&streams.AppendReq{Content: &streams.AppendReq_Options_{Options: &streams.AppendReq_Options{
			StreamIdentifier: id, ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: empty},
		}}},
		&streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: &streams.AppendReq_ProposedMessage{
			Id:       &shared.UUID{Value: &shared.UUID_String_{String_: "6a9e9f0e-8a80-4f0e-9b0e-2b1f2a2f7d10"}},
			Metadata: map[string]string{"type": "t", "content-type": contentJSON}, Data: []byte("{}"),
		}}},
		&streams.ReadReq{Options: &streams.ReadReq_Options{
			StreamOption: &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
				StreamIdentifier: id, RevisionOption: &streams.ReadReq_Options_StreamOptions_Revision{Revision: 1 << 63},
			}},
			CountOption: &streams.ReadReq_Options_Count{Count: 3}, ResolveLinks: true,
			UuidOption: &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_Structured{Structured: empty}},
		}},
		&streams.ReadReq{Options: &streams.ReadReq_Options{
			StreamOption: &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
				AllOption: &streams.ReadReq_Options_AllOptions_Position{Position: &streams.ReadReq_Options_Position{CommitPosition: 1<<64 - 1}},
			}},
			CountOption: &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}},
			FilterOption: &streams.ReadReq_Options_Filter{Filter: &streams.ReadReq_Options_FilterOptions{
				Filter: &streams.ReadReq_Options_FilterOptions_EventType{EventType: &streams.ReadReq_Options_FilterOptions_Expression{Regex: "^(a|b)*$"}},
				Window: &streams.ReadReq_Options_FilterOptions_Max{Max: 1<<32 - 1}, CheckpointIntervalMultiplier: 1<<32 - 1,
			}},
			UuidOption: &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_Structured{Structured: empty}},
		}},
		&streams.DeleteReq{Options: &streams.DeleteReq_Options{
			StreamIdentifier: id, ExpectedStreamRevision: &streams.DeleteReq_Options_Revision{Revision: 1<<64 - 1},
		}},
	}
	out := [][]byte{nil, []byte("\xff\xff\xff"), make([]byte, 100_000)}
	for _, m := range all {
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

func TestHostileMessagesGetAStatusAndTheServerGoesOn(t *testing.T) {
	s := startStore(t, Options{})
	conn := s.dial(t)
	good := seeds(t)
	rng := rand.New(rand.NewPCG(31, 32))
	for range 4000 {
		var messages [][]byte
		for range 1 + rng.IntN(3) {
			messages = append(messages, mutate(rng, good[rng.IntN(len(good))]))
		}
		method := rawMethods[rng.IntN(len(rawMethods))]
		if err := hurl(conn, method, messages...); !acceptable(err) {
			t.Fatalf("%s with %x: %v", method, messages, err)
		}
	}
	mustAppend(t, s.client(t), "after", esdb.NoStream{}, sampleEvents(1)...)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if report, err := Verify(s.store.opts.Dir, VerifyOptions{}); err != nil || report.Bad != nil {
		t.Fatalf("verify: %+v, %v", report, err)
	}
}

// mutate changes a few bytes, cuts, or joins.
func mutate(rng *rand.Rand, b []byte) []byte {
	out := append([]byte(nil), b...)
	for range rng.IntN(4) {
		if len(out) == 0 {
			break
		}
		switch at := rng.IntN(len(out)); rng.IntN(3) {
		case 0:
			out[at] = byte(rng.Uint32())
		case 1:
			out = out[:at]
		case 2:
			out = append(out[:at:at], append([]byte{byte(rng.Uint32())}, out[at:]...)...)
		}
	}
	return out
}

func FuzzServer(f *testing.F) {
	s := startStore(f, Options{})
	conn := s.dial(f)
	for i := range rawMethods {
		for _, b := range seeds(f) {
			f.Add(i, b, b)
		}
	}
	f.Fuzz(func(t *testing.T, method int, first, second []byte) {
		name := rawMethods[uint(method)%uint(len(rawMethods))]
		if err := hurl(conn, name, first, second); !acceptable(err) {
			t.Fatalf("%s: %v", name, err)
		}
	})
}

func TestStreamNamesAtTheirLimits(t *testing.T) {
	s := startStore(t, Options{})
	c := s.client(t)
	longest := strings.Repeat("x", maxStreamName)
	for _, name := range []string{longest, metaStreamOf(longest), "a", "$$a", "$system", "contact 1/ü", "日本", "x\xff"} {
		_, err := c.AppendToStream(context.Background(), name, esdb.AppendToStreamOptions{}, sampleEvents(1)...)
		if good := name != "x\xff"; (err == nil) != good {
			t.Errorf("stream name of %d bytes %.20q: got %v", len(name), name, err)
		}
	}
	for _, name := range []string{longest + "x", metaStreamOf(longest + "x"), "", "$$", "$all", "a\x00b", "a\nb", "a\x7fb"} {
		if _, err := c.AppendToStream(context.Background(), name, esdb.AppendToStreamOptions{}, sampleEvents(1)...); err == nil {
			t.Errorf("stream name of %d bytes %.20q was accepted", len(name), name)
		}
	}
	// A name that is not ASCII must not break the trailer that names it.
	if _, err := c.TombstoneStream(context.Background(), "日本", esdb.TombstoneStreamOptions{}); err != nil {
		t.Fatal(err)
	}
	var e *esdb.Error
	_, err := c.AppendToStream(context.Background(), "日本", esdb.AppendToStreamOptions{}, sampleEvents(1)...)
	if !errors.As(err, &e) || e.Code() != esdb.ErrorCodeStreamDeleted {
		t.Errorf("got %v, want stream deleted", err)
	}
}
