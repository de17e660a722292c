package practice

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/worktime"
)

// Profile is one authority's practice at one revision. It is plain data and is
// treated as read-only once [Profile.Validate] has passed it.
type Profile struct {
	// Authority is the authority's code, as in its stream practice-<authority>.
	Authority string
	// Revision counts the adoptions; 0 is the profile built into the hub.
	Revision uint64
	// Zone is the clock that hours are meant by: Europe/London.
	Zone string
	// Hours are the front door's opening hours.
	Hours worktime.Hours
	// Beginning says how a professional's contact begins here: a published code of
	// [Beginnings].
	Beginning string
	// SchoolDays say when schools are open (KEN-20).
	SchoolDays SchoolDays
	// Clocks are the timescales, at most one for each kind and rating.
	Clocks []ClockRule
	// Duties say which roles do what here, and when.
	Duties []Duty
	// WorkTypes are the kinds of work in use and whose they are.
	WorkTypes []WorkType
	// Teams are the authority's teams that own incoming work.
	Teams CodeList
	// DefaultTeam owns work that no work type gives to another.
	DefaultTeam string
	// Overrides bound what a manager may approve without consent.
	Overrides OverrideLimits
	// Meetings say who makes the quorum of a strategy meeting (WT-04).
	Meetings Meetings
	// Lists are the coded lists in use, each a part of the published one.
	Lists Lists
}

// Lists are the coded lists a profile has in use.
type Lists struct {
	Ratings         CodeList
	ReferralSources CodeList
	Sectors         CodeList
	ConsentStances  CodeList
	TriageActions   CodeList
	Destinations    CodeList
	Purposes        CodeList
	Categories      CodeList
	Means           CodeList
	Evidence        CodeList
	HolderBases     CodeList
	OverrideReasons CodeList
}

// Duty says which roles take an action here. It narrows the access table and
// never widens it.
type Duty struct {
	Action access.Action
	// Roles may at any time.
	Roles []access.Role
	// InHours may besides, but only while the front door is open.
	InHours []access.Role
	// OutOfHours may besides, but only while the front door is closed.
	OutOfHours []access.Role
}

// String gives authority and revision, as metadata records them:
// "built-in@0".
func (p Profile) String() string { return fmt.Sprintf("%s@%d", p.Authority, p.Revision) }

// Schedule gives the profile's working time. It fails on another zone than
// Europe/London and on hours that cannot be counted in.
func (p Profile) Schedule() (worktime.Schedule, error) {
	if p.Zone != worktime.LondonZone {
		return worktime.Schedule{}, fmt.Errorf("zone is not %s", worktime.LondonZone)
	}
	zone, err := worktime.London()
	if err != nil {
		return worktime.Schedule{}, err
	}
	calendar, err := worktime.EnglandAndWales()
	if err != nil {
		return worktime.Schedule{}, err
	}
	s := worktime.Schedule{Zone: zone, Hours: p.Hours, Calendar: calendar}
	return s, s.Validate()
}

// IsOpen reports whether the front door is open at that time. A year without
// bank holidays is a *worktime.CoverageError.
func (p Profile) IsOpen(at time.Time) (bool, error) {
	s, err := p.Schedule()
	if err != nil {
		return false, err
	}
	return s.IsOpen(at)
}

// Permit says whether a role may take an action here at that time: nil when it
// may, else the refusal. Actions without a duty of the profile's own are
// answered by the access table. The error means that opening hours could not
// be told.
func (p Profile) Permit(role access.Role, action access.Action, at time.Time) (*domain.Refusal, error) {
	if ok, reason := access.Can(role, action); !ok {
		return notPermitted(action, reason), nil
	}
	duty, ok := p.duty(action)
	if !ok || slices.Contains(duty.Roles, role) {
		return nil, nil
	}
	inHours, outOfHours := slices.Contains(duty.InHours, role), slices.Contains(duty.OutOfHours, role)
	if !inHours && !outOfHours {
		return notPermitted(action, "the practice profile gives "+string(action)+" to other roles"), nil
	}
	open, err := p.IsOpen(at)
	if err != nil || open && inHours || !open && outOfHours {
		return nil, err
	}
	return notNow(role, action, duty, open), nil
}

// notNow refuses a role whose hours these are not, and says whose they are.
func notNow(role access.Role, action access.Action, duty Duty, open bool) *domain.Refusal {
	if open {
		return &domain.Refusal{
			Reason:  "ONLY_OUT_OF_HOURS",
			Rule:    ruleOf(action),
			Message: string(role) + " takes " + string(action) + " only while the front door is closed",
			Advice:  "ask someone on duty who is " + either(slices.Concat(duty.Roles, duty.InHours)),
		}
	}
	return &domain.Refusal{
		Reason:  "ONLY_IN_HOURS",
		Rule:    "SOT-32",
		Message: string(role) + " takes " + string(action) + " only while the front door is open",
		Advice:  "ask someone who is " + either(slices.Concat(duty.Roles, duty.OutOfHours)),
	}
}

func either(roles []access.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, " or ")
}

func (p Profile) duty(action access.Action) (Duty, bool) {
	for _, d := range p.Duties {
		if d.Action == action {
			return d, true
		}
	}
	return Duty{}, false
}

func notPermitted(action access.Action, why string) *domain.Refusal {
	return &domain.Refusal{
		Reason:  "ROLE_NOT_PERMITTED",
		Rule:    ruleOf(action),
		Message: why,
		Advice:  "ask someone whose role may",
	}
}

func ruleOf(action access.Action) string {
	switch action {
	case access.ContactTriage, access.ContactRate:
		return "KEN-03"
	case access.ConsultationGive:
		return "KEN-12"
	case access.EncompassSettle, access.EncompassAcknowledge:
		return "KEN-20"
	case access.ContactRecord:
		return "SOT-01"
	case access.ContactAllocate:
		return "KEN-06"
	case access.OverridePropose, access.OverrideDecide, access.OverrideReview:
		return "SOT-08"
	case access.InformationRequest:
		return "SOT-07"
	case access.InformationShare:
		return "HUB-03"
	case access.AnalysisRecord:
		return "SOT-09"
	case access.ContactDecide:
		return "KEN-07"
	case access.ReferrerAnswer, access.OutcomeAcknowledge:
		return "SOT-05"
	case access.MeetingPropose, access.MeetingCall:
		return "SOT-10"
	case access.MeetingConclude:
		return "WT-04"
	case access.MeetingAct:
		return "WT-05"
	}
	return ""
}
