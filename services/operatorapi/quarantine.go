package operatorapi

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	operatorpb "github.com/openmash/mash/proto/gen/mash/operator/v1"
	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/quarantine"
	"github.com/openmash/mash/services/rpc"
)

const usualPage, mostPage = 50, 500

type quarantines struct {
	operatorpb.UnimplementedQuarantineServiceServer
	Config
}

func (s *quarantines) ListQuarantine(ctx context.Context, r *operatorpb.ListQuarantineRequest) (*operatorpb.ListQuarantineResponse, error) {
	raw, err := rpc.PageCursor(r, r.GetPageToken())
	if err != nil {
		return nil, err
	}
	after, err := parseCursor(raw)
	if err != nil {
		return nil, err
	}
	items, err := s.items(ctx, r.GetAgency())
	if err != nil {
		return nil, err
	}
	slices.SortFunc(items, func(a, b item) int { return newestFirst(cursorOf(a), cursorOf(b)) })
	if after != nil {
		items = slices.DeleteFunc(items, func(i item) bool { return newestFirst(cursorOf(i), *after) <= 0 })
	}
	size := rpc.PageSize(r.GetPageSize(), usualPage, mostPage)
	answer := &operatorpb.ListQuarantineResponse{}
	if len(items) > size {
		items = items[:size]
		answer.NextPageToken = rpc.PageToken(r, cursorOf(items[size-1]).bytes())
	}
	for _, i := range items {
		answer.Messages = append(answer.Messages, show(i))
	}
	return answer, nil
}

func (s *quarantines) GetQuarantined(ctx context.Context, r *operatorpb.GetQuarantinedRequest) (*operatorpb.GetQuarantinedResponse, error) {
	item, err := s.find(ctx, r.GetAgency(), canonical(r.GetQuarantineId()))
	if err != nil {
		return nil, err
	}
	return &operatorpb.GetQuarantinedResponse{Message: show(item)}, nil
}

// item is a message by the record, and whether the vault has its bytes.
type item struct {
	quarantine.Item
	kept bool
}

// items gives what one agency's quarantine holds, or everybody's.
func (s *quarantines) items(ctx context.Context, agency string) ([]item, error) {
	if agency == "" {
		var all []item
		for _, a := range s.Agencies {
			items, err := s.items(ctx, a)
			if err != nil {
				return nil, err
			}
			all = append(all, items...)
		}
		return all, nil
	}
	// It becomes part of a stream's name.
	if !agencies.ValidID(agency) {
		return nil, rpc.Invalid(rpc.Violation{Field: "agency", Rule: "agency", Description: "is not an agency's id"})
	}
	recorded, err := s.Casework.ListQuarantine(ctx, agency)
	if errors.Is(err, casework.ErrNotFound) {
		return nil, nil // nothing of theirs was ever quarantined
	}
	if err != nil {
		return nil, translate(ctx, err)
	}
	held, err := s.Vault.Held(ctx, agency)
	if err != nil {
		return nil, translate(ctx, err)
	}
	items := make([]item, len(recorded))
	for n, i := range recorded {
		items[n] = item{i, held[i.Quarantined.GetQuarantineId()]}
	}
	return items, nil
}

func (s *quarantines) find(ctx context.Context, agency, id string) (item, error) {
	items, err := s.items(ctx, agency)
	if err != nil {
		return item{}, err
	}
	for _, i := range items {
		if i.Quarantined.GetQuarantineId() == id {
			return i, nil
		}
	}
	return item{}, rpc.NotFound("quarantined message")
}

func show(i item) *operatorpb.QuarantinedMessage {
	shown := &operatorpb.QuarantinedMessage{Quarantined: i.Quarantined, Retries: uint32(i.Retries), Kept: i.kept}
	if !i.DiscardedAt.IsZero() {
		shown.DiscardedAt = timestamppb.New(i.DiscardedAt)
	}
	if !i.RetriedAt.IsZero() {
		shown.RetriedAt = timestamppb.New(i.RetriedAt)
	}
	return shown
}

// cursor is where an item stands in the list. Times are the hub's own and may be equal; with the id the order is total,
// and a message that arrives between two pages moves nothing.
type cursor struct {
	at int64 // Unix nanoseconds
	id string
}

func cursorOf(i item) cursor {
	return cursor{i.Quarantined.GetQuarantinedAt().AsTime().UnixNano(), i.Quarantined.GetQuarantineId()}
}

func newestFirst(a, b cursor) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.id, b.id)) }

func (c cursor) bytes() []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(c.at)), c.id...)
}

func parseCursor(raw []byte) (*cursor, error) {
	if raw == nil {
		return nil, nil
	}
	if len(raw) < 8 {
		return nil, rpc.BadPageToken()
	}
	return &cursor{int64(binary.BigEndian.Uint64(raw)), string(raw[8:])}, nil
}

// translate says which of rpc's errors casework's are; nil stays nil.
func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*casework.ReusedError](err); ok {
		return rpc.RequestReused()
	}
	if errors.Is(err, casework.ErrNotFound) {
		return rpc.NotFound("quarantined message")
	}
	if _, ok := errors.AsType[*domain.Refusal](err); ok {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err() // the store's client has errors of its own for a call that ran out of time
	}
	return rpc.Unavailable(err)
}
