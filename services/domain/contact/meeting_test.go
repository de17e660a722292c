package contact_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
)

func TestKEN23_TheMeetingComesBeforeTheDecision(t *testing.T) { rule(t, "KEN-23") }
func TestWT05_EnquiriesAreTheRecordedStatus(t *testing.T)     { rule(t, "WT-05-status") }

// usualMeeting is what a step about a meeting says without words about it.
var usualMeeting = map[string]map[string]string{
	"await meeting":  {"meeting": "1f0d6a52-0a1c-4f6e-9f57-5f1f8a3b0c01", "stage": "proposed", "subjects": "s1", "before decision": "yes"},
	"settle meeting": {"meeting": "1f0d6a52-0a1c-4f6e-9f57-5f1f8a3b0c01", "how": "concluded", "outcomes": "s1 section-47"},
}

// meetingCommand makes the commands about meetings; nil: the verb is neither.
func meetingCommand(verb string, fields map[string]string) (contact.Command, error) {
	f := maps.Clone(usualMeeting[verb])
	if f == nil {
		return nil, nil
	}
	maps.Copy(f, fields)
	t := &times{fields: f}
	if verb == "settle meeting" {
		c := contact.SettleMeeting{MeetingID: f["meeting"], How: f["how"]}
		for _, one := range list(f["outcomes"]) {
			subject, outcome, _ := strings.Cut(one, " ")
			c.Outcomes = append(c.Outcomes, &eventpb.MeetingOutcome{SubjectId: subject, Outcome: outcome})
		}
		return c, nil
	}
	c := contact.AwaitMeeting{MeetingID: f["meeting"], Stage: f["stage"], Subjects: list(f["subjects"]), BeforeDecision: f["before decision"] == "yes"}
	if due := t.at("due"); !due.IsZero() {
		c.Clock = &eventpb.Clock{Kind: "strategy-meeting", DueAt: timestamppb.New(due)}
	}
	return c, t.err
}

// An end that is told again, or late, does not end enquiries that were started
// since.
func TestWT05_AnEndIsOfTheEnquiriesThatItNames(t *testing.T) {
	first, second := &eventpb.Clock{DueAt: timestamppb.New(time.Unix(1_780_000_000, 0))}, &eventpb.Clock{DueAt: timestamppb.New(time.Unix(1_790_000_000, 0))}
	outcome := func(code string, clock *eventpb.Clock) []*eventpb.MeetingOutcome {
		return []*eventpb.MeetingOutcome{{SubjectId: "s1", Outcome: code, Conference: clock}}
	}
	s, err := contact.Decider().Fold(
		&eventpb.ContactReceived{ContactId: itself, Subjects: []*eventpb.Subject{{SubjectId: "s1"}}},
		&eventpb.StrategyMeetingSettled{MeetingId: "m-a", How: "concluded", Outcomes: outcome("section-47", first)},
		&eventpb.StrategyMeetingSettled{MeetingId: "m-b", How: "concluded", Outcomes: outcome("section-47-continues", first)},
	)
	if err != nil {
		t.Fatal(err)
	}
	hub := contact.Setting{Profile: profile(t), Now: time.Unix(1_785_000_000, 0), Role: access.Hub}
	ends := contact.SettleMeeting{Setting: hub, MeetingID: "m-a", How: contact.MeetingEnquiriesEnded, Outcomes: outcome("section-47-ends", first)}
	events, err := contact.Decide(ends, s)
	if err != nil || len(events) != 1 {
		t.Fatalf("the end of the first: %d events, %v; want 1", len(events), err)
	}
	for _, e := range append(events, &eventpb.StrategyMeetingSettled{MeetingId: "m-c", How: "concluded", Outcomes: outcome("section-47", second)}) {
		if s, err = contact.Evolve(s, e); err != nil {
			t.Fatal(err)
		}
	}
	if events, err = contact.Decide(ends, s); err != nil || len(events) != 0 {
		t.Errorf("told again when the second run: %d events, %v; want none", len(events), err)
	}
	if got := s.Status(); got != "section-47" {
		t.Errorf("the status is %s, want section-47", got)
	}
}

// Over random tellings, in any order and told again: no decision is taken or
// signed off while a meeting that has to come first is awaited, a meeting is
// settled once, and what is told a second time adds nothing.
func TestKEN23_LawNoDecisionBeforeAnAwaitedMeeting(t *testing.T) {
	p := profile(t)
	held, decided := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := startWork(t, p)
		for range rapid.IntRange(5, 40).Draw(t, "steps") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "later")) * time.Minute)
			waits := w.waits()
			if rapid.Bool().Draw(t, "tell") {
				w.tellTwice()
				continue
			}
			before := len(w.events)
			w.do(w.anyDecision(), access.TeamManager, anyOf(t, "m-1", "m-2"))
			for _, event := range w.events[before:] {
				switch event.(type) {
				case *eventpb.ContactDecided, *eventpb.DecisionSignedOff:
					if waits {
						t.Fatalf("%T while a meeting is awaited", event)
					}
					decided++
				}
			}
			if waits {
				held++
			}
		}
	})
	if t.Logf("%d decisions, %d steps while a meeting was awaited", decided, held); held == 0 || decided == 0 {
		t.Error("the law was not put to the test")
	}
}

// waits says from the raw events alone whether the decision has to wait.
func (w *work) waits() bool {
	needed, settled := map[string]bool{}, map[string]bool{}
	for _, event := range w.events {
		switch e := event.(type) {
		case *eventpb.StrategyMeetingAwaited:
			needed[e.GetMeetingId()] = e.GetBeforeDecision()
		case *eventpb.StrategyMeetingSettled:
			if settled[e.GetMeetingId()] && e.GetHow() != contact.MeetingEnquiriesEnded {
				w.t.Fatalf("the meeting %s is settled twice", e.GetMeetingId())
			}
			settled[e.GetMeetingId()] = true
		}
	}
	return slices.ContainsFunc(slices.Collect(maps.Keys(needed)), func(id string) bool { return needed[id] && !settled[id] })
}

func (w *work) tellTwice() {
	id, subject := w.pick("meeting", "m-a", "m-b", "m-c"), w.pick("child", "s1", "s2")
	outcome := []*eventpb.MeetingOutcome{{SubjectId: subject, Outcome: w.pick("outcome", "section-47", "section-47-ends", "assessment")}}
	tell := rapid.SampledFrom([]contact.Command{
		contact.AwaitMeeting{MeetingID: id, Stage: w.pick("stage", "proposed", "called"), Subjects: []string{subject}, BeforeDecision: id != "m-c"},
		contact.SettleMeeting{MeetingID: id, How: contact.MeetingConcluded, Outcomes: outcome},
		contact.SettleMeeting{MeetingID: id, How: contact.MeetingCancelled},
		contact.SettleMeeting{MeetingID: id, How: contact.MeetingEnquiriesEnded, Outcomes: []*eventpb.MeetingOutcome{{SubjectId: subject, Outcome: "section-47-ends"}}},
	}).Draw(w.t, "told")
	w.do(tell, access.Hub, "hub:process")
	once := len(w.events)
	if w.do(tell, access.Hub, "hub:process"); len(w.events) != once {
		w.t.Fatalf("told twice, %T adds %d events", tell, len(w.events)-once)
	}
}
