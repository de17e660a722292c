package simulation

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	"github.com/openmash/mash/services/simulation/generator"
)

// talks writes down what was said by telephone before that time. What is told at night is written down in the morning, with the time it was told.
func (d *desk) talk(ctx context.Context, at time.Time) error {
	if len(d.o.Staff.Workers) == 0 {
		return nil
	}
	for len(d.talks) > 0 && d.talks[0].At.Before(at) {
		t := d.talks[0]
		d.talks = d.talks[1:]
		by := pickOf(d.o.Staff.Workers, hashOf(t.ID))
		if t.Contact == nil {
			if err := d.calls.consult(ctx, by, t); err != nil {
				return err
			}
			continue
		}
		reference, err := d.calls.record(ctx, by, t)
		if err != nil {
			return err
		}
		if form, ok := formOf(t, reference); ok && reference != "" {
			d.forms = append(d.forms, form)
		}
	}
	return nil
}

// due takes the forms that agencies have written by then.
func (d *desk) due(at time.Time) (forms []generator.Step) {
	for len(d.forms) > 0 && !d.forms[0].At.After(at) {
		forms, d.forms = append(forms, d.forms[0]), d.forms[1:]
	}
	return forms
}

// record puts a conversation on record, and gives the reference that the caller is told; empty: it was refused.
func (c *calls) record(ctx context.Context, by Colleague, t generator.Talk) (reference string, err error) {
	m := t.Contact
	req := &commandpb.RecordConversationRequest{
		Context: c.request(Converse, t.ID, nil), Channel: "telephone", HeldAt: timestamppb.New(t.At), Agency: m.GetAgency(), WorkType: m.GetWorkType(),
		SourceCode: m.GetSourceCode(), Urgent: m.GetUrgent(), ChildProtection: m.GetChildProtection(), Children: m.GetChildren(), Referrer: m.GetReferrer(),
		Anonymous: m.GetAnonymous(), Household: m.GetHousehold(), Reason: m.GetReason(), Consent: m.GetConsent(), Occurred: m.GetOccurred(),
	}
	if m.GetAgency() != "" {
		req.Reference = m.GetReference()
	}
	err = c.act(ctx, Converse, by, "", func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.client.RecordConversation(ctx, req)
		reference = resp.GetHubReference()
		return resp.GetResult(), err
	})
	return reference, err
}

func (c *calls) consult(ctx context.Context, by Colleague, t generator.Talk) error {
	return c.act(ctx, Consult, by, "", func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.consultations.GiveConsultation(ctx, &commandpb.GiveConsultationRequest{
			Context: c.request(Consult, t.ID, nil), Agency: t.Agency, Channel: "telephone", HeldAt: timestamppb.New(t.At), Lead: "is-lead",
			Question: t.Question, Advice: t.Advice, Recommendation: t.Recommendation,
		})
		return resp.GetResult(), err
	})
}
