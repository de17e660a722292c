package queryapi

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/casefile"
	"github.com/openmash/mash/projections/consenttrail"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/strategymeetings"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/rpc"
)

// Config is what the services need. All but Logger, Heartbeat and WatchBuffer are required.
type Config struct {
	Store *eventstore.Store
	DB    *rows.DB
	// Triage, CaseFile, ConsentTrail, StrategyMeetings and Consultations are how far the read models have got: of their runners where they
	// are in this process, of followers where they are not.
	Triage, CaseFile, ConsentTrail, StrategyMeetings, Consultations *projections.Progress
	// Now is the hub's clock: "overdue", "open" and "expired" are reckoned by it.
	Now    func() time.Time
	Logger *slog.Logger
	// Heartbeat is how often a watch on which nothing happens is told so (15 s).
	Heartbeat time.Duration
	// WatchBuffer is how many changes may wait for a slow reader of a watch (4,096).
	WatchBuffer int
}

// Service is TriageQueueService, ContactService, ConsentTrailService, StrategyMeetingService and ConsultationService.
type Service struct {
	c        Config
	queue    *queue
	contacts *contacts
	trails   *trails
	meetings *meetings
}

// New makes the services. Run serves watches; Register puts them on a server.
func New(c Config) (*Service, error) {
	models := []*projections.Progress{c.Triage, c.CaseFile, c.ConsentTrail, c.StrategyMeetings, c.Consultations}
	if c.Store == nil || c.DB == nil || slices.Contains(models, nil) || c.Now == nil {
		return nil, errors.New("query api: store, database, progress of all read models and clock are required")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Heartbeat <= 0 {
		c.Heartbeat = 15 * time.Second
	}
	if c.WatchBuffer <= 0 {
		c.WatchBuffer = 4096
	}
	return &Service{c: c, queue: newQueue(c), contacts: &contacts{c: c}, trails: newTrails(c), meetings: newMeetings(c)}, nil
}

// Register adds the services to a server, with what a caller must be allowed for each method.
func (s *Service) Register(server *rpc.Server) error {
	return errors.Join(
		server.Register(&querypb.TriageQueueService_ServiceDesc, s.queue, map[string]access.Action{
			"ListTriageQueue": access.QueueRead, "WatchTriageQueue": access.QueueRead,
		}),
		server.Register(&querypb.ContactService_ServiceDesc, s.contacts, map[string]access.Action{"GetContact": access.ContactRead}),
		server.Register(&querypb.ConsentTrailService_ServiceDesc, s.trails, map[string]access.Action{
			"GetConsentTrail": access.ConsentTrailRead, "ListOverrides": access.OverridesRead, "WatchOverrides": access.OverridesRead,
		}),
		server.Register(&querypb.EncompassService_ServiceDesc, &schools{c: s.c}, map[string]access.Action{"ListEncompass": access.QueueRead}),
		server.Register(&querypb.ConsultationService_ServiceDesc, &consultationReads{c: s.c}, map[string]access.Action{
			"GetConsultation": access.ConsultationRead, "ListConsultations": access.ConsultationRead,
		}),
		server.Register(&querypb.StrategyMeetingService_ServiceDesc, s.meetings, map[string]access.Action{
			"GetStrategyMeeting": access.MeetingRead, "ListStrategyMeetings": access.MeetingRead, "WatchStrategyMeetings": access.MeetingRead,
			"ListMeetingActions": access.MeetingRead, "ReportAbsences": access.MeetingReportsRead, "ListConferencesDue": access.MeetingReportsRead,
		}),
	)
}

// Run hands changes on to the watches until ctx ends, ends the watches, and returns when none is left.
func (s *Service) Run(ctx context.Context) error {
	var fans sync.WaitGroup
	fans.Go(func() { s.queue.fan.run(ctx) })
	fans.Go(func() { s.trails.fan.run(ctx) })
	fans.Go(func() { s.meetings.fan.run(ctx) })
	fans.Wait()
	return nil
}

// await waits until a read model shows the position of a token, which came in the field.
func (c Config) await(ctx context.Context, progress *projections.Progress, token, field string) (eventstore.Position, error) {
	if token == "" {
		return eventstore.Position{}, nil
	}
	position, err := c.Store.ParseToken(token)
	switch {
	case errors.Is(err, eventstore.ErrOtherStore):
		return position, rpc.OtherStore()
	case err != nil:
		return position, rpc.BadPosition(field)
	case progress.Position().Compare(position) >= 0:
		return position, nil
	}
	if err := c.exists(ctx, position); err != nil {
		return position, err
	}
	return position, progress.WaitFor(ctx, position)
}

// exists refuses a position beyond the end of the store: after a restore it would be waited for until others have taken its place.
func (c Config) exists(ctx context.Context, position eventstore.Position) error {
	head, err := c.Store.Head(ctx)
	if err != nil {
		return c.failed(ctx, err)
	}
	if position.Compare(head) > 0 {
		return rpc.OtherStore()
	}
	return nil
}

// asOf is the token of what rows show. Rows of another store are about to be rebuilt.
func (c Config) asOf(live projections.Live) (string, error) {
	if live.Store != c.Store.ID() {
		return "", rpc.Unavailable(projections.ErrRebuilding)
	}
	return c.Store.PositionAt(live.Ordinal).Token(), nil
}

// failed says what a caller is answered when a read has not worked.
func (c Config) failed(ctx context.Context, err error) error {
	_, unfoldable := errors.AsType[*projections.UnfoldableError](err)
	_, told := errors.AsType[*rpc.Error](err)
	switch {
	case err == nil, told, unfoldable: // unfoldable: a defect of ours, not a part that is away
		return err
	case ctx.Err() != nil: // drivers have their own words for it
		return ctx.Err()
	case errors.Is(err, casefile.ErrNotFound), errors.Is(err, consenttrail.ErrNotFound):
		return rpc.NotFound("contact")
	case errors.Is(err, strategymeetings.ErrNotFound):
		return rpc.NotFound(resourceMeeting)
	}
	return rpc.Unavailable(err)
}
