package main

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
)

// scopeFlags say about whom, what for, with whom and what.
type scopeFlags struct {
	Subject  []string `help:"Children, by subject id: s1, s2." default:"s1"`
	Purpose  []string `help:"Purposes, as codes." required:""`
	Agency   []string `help:"Agencies; none: all partners."`
	Category []string `help:"Categories of information, as codes." required:""`
}

func (f scopeFlags) scope() *commandpb.Scope {
	return &commandpb.Scope{Subjects: f.Subject, Purposes: f.Purpose, Agencies: f.Agency, Categories: f.Category}
}

// when is an instant, or unknown where none is given.
func when(t *time.Time) *commandpb.When {
	if t == nil {
		return &commandpb.When{Precision: "unknown"}
	}
	return &commandpb.When{At: timestamppb.New(*t), Precision: "instant"}
}

// stamp is a time, or none.
func stamp(t *time.Time) *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(*t)
}

// authorityCall is a call of AuthorityCommandService.
type authorityCall func(context.Context, commandpb.AuthorityCommandServiceClient) (result *commandpb.CommandResult, made string, err error)

func (f commandFlags) authority(env *environment, usual string, call authorityCall) error {
	return f.over(env, usual, func(ctx context.Context, conn *grpc.ClientConn) (*commandpb.CommandResult, string, error) {
		return call(ctx, commandpb.NewAuthorityCommandServiceClient(conn))
	})
}

type holderCmd struct {
	commandFlags
	Name         string   `required:"" help:"Name."`
	Relationship string   `help:"Relationship to the children."`
	Phone        []string `help:"Telephone numbers."`
	Subject      []string `help:"Children, by subject id." default:"s1"`
	Basis        string   `required:"" help:"What the responsibility rests on, as a code, for example mother."`
	Holder       string   `help:"A holder on record who is described anew." placeholder:"ID"`
}

// Run records a holder.
func (c *holderCmd) Run(env *environment) error {
	return c.authority(env, "worker-1", func(ctx context.Context, client commandpb.AuthorityCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.RecordHolder(ctx, &commandpb.RecordHolderRequest{
			Context: c.context(), ContactId: c.ID, Name: c.Name, Relationship: c.Relationship, Phones: c.Phone, Subjects: c.Subject, Basis: c.Basis, HolderId: c.Holder,
		})
		return resp.GetResult(), resp.GetHolderId(), err
	})
}

type consentRecordCmd struct {
	commandFlags
	scopeFlags
	Holder   string     `required:"" help:"Who was asked, or would have been." placeholder:"ID"`
	Stance   string     `required:"" help:"given, refused, not-sought or cannot-be-obtained."`
	Asked    *time.Time `help:"When they were asked, RFC 3339."`
	How      string     `help:"How they were asked, as a code."`
	Reason   string     `help:"Why it was not sought or cannot be obtained, or the holder's reasons."`
	Evidence string     `help:"What shows it, as a code."`
	Expires  *time.Time `help:"When a given consent ends by itself."`
}

// Run records what a holder said.
func (c *consentRecordCmd) Run(env *environment) error {
	return c.authority(env, "worker-1", func(ctx context.Context, client commandpb.AuthorityCommandServiceClient) (*commandpb.CommandResult, string, error) {
		req := &commandpb.RecordConsentRequest{
			Context: c.context(), ContactId: c.ID, HolderId: c.Holder, Stance: c.Stance, Scope: c.scope(), How: c.How, Reason: c.Reason, Evidence: c.Evidence, ExpiresAt: stamp(c.Expires),
		}
		if c.Asked != nil || c.Stance == "given" || c.Stance == "refused" {
			req.Asked = when(c.Asked)
		}
		resp, err := client.RecordConsent(ctx, req)
		return resp.GetResult(), resp.GetConsentId(), err
	})
}

