package queryapi

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/eventstore"
)

// stepOf is a step of a trail as it is shown, with who did it: a person, or the agency whose message it was.
func stepOf(e eventstore.Recorded) *querypb.TrailStep {
	actor := e.Metadata.Actor
	if actor == "" {
		actor = e.Metadata.Agency
	}
	step := &querypb.TrailStep{
		Revision: e.Revision, RecordedAt: timestamppb.New(e.Metadata.RecordedAt), Actor: actor, Role: e.Metadata.Role,
		SeenRevision: e.Metadata.SeenRevision,
	}
	switch m := e.Message.(type) {
	case *eventpb.HolderRecorded:
		step.Step = &querypb.TrailStep_Holder{Holder: m}
	case *eventpb.ConsentRecorded:
		step.Step = &querypb.TrailStep_Consent{Consent: m}
	case *eventpb.ConsentWithdrawn:
		step.Step = &querypb.TrailStep_Withdrawal{Withdrawal: m}
	case *eventpb.ConsentExpired:
		step.Step = &querypb.TrailStep_ConsentExpiry{ConsentExpiry: m}
	case *eventpb.EngagementRecorded:
		step.Step = &querypb.TrailStep_Engagement{Engagement: m}
	case *eventpb.LawfulBasisRecorded:
		step.Step = &querypb.TrailStep_LawfulBasis{LawfulBasis: m}
	case *eventpb.AgencyWentWithoutConsent:
		step.Step = &querypb.TrailStep_AgencyOverride{AgencyOverride: m}
	case *eventpb.DecidedNotToShare:
		step.Step = &querypb.TrailStep_NotShared{NotShared: m}
	case *eventpb.WentOnDespiteRefusal:
		step.Step = &querypb.TrailStep_WentOn{WentOn: m}
	default:
		overrideOrRequest(step, e)
	}
	return step
}

func overrideOrRequest(step *querypb.TrailStep, e eventstore.Recorded) {
	switch m := e.Message.(type) {
	case *eventpb.OverrideProposed:
		step.Step = &querypb.TrailStep_Proposal{Proposal: m}
	case *eventpb.OverrideDecided:
		step.Step = &querypb.TrailStep_Decision{Decision: m}
	case *eventpb.OverrideReviewed:
		step.Step = &querypb.TrailStep_Review{Review: m}
	case *eventpb.OverrideExpired:
		step.Step = &querypb.TrailStep_OverrideExpiry{OverrideExpiry: m}
	case *eventpb.InformationRequested:
		step.Step = &querypb.TrailStep_Request{Request: m}
	case *eventpb.InformationRequestCancelled:
		step.Step = &querypb.TrailStep_Cancellation{Cancellation: m}
	case *eventpb.InformationShared:
		step.Step = &querypb.TrailStep_Shared{Shared: &querypb.SharedStep{
			ShareId: m.GetShareId(), Agency: m.GetAgency(), RequestId: m.GetRequestId(), Answer: m.GetAnswer(),
			Statements: uint32(len(m.GetStatements())), Authorities: m.GetAuthorities(),
			Unsolicited: m.GetUnsolicited(), AfterCancellation: m.GetAfterCancellation(),
		}}
	}
}
