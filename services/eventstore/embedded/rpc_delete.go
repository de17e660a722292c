package embedded

import (
	"context"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
)

// Delete hides a stream; a later append continues it.
func (svc *streamsService) Delete(ctx context.Context, req *streams.DeleteReq) (*streams.DeleteResp, error) {
	o := req.GetOptions()
	var want expected
	switch e := o.GetExpectedStreamRevision().(type) {
	case *streams.DeleteReq_Options_Revision:
		want = expected{expectRevision, e.Revision}
	case *streams.DeleteReq_Options_NoStream:
		want.kind = expectNoStream
	case *streams.DeleteReq_Options_Any:
		want.kind = expectAny
	case *streams.DeleteReq_Options_StreamExists:
		want.kind = expectExists
	default:
		return nil, invalid("the delete names no expected revision")
	}
	pos, err := svc.remove(ctx, cmdDelete, o.GetStreamIdentifier().GetStreamName(), want)
	if err != nil {
		return nil, err
	}
	return &streams.DeleteResp{PositionOption: &streams.DeleteResp_Position_{
		Position: &streams.DeleteResp_Position{CommitPosition: pos, PreparePosition: pos},
	}}, nil
}

// Tombstone ends a stream; nothing can be appended to it ever again. Metadata
// ends with the stream that it describes, and not before: the store itself writes
// there when that stream is deleted or continued.
func (svc *streamsService) Tombstone(ctx context.Context, req *streams.TombstoneReq) (*streams.TombstoneResp, error) {
	o := req.GetOptions()
	var want expected
	switch e := o.GetExpectedStreamRevision().(type) {
	case *streams.TombstoneReq_Options_Revision:
		want = expected{expectRevision, e.Revision}
	case *streams.TombstoneReq_Options_NoStream:
		want.kind = expectNoStream
	case *streams.TombstoneReq_Options_Any:
		want.kind = expectAny
	case *streams.TombstoneReq_Options_StreamExists:
		want.kind = expectExists
	default:
		return nil, invalid("the tombstone names no expected revision")
	}
	if isMetaStream(string(o.GetStreamIdentifier().GetStreamName())) {
		return nil, invalid("metadata cannot be tombstoned, only the stream that it describes")
	}
	pos, err := svc.remove(ctx, cmdTombstone, o.GetStreamIdentifier().GetStreamName(), want)
	if err != nil {
		return nil, err
	}
	return &streams.TombstoneResp{PositionOption: &streams.TombstoneResp_Position_{
		Position: &streams.TombstoneResp_Position{CommitPosition: pos, PreparePosition: pos},
	}}, nil
}

func (svc *streamsService) remove(ctx context.Context, kind commandKind, name []byte, want expected) (uint64, error) {
	if err := checkStreamName(name); err != nil {
		return 0, invalid("%v", err)
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return 0, fmt.Errorf("make an event id: %w", err)
	}
	c := &command{
		kind: kind, stream: string(name), expected: want,
		events: []event{{id: id, typ: typeTombstone}},
	}
	out, err := svc.s.submit(ctx, c)
	if err != nil {
		return 0, err
	}
	switch out.verdict {
	case streamDeleted:
		return 0, deletedFailure(c.stream)
	case wrongRevision:
		return 0, wrongVersionFailure(c.stream, want, out.last)
	}
	return out.pos, nil
}
