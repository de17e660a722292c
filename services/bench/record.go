package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	operatorpb "github.com/openmash/mash/proto/gen/mash/operator/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/hub"
)

// largeRecord measures what auditors and managers look at, over gRPC, in a record of a million events that hold a year's overrides.
func (c *caseRun) largeRecord(ctx context.Context) error {
	data := filepath.Join(c.dir, "record")
	var ids []string
	err := withHub(ctx, data, "store", []hub.Role{hub.RoleStore}, func(ctx context.Context, s *site) (err error) {
		ids, err = c.writeRecord(ctx, s)
		return err
	})
	if err != nil {
		return err
	}
	// Outbox and clocks are left out: they have nothing to do here but to find that out.
	roles := []hub.Role{hub.RoleBus, hub.RoleStore, hub.RoleProjections, hub.RoleAPI}
	return withHub(ctx, data, "record", roles, func(ctx context.Context, s *site) error {
		auditor, err := s.conn("auditor-1")
		if err != nil {
			return err
		}
		analyst, err := s.conn("manager-1")
		if err != nil {
			return err
		}
		trails := querypb.NewConsentTrailServiceClient(analyst)
		c.progress("waiting for the hub's read models")
		if err := awaitModels(ctx, s); err != nil {
			return err
		}
		if err := allOverrides(ctx, trails, len(ids)); err != nil {
			return err
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		for round := range c.Rounds {
			c.progress("round %d of %d: replays, overrides and trails", round+1, c.Rounds)
			if err := c.look(ctx, auditpb.NewAuditServiceClient(auditor), trails, ids, rng); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeRecord writes contacts of so many events each, begun over a year on the working days in the middle of the week.
func (c *caseRun) writeRecord(ctx context.Context, s *site) (ids []string, err error) {
	store, err := s.openStore(ctx)
	if err != nil {
		return nil, err
	}
	// The front door is open then: no bank holiday of that year is on one of these days before Christmas.
	begins := func(i int) time.Time {
		return newYear.AddDate(0, 0, 7*(i%49)+1+i%3).Add(time.Duration(10+i%4) * time.Hour)
	}
	courses, err := newCourses(c.large, begins)
	if err != nil {
		return nil, err
	}
	c.progress("writing %d contacts of %d events", len(courses), c.events)
	begun := time.Now()
	if err := write(ctx, store, c.profile, courses, c.events, 10); err != nil {
		return nil, err
	}
	c.note("The large record: %d contacts of %d events each, %d events, written ten at a time in %s through the official client, those of one contact "+
		"scattered over the whole record; every contact has an override, and they were proposed over a year.",
		len(courses), c.events, len(courses)*c.events, time.Since(begun).Round(time.Second))
	for _, course := range courses {
		ids = append(ids, course.id)
	}
	return ids, nil
}

// awaitModels waits until every read model of the hub has the whole record, and then until nothing is left to do: one that still folds keeps
// the processor busy, and on a machine that has others to serve a hub looks idle for moments before it is.
func awaitModels(ctx context.Context, s *site) error {
	conn, err := s.conn("auditor-1")
	if err != nil {
		return err
	}
	for begun := time.Now(); ; {
		answer, err := operatorpb.NewProjectionServiceClient(conn).ListProjections(ctx, &operatorpb.ListProjectionsRequest{})
		late := err == nil && slices.ContainsFunc(answer.GetProjections(), func(p *operatorpb.ProjectionStatus) bool { return !p.GetCaughtUp() })
		switch {
		case err == nil && !late && len(answer.GetProjections()) > 0:
			return quiet(ctx, cpuTime)
		case err != nil && status.Code(err) != codes.Unavailable:
			return fmt.Errorf("wait for the read models: %w", err)
		case time.Since(begun) > 15*time.Minute:
			return fmt.Errorf("wait for the read models: they have not got through the record: %v", answer.GetProjections())
		}
		if err := sleepUntil(ctx, time.Now().Add(100*time.Millisecond)); err != nil {
			return err
		}
	}
}

// allOverrides makes sure that the list has them all.
func allOverrides(ctx context.Context, trails querypb.ConsentTrailServiceClient, want int) error {
	n, token := 0, ""
	for {
		page, err := trails.ListOverrides(ctx, &querypb.ListOverridesRequest{PageSize: 500, PageToken: token})
		if err != nil {
			return err
		}
		if n, token = n+len(page.GetRows()), page.GetNextPageToken(); token == "" {
			break
		}
	}
	if n != want {
		return fmt.Errorf("the list has %d overrides, the record %d: %w", n, want, errWrongQueue)
	}
	return nil
}

// look measures one round: each call about a contact that is drawn anew, so that hardly anything of it is in memory.
func (c *caseRun) look(
	ctx context.Context, audit auditpb.AuditServiceClient, trails querypb.ConsentTrailServiceClient, ids []string, rng *rand.Rand,
) error {
	token := ""
	for _, kind := range []struct {
		p50, p99 string
		call     func() error
	}{
		{replayP50, replayP99, func() error {
			decision := [...]string{"c1", "o1", "r1", fmt.Sprintf("r%d", c.events/10)}[rng.IntN(4)]
			_, err := audit.ReplayConsentDecision(ctx, &auditpb.ReplayConsentDecisionRequest{ContactId: ids[rng.IntN(len(ids))], DecisionId: decision})
			return err
		}},
		{"page of a year's overrides, p50", "page of a year's overrides, p99", func() error {
			page, err := trails.ListOverrides(ctx, &querypb.ListOverridesRequest{PageSize: pageRows, PageToken: token})
			token = page.GetNextPageToken()
			return err
		}},
		{"a contact's consent trail, p50", "a contact's consent trail, p99", func() error {
			_, err := trails.GetConsentTrail(ctx, &querypb.GetConsentTrailRequest{ContactId: ids[rng.IntN(len(ids))]})
			return err
		}},
	} {
		var took []time.Duration
		watch := startWatch()
		for range c.replays {
			begun := time.Now()
			if err := kind.call(); err != nil {
				return fmt.Errorf("%s: %w", kind.p50, err)
			}
			took = append(took, time.Since(begun))
		}
		c.recordCPU(kind.p50+": processor's time each", watch, len(took))
		c.record(kind.p50, "ms", milliseconds(quantile(took, 0.5)))
		c.record(kind.p99, "ms", milliseconds(quantile(took, 0.99)))
	}
	return nil
}
