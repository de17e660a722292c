package hub

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/openmash/mash/projections"
	"github.com/openmash/mash/projections/casefile"
	"github.com/openmash/mash/projections/consenttrail"
	"github.com/openmash/mash/projections/consultations"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/strategymeetings"
	"github.com/openmash/mash/projections/triage"
	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/operatorapi"
	"github.com/openmash/mash/services/queryapi"
	"github.com/openmash/mash/services/rpc"
)

// readModels are the database of the read models, and how far each has got.
type readModels struct {
	db       *rows.DB
	progress map[string]*projections.Progress
	runners  []*projections.Runner
}

// startReadModels runs the projections, or, in a process that only answers queries, follows those that run elsewhere.
func (h *Hub) startReadModels(ctx context.Context) error {
	db, err := rows.Open(ctx, h.cfg.ReadModel)
	if err != nil {
		return fmt.Errorf("readmodel: %w", err)
	}
	h.onStop("read models' database", func(context.Context) error { return db.Close() })
	m := &h.parts.models
	m.db, m.progress = db, map[string]*projections.Progress{}
	for _, p := range []projections.Projection{triage.New(), casefile.New(), consenttrail.New(), strategymeetings.New(), consultations.New()} {
		if !h.cfg.has(RoleProjections) {
			f := projections.NewFollower(projections.FollowerConfig{Store: h.parts.store, DB: db, Projection: p.Name(), Logger: h.cfg.Logger})
			m.progress[p.Name()] = f.Progress()
			h.background("follow "+p.Name(), f.Run)
			continue
		}
		r, err := projections.New(projections.Config{Store: h.parts.store, DB: db, Projection: p, Now: h.cfg.Now, Logger: h.cfg.Logger})
		if err != nil {
			return err
		}
		m.progress[p.Name()] = r.Progress()
		m.runners = append(m.runners, r)
		h.background("projection "+p.Name(), func(ctx context.Context) error {
			// A projection that gives up says so in its status, in the log and in health. The hub goes on: contacts must still be received.
			_ = r.Run(ctx)
			return nil
		})
	}
	return h.awaitReadModels(ctx)
}

// startPatience is Config.ReadModelsWithin where that is open.
const startPatience = 3 * time.Second

// awaitReadModels lets the first query after a start find what is on record, where that does not take long.
func (h *Hub) awaitReadModels(ctx context.Context) error {
	head, err := h.parts.store.Head(ctx)
	if err != nil {
		return fmt.Errorf("event store: %w", err)
	}
	waiting, cancel := context.WithTimeout(ctx, h.cfg.ReadModelsWithin)
	defer cancel()
	for name, p := range h.parts.models.progress {
		if p.WaitFor(waiting, head) != nil && ctx.Err() == nil {
			h.cfg.Logger.Warn("a read model is behind; queries of it wait or are refused until it has caught up", "projection", name)
		}
	}
	return ctx.Err()
}

// projections says how far each projection of this process has got.
func (h *Hub) projections() []operatorapi.Projection {
	var all []operatorapi.Projection
	for _, r := range h.parts.models.runners {
		s := r.Status()
		p := operatorapi.Projection{Name: s.Name, Version: uint32(s.Version), Position: s.Position.Token(), CaughtUp: s.CaughtUp}
		if s.Stopped && s.Err != nil {
			p.Stopped = s.Err.Error()
		}
		all = append(all, p)
	}
	return all
}

// verify folds the record again for one projection of this process and compares every row.
func (h *Hub) verify(ctx context.Context, name string) (operatorapi.Verification, error) {
	for _, r := range h.parts.models.runners {
		if r.Status().Name != name {
			continue
		}
		report, err := r.Verify(ctx)
		if err != nil {
			return operatorapi.Verification{}, err
		}
		v := operatorapi.Verification{Name: name, Version: uint32(report.Version), Position: report.Position.Token(), Rows: report.Rows}
		for _, d := range report.Differences {
			v.Differences = append(v.Differences, operatorapi.Difference(d))
		}
		return v, nil
	}
	return operatorapi.Verification{}, fmt.Errorf("projection %s does not run in this process", name)
}

const (
	// healthEvery is how often health is looked at.
	healthEvery = time.Second
	// lagLimit is how far behind a read model may be before those who ask it should go elsewhere.
	lagLimit = time.Minute
)

// watchHealth tells gRPC's health service how the hub is: queries need their projections and their database, commands and the record need the event
// store, and whatever shows or records people needs their keys.
func (h *Hub) watchHealth(s *rpc.Server) {
	look := func(ctx context.Context) {
		stored, keyed, fresh := h.ping(ctx)
		for _, r := range h.parts.models.runners {
			st := r.Status()
			fresh = fresh && !st.Stopped && st.Lag < lagLimit
		}
		serve := func(fit bool, services ...grpc.ServiceDesc) {
			for _, service := range services {
				s.SetServing(service.ServiceName, fit)
			}
		}
		serve(stored && keyed, commandpb.ContactCommandService_ServiceDesc, commandpb.AuthorityCommandService_ServiceDesc,
			commandpb.InformationCommandService_ServiceDesc, commandpb.StrategyMeetingCommandService_ServiceDesc,
			commandpb.ConsultationCommandService_ServiceDesc, auditpb.AuditService_ServiceDesc)
		serve(fresh, querypb.TriageQueueService_ServiceDesc, querypb.EncompassService_ServiceDesc)
		serve(fresh && keyed, querypb.ContactService_ServiceDesc, querypb.ConsentTrailService_ServiceDesc, querypb.StrategyMeetingService_ServiceDesc)
		serve(stored && keyed && fresh, querypb.ConsultationService_ServiceDesc)
	}
	h.background("health", func(ctx context.Context) error {
		tick := time.NewTicker(healthEvery)
		defer tick.Stop()
		for {
			look(ctx)
			select {
			case <-tick.C:
			case <-ctx.Done():
				return nil
			}
		}
	})
}

// ping asks all that the hub rests on at once: one that does not answer says nothing of the others.
func (h *Hub) ping(ctx context.Context) (stored, keyed, read bool) {
	ctx, cancel := context.WithTimeout(ctx, healthEvery)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() { stored = h.parts.store.Ping(ctx) == nil })
	all.Go(func() { keyed = h.parts.keys.Ping(ctx) == nil })
	all.Go(func() { read = h.parts.models.db.Ping(ctx) == nil })
	all.Wait()
	return stored, keyed, read
}

// registerQueries serves what staff read, and runs what hands changes on to their watches.
func (h *Hub) registerQueries(s *rpc.Server) error {
	m := h.parts.models
	q, err := queryapi.New(queryapi.Config{
		Store: h.parts.store, DB: m.db, Now: h.cfg.Now, Logger: h.cfg.Logger,
		Triage: m.progress[triage.Name], CaseFile: m.progress[casefile.Name], ConsentTrail: m.progress[consenttrail.Name],
		StrategyMeetings: m.progress[strategymeetings.Name], Consultations: m.progress[consultations.Name],
	})
	if err != nil {
		return err
	}
	if err := q.Register(s); err != nil {
		return err
	}
	h.background("watches", q.Run)
	return nil
}
