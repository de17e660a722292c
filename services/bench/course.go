package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/simulation/generator"
)

// A course is a contact that is worked on for long: it is received, triaged and allocated, its mother consents, an override is proposed,
// approved and ended, and from then on agencies are asked by turns, answer, and the contact is rated and given to others again. Every
// move is one command and adds one event, decided by the real rules.
type course struct {
	id     string
	arrive contact.Receive
	begun  time.Time

	state contact.State
	moves int // that were made, which is the number of its events
}

// A move is a command, and who gives it.
type move struct {
	role    access.Role
	actor   string
	command contact.Command
}

// The agencies that a course asks, and what it asks them.
var (
	asked      = [...]string{"kent-police", "kent-health", "kent-schools", "kent-housing"}
	categories = [...]string{"police-and-offending", "physical-health", "education-and-attendance"}
)

const (
	// beforeCycle is how many moves lead up to those that repeat themselves, ofCycle how many these are.
	beforeCycle, ofCycle = 8, 4
	// consented is how many moves it takes until agencies can be asked.
	consented = 5

	said = "Seen on the fourteenth with both parents, who said that the younger child had been with an aunt since the summer. The school " +
		"had noticed nothing until October; since then there were eleven absences, three of them with no reason given, and twice the " +
		"child came without lunch. The officer who called found the flat cold, and food in the house."
)

// longAgo is before every course: a contact that the generator dates later than it begins here could not be received.
var longAgo = newYear.AddDate(0, 0, -7*16)

// newCourses makes n courses from contacts of the generator. When each begins is told by begin.
func newCourses(n int, begin func(i int) time.Time) ([]*course, error) {
	g, err := generator.New(generator.Options{Seed: seed, Start: longAgo, Agencies: senders()})
	if err != nil {
		return nil, err
	}
	var all []*course
	for s := range g.Contacts(2 * n) {
		m, ok := s.Message.(*intakepb.Contact)
		if !ok {
			return nil, fmt.Errorf("the generator gave a %s for a contact", s.Kind)
		}
		if len(all) == n || slices.ContainsFunc(m.GetChildren(), (*intakepb.Child).GetUnborn) { // expected when the generator sent it
			continue
		}
		c := &course{arrive: arrival(s, m), begun: begin(len(all))}
		c.arrive.OpenMatches = nil // it stays at the front door
		c.id = contact.ID(s.Agency, s.Source, s.ID).String()
		all = append(all, c)
	}
	return all, nil
}

// next gives the next move.
func (c *course) next(at time.Time) move {
	manager, worker := move{role: access.TeamManager, actor: "manager-1"}, move{role: access.SocialWorker, actor: "worker-1"}
	switch c.moves {
	case 0:
		return move{access.AgencySystem, "agency:" + c.arrive.Agency, c.arrive}
	case 1:
		return manager.of(contact.Triage{Rating: practice.Amber, Actions: []string{"agency-checks"}, Directions: directions})
	case 2:
		return manager.of(contact.Allocate{Worker: "worker-1"})
	case 3:
		return worker.of(contact.RecordHolder{
			Holder: &eventpb.Holder{Name: "Ngozi Sample", Relationship: "mother"}, Subjects: []string{"s1"}, Basis: "mother",
		})
	case 4:
		return worker.of(contact.RecordConsent{
			HolderID: "p1", Stance: "given", Scope: scope(asked[:]...), AskedBy: "worker-1", How: "telephone", Evidence: "note-of-conversation",
			Asked: &eventpb.Occurrence{At: timestamppb.New(at), Precision: "instant"},
		})
	case 5:
		return worker.of(contact.ProposeOverride{
			Scope: scope("kent-probation"), ReasonCode: "would-prejudice-protection", Risk: said, Bases: []string{"uk-gdpr-6-1-e"},
		})
	case 6:
		return manager.of(contact.DecideOverride{OverrideID: "o1", Outcome: "approved", Reason: reason, ExpiresAt: at.Add(72 * time.Hour)})
	case 7:
		return manager.of(contact.ReviewOverride{OverrideID: "o1", Outcome: "ended", Reason: reason})
	}
	return c.again(worker, manager)
}

