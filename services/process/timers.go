package process

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

// timers are the due times to come, by contact or meeting. One that an event overtakes leaves; a due time of which it is not certain stays, and the
// decider says in the end that nothing follows.
type timers struct {
	of map[string]map[name]timer
	// next is no later than the earliest of them.
	next time.Time
}

func newTimers() timers { return timers{of: map[string]map[name]timer{}} }

// fold takes an event in. After is a place before it.
func (ts *timers) fold(event proto.Message, after eventstore.Position) {
	switch e := event.(type) {
	case *eventpb.ConsentRecorded:
		if at := e.GetExpiresAt(); at != nil && e.GetStance() == "given" {
			ts.set(timer{e.GetContactId(), name{kind: ofConsent, of: e.GetConsentId()}, at.AsTime(), after})
		}
	case *eventpb.ConsentWithdrawn:
		ts.drop(e.GetContactId(), name{kind: ofConsent, of: e.GetConsentId()})
	case *eventpb.ConsentExpired:
		ts.drop(e.GetContactId(), name{kind: ofConsent, of: e.GetConsentId()})
	case *eventpb.OverrideDecided:
		if at := e.GetExpiresAt(); at != nil && e.GetOutcome() != "declined" {
			ts.set(timer{e.GetContactId(), name{kind: ofOverride, of: e.GetOverrideId()}, at.AsTime(), after})
		}
	case *eventpb.OverrideReviewed:
		if e.GetOutcome() == "ended" {
			ts.drop(e.GetContactId(), name{kind: ofOverride, of: e.GetOverrideId()})
		}
	case *eventpb.OverrideExpired:
		ts.drop(e.GetContactId(), name{kind: ofOverride, of: e.GetOverrideId()})
	default:
		ts.foldQuestion(event, after)
	}
}

func (ts *timers) foldQuestion(event proto.Message, after eventstore.Position) {
	switch e := event.(type) {
	case *eventpb.InformationRequested:
		for _, q := range e.GetQuestions() {
			ts.set(timer{e.GetContactId(), name{ofQuestion, e.GetRequestId(), q.GetAgency()}, q.GetDue().GetDueAt().AsTime(), after})
		}
	case *eventpb.InformationRequestChased:
		ts.set(timer{e.GetContactId(), name{ofQuestion, e.GetRequestId(), e.GetAgency()}, e.GetDue().GetDueAt().AsTime(), after})
	case *eventpb.InformationRequestCancelled:
		for _, agency := range e.GetAgencies() {
			ts.drop(e.GetContactId(), name{ofQuestion, e.GetRequestId(), agency})
		}
	case *eventpb.InformationShared:
		// Part of an answer, and what corrects a part, leave the question open.
		if e.GetRequestId() != "" && e.GetAnswer() != "partial" && e.GetCorrects() == "" {
			ts.drop(e.GetContactId(), name{ofQuestion, e.GetRequestId(), e.GetAgency()})
		}
	default:
		ts.foldBeside(event, after)
	}
}

// foldBeside takes in what is awaited beside a message: the form of a conversation, and what schools have to acknowledge.
func (ts *timers) foldBeside(event proto.Message, after eventstore.Position) {
	switch e := event.(type) {
	case *eventpb.ContactReceived:
		if form := e.GetConversation().GetWrittenForm(); form != nil {
			ts.set(timer{e.GetContactId(), name{kind: ofForm}, form.GetDueAt().AsTime(), after})
		}
	case *eventpb.WrittenFormReceived:
		ts.drop(e.GetContactId(), name{kind: ofForm})
	case *eventpb.WrittenFormOverdue:
		ts.drop(e.GetContactId(), name{kind: ofForm})
	case *eventpb.EncompassDecided:
		if n := (name{kind: ofNotification, of: e.GetNotificationId()}); e.GetOutcome() == practice.EncompassNotInScope {
			ts.drop(e.GetContactId(), n)
		} else {
			ts.set(timer{e.GetContactId(), n, contact.RemindAt(e), after})
		}
	case *eventpb.EncompassAcknowledged:
		ts.drop(e.GetContactId(), name{kind: ofNotification, of: e.GetNotificationId()})
	case *eventpb.EncompassOverdue:
		ts.drop(e.GetContactId(), name{kind: ofNotification, of: e.GetNotificationId()})
	default:
		ts.foldMeeting(event, after)
	}
}

func (ts *timers) foldMeeting(event proto.Message, after eventstore.Position) {
	switch e := event.(type) {
	case *eventpb.StrategyMeetingConcluded:
		for _, a := range e.GetActions() {
			ts.set(timer{e.GetMeetingId(), name{kind: ofAction, of: a.GetActionId()}, a.GetDue().GetDueAt().AsTime(), after})
		}
	case *eventpb.MeetingActionClosed:
		ts.drop(e.GetMeetingId(), name{kind: ofAction, of: e.GetActionId()})
	case *eventpb.MeetingActionOverdue:
		ts.drop(e.GetMeetingId(), name{kind: ofAction, of: e.GetActionId()})
	}
}

// tell remembers that a meeting's contacts have to be told of an event. Each event has a timer of its own: what comes while an earlier one is
// told must be told, too.
func (ts *timers) tell(r eventstore.Recorded, after eventstore.Position) {
	if id, ofMeeting := strings.CutPrefix(r.Stream, strategymeeting.Stream("")); ofMeeting && casework.ConcernsContacts(r.Message) {
		ts.set(timer{id, name{kind: ofTelling, of: strconv.FormatUint(r.Revision, 10)}, time.Time{}, after})
	}
}

func (ts *timers) set(t timer) {
	if ts.of[t.id] == nil {
		ts.of[t.id] = map[name]timer{}
	}
	if len(ts.of) == 1 && len(ts.of[t.id]) == 0 || t.due.Before(ts.next) {
		ts.next = t.due
	}
	ts.of[t.id][t.name] = t
}

func (ts *timers) drop(id string, n name) {
	delete(ts.of[id], n)
	if len(ts.of[id]) == 0 {
		delete(ts.of, id)
	}
}

// done takes a timer away, unless an event has set it anew meanwhile.
func (ts *timers) done(t timer) {
	if now, ok := ts.of[t.id][t.name]; ok && now.due.Equal(t.due) {
		ts.drop(t.id, t.name)
	}
}

// due gives the timers that have passed, the earliest first: an override before a question that rests on it and was due later.
func (ts *timers) due(now time.Time) []timer {
	if now.Before(ts.next) {
		return nil
	}
	var due []timer
	first := true
	for _, of := range ts.of {
		for _, t := range of {
			if first || t.due.Before(ts.next) {
				ts.next, first = t.due, false
			}
			if t.passed(now) {
				due = append(due, t)
			}
		}
	}
	slices.SortFunc(due, func(a, b timer) int { return a.due.Compare(b.due) })
	return due
}

// low gives a place up to which no event has a due time that is still to come, given how far the events were folded.
func (ts *timers) low(position eventstore.Position) eventstore.Position {
	for _, of := range ts.of {
		for _, t := range of {
			if t.after.Compare(position) < 0 {
				position = t.after
			}
		}
	}
	return position
}
