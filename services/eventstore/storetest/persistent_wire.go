package storetest

import (
	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
)

// refusalsNameTheGroup looks at the trailers that clients tell refusals apart by.
func refusalsNameTheGroup(f *fixture) {
	g := f.group(f.stream(), func(st *esdb.PersistentSubscriptionSettings) { st.MaxSubscriberCount = 1 })
	c := f.groups()
	read := func(name string) func() (metadata.MD, error) {
		call, err := c.Read(f.ctx)
		if err != nil {
			f.Fatal(err)
		}
		err = call.Send(&persistent.ReadReq{Content: &persistent.ReadReq_Options_{Options: &persistent.ReadReq_Options{
			StreamOption: &persistent.ReadReq_Options_StreamIdentifier{StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(g.stream)}},
			GroupName:    name, BufferSize: 5,
		}}})
		if err != nil {
			f.Fatal(err)
		}
		if first, err := call.Recv(); err == nil && first.GetSubscriptionConfirmation().GetSubscriptionId() != g.stream+"::"+name {
			f.Fatalf("got %v, want the confirmation of %s::%s", first, g.stream, name)
		} else if err != nil {
			return func() (metadata.MD, error) { return call.Trailer(), err }
		}
		return func() (metadata.MD, error) {
			_, err := call.Recv()
			return call.Trailer(), err
		}
	}
	want := func(end func() (metadata.MD, error), code codes.Code, exception, name string) {
		f.Helper()
		trailer, err := end()
		f.wantStatus(err, code)
		f.wantTrailer(trailer, "exception", exception)
		f.wantTrailer(trailer, "stream-name", g.stream)
		f.wantTrailer(trailer, "group-name", name)
	}
	want(read("none"), codes.NotFound, "persistent-subscription-does-not-exist", "none")
	reader := read(g.name)
	want(read(g.name), codes.FailedPrecondition, "maximum-subscribers-reached", g.name)
	want(func() (md metadata.MD, err error) {
		_, err = c.Create(f.ctx, &persistent.CreateReq{Options: &persistent.CreateReq_Options{
			StreamOption: &persistent.CreateReq_Options_Stream{Stream: &persistent.CreateReq_StreamOptions{
				StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(g.stream)},
				RevisionOption:   &persistent.CreateReq_StreamOptions_Start{Start: &shared.Empty{}},
			}},
			GroupName: g.name,
			Settings:  &persistent.CreateReq_Settings{ReadBatchSize: 1, HistoryBufferSize: 2, ConsumerStrategy: "RoundRobin"},
		}}, grpc.Trailer(&md))
		return md, err
	}, codes.AlreadyExists, "persistent-subscription-exists", g.name)
	if err := f.c.DeletePersistentSubscription(f.ctx, g.stream, g.name, esdb.DeletePersistentSubscriptionOptions{}); err != nil {
		f.Fatal(err)
	}
	want(reader, codes.Canceled, "persistent-subscription-dropped", g.name)
}

// groups is the service under the client.
func (f *fixture) groups() persistent.PersistentSubscriptionsClient {
	f.Helper()
	return persistent.NewPersistentSubscriptionsClient(f.conn())
}
