package recordtest

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
)

// History draws the events of several contacts, mixed as they would come, with events of other streams among them.
func History(t *rapid.T, contacts, most int) []Written {
	var all []Written
	begun := map[int]bool{}
	for i := range rapid.IntRange(1, most).Draw(t, "events") {
		n := rapid.IntRange(0, contacts-1).Draw(t, "contact")
		id, at := ID(n), Monday.Add(time.Duration(i)*7*time.Minute)
		switch {
		case rapid.IntRange(0, 9).Draw(t, "elsewhere") == 0:
			all = append(all, Written{"quarantine-kent-police", &eventpb.QuarantineRetried{QuarantineId: id, RetriedAt: timestamppb.New(at)}})
		case !begun[n]:
			begun[n] = true
			all = append(all, Of(id, arrival(t, id, at))...)
		default:
			all = append(all, Of(id, next(t, id, at))...)
		}
	}
	return all
}

// Authorities draws events of consent, override and sharing alone, of contacts that have all arrived.
func Authorities(t *rapid.T, contacts, most int) (all []Written) {
	for n := range contacts {
		all = append(all, Of(ID(n), Received(ID(n), Monday, 1))...)
	}
	for i := range rapid.IntRange(1, most).Draw(t, "events") {
		id := ID(rapid.IntRange(0, contacts-1).Draw(t, "contact"))
		all = append(all, Of(id, authority(t, id, Monday.Add(time.Duration(i)*7*time.Minute)))...)
	}
	return all
}

func arrival(t *rapid.T, id string, at time.Time) proto.Message {
	return Received(id, at, rapid.IntRange(1, 3).Draw(t, "children"), func(e *eventpb.ContactReceived) {
		e.Urgent = rapid.Bool().Draw(t, "urgent")
		e.Agency = rapid.SampledFrom([]string{"kent-police", "kent-health", "kent-schools"}).Draw(t, "agency")
		e.WorkType = rapid.SampledFrom([]string{"request-for-support", "missing-person"}).Draw(t, "work type")
		e.OutOfHours = rapid.Bool().Draw(t, "out of hours")
		if rapid.Bool().Draw(t, "conversation") {
			e.Conversation = &eventpb.Conversation{Channel: "telephone", WrittenForm: Clock("written-form", at.Add(48*time.Hour))}
		}
		if rapid.IntRange(0, 4).Draw(t, "clocks") == 0 {
			e.Clocks = nil
		}
	})
}

func next(t *rapid.T, id string, at time.Time) proto.Message {
	rating := rapid.SampledFrom([]string{"red", "amber", "green"}).Draw(t, "rating")
	lapse := &eventpb.Lapse{Kind: "triage", DueAt: timestamppb.New(at.Add(-time.Hour))}
	switch rapid.IntRange(0, 11).Draw(t, "event") {
	case 0:
		return Triaged(id, rating, at)
	case 1:
		return Rated(id, rating, at, lapse)
	case 2:
		return AllocatedTo(id, rapid.SampledFrom([]string{"w1", "w2", "w3"}).Draw(t, "worker"), at)
	case 3:
		return Linked(id, ID(0), at)
	case 4:
		return Unlinked(id, ID(0), at)
	case 5:
		return Across(id, at, contact.SubjectID(0))
	case 6:
		return Across(id, at)
	case 7, 8, 9:
		return conclusion(t, id, at)
	}
	return authority(t, id, at)
}

func conclusion(t *rapid.T, id string, at time.Time) proto.Message {
	lapse := &eventpb.Lapse{Kind: "decision", DueAt: timestamppb.New(at.Add(-time.Hour))}
	decision := rapid.SampledFrom([]string{"d1", "d2"}).Draw(t, "decision")
	return rapid.SampledFrom([]proto.Message{
		&eventpb.EncompassDecided{ContactId: id, NotificationId: "n1", SubjectId: "s1", Outcome: "notify", Due: Clock("encompass", at.Add(time.Hour))},
		&eventpb.EncompassDecided{ContactId: id, NotificationId: "n2", SubjectId: "s1", Outcome: "no-setting-known", Due: Clock("encompass", at), Words: Narrative()},
		&eventpb.EncompassAcknowledged{ContactId: id, NotificationId: "n1"}, &eventpb.WrittenFormReceived{ContactId: id, FormContactId: ID(0)},
		&eventpb.EncompassOverdue{ContactId: id, NotificationId: "n1"}, &eventpb.WrittenFormOverdue{ContactId: id},
		Concluded(id, decision, "s1"), Concluded(id, "d1", "s1"), Concluded(id, "d2", "s1"), SignedOff(id, decision, at, lapse), Answered(id, decision), Reopened(id, at, "s1"),
		&eventpb.DecisionReturned{ContactId: id, DecisionId: decision, Reason: Narrative()},
		Awaited(id, MeetingID(1), "proposed", nil), Awaited(id, MeetingID(2), "called", Clock("strategy-meeting", at.Add(time.Hour))),
		&eventpb.StrategyMeetingSettled{ContactId: id, MeetingId: MeetingID(1), How: "declined"},
		&eventpb.OutcomeAcknowledged{ContactId: id, DecisionId: decision, Agency: "kent-police"},
		&eventpb.AnalysisRecorded{ContactId: id, AnalysisId: "a1", By: "worker", Subjects: []string{"s1"}, Analysis: Narrative(), SignificantHarm: "none-found"},
	}).Draw(t, "conclusion")
}

func authority(t *rapid.T, id string, at time.Time) proto.Message {
	consent := rapid.SampledFrom([]string{"c1", "c2"}).Draw(t, "consent")
	override := rapid.SampledFrom([]string{"o1", "o2", "o3"}).Draw(t, "override")
	scope := Scope(rapid.SampledFrom([][]string{{"kent-police"}, {"kent-health"}, {"kent-police", "kent-health"}}).Draw(t, "agencies")...)
	outcome := rapid.SampledFrom([]string{"approved", "narrowed", "declined"}).Draw(t, "outcome")
	due := at.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "hours")) * time.Hour)
	late := at.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "review")) * time.Hour)
	decided := Approved(id, override, outcome, scope, due, late)
	if outcome == "declined" {
		decided = Approved(id, override, outcome, nil, due, late)
	}
	proposed := Proposed(id, override, scope)
	proposed.ReasonCode = rapid.SampledFrom([]string{"would-prejudice-protection", "cannot-be-given"}).Draw(t, "reason")
	switch rapid.IntRange(0, 12).Draw(t, "authority") {
	case 0, 1, 2:
		return proposed
	case 3, 4:
		return decided
	case 5:
		return Reviewed(id, override, rapid.SampledFrom([]string{"continues", "ended"}).Draw(t, "review outcome"), rapid.Bool().Draw(t, "late"), late)
	case 6:
		return Ran(id, override, at)
	case 7:
		return Asked(id, "r1", due, consent, override, "o1")
	case 8:
		return Told(id, "i1", rapid.SampledFrom([]string{"", "r1"}).Draw(t, "request"), at)
	case 9:
		return Cancelled(id, "r1")
	case 10:
		return TakenBack(id, consent, at)
	case 11:
		return Holder(id, "p1")
	}
	return Said(id, consent, "p1", rapid.SampledFrom([]string{"given", "refused"}).Draw(t, "stance"), at)
}

// Sample gives the same history for the same seed, of at least so many events.
func Sample(seed, contacts, least int) []Written {
	drawn := rapid.Custom(func(t *rapid.T) []Written { return History(t, contacts, 4*least) })
	for n := seed * 1000; ; n++ {
		if h := drawn.Example(n); len(h) >= least {
			return h
		}
	}
}
