package practice

import (
	"fmt"
	"time"

	"github.com/openmash/mash/services/domain/worktime"
)

// Encompass is the kind of the clock under which a child's school is told of domestic
// abuse (KEN-20). It is a statutory duty with a fixed end, so it is no clock that a
// profile could leave out or lengthen.
const Encompass Kind = "encompass"

// BasisEncompass is the duty of the police to tell the school: section 49A of the
// Domestic Abuse Act 2021, in force since 7 November 2025.
const BasisEncompass = "daa-2021-s49a"

// Whether a school is told.
const (
	EncompassNotify     = "notify"
	EncompassNoSetting  = "no-setting-known"
	EncompassNotInScope = "not-in-scope"
)

// Who is told.
const (
	SettingSchool        = "school"
	SettingHomeEducation = "home-education-officer"
)

// RiskGrades are the police's grades of risk in domestic abuse, the highest first.
func RiskGrades() CodeList {
	return CodeList{{"high", "High risk", "KEN-20"}, {"medium", "Medium risk", "KEN-20"}, {"standard", "Standard risk", "KEN-20"}}
}

// SchoolDays are the days on which schools are open.
type SchoolDays struct {
	// Starts is when a school day begins.
	Starts worktime.TimeOfDay
	// Terms are those of the authority, in order, half-terms taken out. Where there are
	// none, and after the last of them, every working day counts: a school is then told
	// too early rather than too late.
	Terms []Term
}

// Term is a run of days, both ends counted.
type Term struct{ First, Last worktime.Date }

// BeforeSchool gives the time before which a school is told of what was received at
// that time: the beginning of the first school day after it. A school day is a day
// from Monday to Friday that is no bank holiday and lies in a term. A year beyond the
// table of bank holidays is a *worktime.CoverageError.
func (p Profile) BeforeSchool(received time.Time) (DueTime, error) {
	s, err := p.Schedule()
	if err != nil {
		return DueTime{}, fmt.Errorf("profile %s: %w", p, err)
	}
	received = received.Round(0).In(s.Zone)
	for day := worktime.DateOf(received); ; day = day.AddDays(1) {
		working, err := s.Calendar.IsWorkingDay(day)
		if err != nil {
			return DueTime{}, fmt.Errorf("clock %s: %w", Encompass, err)
		}
		begins := day.At(p.SchoolDays.Starts, s.Zone)
		if working && begins.After(received) && p.SchoolDays.inTerm(day) {
			return DueTime{
				Clock: Clock{Kind: Encompass}, Start: received, At: begins, Reckoning: "before the next school day begins",
				Rule: "KEN-20, Domestic Abuse Act 2021 section 49A", Calendar: s.Calendar.Version(),
			}, nil
		}
	}
}

func (d SchoolDays) inTerm(day worktime.Date) bool {
	for _, t := range d.Terms {
		if !day.Before(t.First) && !t.Last.Before(day) {
			return true
		}
	}
	return len(d.Terms) == 0 || d.Terms[len(d.Terms)-1].Last.Before(day)
}

func (p Profile) validateSchoolDays(v *violations) {
	if p.SchoolDays.Starts <= 0 || p.SchoolDays.Starts >= worktime.EndOfDay {
		v.add("school_days.starts", "KEN-20", "is no time of day at which a school day can begin")
	}
	for i, t := range p.SchoolDays.Terms {
		if t.Last.Before(t.First) || i > 0 && !p.SchoolDays.Terms[i-1].Last.Before(t.First) {
			v.add(fmt.Sprintf("school_days.terms[%d]", i), "KEN-20", "ends before it begins, or begins before the last one has ended")
		}
	}
}
