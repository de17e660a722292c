package simulation

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

const (
	// strategyOf: of so many contacts that were rated red, one is found to need a strategy meeting before its decision (ours).
	strategyOf = 3
	// notice is how long before it a meeting is called.
	notice = 2 * time.Hour
	// frontDoor is the social care of the quorum (WT-04).
	frontDoor = "front-door"
)

// calledMeeting is a meeting that is to be held.
type calledMeeting struct {
	id, contactID string
	at            time.Time
	chair         Colleague
}

// strategy has strategy meetings proposed, called, held and concluded (SOT-10, WT-04): proposed by a worker about what was rated red, called by a
// manager, with police, health and a school.
func (d *desk) strategy(ctx context.Context, at time.Time) error {
	if len(d.o.Staff.Workers) == 0 || len(d.o.Staff.Managers) == 0 {
		return nil
	}
	for m := range ready(&d.called, func(m calledMeeting) bool { return !m.at.After(at) }) {
		if err := d.calls.conclude(ctx, m); err != nil {
			return err
		}
	}
	reds := d.reds
	d.reds = nil
	for _, row := range reds {
		n := hashOf(row.GetContactId())
		id, err := d.calls.propose(ctx, pickOf(d.o.Staff.Workers, n), row)
		if err != nil {
			return err
		}
		m := calledMeeting{id: id, contactID: row.GetContactId(), at: at.Add(notice), chair: pickOf(d.o.Staff.Managers, n)}
		if id == "" {
			continue // a rule's no
		}
		if err := d.calls.callMeeting(ctx, m); err != nil {
			return err
		}
		d.called = append(d.called, m)
	}
	return nil
}

func (c *calls) propose(ctx context.Context, by Colleague, row *querypb.TriageQueueRow) (meeting string, err error) {
	err = c.act(ctx, Propose, by, "", func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.meetings.ProposeMeeting(ctx, &commandpb.ProposeMeetingRequest{
			Context: c.request(Propose, row.GetContactId(), nil), Children: []*commandpb.ContactChild{{ContactId: row.GetContactId(), SubjectId: "s1"}},
			SignificantHarm: "at-risk", Threshold: "What is told of this week cannot be explained, and the child goes back there tonight.", BeforeDecision: true,
		})
		meeting = resp.GetMeetingId()
		return resp.GetResult(), err
	})
	return meeting, err
}

func (c *calls) callMeeting(ctx context.Context, m calledMeeting) error {
	return c.act(ctx, CallMeeting, m.chair, "", func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.meetings.CallMeeting(ctx, &commandpb.CallMeetingRequest{
			Context: c.request(CallMeeting, m.contactID, nil), MeetingId: m.id, Form: "meeting", At: timestamppb.New(m.at), Place: "By video",
			SignificantHarm: "at-risk", Reasons: "The worker's reasons hold, and nothing on record speaks against them.",
			Agencies: []string{frontDoor, "kent-police", "kent-health", schools}, Briefing: "A child may be at risk of significant harm at home.",
		})
		return resp.GetResult(), err
	})
}

// conclude records a meeting at which all but the school were. Of two one starts enquiries.
func (c *calls) conclude(ctx context.Context, m calledMeeting) error {
	outcome := &commandpb.MeetingChildOutcome{ChildId: "s1", Outcome: "assessment", Medical: "none", Protection: "none", OtherChildren: "none-known"}
	if hashOf(m.contactID)%2 == 0 {
		outcome.Outcome, outcome.Mode, outcome.SeenBy = "section-47", "joint", frontDoor
	}
	present := func(agency, name, post string) *commandpb.PresentPerson {
		return &commandpb.PresentPerson{Agency: agency, Person: &commandpb.MeetingPerson{Name: name, Post: post}}
	}
	return c.act(ctx, ConcludeMeeting, m.chair, "", func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.meetings.ConcludeMeeting(ctx, &commandpb.ConcludeMeetingRequest{
			Context: c.request(ConcludeMeeting, m.contactID, nil), MeetingId: m.id, Form: "meeting", HeldAt: timestamppb.New(m.at),
			Present: []*commandpb.PresentPerson{
				present(frontDoor, "A. Sample", "social worker"), present("kent-police", "B. Sample", "detective sergeant"), present("kent-health", "C. Sample", "named nurse"),
			},
			Outcomes: []*commandpb.MeetingChildOutcome{outcome}, FamilyTold: "The parents are told by the social worker tonight.",
			Rationale: "What was told fits together, and the home is not safe without help.",
			Actions: []*commandpb.MeetingActionItem{{
				Agency: "kent-health", Children: []string{"s1"}, Words: "Send the growth chart and the last letters.", DueAt: timestamppb.New(m.at.AddDate(0, 0, 2)),
			}},
		})
		return resp.GetResult(), err
	})
}
