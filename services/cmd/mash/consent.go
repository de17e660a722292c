package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// consentCmd shows what allowed information to be gathered and shared.
type consentCmd struct {
	Trail     consentTrailCmd     `cmd:"" help:"Show the consent trail of a contact."`
	Overrides consentOverridesCmd `cmd:"" help:"List overrides over all contacts."`
	Replay    consentReplayCmd    `cmd:"" help:"Replay a consent decision as it stood when it was taken (HUB-04)."`
}

type consentTrailCmd struct {
	clientFlags
	ID string `arg:"" help:"The contact's uuid."`
}

// Run prints the steps.
func (c *consentTrailCmd) Run(env *environment) error {
	return c.call(env, "manager-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := querypb.NewConsentTrailServiceClient(conn).GetConsentTrail(ctx, &querypb.GetConsentTrailRequest{ContactId: c.ID})
		if err != nil {
			return err
		}
		return printRows(env.stdout, c.JSON, resp.GetSteps(),
			"REVISION\tRECORDED\tSTEP\tID\tBY\tROLE\tSAW",
			func(w io.Writer, s *querypb.TrailStep) {
				step, id := describe(s)
				saw := "-"
				if s.SeenRevision != nil {
					saw = fmt.Sprint(s.GetSeenRevision())
				}
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", s.GetRevision(), clockTime(s.GetRecordedAt()), step, id, s.GetActor(), orDash(s.GetRole()), saw)
			})
	})
}

// describe names a step and what it is about, with nothing about people.
func describe(s *querypb.TrailStep) (step, id string) {
	switch e := s.GetStep().(type) {
	case *querypb.TrailStep_Holder:
		return "parental responsibility: " + e.Holder.GetBasis(), e.Holder.GetHolderId()
	case *querypb.TrailStep_Consent:
		return "consent " + e.Consent.GetStance(), e.Consent.GetConsentId()
	case *querypb.TrailStep_Withdrawal:
		return "consent withdrawn", e.Withdrawal.GetConsentId()
	case *querypb.TrailStep_ConsentExpiry:
		return "consent expired", e.ConsentExpiry.GetConsentId()
	case *querypb.TrailStep_Engagement:
		return "agrees to engage: " + e.Engagement.GetAgrees(), e.Engagement.GetHolderId()
	case *querypb.TrailStep_LawfulBasis:
		return "lawful basis: " + strings.Join(e.LawfulBasis.GetBases(), ", "), "-"
	case *querypb.TrailStep_Proposal:
		return "override proposed: " + e.Proposal.GetReasonCode(), e.Proposal.GetOverrideId()
	case *querypb.TrailStep_Decision:
		return "override " + e.Decision.GetOutcome() + " (" + e.Decision.GetRule() + ")", e.Decision.GetOverrideId()
	case *querypb.TrailStep_Review:
		return "override reviewed: " + e.Review.GetOutcome(), e.Review.GetOverrideId()
	case *querypb.TrailStep_OverrideExpiry:
		return "override expired", e.OverrideExpiry.GetOverrideId()
	case *querypb.TrailStep_AgencyOverride:
		return "agency goes on without consent: " + e.AgencyOverride.GetReasonCode(), e.AgencyOverride.GetAgency()
	case *querypb.TrailStep_NotShared:
		return "decided not to share", e.NotShared.GetDecisionId()
	case *querypb.TrailStep_WentOn:
		return "went on despite refusal", strings.Join(e.WentOn.GetConsents(), ", ")
	case *querypb.TrailStep_Request:
		return fmt.Sprintf("%s request to %d agencies", e.Request.GetMode(), len(e.Request.GetQuestions())), e.Request.GetRequestId()
	case *querypb.TrailStep_Cancellation:
		return "request cancelled: " + e.Cancellation.GetReasonCode(), e.Cancellation.GetRequestId()
	case *querypb.TrailStep_Shared:
		return fmt.Sprintf("%s: %s, %d statements", e.Shared.GetAgency(), e.Shared.GetAnswer(), e.Shared.GetStatements()), e.Shared.GetShareId()
	}
	return "unknown to this version of mash", "-"
}

func clockTime(t *timestamppb.Timestamp) string {
	if t == nil {
		return "-"
	}
	return t.AsTime().In(london()).Format("2 Jan 2006 15:04")
}

