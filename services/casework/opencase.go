package casework

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/identifier"
)

func identifiers() evolution[identifier.State] {
	return evolution[identifier.State]{initial: identifier.Initial, evolve: identifier.Evolve}
}

// RecordOpenCase records what the case-management system says of a case, on the
// stream of each number the case has or had. The result is of the case number's
// stream, which is written last. Errors are as those of ReceiveContact.
func (s *Service) RecordOpenCase(ctx context.Context, r identifier.Record, o Origin) (Result, error) {
	stream := identifier.Stream(s.pseudonym(identifier.CaseNumber, r.CaseNumber))
	giveBack, err := s.turns.take(ctx, stream)
	if err != nil {
		return Result{}, err
	}
	defer giveBack()
	return run(ctx, s, change[identifier.State]{
		evolution: identifiers(),
		stream:    stream,
		origin:    o,
		decide: func(now time.Time, onCase identifier.State) ([]proto.Message, error) {
			r.Now = now
			if err := r.Check(); err != nil {
				return nil, err
			}
			// Decided again from the start when the case's stream moved: then the
			// other numbers' entries may have to be others too.
			steps := identifier.Plan(r, onCase, s.pseudonym)
			own := steps[len(steps)-1]
			for _, step := range steps[:len(steps)-1] {
				if err := s.enterCase(ctx, step, o); err != nil {
					return nil, err
				}
			}
			return identifier.Decide(own.Entry, onCase)
		},
	})
}

// enterCase writes one entry to the stream of one of a case's other numbers. It
// takes no turn, for the caller holds one.
func (s *Service) enterCase(ctx context.Context, step identifier.Step, o Origin) error {
	_, err := run(ctx, s, change[identifier.State]{
		evolution: identifiers(),
		stream:    step.Stream,
		origin:    o,
		byContent: true,
		decide: func(now time.Time, state identifier.State) ([]proto.Message, error) {
			step.Entry.Now = now
			return identifier.Decide(step.Entry, state)
		},
	})
	return err
}

// lookups bounds how many streams one contact's search reads at once.
const lookups = 8

// openMatches finds the cases that are open for a contact's children, by exact
// NHS number, unique pupil number or case number (KEN-04).
func (s *Service) openMatches(ctx context.Context, children []contact.Child) ([]*eventpb.OpenMatch, error) {
	var wanted []lookup
	for i, child := range children {
		p := child.Person
		for _, n := range identifier.Numbers(p.GetNhsNumber(), p.GetUpn(), p.GetCaseNumber()) {
			wanted = append(wanted, lookup{subject: contact.SubjectID(i), number: n})
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookups)
	for i := range wanted {
		group.Go(func() error {
			w := &wanted[i]
			f, err := identifiers().read(ctx, s.store, identifier.Stream(s.pseudonym(w.number.Type, w.number.Value)))
			if err == nil {
				w.open = f.state.OpenCases()
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("casework: look for open cases: %w", err)
	}
	return matches(wanted), nil
}

// lookup is one number of one child, and the cases found open under it.
type lookup struct {
	subject string
	number  identifier.Number
	open    []identifier.OpenCase
}

// matches gives one match for each child and case, with all it was found by.
func matches(found []lookup) []*eventpb.OpenMatch {
	type pair struct {
		subject string
		match   identifier.OpenCase
	}
	at := map[pair]*eventpb.OpenMatch{}
	var all []*eventpb.OpenMatch
	for _, l := range found {
		for _, open := range l.open {
			key := pair{l.subject, open}
			if at[key] == nil {
				at[key] = &eventpb.OpenMatch{SubjectId: l.subject, CaseId: open.ID, Team: open.Team, ToldBy: open.Agency}
				all = append(all, at[key])
			}
			at[key].MatchedOn = append(at[key].MatchedOn, l.number.Type)
		}
	}
	return all
}
