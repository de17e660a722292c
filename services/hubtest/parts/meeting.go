package parts

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

// A Meeting is one strategy meeting on its way, told by commands.
type Meeting struct {
	// ID is the meeting's uuid, Stream its stream.
	ID, Stream string

	p        *Parts
	casework *casework.Service
	steps    int
}

// The front door's own staff are there for the authority's social care.
const (
	FrontDoor  = "front-door"
	SocialCare = "social-care"
)

// sectors are those of the agencies of these tests.
var sectors = map[string]string{FrontDoor: SocialCare, "kent-police": "police", "kent-health": "health", "kent-schools": "education", "kent-housing": "housing"}

// Proposed has a worker propose a meeting, and fails the test when that is refused.
func (p *Parts) Proposed(request string, proposal casework.Proposal) *Meeting {
	p.t.Helper()
	if proposal.SignificantHarm == "" {
		proposal.SignificantHarm, proposal.Threshold = "at-risk", "Bruises on both arms that nobody explains."
	}
	m := &Meeting{p: p, casework: p.Casework()}
	o := casework.Origin{Actor: "person-social-worker", Role: string(access.SocialWorker), RequestID: request, RequestHash: hash(request)}
	var err error
	_, m.ID, err = m.casework.ProposeMeeting(p.Context(), proposal, o)
	p.must(err)
	m.Stream = strategymeeting.Stream(m.ID)
	return m
}

// Meeting has a worker propose one about the contact's first child, before which the contact is not decided.
func (s *Story) Meeting() *Meeting {
	s.p.t.Helper()
	return s.MeetingAbout("s1")
}

// MeetingAbout is Meeting about another of the contact's children.
func (s *Story) MeetingAbout(subject string) *Meeting {
	s.p.t.Helper()
	return s.p.Proposed("propose "+s.ID, casework.Proposal{Children: []casework.ContactChild{{ContactID: s.ID, SubjectID: subject}}, BeforeDecision: true})
}

// Try carries out a command in a role.
func (m *Meeting) Try(role access.Role, cmd strategymeeting.Command) (casework.Result, error) {
	m.steps++
	request := fmt.Sprintf("%s-%d", m.ID, m.steps)
	o := casework.Origin{Actor: "person-" + string(role), Role: string(role), RequestID: request, RequestHash: hash(request)}
	if c, ok := cmd.(strategymeeting.Conclude); ok {
		return m.casework.ConcludeMeeting(m.p.Context(), m.ID, c, o, nil)
	}
	return m.casework.HandleMeeting(m.p.Context(), m.ID, cmd, o, nil)
}

// Do is Try, and fails the test when it is refused.
func (m *Meeting) Do(role access.Role, cmd strategymeeting.Command) casework.Result {
	m.p.t.Helper()
	result, err := m.Try(role, cmd)
	if err != nil {
		m.p.t.Fatalf("%T: %v", cmd, err)
	}
	return result
}

// Called has a manager call it for that time, with those agencies beside the front door.
func (m *Meeting) Called(form string, at time.Time, agencies ...string) {
	m.p.t.Helper()
	call := strategymeeting.Call{
		Form: form, At: at, Place: "Room 2", SignificantHarm: "present", Reasons: "The account does not fit the injury.", Briefing: "An injury to a child.",
	}
	for _, a := range append([]string{FrontDoor}, agencies...) {
		call.Invitees = append(call.Invitees, strategymeeting.Invitee{Agency: a, Sector: sectors[a]})
	}
	m.Do(access.TeamManager, call)
}

// Conclusion is of a meeting that was held at that time with those agencies beside the front door, and starts joint enquiries about the first
// child.
func Conclusion(form string, heldAt time.Time, agencies ...string) strategymeeting.Conclude {
	c := strategymeeting.Conclude{Form: form, HeldAt: heldAt, FamilyTold: "The mother is told by the social worker.", Rationale: "The injury and what was shared.",
		Outcomes: []strategymeeting.Outcome{{
			ChildID: "s1", Outcome: "section-47", Mode: "joint", Medical: "none", SeenBy: FrontDoor, Protection: "none", OtherChildren: "none-known",
		}}}
	for _, a := range append([]string{FrontDoor}, agencies...) {
		c.Present = append(c.Present, strategymeeting.Present{Agency: a, Sector: sectors[a], Person: strategymeeting.Person{Name: "One of " + a, Post: "officer"}})
	}
	return c
}

// Shared has an agency tell something about the contact's first child, under a handling.
func (s *Story) Shared(agency, words string, handling *eventpb.Handling) {
	s.p.t.Helper()
	s.Do(access.AgencySystem, sharing(agency, words, handling))
}

func sharing(agency, words string, h *eventpb.Handling) contact.ShareInformation {
	return contact.ShareInformation{Agency: agency, Answer: contact.AnswerShared, Statements: []contact.Statement{{
		Subjects: []string{"s1"}, Category: "police-and-offending", Kind: "fact", Source: "record", Words: words,
		Handling: contact.Handling{NotToFamily: h.GetNotToFamily(), NotToAgencies: h.GetNotToAgencies(), ProtectSource: h.GetProtectSource()},
	}}}
}

// Recorded puts a proposal about a contact's first child on record and tells nobody, as a hub does that is killed between the two.
func (p *Parts) Recorded(contactID string) *Meeting {
	p.t.Helper()
	id := strategymeeting.ID("recorded " + contactID).String()
	cmd := strategymeeting.Propose{MeetingID: id, SignificantHarm: "at-risk", Threshold: "Bruises that nobody explains.", BeforeDecision: true,
		Children: []*eventpb.MeetingChild{{ContactId: contactID, SubjectId: "s1", Child: &eventpb.ChildPart{Part: &eventpb.ChildPart_Open{Open: &eventpb.Child{GivenName: "Amina"}}}}}}
	setting := strategymeeting.Setting{Now: p.Clock.Now(), Profile: p.Profile, Role: access.SocialWorker, Actor: "person-social-worker"}
	events, err := strategymeeting.Decide(strategymeeting.Under(cmd, setting), strategymeeting.Initial())
	p.must(err)
	m := &Meeting{ID: id, Stream: strategymeeting.Stream(id), p: p, casework: p.Casework()}
	_, err = p.Store.Append(p.Context(), m.Stream, eventstore.NoStream(), eventstore.Metadata{RecordedAt: p.Clock.Now()}, eventstore.Event{ID: uuid.New(), Message: events[0]})
	p.must(err)
	return m
}
