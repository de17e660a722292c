package simulation

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	"github.com/openmash/mash/services/simulation/generator"
)

// talk writes down what was said by telephone before that time. What is told at night is written down in the morning, with the time it was told.
func (d *desk) talk(ctx context.Context, at time.Time) error {
	if len(d.o.Staff.Workers) == 0 {
		return nil
	}
	for t := range ready(&d.talks, func(t generator.Talk) bool { return t.At.Before(at) }) {
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
func (d *desk) due(at time.Time) []generator.Step {
	return slices.Collect(ready(&d.forms, func(s generator.Step) bool { return !s.At.After(at) }))
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
