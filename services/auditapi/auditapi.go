// Package auditapi serves mash.audit.v1: the record itself, for those who examine what was decided.
//
// It stands beside the read models and reads past them, from the event store: an auditor sees what was appended, in its
// order, with the metadata that says who did it and when, and not what a projection made of it.
//
// It guarantees that every event of the contact, or of the strategy meeting, is there once and in order over all pages, also
// while it goes on, and that none is skipped: at an event whose type this release does not know the list ends with UNKNOWN_EVENT, after
// what stands before it. Parts about people are opened for a caller who may read a case file, stay sealed for any other,
// and are shown as erased where their key was destroyed.
//
// # Replay (HUB-04)
//
// A contact or a consent decision is shown as it stood at a moment by folding the events up to that moment with the rules'
// own fold, and by nothing else: no read model, no profile, no clock. Two times are kept apart. When something was
// recorded decides what could be known: "as recorded by a time" is the last revision recorded by then, and what was
// recorded later is not there, however long ago it happened. When it happened, as whoever told it says, is shown beside it
// and never orders the record. A decision names the revision that its decider had before them, where the call said so:
// what had been recorded after that and before the decision was on record, and not seen.
//
// What a replay shows of people is what may be shown today: a part whose key was destroyed since stays erased.
// It proves nothing yet: there is no digest over the record to compare with.
package auditapi

import (
	"context"
	"encoding/binary"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/rpc"
)

const (
	usualPage, mostPage = 100, 1000
	// pageBytes ends a page early: clients take answers of 4 MiB, and one event is far below the rest of that.
	pageBytes = 2 << 20
)

// Record is the event store as an auditor needs it; it is an *eventstore.Store.
type Record interface {
	Read(ctx context.Context, stream string, from uint64, fn func(eventstore.Recorded) error) error
}

// Register adds the service to the server.
func Register(server *rpc.Server, record Record) error {
	return server.Register(&auditpb.AuditService_ServiceDesc, &service{record: record}, map[string]access.Action{
		"ListEvents": access.EventsRead, "ReplayConsentDecision": access.AuditReplay, "ReplayContact": access.AuditReplay,
	})
}

type service struct {
	auditpb.UnimplementedAuditServiceServer
	record Record
	shapes shapes
}

// ReasonUnknownEvent: an event of the record is of a type that this release does not know; a newer release of the hub
// wrote it and shows it. FAILED_PRECONDITION.
const ReasonUnknownEvent = "UNKNOWN_EVENT"

// listedField is the field of mash.audit.v1.ListEventsResponse that holds the events.
const listedField protowire.Number = 1

// errFull ends a read whose page is full.
var errFull = errors.New("page is full")

func (s *service) ListEvents(ctx context.Context, r *auditpb.ListEventsRequest) (*auditpb.ListEventsResponse, error) {
	from, err := begin(r)
	if err != nil {
		return nil, err
	}
	on := s.newDisplay(ctx, nil)
	n, next := 0, from
	stream, what := contact.Stream(canonical(r.GetContactId())), "contact"
	if r.GetMeetingId() != "" {
		stream, what = strategymeeting.Stream(canonical(r.GetMeetingId())), "strategy meeting"
	}
	err = s.record.Read(ctx, stream, from, func(e eventstore.Recorded) error {
		if n == rpc.PageSize(r.GetPageSize(), usualPage, mostPage) {
			return errFull
		}
		_, whole, err := on.encode(e)
		if err != nil {
			return err
		}
		if n > 0 && len(on.fields)+len(whole) > pageBytes {
			return errFull
		}
		on.add(listedField, whole)
		n, next = n+1, e.Revision+1
		return nil
	})
	answer := &auditpb.ListEventsResponse{}
	on.into(answer)
	switch unknown := errors.Is(err, eventstore.ErrUnknownEvent); {
	case errors.Is(err, errFull), unknown && n > 0:
		answer.NextPageToken = rpc.PageToken(r, binary.BigEndian.AppendUint64(nil, next))
	case err != nil:
		return nil, translate(ctx, err, what)
	}
	return answer, nil
}

// begin gives the revision that the page begins with.
func begin(r *auditpb.ListEventsRequest) (uint64, error) {
	cursor, err := rpc.PageCursor(r, r.GetPageToken())
	switch {
	case err != nil:
		return 0, err
	case cursor == nil:
		return r.GetFromRevision(), nil
	case len(cursor) != 8:
		return 0, rpc.BadPageToken()
	}
	return binary.BigEndian.Uint64(cursor), nil
}

func translate(ctx context.Context, err error, what string) error {
	switch {
	case errors.Is(err, eventstore.ErrNoStream):
		return rpc.NotFound(what)
	case errors.Is(err, eventstore.ErrUnknownEvent):
		return &rpc.Error{
			Code: codes.FailedPrecondition, Reason: ReasonUnknownEvent, Cause: err,
			Message: "the next event is of a type that this release does not know; ask a hub of the newer release",
		}
	case ctx.Err() != nil:
		return ctx.Err() // the store's client has errors of its own for a call that ran out of time
	case errors.Is(err, eventstore.ErrUnavailable):
		return rpc.Unavailable(err)
	}
	return err
}
