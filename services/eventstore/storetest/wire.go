package storetest

import (
	"context"
	"errors"
	"io"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	server_features "github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// What lies under the client: statuses, trailers and the order of messages.

func (f *fixture) streams() streams.StreamsClient {
	f.Helper()
	return streams.NewStreamsClient(f.conn())
}

func anyOptions(stream string) *streams.AppendReq {
	return &streams.AppendReq{Content: &streams.AppendReq_Options_{Options: &streams.AppendReq_Options{
		StreamIdentifier:       &shared.StreamIdentifier{StreamName: []byte(stream)},
		ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}},
	}}}
}

func proposed(id uint64, meta map[string]string, data []byte) *streams.AppendReq {
	return &streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: &streams.AppendReq_ProposedMessage{
		Id: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
			MostSignificantBits: 1, LeastSignificantBits: int64(id),
		}}},
		Metadata: meta, Data: data,
	}}}
}

var goodMeta = map[string]string{"type": "storetest.Wire", "content-type": "application/octet-stream"}

// send makes an append of raw messages. Every Send must succeed, or the server
// has answered before it had read the request.
func (f *fixture) send(c streams.StreamsClient, messages ...*streams.AppendReq) (*streams.AppendResp, metadata.MD, error) {
	f.Helper()
	var trailer metadata.MD
	call, err := c.Append(f.ctx, grpc.Trailer(&trailer))
	if err != nil {
		f.Fatal(err)
	}
	for i, m := range messages {
		if err := call.Send(m); err != nil {
			f.Fatalf("message %d: %v: the server answered early", i, err)
		}
	}
	resp, err := call.CloseAndRecv()
	return resp, trailer, err
}

func (f *fixture) wantTrailer(md metadata.MD, key, want string) {
	f.Helper()
	if got := md.Get(key); len(got) != 1 || got[0] != want {
		f.Fatalf("got trailer %s %v, want %q", key, got, want)
	}
}

func (f *fixture) wantStatus(err error, want codes.Code) {
	f.Helper()
	if status.Code(err) != want {
		f.Fatalf("got %v, want %v", err, want)
	}
}

