package simulation

import (
	"context"
	"fmt"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/simulation/generator"
)

// The front door's opening hours, and how the staff keep up with what comes.
const (
	opens, closes = 9, 17
	openHours     = 5 * (closes - opens)
	// keepUp is the part of a week's contacts that can be triaged in its opening hours, in percent: not quite all.
	keepUp = 93
	// allocatable is the part of that which can be given to a worker in the same time, in percent.
	allocatable = 85
	// mistakes: one in so many contacts that resemble an earlier one is taken for it.
	mistakes = 60
	// mistaken is how long such a link stands.
	mistaken = 2 * time.Hour
	// atOnce is how many of the staff's commands are under way together.
	atOnce = 32
)

// desk is the staff at work.
type desk struct {
	o     Options
	zone  *time.Location
	tally *tally
	calls *calls
	queue querypb.TriageQueueServiceClient

	volume  int
	steps   []generator.Step // contacts that staff might link, in order of time
	linked  map[string]bool  // ids of steps whose contacts are linked
	wrong   []wrongLink
	seconds []second

	talks  []generator.Talk // in order of time
	forms  []generator.Step // in order of time: what agencies will put in writing
	reds   []*querypb.TriageQueueRow
	called []calledMeeting // in order of time
}

// ready takes what has come to its time off a queue that is in order of time, one after another.
func ready[T any](queue *[]T, come func(T) bool) iter.Seq[T] {
	return func(yield func(T) bool) {
		for len(*queue) > 0 && come((*queue)[0]) {
			first := (*queue)[0]
			*queue = (*queue)[1:]
			if !yield(first) {
				return
			}
		}
	}
}

// wrongLink is a link that turns out to be wrong.
type wrongLink struct {
	step, contactID string
	until           time.Time
}

// second is a rating that is to be looked at again.
type second struct {
	row *querypb.TriageQueueRow
	j   judgement
}

func newDesk(o Options, zone *time.Location, t *tally) *desk {
	d := &desk{o: o, zone: zone, tally: t, linked: map[string]bool{}}
	if o.Staff.any() {
		d.calls, d.queue = newCalls(o, t), querypb.NewTriageQueueServiceClient(o.Conn)
	}
	return d
}

// plan takes in what the generator knows of a week: how much comes, and what tells of the same thing.
func (d *desk) plan(w generator.Week) {
	d.volume = w.Contacts()
	d.talks = append(d.talks, w.Talks...)
	for _, s := range w.Steps {
		if s.SameAs != "" || s.Resembles != "" && hashOf(s.ID)%mistakes == 0 {
			d.steps = append(d.steps, s)
		}
	}
}

// hour is the work of the hour that begins then, all done at its beginning.
func (d *desk) hour(ctx context.Context, at time.Time) error {
	switch {
	case !d.o.Staff.any():
		return nil
	case d.open(at):
		return d.day(ctx, at)
	default:
		return d.night(ctx)
	}
}

// open reports whether the day team is in.
func (d *desk) open(at time.Time) bool {
	local := at.In(d.zone)
	weekend := local.Weekday() == time.Saturday || local.Weekday() == time.Sunday
	return !weekend && !d.o.Closed(local) && local.Hour() >= opens && local.Hour() < closes
}

// day is one hour of the day team. What was triaged an hour ago is looked at again before new work is given out, so that a
// worker gets it with the rating that stands.
func (d *desk) day(ctx context.Context, at time.Time) error {
	if len(d.o.Staff.Triagers) == 0 {
		return nil
	}
	triages := max(1, d.volume*keepUp/100/openHours)
	if err := d.talk(ctx, at); err != nil {
		return err
	}
	if err := d.links(ctx, at); err != nil {
		return err
	}
	if err := d.triage(ctx, d.o.Staff.Triagers, triages, func(*querypb.TriageQueueRow) bool { return true }); err != nil {
		return err
	}
	if err := d.secondLooks(ctx); err != nil {
		return err
	}
	if err := d.strategy(ctx, at); err != nil {
		return err
	}
	return d.allocate(ctx, at, max(1, triages*allocatable/100))
}

// night is the on-call senior manager's: urgent work and nothing else (SOT-31).
func (d *desk) night(ctx context.Context) error {
	if len(d.o.Staff.OnCall) == 0 {
		return nil
	}
	return d.triage(ctx, d.o.Staff.OnCall, 20, (*querypb.TriageQueueRow).GetUrgent)
}

