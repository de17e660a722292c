package intake

import (
	"context"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/intake/form"
)

// toShare makes what an agency tells a command on the contact that it names, by the hub's id or by the sender's own reference. Where it
// names none it opens one, together with what is told (HUB-03). Whether it was asked for is the decider's to say.
func (i *Intake) toShare(msg message, p *intakepb.Information) (command, error) {
	share, origin := toShared(msg, p), i.origin(msg, msg.key())
	if opens := p.GetContact(); opens != nil {
		if opens.GetAgency() != msg.agency {
			return nil, reject(ReasonWrongAgency, "the contact in the payload names another agency than the credentials",
				"put your own agency's id into the field contact.agency", violation("contact.agency", "agency", "is not the publishing agency"))
		}
		receive := toReceive(msg, opens)
		return func(ctx context.Context) (casework.Result, error) {
			return i.Casework.ReceiveInformation(ctx, receive, share, origin)
		}, nil
	}
	return func(ctx context.Context) (casework.Result, error) {
		id, err := i.find(ctx, msg.agency, p)
		if err != nil {
			return casework.Result{}, err
		}
		return i.Casework.ShareInformation(ctx, id, share, origin)
	}, nil
}

// find gives the contact that a message names: by the hub's id, or by the sender's own reference.
func (i *Intake) find(ctx context.Context, agency string, p interface {
	GetContactId() string
	GetReference() string
}) (contactID string, err error) {
	if id := p.GetContactId(); id != "" {
		return id, nil
	}
	return i.Casework.FindContact(ctx, agency, p.GetReference())
}

func toShared(msg message, p *intakepb.Information) contact.ShareInformation {
	share := contact.ShareInformation{
		Agency: msg.agency, RequestID: p.GetRequestId(), Answer: p.GetAnswer(), Reason: p.GetReason(), Corrects: p.GetCorrects(),
	}
	for _, s := range p.GetStatements() {
		share.Statements = append(share.Statements, contact.Statement{
			Subjects: s.GetSubjects(), Category: s.GetCategory(), Kind: s.GetKind(), Source: s.GetSource(),
			Words: s.GetWords(), Known: form.Occurrence(s.GetKnown()),
			Handling: contact.Handling{
				NotToFamily: s.GetNotToFamily(), NotToAgencies: s.GetNotToAgencies(), ProtectSource: s.GetProtectSource(),
				PoliceCode: s.GetPoliceCode(), Conditions: s.GetConditions(),
			},
		})
	}
	return share
}

// toAnalyse makes what an agency thinks of what it shared a command. Whose analysis it is follows from the credentials.
func (i *Intake) toAnalyse(msg message, p *intakepb.Analysis) command {
	analyse := contact.RecordAnalysis{
		Agency: msg.agency, Subjects: p.GetSubjects(), Shares: p.GetShares(), Words: p.GetAnalysis(), Harm: p.GetSignificantHarm(),
	}
	return func(ctx context.Context) (casework.Result, error) {
		id, err := i.find(ctx, msg.agency, p)
		if err != nil {
			return casework.Result{}, err
		}
		return i.Casework.HandleContact(ctx, id, analyse, i.origin(msg, msg.key()), nil)
	}
}

func (i *Intake) toAcknowledge(msg message, p *intakepb.OutcomeAcknowledgement) command {
	acknowledge := contact.AcknowledgeOutcome{Agency: msg.agency, DecisionID: p.GetDecisionId()}
	return func(ctx context.Context) (casework.Result, error) {
		return i.Casework.HandleContact(ctx, p.GetContactId(), acknowledge, i.origin(msg, msg.key()), nil)
	}
}
