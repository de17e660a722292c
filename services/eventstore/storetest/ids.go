package storetest

import (
	"context"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
)

// Event ids travel as two numbers or as text. The Go client reads both and sends the
// first; clients in other languages ask for the second.

var stringIDs = &streams.ReadReq_Options_UUIDOption{
	Content: &streams.ReadReq_Options_UUIDOption_String_{String_: &shared.Empty{}},
}

func stringID(id string) *shared.UUID { return &shared.UUID{Value: &shared.UUID_String_{String_: id}} }

var idTests = []contractTest{
	{"ReadGivesStringsOnRequest", func(f *fixture) {
		c, s := f.streams(), f.stream()
		data := events(1)
		f.append(s, esdb.NoStream{}, data...)
		req := readRequest(s)
		req.Options.UuidOption = stringIDs
		if got := f.receive(c, req)[0].GetEvent().GetEvent().GetId().GetString_(); got != data[0].EventID.String() {
			f.Fatalf("got id %q, want %s", got, data[0].EventID)
		}
	}},
	{"SubscriptionGivesStringsOnRequest", func(f *fixture) {
		s := f.stream()
		data := events(1)
		f.append(s, esdb.NoStream{}, data...)
		req := readRequest(s)
		req.Options.UuidOption = stringIDs
		req.Options.CountOption = &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}}
		ctx, cancel := context.WithCancel(f.ctx)
		defer cancel()
		call, err := f.streams().Read(ctx, req)
		if err != nil {
			f.Fatal(err)
		}
		for {
			m, err := call.Recv()
			if err != nil {
				f.Fatal(err)
			}
			if e := m.GetEvent(); e == nil {
				continue
			} else if got := e.GetEvent().GetId().GetString_(); got != data[0].EventID.String() {
				f.Fatalf("got id %q, want %s", got, data[0].EventID)
			}
			return
		}
	}},
	{"AppendTakesStrings", func(f *fixture) {
		c, s, id := f.streams(), f.stream(), uuid.New()
		m := proposed(1, goodMeta, nil)
		m.GetProposedMessage().Id = stringID(id.String())
		if _, _, err := f.send(c, anyOptions(s), m); err != nil {
			f.Fatal(err)
		}
		if got := f.mustRead(s, esdb.ReadStreamOptions{}, 1)[0].Event.EventID; got != id {
			f.Fatalf("got id %s, want %s", got, id)
		}
		// It is the same id however it is written.
		again := typed("storetest.Wire")
		again.EventID = id
		f.append(s, esdb.NoStream{}, again)
		f.wantLength(s, 1)
	}},
	{"AppendTakesNoOtherText", func(f *fixture) {
		c, s := f.streams(), f.stream()
		m := proposed(1, goodMeta, nil)
		m.GetProposedMessage().Id = stringID("event one")
		if resp, _, err := f.send(c, anyOptions(s), m); err == nil {
			f.Fatalf("got %v, want a refusal", resp)
		}
		f.wantNotFound(s)
	}},
	{"PersistentSubscriptionGivesAndTakesStrings", func(f *fixture) {
		s := f.stream()
		data := events(3)
		f.append(s, esdb.NoStream{}, data...)
		g := f.group(s, nil)
		call := g.connectWithStrings(1)
		next := func(want esdb.EventData, retries int32) {
			f.Helper()
			m, err := call.Recv()
			if err != nil {
				f.Fatal(err)
			}
			if got := m.GetEvent().GetEvent().GetId().GetString_(); got != want.EventID.String() {
				f.Fatalf("got id %q, want %s", got, want.EventID)
			}
			if got := m.GetEvent().GetRetryCount(); got != retries {
				f.Fatalf("got retry count %d, want %d", got, retries)
			}
		}
		answer := func(req *persistent.ReadReq) {
			f.Helper()
			if err := call.Send(req); err != nil {
				f.Fatal(err)
			}
		}
		// One is out at a time, so each shows that the answer before it was understood.
		next(data[0], 0)
		answer(&persistent.ReadReq{Content: &persistent.ReadReq_Ack_{Ack: &persistent.ReadReq_Ack{Ids: []*shared.UUID{stringID(data[0].EventID.String())}}}})
		next(data[1], 0)
		answer(&persistent.ReadReq{Content: &persistent.ReadReq_Nack_{Nack: &persistent.ReadReq_Nack{
			Ids: []*shared.UUID{stringID(data[1].EventID.String())}, Action: persistent.ReadReq_Nack_Retry, Reason: "because",
		}}})
		next(data[1], 1)
		answer(&persistent.ReadReq{Content: &persistent.ReadReq_Nack_{Nack: &persistent.ReadReq_Nack{
			Ids: []*shared.UUID{stringID(data[1].EventID.String())}, Action: persistent.ReadReq_Nack_Skip, Reason: "because",
		}}})
		next(data[2], 0)
	}},
	{"ReadWithoutIdFormatIsRefused", func(f *fixture) {
		c, req := f.streams(), readRequest(f.stream())
		req.Options.UuidOption = nil
		call, err := c.Read(f.ctx, req)
		if err == nil {
			_, err = call.Recv()
		}
		f.wantStatus(err, codes.InvalidArgument)
	}},
}

// connectWithStrings is connect below the client, asking for event ids as text.
func (g *group) connectWithStrings(buffer int32) persistent.PersistentSubscriptions_ReadClient {
	f := g.f
	f.Helper()
	call, err := f.groups().Read(f.ctx)
	if err != nil {
		f.Fatal(err)
	}
	err = call.Send(&persistent.ReadReq{Content: &persistent.ReadReq_Options_{Options: &persistent.ReadReq_Options{
		StreamOption: &persistent.ReadReq_Options_StreamIdentifier{StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(g.stream)}},
		GroupName:    g.name, BufferSize: buffer,
		UuidOption: &persistent.ReadReq_Options_UUIDOption{
			Content: &persistent.ReadReq_Options_UUIDOption_String_{String_: &shared.Empty{}},
		},
	}}})
	if err != nil {
		f.Fatal(err)
	}
	if first, err := call.Recv(); err != nil || first.GetSubscriptionConfirmation() == nil {
		f.Fatalf("got %v, %v, want a confirmation", first, err)
	}
	return call
}
