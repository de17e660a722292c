package simulation

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// How often consent is asked for by the front door itself, and what is said: ours.
const (
	// asksOf: of so many contacts that a worker is given, they ask the mother of one at once (SOT-07).
	asksOf = 5
	// refuses: of so many mothers one refuses. Where the contact is rated red or amber an override is proposed then, and one of two approved.
	refuses = 4
)

// consent has the worker ask whoever has parental responsibility, and where she refuses and the child may be at risk, propose an override, on
// which a manager decides (SOT-08, HUB-01).
func (d *desk) consent(ctx context.Context, at time.Time, worker Colleague, row *querypb.TriageQueueRow) error {
	n := hashOf(row.GetContactId())
	stance, outcome := saidOf(n)
	if stance == "" || row.GetChildrenPassedAcross() > 0 {
		return nil
	}
	holder, err := d.calls.holder(ctx, worker, row.GetContactId())
	if err != nil || holder == "" {
		return err
	}
	consent, err := d.calls.consent(ctx, worker, row.GetContactId(), holder, stance, at)
	if err != nil || consent == "" || stance == "given" || row.GetRating() == green || len(d.o.Staff.Managers) == 0 {
		return err
	}
	override, err := d.calls.override(ctx, worker, row.GetContactId(), consent)
	if err != nil || override == "" {
		return err
	}
	return d.calls.decideOverride(ctx, pickOf(d.o.Staff.Managers, n/100), row.GetContactId(), override, outcome, at)
}

// saidOf gives what the mother says of a contact with that number, empty where she is not asked, and what a manager decides on an override. Each
// is drawn from what the one before has left of the number: two remainders of one number are not independent.
func saidOf(n uint64) (stance, outcome string) {
	if n%asksOf != 0 {
		return "", ""
	}
	if n /= asksOf; n%refuses != 0 {
		return "given", ""
	}
	if n /= refuses; n%2 == 0 {
		return "refused", "declined"
	}
	return "refused", "approved"
}

// scope is what is asked for: what health knows of the first child.
func scope() *commandpb.Scope {
	return &commandpb.Scope{
		Subjects: []string{"s1"}, Purposes: []string{"safeguarding-assessment"}, Agencies: []string{"kent-health"}, Categories: []string{"physical-health"},
	}
}

func (c *calls) holder(ctx context.Context, by Colleague, contactID string) (holder string, err error) {
	err = c.act(ctx, RecordHolder, by, "", func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.authority.RecordHolder(ctx, &commandpb.RecordHolderRequest{
			Context: c.request(RecordHolder, contactID, nil), ContactId: contactID, Name: "D. Sample", Relationship: "mother", Subjects: []string{"s1"}, Basis: "mother",
		})
		holder = resp.GetHolderId()
		return resp.GetResult(), err
	})
	return holder, err
}

func (c *calls) consent(ctx context.Context, by Colleague, contactID, holder, stance string, at time.Time) (consent string, err error) {
	req := &commandpb.RecordConsentRequest{
		Context: c.request(RecordConsent, contactID, nil), ContactId: contactID, HolderId: holder, Stance: stance, Scope: scope(),
		Asked: &commandpb.When{At: timestamppb.New(at), Precision: "instant"}, How: "telephone", Evidence: "note-of-conversation",
	}
	if stance == "refused" {
		req.Evidence, req.Reason = "", "She does not want the surgery to know."
	}
	err = c.act(ctx, RecordConsent, by, "", func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.authority.RecordConsent(ctx, req)
		consent = resp.GetConsentId()
		return resp.GetResult(), err
	})
	return consent, err
}

func (c *calls) override(ctx context.Context, by Colleague, contactID, despite string) (override string, err error) {
	err = c.act(ctx, ProposeOverride, by, "", func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.authority.ProposeOverride(ctx, &commandpb.ProposeOverrideRequest{
			Context: c.request(ProposeOverride, contactID, nil), ContactId: contactID, Scope: scope(), ReasonCode: "would-prejudice-protection",
			Risk: "Her partner would learn of it, and the child would not be safe tonight.", Bases: []string{"uk-gdpr-6-1-e", "dpa-2018-sch1-para18-iii"}, Despite: []string{despite},
		})
		override = resp.GetOverrideId()
		return resp.GetResult(), err
	})
	return override, err
}

func (c *calls) decideOverride(ctx context.Context, by Colleague, contactID, override, outcome string, at time.Time) error {
	req := &commandpb.DecideOverrideRequest{
		Context: c.request(DecideOverride, contactID, nil), ContactId: contactID, OverrideId: override, Outcome: outcome, Reason: "What is told does not show the risk.",
	}
	if outcome == "approved" {
		req.Reason, req.ExpiresAt = "The risk is credible, and asking again would add to it.", timestamppb.New(at.AddDate(0, 0, 3))
	}
	return c.act(ctx, DecideOverride, by, "", func(ctx context.Context) (*commandpb.CommandResult, error) {
		resp, err := c.authority.DecideOverride(ctx, req)
		return resp.GetResult(), err
	})
}
