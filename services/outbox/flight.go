package outbox

import (
	"context"
	"errors"

	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/eventstore"
)

// A flight is what became so far of one thing that an event has the agency told.
type flight struct {
	event eventstore.Recorded
	notice
	id string // ce-id of its message
	// ended is how it came to its end: published, found, withheld or refused; empty while it is on its way, and where the agency is not
	// concerned.
	ended string
	// sequence is its message's in OUT, where it is there.
	sequence    uint64
	publication *bus.Publication
}

// launch starts the messages of the jobs one behind the other, without waiting for any to be stored. Where one cannot be started, those
// before it are on their way all the same.
func (f *feed) launch(ctx context.Context, jobs []job) (flights []flight, err error) {
	behind := bus.Behind{Sequence: f.last}
	for _, j := range jobs {
		for _, n := range j.notices {
			fl := flight{event: j.event, notice: n, id: messageID(j.event.ID, f.agency.ID, n.part())}
			if sequence, there := f.held[fl.id]; there {
				fl.ended, fl.sequence = "found", sequence
			} else if err = f.start(ctx, &fl, &behind); err != nil {
				return flights, err
			}
			flights = append(flights, fl)
		}
	}
	return flights, nil
}

// start makes the message and sends it on its way behind the one before it.
func (f *feed) start(ctx context.Context, fl *flight, behind *bus.Behind) error {
	msg, err := f.compose(ctx, fl.event, fl.notice)
	switch {
	case errors.Is(err, errNotConcerned):
		return nil
	case err != nil:
		return err
	case msg == nil:
		f.log.Info("a message is withheld: nothing covers it any more, or it has its answer", "event", fl.event.ID, "notice", fl.kind)
		fl.ended = "withheld"
		return nil
	}
	header, data, err := msg.encode(fl.id, fl.event.Metadata.RecordedAt)
	if err != nil {
		return err
	}
	fl.publication, err = f.Bus.StartOut(ctx, f.agency.ID, msg.kind, header, data, *behind)
	switch {
	case errors.Is(err, bus.ErrTooLarge):
		f.refuse(fl)
		return nil
	case err != nil:
		return errors.Join(errLater, err)
	}
	*behind = bus.Behind{Sequence: behind.Sequence + 1, ID: fl.id}
	return nil
}

// refuse gives up a message that no later try can help: those behind it must not wait.
func (f *feed) refuse(fl *flight) {
	f.log.Error("a message is too large for OUT and is not sent", "event", fl.event.ID, "notice", fl.kind)
	fl.ended = "refused"
}

// land waits for all flights, and tells how many came to their end before the first whose message was not stored. What is behind that one was
// not stored either, or it is not known.
func (f *feed) land(ctx context.Context, flights []flight) (landed int, failed error) {
	for i := range flights {
		fl := &flights[i]
		if fl.publication != nil {
			sequence, err := fl.publication.Wait(ctx)
			switch {
			case failed != nil: // it had to be waited for, and no more
			case err == nil:
				f.last, fl.ended, fl.sequence = sequence, "published", sequence
			case errors.Is(err, bus.ErrTooLarge):
				f.refuse(fl)
			default:
				failed = err
			}
		}
		if failed == nil {
			landed++
		}
	}
	return landed, failed
}

// settle counts the first jobs of which all flights have landed. What has landed of the next one is in OUT, and will be found there.
func (f *feed) settle(jobs []job, landed []flight) (n int) {
	for _, j := range jobs {
		if len(landed) < len(j.notices) {
			break
		}
		for _, fl := range landed[:len(j.notices)] {
			delete(f.held, fl.id)
			if fl.sequence > 0 {
				f.published++
			}
			if fl.ended != "" {
				f.messages.WithLabelValues(f.agency.ID, fl.ended).Inc()
			}
		}
		landed = landed[len(j.notices):]
		n++
	}
	for _, fl := range landed {
		if fl.sequence > 0 {
			f.held[fl.id] = fl.sequence
		}
	}
	return n
}

// unstored looks at OUT after a message was not stored, or may not have been: another outbox was there first, OUT cannot take it, or
// nobody answered.
func (f *feed) unstored(ctx context.Context, failed error) error {
	before := f.last
	if err := f.look(ctx); err != nil {
		return errors.Join(errLater, failed, err)
	}
	if errors.Is(failed, bus.ErrWrongSequence) && f.last != before {
		return errAgain
	}
	return errors.Join(errLater, failed)
}