type consentOverridesCmd struct {
	clientFlags
	Since        day      `help:"Proposed at or after this day." placeholder:"YYYY-MM-DD"`
	Until        day      `help:"Proposed before this day." placeholder:"YYYY-MM-DD"`
	Approver     []string `help:"Who decided."`
	Reason       []string `help:"Reason codes."`
	Agency       []string `help:"Agencies it covers."`
	Outcome      []string `help:"proposed, approved, narrowed, declined."`
	Open         *bool    `help:"Only those in force now."`
	Expired      *bool    `help:"Only those that ended by themselves."`
	ReviewedLate *bool    `help:"Only those whose review was late, or is overdue."`
	Limit        int      `help:"At most this many rows; 0 is all." default:"50"`
}

// Run lists.
func (c *consentOverridesCmd) Run(env *environment) error {
	return c.call(env, "manager-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		filter := &querypb.OverrideFilter{
			Since: c.Since.stamp(), Until: c.Until.stamp(), Approvers: c.Approver, Reasons: c.Reason, Agencies: c.Agency, Outcomes: c.Outcome,
			Open: c.Open, Expired: c.Expired, ReviewedLate: c.ReviewedLate,
		}
		rows, err := pages(c.Limit, func(size int32, token string) ([]*querypb.OverrideRow, string, error) {
			resp, err := querypb.NewConsentTrailServiceClient(conn).ListOverrides(ctx, &querypb.ListOverridesRequest{PageSize: size, PageToken: token, Filter: filter})
			return resp.GetRows(), resp.GetNextPageToken(), err
		})
		if err != nil {
			return err
		}
		return printRows(env.stdout, c.JSON, rows,
			"CONTACT\tID\tOUTCOME\tREASON\tPROPOSED\tBY\tDECIDED\tBY\tRULE\tENDS\tIN FORCE",
			func(w io.Writer, r *querypb.OverrideRow) {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%t\n", r.GetContactId(), r.GetOverrideId(), r.GetOutcome(), r.GetReasonCode(),
					clockTime(r.GetProposedAt()), r.GetProposedBy(), clockTime(r.GetDecidedAt()), orDash(r.GetDecidedBy()), orDash(r.GetRule()), clockTime(r.GetExpiresAt()), r.GetOpen())
			})
	})
}

type consentReplayCmd struct {
	clientFlags
	ID       string `arg:"" help:"The contact's uuid."`
	Decision string `required:"" help:"The decision: a consent (c1), an override (o1), a request (r1), a decision not to share (n1)."`
}

// Run prints what an auditor asks: what had been recorded, what the decider saw, what allowed it, what followed, what came too late.
func (c *consentReplayCmd) Run(env *environment) error {
	return c.call(env, "auditor-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := auditpb.NewAuditServiceClient(conn).ReplayConsentDecision(ctx, &auditpb.ReplayConsentDecisionRequest{ContactId: c.ID, DecisionId: c.Decision})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSONLines(env.stdout, []proto.Message{resp})
		}
		w := env.stdout
		d := resp.GetDecision()
		fmt.Fprintf(w, "Decision %s: %s, revision %d, recorded %s\n", c.Decision, short(d.GetType()), d.GetRevision(), clockTime(d.GetRecordedAt()))
		fmt.Fprintf(w, "Allowed by %s under profile %s\n", orDash(resp.GetRule()), resp.GetProfile())
		for _, s := range resp.GetStanding() {
			fmt.Fprintf(w, "  %s %s: %s since revision %d\n", s.GetKind(), s.GetId(), s.GetState(), s.GetRevision())
		}
		printEvents(w, "Recorded before it", resp.GetBefore())
		if resp.SeenRevision == nil {
			// "Nothing" would be an auditor's wrong finding.
			fmt.Fprintln(w, "What of it the decider had before them is not on record: they named no revision")
		} else {
			printEvents(w, fmt.Sprintf("Recorded after revision %d, which the decider had before them", resp.GetSeenRevision()), resp.GetUnseen())
		}
		printEvents(w, "Asked and shared because of it", resp.GetBecause())
		printEvents(w, "Arrived since, and could not be known", resp.GetSince())
		return nil
	})
}

func printEvents(w io.Writer, heading string, events []*auditpb.RecordedEvent) {
	fmt.Fprintf(w, "%s:\n", heading)
	for _, e := range events {
		fmt.Fprintf(w, "  %d  %s  %s\n", e.GetRevision(), clockTime(e.GetRecordedAt()), short(e.GetType()))
	}
	if len(events) == 0 {
		fmt.Fprintln(w, "  nothing")
	}
}

func short(eventType string) string { return strings.TrimPrefix(eventType, "mash.event.v1.") }
