package strategymeeting

import (
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/practice"
)

// Running gives the starts of the enquiries that run after this meeting, by its
// own ids of the children: what a meeting that follows it carries on. Of those
// that another meeting started, that one's state says whether they still run.
func (s State) Running() []*eventpb.EnquiryStart {
	var all []*eventpb.EnquiryStart
	for _, e := range s.Enquiries {
		if e.Ended == "" {
			all = append(all, e.Start)
		}
	}
	return all
}

// OverdueActions gives the commands that tell of the actions that are due and not
// done at that time, and of which that was not told yet.
func OverdueActions(s State, at time.Time) []ActionLapsed {
	var all []ActionLapsed
	for _, a := range s.Actions {
		due := a.Due.GetDueAt().AsTime()
		if a.State == ActionOpen && a.Due != nil && at.After(due) && !a.Told.Equal(due) {
			all = append(all, ActionLapsed{ActionID: a.ID, DueAt: due})
		}
	}
	return all
}

// Clocks gives the clocks that run: of the meeting itself, and of what follows
// from it on this stream. Enquiries that another meeting started have theirs
// there.
func Clocks(s State) []*eventpb.Clock {
	var running []*eventpb.Clock
	add := func(c *eventpb.Clock, runs bool) {
		if c != nil && runs {
			running = append(running, c)
		}
	}
	add(s.Due, s.Stage == StageCalled)
	add(s.FollowUp, !s.Followed)
	add(s.MinutesDue, len(s.Minutes) == 0)
	for _, a := range s.Actions {
		add(a.Due, a.State == ActionOpen)
	}
	for _, e := range s.Enquiries {
		add(e.Start.GetConference(), s.conferenceDue(e))
	}
	add(s.Conference.GetCoreGroup(), s.CoreGroup == nil)
	add(s.review(), true)
	return running
}

// conferenceDue reports whether a conference about these enquiries is still to be
// held, and to be recorded here.
func (s State) conferenceDue(e Enquiry) bool {
	own := e.Start.GetMeetingId() == s.MeetingID
	return own && s.Conference == nil && (e.Ended == "" || e.Ended == practice.EndsInConference)
}

// review gives the clock of the next review conference; nil: none is due.
func (s State) review() *eventpb.Clock {
	if n := len(s.Reviews); n > 0 {
		return s.Reviews[n-1].GetNext()
	}
	return s.Conference.GetReview()
}
