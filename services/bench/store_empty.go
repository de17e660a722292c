package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	features "github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // the codec for all but what was encoded beforehand
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// emptyServer answers the official client at once and stores nothing: what no server of this protocol can do better.
type emptyServer struct {
	streams.UnimplementedStreamsServer
	features.UnimplementedServerFeaturesServer
	position atomic.Uint64
	canned   []canned
}

// newEmptyServer has the settings of gRPC that the embedded store has, so that they do not make the difference.
func newEmptyServer() *grpc.Server {
	server := grpc.NewServer(
		grpc.ForceServerCodecV2(cannedCodec{encoding.GetCodecV2("proto")}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
		grpc.InitialWindowSize(1<<20), grpc.InitialConnWindowSize(4<<20),
		grpc.WriteBufferSize(128<<10), grpc.ReadBufferSize(64<<10),
	)
	e := &emptyServer{canned: cannedEvents()}
	streams.RegisterStreamsServer(server, e)
	features.RegisterServerFeaturesServer(server, e)
	return server
}

// GetSupportedMethods is the first call of a client.
func (*emptyServer) GetSupportedMethods(context.Context, *shared.Empty) (*features.SupportedMethods, error) {
	return &features.SupportedMethods{EventStoreServerVersion: "24.10.0"}, nil
}

// Append reads what is to be appended, as it must before it answers, and says that it is stored.
func (e *emptyServer) Append(stream streams.Streams_AppendServer) error {
	var events uint64
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if request.GetProposedMessage() != nil {
			events++
		}
	}
	at := e.position.Add(events)
	return stream.SendAndClose(&streams.AppendResp{Result: &streams.AppendResp_Success_{Success: &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{},
		PositionOption:        &streams.AppendResp_Success_Position{Position: &streams.AppendResp_Position{CommitPosition: at, PreparePosition: at}},
	}}})
}

// Read streams as many events as are asked for; to a subscriber events without end.
func (e *emptyServer) Read(request *streams.ReadReq, stream streams.Streams_ReadServer) error {
	count := request.GetOptions().GetCount()
	_, subscription := request.GetOptions().GetCountOption().(*streams.ReadReq_Options_Subscription)
	if subscription {
		confirmation := &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: "empty"}
		if err := stream.Send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{Confirmation: confirmation}}); err != nil {
			return err
		}
	}
	for n := uint64(0); subscription || n < count; n++ {
		if err := stream.SendMsg(e.canned[n%uint64(len(e.canned))]); err != nil {
			return err
		}
	}
	return nil
}

// canned is an encoded message.
type canned []byte

// cannedCodec passes encoded messages on.
type cannedCodec struct{ encoding.CodecV2 }

func (c cannedCodec) Marshal(v any) (mem.BufferSlice, error) {
	if b, ok := v.(canned); ok {
		return mem.BufferSlice{mem.SliceBuffer(b)}, nil
	}
	return c.CodecV2.Marshal(v)
}

// cannedEvents are events of the size and the kind that the embedded store is filled with.
func cannedEvents() []canned {
	var all []canned
	data := randomData(0)
	for i := range 512 {
		id, at := uuid.New(), uint64(1_000_000+i)
		event := &streams.ReadResp_ReadEvent{
			Event: &streams.ReadResp_ReadEvent_RecordedEvent{
				Id: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
					MostSignificantBits: int64(binary.BigEndian.Uint64(id[:8])), LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])),
				}}},
				StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(fillStream(i))},
				StreamRevision:   uint64(i), PreparePosition: at, CommitPosition: at, Data: data[i%len(data)],
				Metadata: map[string]string{
					"type": eventType, "content-type": "application/octet-stream", "created": strconv.FormatInt(monday.UnixNano()/100, 10),
				},
			},
			Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: at},
		}
		b, err := proto.Marshal(&streams.ReadResp{Content: &streams.ReadResp_Event{Event: event}})
		if err != nil {
			panic(err) // a message made here of nothing but what protobuf can hold
		}
		all = append(all, b)
	}
	return all
}
