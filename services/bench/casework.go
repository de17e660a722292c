package bench

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/hub"
)

// Casework measures what is done with a contact after it has arrived: commands on one that has many events, how soon an agency has the
// message that an event leads to, and how fast an auditor sees a decision as it stood, in a large record.
func Casework(ctx context.Context, o Options) (*Report, error) {
	return measure("casework", o, func(r *run) error {
		profile, err := practice.Builtin()
		if err != nil {
			return err
		}
		c := &caseRun{run: r, caseScale: o.caseScale(), profile: profile}
		c.explain()
		for round := range r.Rounds {
			r.progress("round %d of %d: commands on contacts of %d events", round+1, r.Rounds, c.events)
			if err := c.commands(ctx); err != nil {
				return err
			}
			r.progress("round %d of %d: from the record to the agency, %.0f messages a second", round+1, r.Rounds, r.rate)
			if err := c.deliveries(ctx, uint64(round)); err != nil {
				return err
			}
		}
		return c.largeRecord(ctx)
	})
}

// A caseRun is a run that measures casework.
type caseRun struct {
	*run
	caseScale
	profile practice.Profile
}

// A caseScale is how much of it is measured.
type caseScale struct {
	callers int // at once, each on a contact of its own
	events  int // of a contact on average while commands are carried out on it
	each    int // commands on one contact
	sets    int // of contacts for each way to carry commands out
	large   int // contacts of the large record, of so many events each
	replays int // of one round
	long    int // contacts of so many events whose messages are sent
}

func (o Options) caseScale() caseScale {
	s := caseScale{callers: 16, events: 200, each: 20, sets: 4, large: 5000, replays: 500, long: 200}
	if o.Quick {
		s.events, s.each, s.sets, s.large, s.replays, s.long = 30, 4, 1, 20, 10, 20
	}
	return s
}

func (c *caseRun) explain() {
	c.note("A command is decided by casework and appended, one after the other on each of %d contacts, each by a caller of its own; a contact has "+
		"%d events when it is half through, each of a request of its own. A whole hub runs beside: read models, outbox and clocks.", c.callers, c.events)
	c.note("Folded states are in memory, except for those called cold: there a contact is read and folded anew for every command, as if memory " +
		"held none of them.")
	c.note("A message is with the agency when its own consumer on OUT has received it; the time begins when the append was acknowledged to who " +
		"asked for it. A message that was there before counts as 0.")
}

// service is casework over the site's store, in a process that holds so many folded contacts; 0: as many as usual.
func (c *caseRun) service(s *site, store *eventstore.Store, cached int) *casework.Service {
	return casework.New(casework.Config{
		Store: store, Pseudonym: s.keys.Pseudonym, Profile: c.profile, Now: func() time.Time { return monday }, Cached: cached,
	})
}

// withContacts runs do with a whole hub that finds contacts on record, and has read them. They are written before it starts: its clocks
// would chase, while a contact's days pass in seconds, what was not answered yet.
func (c *caseRun) withContacts(ctx context.Context, label string, writing func(context.Context, *eventstore.Store) error, do func(context.Context, *site) error) (err error) {
	data, err := os.MkdirTemp(c.dir, "hub-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	err = withHub(ctx, data, "writing", []hub.Role{hub.RoleStore}, func(ctx context.Context, s *site) error {
		store, err := s.openStore(ctx)
		if err != nil {
			return err
		}
		return writing(ctx, store)
	})
	if err != nil {
		return err
	}
	return withHub(ctx, data, label, nil, func(ctx context.Context, s *site) error {
		if err := awaitModels(ctx, s); err != nil {
			return err
		}
		return do(ctx, s)
	})
}
