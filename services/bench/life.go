package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/simulation/generator"
)

// A life is one contact of the year: its arrival, what the manager who looks first does, and what is done some days later. Events are
// those of the decider, and every contact has at least six, save those that pass straight across: the rules allow no more than two.
type life struct {
	arrive contact.Receive
	at     [3]time.Time // when each chapter is
	end    ending
	of     string // the contact it duplicates
	worker int

	state    contact.State
	revision uint64 // the next event's
}

// An ending is how the last chapter goes.
type ending int

const (
	worked   ending = iota // rated again and given to others
	linked                 // found to be a duplicate
	unlinked               // taken for a duplicate by mistake, and put back
)

const chapters = 3

// newLife makes the life of the generator's contact; its hours and days are drawn.
func newLife(s generator.Step, m *intakepb.Contact, of string, rng *rand.Rand) *life {
	l := &life{arrive: arrival(s, m), of: of, worker: rng.IntN(200)}
	l.at[0] = s.At
	l.at[1] = s.At.Add(time.Duration(10+rng.IntN(20*60)) * time.Minute)
	l.at[2] = l.at[1].Add(time.Duration(60+rng.IntN(6*24*60)) * time.Minute)
	switch {
	case of != "" && rng.IntN(8) == 0:
		l.end = unlinked
	case of != "":
		l.end = linked
	}
	return l
}

// across says, before it arrives, that all its children go straight across: nothing follows its arrival.
func (l *life) across() bool { return len(l.arrive.OpenMatches) == len(l.arrive.Children) }

// gone says, after it arrived, that they did.
func (l *life) gone() bool { return l.state.ID != "" && len(l.state.Queued) == 0 }

// chapter gives the commands of one sitting.
func (l *life) chapter(n int) []contact.Command {
	ratings := [...]string{practice.Green, practice.Amber, practice.Red}
	rating, next := ratings[l.worker%3], ratings[(l.worker+1)%3]
	worker := func(n int) string { return fmt.Sprintf("worker-%d", n%200) }
	switch {
	case n == 0:
		return []contact.Command{l.arrive}
	case n == 1:
		return []contact.Command{
			contact.Triage{Rating: rating, Actions: []string{"family-history", "agency-checks"}, Directions: directions},
			contact.Allocate{Worker: worker(l.worker)},
		}
	}
	last := []contact.Command{contact.Rate{Rating: next, Reason: reason}, contact.Allocate{Worker: worker(l.worker + 1)}}
	link := contact.Link{DuplicateOf: l.of, Reason: reason, Target: contact.Target{Received: true, Queued: true}}
	switch l.end {
	case linked:
		return append(last, link)
	case unlinked:
		return append(last, link, contact.Unlink{Reason: reason})
	default:
		return append(last, contact.Rate{Rating: rating, Reason: reason})
	}
}

const (
	directions = "Look at what is on record of the family, then ask the school and the health visitor how the children have seemed since " +
		"the summer. Speak with the referrer again before anybody speaks with the parents."
	reason = "What the school has said since changes how soon this has to be looked at."
)

// write decides a chapter and appends its events.
func (l *life) write(ctx context.Context, store *eventstore.Store, profile practice.Profile, n int) (events int, err error) {
	now := l.at[n]
	role, meta := access.TeamManager, eventstore.Metadata{
		Actor: "manager-1", Role: string(access.TeamManager), Team: "front-door", RequestID: uuid.NewString(), RequestHash: hash,
		RecordedAt: now, Profile: profile.String(),
	}
	if n == 0 {
		role, meta.Actor, meta.Role, meta.Team = access.AgencySystem, "agency:"+l.arrive.Agency, "agency", ""
		meta.Agency, meta.RequestID = l.arrive.Agency, contact.Key(l.arrive.Agency, l.arrive.Source, l.arrive.MessageID)
	}
	var all []eventstore.Event
	for _, c := range l.chapter(n) {
		decided, err := contact.Decide(contact.Under(c, contact.Setting{Now: now, Profile: profile, Role: role}), l.state)
		if err != nil {
			return 0, fmt.Errorf("chapter %d: %T: %w", n, c, err)
		}
		if all, err = l.fold(all, decided); err != nil {
			return 0, err
		}
	}
	meta.CorrelationID = l.state.ID
	expected := eventstore.NoStream()
	if n > 0 {
		expected = eventstore.Exactly(l.revision - 1)
	}
	if _, err := store.Append(ctx, contact.Stream(l.state.ID), expected, meta, all...); err != nil {
		return 0, fmt.Errorf("chapter %d: %w", n, err)
	}
	l.revision += uint64(len(all))
	l.arrive = contact.Receive{Agency: l.arrive.Agency} // its texts are not needed again
	return len(all), nil
}

// hash stands for the SHA-256 of a payload, in hex.
const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func (l *life) fold(all []eventstore.Event, decided []proto.Message) ([]eventstore.Event, error) {
	for _, e := range decided {
		var err error
		if l.state, err = contact.Evolve(l.state, e); err != nil {
			return nil, err
		}
		all = append(all, eventstore.Event{ID: uuid.New(), Message: e})
	}
	return all, nil
}

// shown is the state that the queue must show it in at the end.
func (l *life) shown() string {
	switch {
	case l.gone():
		return passedAcross
	case l.state.DuplicateOf != "":
		return duplicate
	default:
		return "allocated"
	}
}
