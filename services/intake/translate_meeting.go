package intake

import (
	"context"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/intake/form"
)

// toAttend makes an agency's answer to an invitation a command. Whose it is follows from the credentials, and the sector from the registry;
// whether the agency was invited, and whether the meeting is over, is the decider's to say: nothing that it tells is lost (HUB-03).
func (i *Intake) toAttend(msg message, p *intakepb.StrategyAttendance) command {
	agency, _ := i.Registry.Agency(msg.agency)
	answer := strategymeeting.Answer{
		Agency: msg.agency, Sector: string(agency.Sector), Answer: p.GetAnswer(), Reason: p.GetReason(), FromAgency: true,
	}
	for _, a := range p.GetAttendees() {
		answer.Attendees = append(answer.Attendees, strategymeeting.Person{
			Name: a.GetName(), Post: a.GetPost(), Phones: a.GetPhones(), Email: a.GetEmail(), SubstituteFor: a.GetSubstituteFor(),
		})
	}
	for _, s := range p.GetContributions() {
		answer.Contributions = append(answer.Contributions, form.Statement(s))
	}
	return func(ctx context.Context) (casework.Result, error) {
		return i.Casework.AnswerMeeting(ctx, p.GetMeetingId(), answer, i.origin(msg, msg.key()))
	}
}

func (i *Intake) toCloseAction(msg message, p *intakepb.StrategyActionResult) command {
	return i.toMeeting(msg, p.GetMeetingId(), strategymeeting.CloseAction{ActionID: p.GetActionId(), Result: p.GetResult(), Words: p.GetWords(), Agency: msg.agency})
}

func (i *Intake) toReceiveMinutes(msg message, p *intakepb.StrategyMinutesReceipt) command {
	return i.toMeeting(msg, p.GetMeetingId(), strategymeeting.ReceiveMinutes{Version: p.GetVersion(), Agency: msg.agency, Correction: p.GetCorrection()})
}

func (i *Intake) toMeeting(msg message, meetingID string, c strategymeeting.Command) command {
	return func(ctx context.Context) (casework.Result, error) {
		return i.Casework.HandleMeeting(ctx, meetingID, c, i.origin(msg, msg.key()), nil)
	}
}