var wireTests = []contractTest{
	{"AppendReadsTheRequestBeforeItAnswers", func(f *fixture) {
		c, s := f.streams(), f.stream()
		f.append(s, esdb.NoStream{}, events(1)...)
		head := anyOptions(s)
		head.GetOptions().ExpectedStreamRevision = &streams.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}
		messages := []*streams.AppendReq{head}
		for i := range uint64(300) {
			messages = append(messages, proposed(i+1, goodMeta, make([]byte, 2048)))
		}
		resp, _, err := f.send(c, messages...)
		if err != nil || resp.GetWrongExpectedVersion() == nil {
			f.Fatalf("got %v, %v, want wrong expected version", resp, err)
		}
	}},
	{"OversizedAppendIsReadToItsEndToo", func(f *fixture) {
		c, s := f.streams(), f.stream()
		messages := []*streams.AppendReq{anyOptions(s)}
		for i := range uint64(100) {
			messages = append(messages, proposed(i+1, goodMeta, make([]byte, 50_000)))
		}
		_, trailer, err := f.send(c, messages...)
		f.wantStatus(err, codes.InvalidArgument)
		f.wantTrailer(trailer, "exception", "maximum-append-size-exceeded")
		f.wantTrailer(trailer, "maximum-append-size", "1048576")
	}},
	{"AppendWithoutOptionsIsRefused", func(f *fixture) {
		c := f.streams()
		_, _, err := f.send(c, proposed(1, goodMeta, nil))
		f.wantStatus(err, codes.InvalidArgument)
		_, _, err = f.send(c)
		f.wantStatus(err, codes.InvalidArgument)
	}},
	{"AppendWithoutExpectedRevisionIsRefused", func(f *fixture) {
		c, m := f.streams(), anyOptions(f.stream())
		m.GetOptions().ExpectedStreamRevision = nil
		_, _, err := f.send(c, m, proposed(1, goodMeta, nil))
		f.wantStatus(err, codes.InvalidArgument)
	}},
	{"EventWithoutTypeOrContentTypeIsRefused", func(f *fixture) {
		c := f.streams()
		for _, meta := range []map[string]string{
			nil, {"type": "x"}, {"content-type": "application/json"},
		} {
			_, trailer, err := f.send(c, anyOptions(f.stream()), proposed(1, meta, nil))
			f.wantStatus(err, codes.InvalidArgument)
			f.wantTrailer(trailer, "exception", "missing-required-metadata-property")
		}
	}},
	{"EventWithoutIdIsRefused", func(f *fixture) {
		c, m := f.streams(), proposed(0, goodMeta, nil)
		m.GetProposedMessage().Id = nil
		_, _, err := f.send(c, anyOptions(f.stream()), m)
		f.wantStatus(err, codes.InvalidArgument)
		zero := proposed(0, goodMeta, nil)
		zero.GetProposedMessage().GetId().GetStructured().MostSignificantBits = 0
		_, _, err = f.send(c, anyOptions(f.stream()), zero)
		f.wantStatus(err, codes.InvalidArgument)
	}},
	{"BadStreamNamesAreRefused", func(f *fixture) {
		c := f.streams()
		for _, name := range []string{"", "$$"} {
			_, _, err := f.send(c, anyOptions(name), proposed(1, goodMeta, nil))
			f.wantStatus(err, codes.InvalidArgument)
		}
	}},
	{"DeletedStreamIsNamedInTheTrailer", func(f *fixture) {
		c, s := f.streams(), f.stream()
		f.mustTombstone(s)
		_, trailer, err := f.send(c, anyOptions(s), proposed(1, goodMeta, nil))
		f.wantStatus(err, codes.FailedPrecondition)
		f.wantTrailer(trailer, "exception", "stream-deleted")
		f.wantTrailer(trailer, "stream-name", s)
	}},
	{"DeleteAtAnotherRevisionIsAStatus", func(f *fixture) {
		c, s := f.streams(), f.stream()
		f.append(s, esdb.NoStream{}, events(2)...)
		var trailer metadata.MD
		_, err := c.Delete(f.ctx, &streams.DeleteReq{Options: &streams.DeleteReq_Options{
			StreamIdentifier:       &shared.StreamIdentifier{StreamName: []byte(s)},
			ExpectedStreamRevision: &streams.DeleteReq_Options_Revision{Revision: 7},
		}}, grpc.Trailer(&trailer))
		f.wantStatus(err, codes.FailedPrecondition)
		f.wantTrailer(trailer, "exception", "wrong-expected-version")
		f.wantTrailer(trailer, "stream-name", s)
		f.wantTrailer(trailer, "expected-version", "7")
		f.wantTrailer(trailer, "actual-version", "1")
	}},
	{"WrongExpectedVersionEchoesTheRequest", func(f *fixture) {
		c, s := f.streams(), f.stream()
		head := anyOptions(s)
		head.GetOptions().ExpectedStreamRevision = &streams.AppendReq_Options_Revision{Revision: 9}
		resp, _, err := f.send(c, head, proposed(1, goodMeta, nil))
		if err != nil {
			f.Fatal(err)
		}
		w := resp.GetWrongExpectedVersion()
		if w.GetExpectedRevision() != 9 || w.GetCurrentNoStream() == nil || w.GetExpectedRevision_20_6_0() != 9 || w.GetNoStream_20_6_0() == nil {
			f.Fatalf("got %v", w)
		}
	}},
	{"WrongExpectedVersionEchoesEveryKind", func(f *fixture) {
		c, missing, written := f.streams(), anyOptions(f.stream()), anyOptions(f.stream())
		missing.GetOptions().ExpectedStreamRevision = &streams.AppendReq_Options_StreamExists{StreamExists: &shared.Empty{}}
		resp, _, err := f.send(c, missing, proposed(1, goodMeta, nil))
		if w := resp.GetWrongExpectedVersion(); err != nil || w.GetExpectedStreamExists() == nil || w.GetStreamExists_20_6_0() == nil || w.GetCurrentNoStream() == nil {
			f.Fatalf("got %v, %v", resp, err)
		}
		if _, _, err := f.send(c, written, proposed(1, goodMeta, nil), proposed(2, goodMeta, nil)); err != nil {
			f.Fatal(err)
		}
		written.GetOptions().ExpectedStreamRevision = &streams.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}
		resp, _, err = f.send(c, written, proposed(3, goodMeta, nil))
		if w := resp.GetWrongExpectedVersion(); err != nil || w.GetExpectedNoStream() == nil || w.GetCurrentRevision() != 1 || w.GetCurrentRevision_20_6_0() != 1 {
			f.Fatalf("got %v, %v", resp, err)
		}
		if f.ForgetsIDs {
			return
		}
		written.GetOptions().ExpectedStreamRevision = &streams.AppendReq_Options_Any{Any: &shared.Empty{}}
		resp, _, err = f.send(c, written, proposed(2, goodMeta, nil), proposed(3, goodMeta, nil))
		if w := resp.GetWrongExpectedVersion(); err != nil || w.GetExpectedAny() == nil || w.GetAny_20_6_0() == nil || w.GetCurrentRevision() != 1 {
			f.Fatalf("got %v, %v", resp, err)
		}
	}},
	{"FilterWithoutIntervalIsRefused", func(f *fixture) {
		c, req := f.streams(), readRequest("")
		filter := &streams.ReadReq_Options_FilterOptions{
			Filter: &streams.ReadReq_Options_FilterOptions_EventType{
				EventType: &streams.ReadReq_Options_FilterOptions_Expression{Prefix: []string{"x"}},
			},
			Window: &streams.ReadReq_Options_FilterOptions_Max{Max: 32}, CheckpointIntervalMultiplier: 1,
		}
		req.Options.StreamOption = &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
			AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
		}}
		req.Options.CountOption = &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}}
		req.Options.FilterOption = &streams.ReadReq_Options_Filter{Filter: filter}
		first := func() (*streams.ReadResp, error) {
			call, err := c.Read(f.ctx, req)
			if err != nil {
				f.Fatal(err)
			}
			return call.Recv()
		}
		if m, err := first(); m.GetConfirmation() == nil {
			f.Fatalf("got %v, %v, want a subscription", m, err)
		}
		filter.CheckpointIntervalMultiplier = 0
		_, err := first()
		f.wantStatus(err, codes.InvalidArgument)
	}},
	{"PlainReadHoldsOnlyWhatTheClientKnows", func(f *fixture) {
		c, s := f.streams(), f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		for _, m := range f.receive(c, readRequest(s)) {
			if m.GetEvent() == nil {
				f.Fatalf("got %T in a plain read", m.GetContent())
			}
		}
	}},
	{"MissingStreamIsAMessageNotAStatus", func(f *fixture) {
		c, s := f.streams(), f.stream()
		list := f.receive(c, readRequest(s))
		if len(list) != 1 || string(list[0].GetStreamNotFound().GetStreamIdentifier().GetStreamName()) != s {
			f.Fatalf("got %v", list)
		}
	}},
	{"SubscriptionIsConfirmedFirst", func(f *fixture) {
		c, req := f.streams(), readRequest(f.stream())
		req.Options.CountOption = &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}}
		ctx, cancel := context.WithCancel(f.ctx)
		defer cancel()
		call, err := c.Read(ctx, req)
		if err != nil {
			f.Fatal(err)
		}
		first, err := call.Recv()
		if err != nil || first.GetConfirmation().GetSubscriptionId() == "" {
			f.Fatalf("got %v, %v", first, err)
		}
	}},
	{"NodeSaysToAnybodyWhoItIs", func(f *fixture) {
		conn := f.dial() // the client asks before it logs in
		features, err := server_features.NewServerFeaturesClient(conn).GetSupportedMethods(f.ctx, &shared.Empty{})
		if err != nil || features.GetEventStoreServerVersion() == "" {
			f.Fatalf("got %v, %v", features, err)
		}
		info, err := gossip.NewGossipClient(conn).Read(f.ctx, &shared.Empty{})
		if err != nil {
			f.Fatal(err)
		}
		leaders := 0
		for _, m := range info.GetMembers() {
			if m.GetIsAlive() && m.GetState() == gossip.MemberInfo_Leader {
				leaders++
			}
		}
		if leaders != 1 {
			f.Fatalf("got %d leaders in %v", leaders, info)
		}
	}},
}

func readRequest(stream string) *streams.ReadReq {
	return &streams.ReadReq{Options: &streams.ReadReq_Options{
		StreamOption: &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)},
			RevisionOption:   &streams.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}},
		}},
		CountOption:  &streams.ReadReq_Options_Count{Count: everything},
		FilterOption: &streams.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}},
		UuidOption: &streams.ReadReq_Options_UUIDOption{
			Content: &streams.ReadReq_Options_UUIDOption_Structured{Structured: &shared.Empty{}},
		},
	}}
}

func (f *fixture) receive(c streams.StreamsClient, req *streams.ReadReq) []*streams.ReadResp {
	f.Helper()
	call, err := c.Read(f.ctx, req)
	if err != nil {
		f.Fatal(err)
	}
	var out []*streams.ReadResp
	for {
		m, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, m)
	}
}