// again gives a move of those that repeat themselves.
func (c *course) again(worker, manager move) move {
	turn := (c.moves - beforeCycle) / ofCycle
	agency := asked[turn%len(asked)]
	switch (c.moves - beforeCycle) % ofCycle {
	case 0:
		return worker.of(ask(agency, categories[0]))
	case 1:
		return move{access.AgencySystem, "agency:" + agency, contact.ShareInformation{
			Agency: agency, RequestID: fmt.Sprintf("r%d", turn+1), Answer: contact.AnswerShared,
			Statements: []contact.Statement{{Subjects: []string{"s1"}, Category: categories[0], Kind: "fact", Source: "record",
				Words: fmt.Sprintf("%s Noted for the %d. time.", said, turn+1)}},
		}}
	case 2:
		return manager.of(contact.Rate{Rating: otherRating(c.state.Rating), Reason: reason})
	}
	return manager.of(contact.Allocate{Worker: fmt.Sprintf("worker-%d", 1+(turn+1)%2)})
}

func (m move) of(c contact.Command) move { m.command = c; return m }

func otherRating(now string) string {
	if now == practice.Red {
		return practice.Amber
	}
	return practice.Red
}

func ask(agency, category string) contact.RequestInformation {
	return contact.RequestInformation{
		Mode: "targeted", Purposes: []string{"safeguarding-assessment"}, Words: directions, Status: practice.StatusTriaged,
		Questions: []contact.Ask{{Agency: agency, Subjects: []string{"s1"}, Categories: []string{category}}},
	}
}

func scope(agencies ...string) *eventpb.Scope {
	return &eventpb.Scope{Subjects: []string{"s1"}, Purposes: []string{"safeguarding-assessment"}, Agencies: agencies, Categories: categories[:]}
}

// write makes n more moves and appends what they add, all in one call, as one request.
func (c *course) write(ctx context.Context, store *eventstore.Store, profile practice.Profile, n int) error {
	expected := eventstore.NoStream()
	if c.moves > 0 {
		expected = eventstore.Exactly(uint64(c.moves - 1))
	}
	var events []eventstore.Event
	var meta eventstore.Metadata
	for range n {
		at := c.begun.Add(time.Duration(c.moves) * 10 * time.Minute)
		m := c.next(at)
		meta = eventstore.Metadata{
			CorrelationID: c.id, Actor: m.actor, Role: string(m.role), RequestID: uuid.NewString(), RequestHash: hash, RecordedAt: at,
			Profile: profile.String(),
		}
		added, err := contact.Decide(contact.Under(m.command, contact.Setting{Now: at, Profile: profile, Role: m.role, Actor: m.actor}), c.state)
		if err != nil {
			return fmt.Errorf("move %d at %v: %T: %w", c.moves, at, m.command, err)
		}
		if len(added) != 1 {
			return fmt.Errorf("move %d: %T added %d events, not one", c.moves, m.command, len(added))
		}
		if c.state, err = contact.Evolve(c.state, added[0]); err != nil {
			return err
		}
		events = append(events, eventstore.Event{ID: uuid.New(), Message: added[0]})
		c.moves++
	}
	_, err := store.Append(ctx, contact.Stream(c.id), expected, meta, events...)
	return err
}

// whole is the most moves up to n that leave no question open, of which the hub's clocks would have something to say.
func whole(n int) int { return n - (n-beforeCycle)%ofCycle }

// write has every course make its moves up to n, so many in one append. The courses go forward side by side, so that the events of one
// lie scattered over the whole record, as they do in one that grew.
func write(ctx context.Context, store *eventstore.Store, profile practice.Profile, courses []*course, n, together int) error {
	for made := 0; made < n; made += together {
		step := min(together, n-made)
		err := flood(ctx, courses, func(ctx context.Context, c *course) error { return c.write(ctx, store, profile, step) })
		if err != nil {
			return fmt.Errorf("write contacts: %w", err)
		}
	}
	return nil
}

// rated follows what the next moves depend on, where casework carries them out.
func (c *course) rated(r casework.Result) {
	for _, e := range r.Events {
		if rated, ok := e.(*eventpb.ContactRated); ok {
			c.state.Rating = rated.GetRating()
		}
	}
}
