package contact

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// Decide says which events the command adds to the state. A *domain.Refusal is
// a rule's no; any other error means that it could not be decided, such as a
// due time in a year whose bank holidays are not known.
func Decide(c Command, s State) ([]proto.Message, error) {
	events, err := decide(c, s)
	if err != nil {
		return nil, err
	}
	return withEndings(events, s, c.setting().Now) // HUB-02
}

func decide(c Command, s State) ([]proto.Message, error) {
	switch c := c.(type) {
	case Receive:
		return receive(c, s) // SOT-02, KEN-02, KEN-04, KEN-05, KEN-08, KEN-09, KEN-16
	case RecordConversation:
		return recordConversation(c, s) // SOT-01
	case SettleEncompass:
		return settleEncompass(c, s) // KEN-20
	case AcknowledgeEncompass:
		return acknowledgeEncompass(c, s) // KEN-20
	case LapseNotification:
		return lapseNotification(c, s) // KEN-20
	case LapseWrittenForm:
		return lapseWrittenForm(c, s) // SOT-01
	case NoteWrittenForm:
		return noteWrittenForm(c, s) // SOT-01
	case Triage:
		return triage(c, s) // KEN-03
	case Rate:
		return rate(c, s) // KEN-03
	case Allocate:
		return allocate(c, s) // KEN-06
	case Link:
		return link(c, s)
	case Unlink:
		return unlink(c, s)
	case RecordHolder:
		return recordHolder(c, s)
	case RecordConsent:
		return recordConsent(c, s) // SOT-07, KEN-25
	case WithdrawConsent:
		return withdrawConsent(c, s) // HUB-02
	case LapseConsent:
		return lapseConsent(c, s) // HUB-02
	case RecordEngagement:
		return recordEngagement(c, s) // KEN-11
	case RecordLawfulBasis:
		return recordLawfulBasis(c, s)
	case DecideNotToShare:
		return decideNotToShare(c, s)
	case GoOnDespiteRefusal:
		return goOnDespiteRefusal(c, s) // KEN-11
	case ProposeOverride:
		return proposeOverride(c, s) // SOT-08
	case DecideOverride:
		return decideOverride(c, s) // SOT-08, SOT-32, HUB-01
	case ReviewOverride:
		return reviewOverride(c, s) // SOT-08, HUB-01
	case LapseOverride:
		return lapseOverride(c, s) // HUB-02
	case RecordAgencyOverride:
		return recordAgencyOverride(c, s) // ROC-03
	case RequestInformation:
		return requestInformation(c, s) // SOT-07, HUB-02
	case CancelRequest:
		return cancelRequest(c, s)
	case ChaseRequest:
		return chaseRequest(c, s)
	case ShareInformation:
		return shareInformation(c, s) // HUB-03, HUB-05
	case RecordAnalysis:
		return recordAnalysis(c, s) // SOT-09, SOT-10
	case DecideContact:
		return decideContact(c, s) // SOT-04, KEN-01, KEN-07, KEN-11, KEN-17
	case SignOff:
		return signOff(c, s)
	case ReturnDecision:
		return returnDecision(c, s)
	case AnswerReferrer:
		return answerReferrer(c, s) // SOT-05, KEN-15, WT-01
	case AcknowledgeOutcome:
		return acknowledgeOutcome(c, s)
	case Reopen:
		return reopen(c, s)
	case AwaitMeeting:
		return awaitMeeting(c, s) // KEN-23
	case SettleMeeting:
		return settleMeeting(c, s) // KEN-23
	}
	return nil, fmt.Errorf("contact: unknown command %T", c)
}

// permitted refuses a role that may not, before anything is said of the
// contact's state.
func permitted(c Setting, action access.Action) error {
	refusal, err := c.Profile.Permit(c.Role, action, c.Now)
	if err != nil {
		return fmt.Errorf("contact: %s: %w", action, err)
	}
	if refusal != nil {
		return refusal
	}
	return nil
}