type withdrawCmd struct {
	commandFlags
	Consent string     `required:"" help:"The consent." placeholder:"ID"`
	At      *time.Time `help:"When the holder said so, RFC 3339."`
	How     string     `required:"" help:"How they said it, as a code."`
	Reason  string     `help:"What they said."`
}

// Run withdraws.
func (c *withdrawCmd) Run(env *environment) error {
	return c.authority(env, "worker-1", func(ctx context.Context, client commandpb.AuthorityCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.WithdrawConsent(ctx, &commandpb.WithdrawConsentRequest{
			Context: c.context(), ContactId: c.ID, ConsentId: c.Consent, Withdrawn: when(c.At), How: c.How, Reason: c.Reason,
		})
		return resp.GetResult(), "", err
	})
}

type engagementCmd struct {
	commandFlags
	Holder  string     `required:"" help:"Who said so." placeholder:"ID"`
	Subject []string   `help:"Children, by subject id." default:"s1"`
	Service string     `required:"" help:"The service, as a code of a destination."`
	Agrees  string     `required:"" help:"yes, no or undecided."`
	At      *time.Time `help:"When it was said, RFC 3339."`
	Reason  string     `help:"For a no: what it means for the concern and the parent's ability to meet needs."`
}

// Run records an agreement to engage.
func (c *engagementCmd) Run(env *environment) error {
	return c.authority(env, "worker-1", func(ctx context.Context, client commandpb.AuthorityCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.RecordEngagement(ctx, &commandpb.RecordEngagementRequest{
			Context: c.context(), ContactId: c.ID, HolderId: c.Holder, Subjects: c.Subject, Service: c.Service, Agrees: c.Agrees, Said: when(c.At), Reason: c.Reason,
		})
		return resp.GetResult(), "", err
	})
}

type basisCmd struct {
	commandFlags
	scopeFlags
	Basis     []string `required:"" help:"Lawful bases, as codes."`
	Reasoning string   `required:"" help:"Why it is necessary and proportionate."`
}

// Run records a lawful basis.
func (c *basisCmd) Run(env *environment) error {
	return c.authority(env, "worker-1", func(ctx context.Context, client commandpb.AuthorityCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.RecordLawfulBasis(ctx, &commandpb.RecordLawfulBasisRequest{
			Context: c.context(), ContactId: c.ID, Scope: c.scope(), Bases: c.Basis, Reasoning: c.Reasoning,
		})
		return resp.GetResult(), "", err
	})
}

type proposeCmd struct {
	commandFlags
	scopeFlags
	ReasonCode string   `required:"" help:"cannot-be-given, cannot-reasonably-be-obtained or would-prejudice-protection."`
	Risk       string   `required:"" help:"The credible reason to believe that seeking consent may place a child at risk of significant harm."`
	Basis      []string `required:"" help:"Lawful bases, as codes."`
	Despite    []string `help:"The refusals it would go past, by consent id."`
}

// Run proposes.
func (c *proposeCmd) Run(env *environment) error {
	return c.authority(env, "worker-1", func(ctx context.Context, client commandpb.AuthorityCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.ProposeOverride(ctx, &commandpb.ProposeOverrideRequest{
			Context: c.context(), ContactId: c.ID, Scope: c.scope(), ReasonCode: c.ReasonCode, Risk: c.Risk, Bases: c.Basis, Despite: c.Despite,
		})
		return resp.GetResult(), resp.GetOverrideId(), err
	})
}

type decideOverrideCmd struct {
	commandFlags
	Override string     `required:"" help:"The override." placeholder:"ID"`
	Outcome  string     `required:"" help:"approved, narrowed or declined."`
	Reason   string     `required:"" help:"The manager's reasons."`
	Expires  *time.Time `help:"When it ends by itself, RFC 3339; needed unless declined."`
	Review   *time.Time `help:"By when it must be looked at again."`
	Subject  []string   `help:"When narrowed: children."`
	Purpose  []string   `help:"When narrowed: purposes."`
	Agency   []string   `help:"When narrowed: agencies."`
	Category []string   `help:"When narrowed: categories."`
}

