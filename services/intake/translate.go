package intake

import (
	"context"
	"fmt"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/identifier"
	"github.com/openmash/mash/services/intake/form"
)

// A command is what a message asks casework to do, ready to be done.
type command func(context.Context) (casework.Result, error)

// translate makes a message a command, in the words of the domain.
func (i *Intake) translate(msg message) (command, error) {
	origin := i.origin(msg, msg.key())
	switch p := msg.payload.(type) {
	case *intakepb.Contact:
		receive := toReceive(msg, p)
		return func(ctx context.Context) (casework.Result, error) {
			return i.Casework.ReceiveContact(ctx, receive, origin)
		}, nil
	case *intakepb.OpenCase:
		record := toRecord(msg, p)
		return func(ctx context.Context) (casework.Result, error) {
			return i.Casework.RecordOpenCase(ctx, record, origin)
		}, nil
	case *intakepb.Information:
		return i.toShare(msg, p)
	case *intakepb.Analysis:
		return i.toAnalyse(msg, p), nil
	case *intakepb.OutcomeAcknowledgement:
		return i.toAcknowledge(msg, p), nil
	case *intakepb.EncompassAcknowledgement:
		return i.toAcknowledgeEncompass(msg, p), nil
	case *intakepb.StrategyAttendance:
		return i.toAttend(msg, p), nil
	case *intakepb.StrategyActionResult:
		return i.toCloseAction(msg, p), nil
	case *intakepb.StrategyMinutesReceipt:
		return i.toReceiveMinutes(msg, p), nil
	default:
		return nil, fmt.Errorf("no command for a payload of kind %s", msg.kind)
	}
}

// origin says in the record who sent it. The message's key is its request id: the same message again is known by it, wherever it comes from.
func (i *Intake) origin(msg message, requestID string) casework.Origin {
	return casework.Origin{Actor: "agency:" + msg.agency, Role: string(access.AgencySystem), Agency: msg.agency, RequestID: requestID, RequestHash: msg.sha256}
}

// toReceive adds to what the form says who sent it: that is for the credentials to say.
func toReceive(msg message, c *intakepb.Contact) contact.Receive {
	r := form.Receive(c)
	r.Agency, r.Source, r.MessageID = msg.agency, msg.envelope.Source, msg.envelope.ID
	r.Reference, r.Follows.Named, r.Consultation.Number = c.GetReference(), c.GetFollows(), c.GetConsultationNumber()
	return r
}

func toRecord(msg message, c *intakepb.OpenCase) identifier.Record {
	return identifier.Record{
		Agency: msg.agency, CaseNumber: c.GetCaseNumber(), NHSNumber: c.GetNhsNumber(), UPN: c.GetUpn(),
		Open: c.GetStatus() == "open", Team: c.GetTeam(), ChangedAt: c.GetChangedAt().AsTime(),
	}
}