// rows reads the head of the queue: urgent work first, then what is due next (KEN-10).
func (d *desk) rows(ctx context.Context, by Colleague, state string, n int) ([]*querypb.TriageQueueRow, error) {
	var page *querypb.ListTriageQueueResponse
	err := d.calls.patiently(ctx, by, func(ctx context.Context) (err error) {
		page, err = d.queue.ListTriageQueue(ctx, &querypb.ListTriageQueueRequest{
			Filter: &querypb.TriageQueueFilter{States: []string{state}}, PageSize: int32(n), NotBefore: d.tally.lastPosition(),
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the queue: %w", err)
	}
	return page.GetRows(), nil
}

// triage rates the head of the queue, as far as wanted. The queue is read once: what arrives meanwhile is for the next hour.
func (d *desk) triage(ctx context.Context, by []Colleague, n int, wanted func(*querypb.TriageQueueRow) bool) error {
	rows, err := d.rows(ctx, by[0], "unrated", n)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, row := range rows {
		if !wanted(row) {
			continue
		}
		j := judge(d.o.Seed, row)
		if j.second != "" {
			d.seconds = append(d.seconds, second{row, j})
		}
		if j.rating == red && row.GetChildrenPassedAcross() == 0 && hashOf(row.GetContactId())%strategyOf == 0 {
			d.reds = append(d.reds, row)
		}
		group.Go(func() error { return d.calls.triage(ctx, pickOf(by, j.triager), row, j) })
	}
	return group.Wait()
}

// secondLooks are taken an hour after the first, at those that were put aside for it before this hour's triage began.
func (d *desk) secondLooks(ctx context.Context) error {
	due := d.seconds
	d.seconds = nil
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, s := range due {
		group.Go(func() error { return d.calls.rate(ctx, pickOf(d.o.Staff.Triagers, s.j.worker), s.row, s.j) })
	}
	return group.Wait()
}

// allocate gives what is triaged to workers, in the order of the queue.
func (d *desk) allocate(ctx context.Context, at time.Time, n int) error {
	if len(d.o.Staff.Workers) == 0 {
		return nil
	}
	rows, err := d.rows(ctx, d.o.Staff.Triagers[0], "triaged", n)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, row := range rows {
		j := judge(d.o.Seed, row)
		worker := d.o.Staff.workerFor(row.GetTeam(), j.worker)
		group.Go(func() error {
			if err := d.calls.allocate(ctx, pickOf(d.o.Staff.Triagers, j.triager), row, worker.ID); err != nil {
				return err
			}
			return d.consent(ctx, at, worker, row)
		})
	}
	return group.Wait()
}

// links ties together what came so far and tells of the same thing, and undoes what was tied together in error.
func (d *desk) links(ctx context.Context, at time.Time) error {
	if len(d.o.Staff.Workers) == 0 {
		return nil
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for w := range ready(&d.wrong, func(w wrongLink) bool { return !w.until.After(at) }) {
		delete(d.linked, w.step)
		group.Go(func() error { return d.calls.unlink(groupCtx, pickOf(d.o.Staff.Workers, hashOf(w.step)), w.contactID) })
	}
	for s := range ready(&d.steps, func(s generator.Step) bool { return s.At.Before(at) }) {
		contact, of, ok := d.linkable(s)
		if !ok {
			continue
		}
		d.linked[s.ID] = true
		if s.SameAs == "" {
			d.wrong = append(d.wrong, wrongLink{s.ID, contact, at.Add(mistaken)})
		}
		group.Go(func() error {
			return d.calls.link(groupCtx, pickOf(d.o.Staff.Workers, hashOf(s.ID)), contact, of, s.SameAs == "")
		})
	}
	return group.Wait()
}

// linkable gives the contacts of a step and of the one it is to be linked to, if both are in the queue's reach.
func (d *desk) linkable(s generator.Step) (contact, of string, ok bool) {
	other := s.SameAs
	if other == "" {
		other = s.Resembles
	}
	this, here := d.tally.contact(s.ID)
	that, there := d.tally.contact(other)
	if !here || !there || d.linked[other] || this.Outcome == generator.PassedAcross {
		return "", "", false
	}
	return this.ContactID, that.ContactID, true
}
