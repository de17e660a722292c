package practice_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
)

func TestWT04_TheQuorumIsAddedToAndNeverThinned(t *testing.T) {
	p := builtin(t)
	if got, want := p.Quorum(), []string{"social-care", "health", "police"}; !slices.Equal(got, want) {
		t.Errorf("the built-in quorum is %v, want %v", got, want)
	}
	p.Meetings.Quorum = []string{"education"}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	if got, want := p.Quorum(), []string{"social-care", "health", "police", "education"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	p.Quorum()[0] = "nobody"
	if got := p.Quorum()[0]; got != "social-care" {
		t.Errorf("a caller changed the quorum to %s", got)
	}
}

func TestMeetingsOfAProfileKeepWhatIsLaw(t *testing.T) {
	clock := func(p *practice.Profile, kind practice.Kind) *practice.ClockRule {
		i := slices.IndexFunc(p.Clocks, func(r practice.ClockRule) bool { return r.Clock.Kind == kind })
		return &p.Clocks[i]
	}
	reckoned := func(kind practice.Kind) string {
		at := slices.IndexFunc(builtin(t).Clocks, func(r practice.ClockRule) bool { return r.Clock.Kind == kind })
		return fmt.Sprintf("clocks[%d].reckoning", at)
	}
	for _, tc := range []struct {
		field, rule string
		spoil       func(*practice.Profile)
	}{
		{"meetings.quorum[0]", "in-use", func(p *practice.Profile) { p.Meetings.Quorum = []string{"choir"} }},
		{"meetings.quorum[0]", "unique", func(p *practice.Profile) { p.Meetings.Quorum = []string{"police"} }},
		{"meetings.quorum[1]", "unique", func(p *practice.Profile) { p.Meetings.Quorum = []string{"education", "education"} }},
		{"lists.sectors", "WT-04", func(p *practice.Profile) { p.Lists.Sectors = p.Lists.Sectors[1:] }},
		{"clocks", "required", func(p *practice.Profile) { clock(p, practice.Minutes).Clock.Kind = practice.AimTriage }},
		{reckoned(practice.Conference), "Working Together", func(p *practice.Profile) { clock(p, practice.Conference).Reckoning.Amount = 16 }},
		{reckoned(practice.CoreGroup), "Working Together", func(p *practice.Profile) { clock(p, practice.CoreGroup).Reckoning.Basis = practice.WorkingHours }},
		{reckoned(practice.FirstReview), "Working Together", func(p *practice.Profile) { clock(p, practice.FirstReview).Reckoning.Amount = 4 }},
		{reckoned(practice.Review), "Working Together", func(p *practice.Profile) { clock(p, practice.Review).Reckoning.Amount = 7 }},
	} {
		p := builtin(t)
		tc.spoil(&p)
		refusal, ok := errors.AsType[*domain.Refusal](p.Validate())
		if !ok || !names(refusal, tc.field, tc.rule) {
			t.Errorf("got %v, want a violation of %s by %s", refusal, tc.field, tc.rule)
		}
	}
	earlier := builtin(t)
	clock(&earlier, practice.Conference).Reckoning.Amount = 12
	if err := earlier.Validate(); err != nil {
		t.Errorf("an earlier conference: %v", err)
	}
}

// An authority may hold that a discussion is enough.
func TestAProfileMayHaveNoFollowUp(t *testing.T) {
	p := builtin(t)
	if !p.Runs(practice.FollowUp) {
		t.Error("the built-in profile has no follow-up")
	}
	p.Clocks = slices.DeleteFunc(p.Clocks, func(r practice.ClockRule) bool { return r.Clock.Kind == practice.FollowUp })
	if err := p.Validate(); err != nil || p.Runs(practice.FollowUp) {
		t.Errorf("without a follow-up: %v, runs %t", err, p.Runs(practice.FollowUp))
	}
}

func TestDueTimesOfMeetings(t *testing.T) {
	checkDue(t, []dueCase{
		{"a meeting before Easter", practice.Clock{Kind: practice.Meeting}, "2026-04-02 19:00:00", "2026-04-09 17:00:00"},
		{"a follow-up over Easter", practice.Clock{Kind: practice.FollowUp}, "2026-04-02 19:45:00", "2026-04-13 17:00:00"},
		{"a child is seen over the autumn change in hours that pass", practice.Clock{Kind: practice.ChildSeen}, "2026-10-24 20:00:00", "2026-10-25 19:00:00"},
		{"the LADO on a Friday", practice.Clock{Kind: practice.LADO}, "2026-08-28 16:00:00", "2026-09-01 17:00:00"},
		{"a conference over Christmas", practice.Clock{Kind: practice.Conference}, "2026-12-15 10:00:00", "2027-01-08 17:00:00"},
		{"a core group over Easter", practice.Clock{Kind: practice.CoreGroup}, "2026-03-24 14:00:00", "2026-04-09 17:00:00"},
		{"a first review ends with the day", practice.Clock{Kind: practice.FirstReview}, "2026-03-24 14:00:00", "2026-06-25 00:00:00"},
		{"at the end of a month", practice.Clock{Kind: practice.FirstReview}, "2026-11-30 14:00:00", "2027-03-01 00:00:00"},
		{"of a leap year", practice.Clock{Kind: practice.FirstReview}, "2027-11-30 14:00:00", "2028-03-01 00:00:00"},
		{"six months from the last of August", practice.Clock{Kind: practice.Review}, "2026-08-31 14:00:00", "2027-03-01 00:00:00"},
	})
}

func TestSOT35_WhoCallsMeetingsInHoursAndOutOfHours(t *testing.T) {
	p := builtin(t)
	for _, action := range []access.Action{access.MeetingCall, access.MeetingConclude} {
		for when, want := range map[string]string{"2026-08-20 12:00:00": "ONLY_OUT_OF_HOURS", "2026-08-20 18:00:00": "", "2026-04-03 12:00:00": ""} {
			refusal, err := p.Permit(access.OnCallSeniorManager, action, at(t, when))
			if got := reason(refusal); err != nil || got != want {
				t.Errorf("on call, %s at %s: got %q, %v, want %q", action, when, got, err, want)
			}
		}
		if refusal, err := p.Permit(access.TeamManager, action, at(t, "2026-08-20 18:00:00")); refusal != nil || err != nil {
			t.Errorf("a team manager who is still there, %s: got %v, %v", action, refusal, err)
		}
	}
}