// Run decides.
func (c *decideOverrideCmd) Run(env *environment) error {
	return c.authority(env, "manager-1", func(ctx context.Context, client commandpb.AuthorityCommandServiceClient) (*commandpb.CommandResult, string, error) {
		req := &commandpb.DecideOverrideRequest{
			Context: c.context(), ContactId: c.ID, OverrideId: c.Override, Outcome: c.Outcome, Reason: c.Reason, ExpiresAt: stamp(c.Expires), ReviewAt: stamp(c.Review),
		}
		if c.Outcome == "narrowed" {
			if len(c.Agency) == 0 {
				return nil, "", fmt.Errorf("--agency: a narrowed override names its agencies")
			}
			req.Scope = &commandpb.Scope{Subjects: c.Subject, Purposes: c.Purpose, Agencies: c.Agency, Categories: c.Category}
		}
		resp, err := client.DecideOverride(ctx, req)
		return resp.GetResult(), "", err
	})
}

type reviewCmd struct {
	commandFlags
	Override string     `required:"" help:"The override." placeholder:"ID"`
	Outcome  string     `required:"" help:"continues or ended."`
	Reason   string     `required:"" help:"Why."`
	Review   *time.Time `help:"When it continues: by when it must be looked at next."`
}

// Run reviews.
func (c *reviewCmd) Run(env *environment) error {
	return c.authority(env, "manager-1", func(ctx context.Context, client commandpb.AuthorityCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.ReviewOverride(ctx, &commandpb.ReviewOverrideRequest{
			Context: c.context(), ContactId: c.ID, OverrideId: c.Override, Outcome: c.Outcome, Reason: c.Reason, ReviewAt: stamp(c.Review),
		})
		return resp.GetResult(), "", err
	})
}

type agencyOverrideCmd struct {
	commandFlags
	Agency     string `required:"" help:"The agency."`
	ReasonCode string `required:"" help:"cannot-be-had or raises-risk."`
	Consulted  string `required:"" help:"The post of the line manager who was consulted; no name."`
	Reason     string `required:"" help:"Why."`
}

// Run records what the agency said.
func (c *agencyOverrideCmd) Run(env *environment) error {
	return c.authority(env, "worker-1", func(ctx context.Context, client commandpb.AuthorityCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.RecordAgencyOverride(ctx, &commandpb.RecordAgencyOverrideRequest{
			Context: c.context(), ContactId: c.ID, Agency: c.Agency, ReasonCode: c.ReasonCode, Consulted: c.Consulted, Reason: c.Reason,
		})
		return resp.GetResult(), "", err
	})
}

type notShareCmd struct {
	commandFlags
	scopeFlags
	Reason string `required:"" help:"Why."`
}

// Run records the decision.
func (c *notShareCmd) Run(env *environment) error {
	return c.authority(env, "worker-1", func(ctx context.Context, client commandpb.AuthorityCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.DecideNotToShare(ctx, &commandpb.DecideNotToShareRequest{Context: c.context(), ContactId: c.ID, Scope: c.scope(), Reason: c.Reason})
		return resp.GetResult(), resp.GetDecisionId(), err
	})
}

type goOnCmd struct {
	commandFlags
	Consent []string `required:"" help:"The refusals, by consent id."`
	Reason  string   `required:"" help:"With what it goes on."`
}

// Run records it.
func (c *goOnCmd) Run(env *environment) error {
	return c.authority(env, "worker-1", func(ctx context.Context, client commandpb.AuthorityCommandServiceClient) (*commandpb.CommandResult, string, error) {
		resp, err := client.GoOnDespiteRefusal(ctx, &commandpb.GoOnDespiteRefusalRequest{Context: c.context(), ContactId: c.ID, Consents: c.Consent, Reason: c.Reason})
		return resp.GetResult(), "", err
	})
}
