package contact_test

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/contact/authority"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/worktime"
)

// The recorded status is what was decided here, whatever the sender calls it.
func TestHaringey_StatusIsTheRecordedOne(t *testing.T) {
	received := &eventpb.ContactReceived{ContactId: itself, WorkType: "section-47-discussion", ChildProtection: true}
	triaged := func(actions ...string) *eventpb.ContactTriaged {
		return &eventpb.ContactTriaged{Rating: "red", Actions: actions}
	}
	for _, tc := range []struct {
		events []proto.Message
		want   string
	}{
		{[]proto.Message{received}, practice.StatusContact},
		{[]proto.Message{received, triaged("agency-checks")}, practice.StatusTriaged},
		{[]proto.Message{received, triaged("agency-checks", "strategy-discussion")}, practice.StatusStrategyDiscussion},
		{[]proto.Message{received, &eventpb.StrategyMeetingAwaited{MeetingId: "m", Stage: "called"}}, practice.StatusStrategyDiscussion},
		{[]proto.Message{received, triaged("agency-checks"), &eventpb.OverrideProposed{OverrideId: "o1"}}, practice.StatusTriaged},
	} {
		s, err := contact.Decider().Fold(tc.events...)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Status(); got != tc.want || !practice.Statuses().Has(got) {
			t.Errorf("after %d events: got %q, want %q", len(tc.events), got, tc.want)
		}
	}
}

// At the end of the table of bank holidays no end can be reckoned, so nothing is
// approved or goes on; what declines or ends needs no reckoning.
func TestBeyondTheBankHolidaysOnlyAnEndIsDecided(t *testing.T) {
	p, now := profile(t), time.Date(2028, 12, 28, 10, 0, 0, 0, time.UTC)
	s, err := contact.Decider().Fold(
		&eventpb.ContactReceived{ContactId: itself, Subjects: []*eventpb.Subject{{SubjectId: "s1"}}},
		&eventpb.OverrideProposed{OverrideId: "o1", ProposedBy: "a-1", Scope: &eventpb.Scope{Subjects: []string{"s1"}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for outcome, possible := range map[string]bool{authority.Approved: false, authority.Declined: true} {
		c := contact.DecideOverride{OverrideID: "o1", Outcome: outcome, Reason: "The threat is credible."}
		if outcome == authority.Approved {
			c.ExpiresAt = now.Add(time.Hour)
		}
		events, err := contact.Decide(contact.Under(c, contact.Setting{Now: now, Profile: p, Role: access.TeamManager, Actor: "a-2"}), s)
		_, beyond := errors.AsType[*worktime.CoverageError](err)
		if beyond == possible || (len(events) == 1) != possible {
			t.Errorf("%s: got %d events and %v", outcome, len(events), err)
		}
	}
}
