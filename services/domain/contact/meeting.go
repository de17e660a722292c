package contact

import (
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// AwaitMeeting tells a contact of a strategy meeting about children of it. The
// hub gives it, from what is on record of the meeting.
type AwaitMeeting struct {
	Setting
	MeetingID string
	// Stage is "proposed" or "called".
	Stage    string
	Subjects []string
	// BeforeDecision holds the contact's decision back until the meeting is
	// settled (KEN-23).
	BeforeDecision bool
	// Clock says by when a called meeting must be held; nil while proposed.
	Clock *eventpb.Clock
}

// SettleMeeting tells it what became of the meeting, and later that enquiries
// which the meeting had started, or had let go on, are over. The hub gives it.
type SettleMeeting struct {
	Setting
	MeetingID string
	// How is "concluded", "declined", "cancelled" or "enquiries-ended".
	How string
	// Outcomes are those of the contact's children.
	Outcomes []*eventpb.MeetingOutcome
	// Late says that the meeting's clock had lapsed.
	Late bool
}

func (c AwaitMeeting) under(s Setting) Command  { c.Setting = s; return c }
func (c SettleMeeting) under(s Setting) Command { c.Setting = s; return c }

// The stages of a meeting that a contact waits for, and how it stops waiting.
const (
	MeetingProposed       = "proposed"
	MeetingCalled         = "called"
	MeetingConcluded      = "concluded"
	MeetingDeclined       = "declined"
	MeetingCancelled      = "cancelled"
	MeetingEnquiriesEnded = "enquiries-ended"
)

// What a meeting can decide for a child that says whether enquiries under
// section 47 run; every other outcome leaves that as it was.
const (
	enquiriesStart    = "section-47"
	enquiriesContinue = "section-47-continues"
	enquiriesEnd      = "section-47-ends"
)

// Meeting is a strategy meeting that is about children of the contact.
type Meeting struct {
	ID, Stage      string
	Subjects       []string
	BeforeDecision bool
	Clock          *eventpb.Clock
	// How it was settled; empty: it is awaited.
	How string
}

// Awaited gives the meetings that the contact waits for, oldest first.
func (s State) Awaited() []Meeting {
	return slices.DeleteFunc(slices.Clone(s.Meetings), func(m Meeting) bool { return m.How != "" })
}

// Enquiry is what runs for a child under section 47.
type Enquiry struct {
	Subject string
	// Conference is the clock that its start began, and tells it from an earlier
	// or later one about the child.
	Conference *eventpb.Clock
	// Meeting is the last that let it start or go on.
	Meeting string
}

// EnquiryMeeting gives the last meeting that let enquiries about a child start or
// go on; empty: none run.
func (s State) EnquiryMeeting(subject string) string {
	e, _ := s.enquiry(subject)
	return e.Meeting
}

// enquiry finds the one that runs for a child.
func (s State) enquiry(subject string) (Enquiry, bool) {
	i := slices.IndexFunc(s.Enquiries, func(e Enquiry) bool { return e.Subject == subject })
	if i < 0 {
		return Enquiry{}, false
	}
	return s.Enquiries[i], true
}

// meetings folds what the contact is told of strategy meetings; false: the event
// is something else.
func meetings(s State, event proto.Message) (State, bool) {
	switch e := event.(type) {
	case *eventpb.StrategyMeetingAwaited:
		s.Meetings = remembered(s.Meetings, e.GetMeetingId(), func(m *Meeting) {
			m.Stage, m.Subjects, m.BeforeDecision, m.Clock = e.GetStage(), e.GetSubjects(), e.GetBeforeDecision(), e.GetClock()
		})
	case *eventpb.StrategyMeetingSettled:
		s.Meetings = remembered(s.Meetings, e.GetMeetingId(), func(m *Meeting) {
			if m.How == "" {
				m.How = e.GetHow()
			}
		})
		for _, o := range e.GetOutcomes() {
			s.Enquiries = enquiring(s.Enquiries, o, e.GetMeetingId())
		}
	default:
		return s, false
	}
	return s, true
}

// enquiring gives the enquiries that run after an outcome. Those that go on are
// the ones that were started.
func enquiring(list []Enquiry, o *eventpb.MeetingOutcome, meeting string) []Enquiry {
	others := slices.DeleteFunc(slices.Clone(list), func(e Enquiry) bool { return e.Subject == o.GetSubjectId() })
	switch o.GetOutcome() {
	case enquiriesStart, enquiriesContinue:
		return append(others, Enquiry{o.GetSubjectId(), o.GetConference(), meeting})
	case enquiriesEnd:
		return others
	}
	return list
}

// remembered gives a copy with one meeting changed, which is added where it was not
// known: what became of a meeting can be told before that it was called.
func remembered(list []Meeting, id string, change func(*Meeting)) []Meeting {
	list = slices.Clone(list)
	i := slices.IndexFunc(list, func(m Meeting) bool { return m.ID == id })
	if i < 0 {
		list, i = append(list, Meeting{ID: id}), len(list)
	}
	change(&list[i])
	return list
}

// meeting finds one by its id.
func (s State) meeting(id string) (Meeting, bool) {
	i := slices.IndexFunc(s.Meetings, func(m Meeting) bool { return m.ID == id })
	if i < 0 {
		return Meeting{}, false
	}
	return s.Meetings[i], true
}
