package outbox

import (
	"slices"
	"strings"
	"testing"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/agencies"
)

// Minutes that are too much for a message go out all the same, and say what is left out of them.
func TestMinutesFitIntoAMessage(t *testing.T) {
	filled := func(statements, actions int) *intakepb.StrategyMinutes {
		m := &intakepb.StrategyMinutes{Minutes: strings.Repeat("<", 60_000)} // six bytes each in JSON
		for range statements {
			m.Considered = append(m.Considered, &intakepb.InformationStatement{Words: strings.Repeat("w", 20_000)})
		}
		for range actions {
			m.Actions = append(m.Actions, &intakepb.StrategyAction{ActionId: "x1", Words: strings.Repeat("<", 10_000)})
		}
		return m
	}
	for _, tt := range []struct {
		name                string
		statements, actions int
		want                []string
	}{
		{"what fits", 10, 5, nil},
		{"too many statements", 100, 5, []string{"considered"}},
		{"too many actions as well", 100, 100, []string{"considered", "actions"}},
	} {
		got := bounded(filled(tt.statements, tt.actions))
		if !slices.Equal(got.GetLeftOut(), tt.want) || !fits(got) || len(got.GetActions()) != tt.actions || len(got.GetMinutes()) != 60_000 {
			t.Errorf("%s: left out %v, fits %t, with %d actions; want %v, and all %d", tt.name, got.GetLeftOut(), fits(got), len(got.GetActions()), tt.want, tt.actions)
		}
		if kept := len(got.GetConsidered()); (kept == tt.statements) == slices.Contains(tt.want, "considered") {
			t.Errorf("%s: %d statements of %d", tt.name, kept, tt.statements)
		}
	}
}

// What was erased of a meeting is named as erased, and the rest is told.
func TestWhatWasErasedOfAMeetingIsNamed(t *testing.T) {
	erased := &eventpb.NarrativePart{Part: &eventpb.NarrativePart_Erased{Erased: &eventpb.Erased{Reason: "retention"}}}
	m := &meeting{
		event: &eventpb.StrategyMeetingCalled{}, form: "meeting", place: erased, called: &eventpb.StrategyMeetingCalled{Briefing: erased},
		invitees: map[string]*eventpb.Invitee{health: {Agency: health, Required: true}},
		proposed: &eventpb.StrategyMeetingProposed{MeetingId: "m", Children: []*eventpb.MeetingChild{
			{ChildId: "s1", Child: &eventpb.ChildPart{Part: &eventpb.ChildPart_Erased{Erased: &eventpb.Erased{}}}},
			{ChildId: "s2", Child: &eventpb.ChildPart{Part: &eventpb.ChildPart_Open{Open: &eventpb.Child{GivenName: "Kim"}}}},
		}},
		concluded: &eventpb.StrategyMeetingConcluded{Actions: []*eventpb.MeetingAction{{ActionId: "x1", Agency: health, Words: erased}}},
	}
	out, err := m.toInvite(agencies.Agency{ID: health, Sector: agencies.Health}, notice{kind: noticeInvitation})
	if err != nil {
		t.Fatal(err)
	}
	invitation := out.payload.(*intakepb.StrategyInvitation)
	if want := []string{"place", "briefing", "s1"}; !slices.Equal(invitation.GetErased(), want) || invitation.GetChildren()[1].GetGivenName() != "Kim" {
		t.Errorf("the invitation names %v as erased, want %v: %v", invitation.GetErased(), want, invitation)
	}
	told := statement{&eventpb.Considered{Agency: health, Handling: &eventpb.Handling{}}, &eventpb.Statement{Words: erased, Handling: &eventpb.Handling{}}}
	minutes := m.minutes(health, &eventpb.MinutesIssued{Minutes: erased, Version: 1}, []statement{told, told})
	if want := []string{"minutes", "considered"}; !slices.Equal(minutes.GetErased(), want) || len(minutes.GetConsidered()) != 0 || !minutes.GetActions()[0].GetErased() {
		t.Errorf("the minutes name %v as erased, want %v: %v", minutes.GetErased(), want, minutes)
	}
}

// HUB-05: of two handlings of one statement the stricter holds, whichever it is; without any it stays with its agency.
func TestHUB05_TheStricterHandlingHolds(t *testing.T) {
	open, secret := &eventpb.Handling{}, &eventpb.Handling{NotToAgencies: true}
	for _, tt := range []struct {
		name      string
		then, now *eventpb.Handling
		want      bool
	}{
		{"open, and recorded as open", open, open, true},
		{"open, and recorded as secret", secret, open, false},
		{"secret, and recorded as open", open, secret, false},
		{"recorded without any", nil, open, false},
		{"without any", open, nil, false},
	} {
		s := statement{&eventpb.Considered{Agency: "kent-police", Handling: tt.then}, &eventpb.Statement{Handling: tt.now}}
		if _, got := s.shown(health); got != tt.want {
			t.Errorf("%s: shown to another agency %t, want %t", tt.name, got, tt.want)
		}
		if _, got := s.shown("kent-police"); !got {
			t.Errorf("%s: not shown to the agency that told it", tt.name)
		}
	}
}
