package practice

import (
	"errors"
	"fmt"
	"time"
)

// Kind is a published code for what a clock is about.
type Kind string

// The kinds of clock. The aims are hopes, and nothing follows from missing one;
// all others are timescales.
const (
	// Triage runs from arrival until the first rating.
	Triage Kind = "triage"
	// Partners runs from a rating: the agencies asked should have answered.
	Partners Kind = "partners"
	// Decision runs from a rating: the hub should have decided.
	Decision Kind = "decision"
	// Chase runs from the moment an overdue agency was asked again until it
	// should have answered.
	Chase Kind = "chase"
	// Response runs from the sign-off of a decision until the referrer should
	// have it in writing (SOT-05).
	Response Kind = "response"
	// WrittenForm runs from a call until the caller's agency should have put it in
	// writing. An authority has it or has not; nothing of the hub's waits for it.
	WrittenForm Kind = "written-form"
	// AimDecision is KEN-08, from arrival.
	AimDecision Kind = "aim-decision"
	// AimTriage is KEN-09, from arrival.
	AimTriage Kind = "aim-triage"
)

// The kinds of clock of a strategy meeting and of what follows from it.
const (
	// Meeting runs from the call until the meeting should be held.
	Meeting Kind = "strategy-meeting"
	// FollowUp runs from a discussion by telephone until a meeting should follow.
	FollowUp Kind = "follow-up"
	// ChildSeen runs from the meeting until the child should have been seen.
	ChildSeen Kind = "child-seen"
	// LADO runs from the meeting until the designated officer should know.
	LADO Kind = "lado"
	// Minutes runs from the meeting until everybody should have the minutes.
	Minutes Kind = "minutes"
	// Conference is WT-03, from the discussion that started the enquiries.
	Conference Kind = "conference"
	// CoreGroup and FirstReview are WT-06, from the conference; Review is from
	// the review before.
	CoreGroup   Kind = "core-group"
	FirstReview Kind = "first-review"
	Review      Kind = "review"
)

// rated reports whether clocks of this kind run under a rating.
func (k Kind) rated() bool { return k == Partners || k == Decision || k == Chase }

func (k Kind) known() bool {
	return k.rated() || k == Triage || k == Response || k == WrittenForm || k == AimDecision || k == AimTriage || k.meeting()
}

// Clock names one clock of a profile: its kind, and for partners, decision and
// chase the rating it runs under.
type Clock struct {
	Kind   Kind
	Rating string
}

// String gives "decision/red", or the kind alone.
func (c Clock) String() string {
	if c.Rating == Unrated {
		return string(c.Kind)
	}
	return string(c.Kind) + "/" + c.Rating
}

// ClockRule is one timescale of a profile.
type ClockRule struct {
	Clock     Clock
	Reckoning Reckoning
	// Rule is the rule's id, or where none has one the profile's name for it.
	Rule string
}

// DueTime is a clock that was started: all that an event records of it.
type DueTime struct {
	Clock Clock
	// Start is when it began to run, At when it is due; both in the profile's zone.
	Start, At time.Time
	// Reckoning says in words how At follows from Start: "1 working day".
	Reckoning string
	// Rule is the rule's id or the profile's name for it.
	Rule string
	// Calendar is the version of the bank holidays that were counted by; empty
	// where none were.
	Calendar string
}

// Due starts a clock and says when it is due. A clock the profile does not have
// is an error, and so is a start from which the table of bank holidays does not
// reach far enough (*worktime.CoverageError); clocks that run on past hours
// need no table.
func (p Profile) Due(clock Clock, start time.Time) (DueTime, error) {
	rule, ok := p.clock(clock)
	if !ok {
		return DueTime{}, fmt.Errorf("profile %s has no clock %s", p, clock)
	}
	if start.IsZero() {
		return DueTime{}, errors.New("clock " + clock.String() + " without a start")
	}
	schedule, err := p.Schedule()
	if err != nil {
		return DueTime{}, fmt.Errorf("profile %s: %w", p, err)
	}
	start = start.Round(0).In(schedule.Zone)
	at, err := rule.Reckoning.add(schedule, start)
	if err != nil {
		return DueTime{}, fmt.Errorf("clock %s: %w", clock, err)
	}
	due := DueTime{Clock: clock, Start: start, At: at, Reckoning: rule.Reckoning.String(), Rule: rule.Rule}
	if rule.Reckoning.countsHolidays() {
		due.Calendar = schedule.Calendar.Version()
	}
	return due, nil
}

// OnArrival starts the clocks that a contact's arrival starts: the one for its
// triage, and the aims the profile has.
func (p Profile) OnArrival(arrived time.Time) ([]DueTime, error) {
	return p.start(arrived, Clock{Kind: Triage}, Clock{Kind: AimDecision}, Clock{Kind: AimTriage})
}

// OnRating starts the two clocks that run under a rating. A rating the profile
// does not use is an error.
func (p Profile) OnRating(rating string, rated time.Time) ([]DueTime, error) {
	if !p.Lists.Ratings.Has(rating) {
		return nil, fmt.Errorf("profile %s does not use that rating", p)
	}
	return p.start(rated, Clock{Partners, rating}, Clock{Decision, rating})
}

func (p Profile) start(at time.Time, clocks ...Clock) ([]DueTime, error) {
	started := make([]DueTime, 0, len(clocks))
	for _, c := range clocks {
		if _, ok := p.clock(c); !ok && (c.Kind == AimDecision || c.Kind == AimTriage) {
			continue
		}
		due, err := p.Due(c, at)
		if err != nil {
			return nil, err
		}
		started = append(started, due)
	}
	return started, nil
}

// Has reports whether the profile has a clock: some are an authority's own to have.
func (p Profile) Has(c Clock) bool {
	_, ok := p.clock(c)
	return ok
}

func (p Profile) clock(c Clock) (ClockRule, bool) {
	for _, rule := range p.Clocks {
		if rule.Clock == c {
			return rule, true
		}
	}
	return ClockRule{}, false
}
