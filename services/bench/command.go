package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/eventstore"
)

// A command carries out the next one on a course.
type command func(context.Context, *course) error

// commands measures commands on contacts that have many events: through casework with folded states in memory and without, and through
// gRPC.
func (c *caseRun) commands(ctx context.Context) error {
	const ways = 3
	courses, err := newCourses((ways*c.sets+1)*c.callers, func(int) time.Time { return lately })
	if err != nil {
		return err
	}
	writing := func(ctx context.Context, store *eventstore.Store) error {
		return write(ctx, store, c.profile, courses, whole(c.events-c.each/2), 1)
	}
	return c.withContacts(ctx, "commands", writing, func(ctx context.Context, s *site) error {
		store, err := s.openStore(ctx)
		if err != nil {
			return err
		}
		conn, err := s.conn("manager-1")
		if err != nil {
			return err
		}
		// A hub that has just started is slower than one that has run for some seconds.
		warm, courses := courses[:c.callers], courses[c.callers:]
		if _, err := c.carryOut(ctx, warm, through(c.service(s, store, 0))); err != nil {
			return err
		}
		for i, way := range [ways]struct {
			p50, p99 string
			do       command
		}{
			{commandP50, commandP99, through(c.service(s, store, 0))},
			{"command, cold, p50", "command, cold, p99", through(c.service(s, store, 1))},
			{"command through gRPC, p50", "command through gRPC, p99", rating(commandpb.NewContactCommandServiceClient(conn))},
		} {
			watch := startWatch()
			took, err := c.carryOut(ctx, courses[i*c.sets*c.callers:][:c.sets*c.callers], way.do)
			if err != nil {
				return fmt.Errorf("%s: %w", way.p50, err)
			}
			c.recordCPU(way.p50+": processor's time each", watch, len(took))
			c.record(way.p50, "ms", milliseconds(quantile(took, 0.5)))
			c.record(way.p99, "ms", milliseconds(quantile(took, 0.99)))
		}
		return nil
	})
}

// lately is so long before monday that a contact can have had its events, in opening hours.
var lately = monday.AddDate(0, 0, -5)

// carryOut has so many callers at once carry out the commands on a contact each, set after set. The first on each is not counted: it finds
// the contact in nobody's memory.
func (c *caseRun) carryOut(ctx context.Context, courses []*course, do command) ([]time.Duration, error) {
	var all []time.Duration
	for ; len(courses) > 0; courses = courses[c.callers:] {
		took := make([][]time.Duration, c.callers)
		group, ctx := errgroup.WithContext(ctx)
		for i, course := range courses[:c.callers] {
			group.Go(func() error {
				for range c.each + 1 {
					begun := time.Now()
					if err := do(ctx, course); err != nil {
						return fmt.Errorf("command %d: %w", course.moves, err)
					}
					took[i] = append(took[i], time.Since(begun))
					course.moves++
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
		for _, t := range took {
			all = append(all, t[1:]...)
		}
	}
	return all, nil
}

// through carries out the next move of a course.
func through(service *casework.Service) command {
	return func(ctx context.Context, c *course) error {
		m := c.next(monday)
		result, err := service.HandleContact(ctx, c.id, m.command, m.origin(), nil)
		if err == nil {
			c.rated(result)
		}
		return err
	}
}

func (m move) origin() casework.Origin {
	return casework.Origin{Actor: m.actor, Role: string(m.role), RequestID: uuid.NewString(), RequestHash: hash}
}

// rating rates the contact anew, as a manager over gRPC.
func rating(client commandpb.ContactCommandServiceClient) command {
	return func(ctx context.Context, c *course) error {
		c.state.Rating = otherRating(c.state.Rating)
		_, err := client.RateContact(ctx, &commandpb.RateContactRequest{
			Context: &commandpb.CommandContext{RequestId: uuid.NewString()}, ContactId: c.id, Rating: c.state.Rating, Reason: reason,
		})
		return err
	}
}