// inQueue refuses what the front door no longer acts on.
func inQueue(s State) error {
	switch {
	case s.ID == "":
		return notReceived()
	case s.DuplicateOf != "":
		return isDuplicate()
	case s.Decided():
		return contactDecided()
	case len(s.Queued) == 0:
		return passedAcross()
	}
	return nil
}

func triage(c Triage, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ContactTriage); err != nil {
		return nil, err
	}
	if err := inQueue(s); err != nil {
		return nil, err
	}
	if s.Rating != "" {
		return nil, alreadyTriaged()
	}
	if err := checkTriage(c); err != nil {
		return nil, err
	}
	clocks, err := onRating(c.Setting, c.Rating)
	if err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.ContactTriaged{
		ContactId:  s.ID,
		Rating:     c.Rating,
		Actions:    slices.Clone(c.Actions),
		Directions: wording.Narrative(c.Directions, s.Subjects),
		Team:       cmp.Or(c.Team, s.Team),
		TriagedAt:  timestamppb.New(c.Now),
		Clocks:     clocks,
		Lapses:     lapsed(s.Clocks, c.Now, practice.Triage, practice.AimTriage),
	}}, nil
}

func rate(c Rate, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ContactRate); err != nil {
		return nil, err
	}
	if err := inQueue(s); err != nil {
		return nil, err
	}
	if s.Rating == "" {
		return nil, notTriaged("KEN-03")
	}
	if s.Rating == c.Rating {
		return nil, ratingUnchanged()
	}
	if err := checkRate(c); err != nil {
		return nil, err
	}
	clocks, err := onRating(c.Setting, c.Rating)
	if err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.ContactRated{
		ContactId:      s.ID,
		Rating:         c.Rating,
		PreviousRating: s.Rating,
		Reason:         wording.Narrative(c.Reason, s.Subjects),
		RatedAt:        timestamppb.New(c.Now),
		Clocks:         clocks,
		Lapses:         lapsed(s.Clocks, c.Now, practice.Partners, practice.Decision),
	}}, nil
}

func allocate(c Allocate, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ContactAllocate); err != nil {
		return nil, err
	}
	if err := inQueue(s); err != nil {
		return nil, err
	}
	if s.Rating == "" {
		return nil, notTriaged("KEN-06")
	}
	if err := checkAllocate(c); err != nil {
		return nil, err
	}
	team := cmp.Or(c.Team, s.Team)
	if s.Worker == c.Worker && s.Team == team {
		return nil, alreadyAllocated()
	}
	return []proto.Message{&eventpb.ContactAllocated{
		ContactId:      s.ID,
		Worker:         c.Worker,
		Team:           team,
		PreviousWorker: s.Worker,
		AllocatedAt:    timestamppb.New(c.Now),
	}}, nil
}

// onRating starts the two clocks that run under a rating.
func onRating(c Setting, rating string) ([]*eventpb.Clock, error) {
	due, err := c.Profile.OnRating(rating, c.Now)
	if err != nil {
		return nil, fmt.Errorf("contact: clocks of a rating: %w", err)
	}
	return clocks(due), nil
}

func clocks(due []practice.DueTime) []*eventpb.Clock {
	started := make([]*eventpb.Clock, len(due))
	for i, d := range due {
		started[i] = &eventpb.Clock{
			Kind:      string(d.Clock.Kind),
			StartedAt: timestamppb.New(d.Start),
			DueAt:     timestamppb.New(d.At),
			Reckoning: d.Reckoning,
			Rule:      d.Rule,
			Calendar:  d.Calendar,
		}
	}
	return started
}

// lapsed names the clocks of those kinds that were overdue when they were
// replaced: what was missed stays on record. At its due time a clock is kept.
func lapsed(running []*eventpb.Clock, now time.Time, kinds ...practice.Kind) []*eventpb.Lapse {
	var lapses []*eventpb.Lapse
	for _, clock := range running {
		if slices.Contains(kinds, practice.Kind(clock.GetKind())) && now.After(clock.GetDueAt().AsTime()) {
			lapses = append(lapses, &eventpb.Lapse{Kind: clock.GetKind(), DueAt: clock.GetDueAt()})
		}
	}
	return lapses
}
