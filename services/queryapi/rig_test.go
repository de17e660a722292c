package queryapi_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/casefile"
	"github.com/openmash/mash/projections/consenttrail"
	"github.com/openmash/mash/projections/consultations"
	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/strategymeetings"
	"github.com/openmash/mash/projections/triage"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/hubtest/parts"
	"github.com/openmash/mash/services/queryapi"
	"github.com/openmash/mash/services/rpc"
)

var t0 = recordtest.Monday

// A rig is a record, its read models and a gRPC server over them.
type rig struct {
	store          *eventstore.Store
	db             *rows.DB
	runners        []*projections.Runner // of triage, casefile, consenttrail, strategymeetings and consultations
	stopProjecting func()
	stopServing    func() // of watches, not of the server
	queue          querypb.TriageQueueServiceClient
	contacts       querypb.ContactServiceClient
	trails         querypb.ConsentTrailServiceClient
	meetings       querypb.StrategyMeetingServiceClient
	consultations  querypb.ConsultationServiceClient
	api            *parts.API

	mu  sync.Mutex
	now time.Time
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) set(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = now
}

// background runs something until the test ends or stop is called.
func background(t testing.TB, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func start(t testing.TB, change ...func(*queryapi.Config)) *rig {
	t.Helper()
	r := &rig{store: recordtest.Store(t), db: recordtest.SQLite(t), now: t0}
	var stops []func()
	for _, p := range []projections.Projection{triage.New(), casefile.New(), consenttrail.New(), strategymeetings.New(), consultations.New()} {
		runner, err := projections.New(projections.Config{Store: r.store, DB: r.db, Projection: p, Now: r.clock})
		if err != nil {
			t.Fatal(err)
		}
		r.runners, stops = append(r.runners, runner), append(stops, background(t, runner.Run))
	}
	r.stopProjecting = func() {
		for _, stop := range stops {
			stop()
		}
	}

	config := queryapi.Config{
		Store: r.store, DB: r.db, Now: r.clock,
		Triage: r.runners[0].Progress(), CaseFile: r.runners[1].Progress(), ConsentTrail: r.runners[2].Progress(),
		StrategyMeetings: r.runners[3].Progress(), Consultations: r.runners[4].Progress(),
	}
	for _, c := range change {
		c(&config)
	}
	service, err := queryapi.New(config)
	if err != nil {
		t.Fatal(err)
	}
	r.stopServing = background(t, service.Run)
	r.serve(t, service)
	// The read models exist before the first call.
	first := recordtest.Append(t, r.store, recordtest.Written{Stream: "quarantine-kent-police", Message: recordtest.Retried()})
	for _, runner := range r.runners {
		if err := runner.WaitFor(t.Context(), first); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *rig) serve(t testing.TB, service *queryapi.Service) {
	t.Helper()
	people := []access.Person{
		{ID: "manager-1", Role: access.TeamManager, Team: "assessment"}, {ID: "operator-1", Role: access.Operator},
		{ID: "auditor-1", Role: access.Auditor}, {ID: "analyst-1", Role: access.Analyst}, {ID: "worker-1", Role: access.SocialWorker},
	}
	for _, a := range []string{"kent-council", "kent-health", "kent-police", "kent-schools", "kent-probation", "medway-police"} {
		people = append(people, access.Person{ID: "system-" + a, Role: access.AgencySystem, Agency: a})
	}
	r.api = parts.Serve(t, slog.New(slog.DiscardHandler), people, func(server *rpc.Server, _ *rpc.Tokens) error { return service.Register(server) })
	conn := r.api.Conn
	r.queue, r.contacts = querypb.NewTriageQueueServiceClient(conn), querypb.NewContactServiceClient(conn)
	r.trails, r.meetings = querypb.NewConsentTrailServiceClient(conn), querypb.NewStrategyMeetingServiceClient(conn)
	r.consultations = querypb.NewConsultationServiceClient(conn)
}

// as gives a context of a call by a person; it ends with the test and after [parts.Patience].
func (r *rig) as(t testing.TB, person string) context.Context {
	t.Helper()
	return r.api.As(t, person)
}

func (r *rig) manager(t testing.TB) context.Context { return r.as(t, "manager-1") }

// record puts events on record and waits until all read models show them.
func (r *rig) record(t testing.TB, written ...recordtest.Written) eventstore.Position {
	t.Helper()
	last := recordtest.Append(t, r.store, written...)
	for _, runner := range r.runners {
		if err := runner.WaitFor(t.Context(), last); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

func wantError(t *testing.T, err error, code codes.Code, reason string) {
	t.Helper()
	s := status.Convert(err)
	got := ""
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			got = info.GetReason()
		}
	}
	if s.Code() != code || got != reason {
		t.Errorf("got %v (%s), want %s (%s)", err, got, code, reason)
	}
}
