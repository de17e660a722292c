package contact

import (
	"fmt"
	"time"

	"github.com/openmash/mash/services/domain/worktime"
)

// longestLife in years: nobody is recorded to have lived longer.
const longestLife = 130

// An expected date lies within a pregnancy: at most 42 weeks ahead, which is as
// long as one lasts, and (ours) up to 4 weeks past, after which the child is
// born and has a date of birth.
const (
	longestAhead  = 42 * 7
	longestBehind = 4 * 7
)

// period is what a partial date says: some day from first to last.
type period struct {
	first, last worktime.Date
	// yearOnly says that neither month nor day is known.
	yearOnly bool
}

// parse reads YYYY, YYYY-MM or YYYY-MM-DD. A day that no calendar has, such as
// 30 February, is no date.
func parse(text string) (period, bool) {
	var layout string
	var years, months, days int
	switch len(text) {
	case len("2006"):
		layout, years = "2006", 1
	case len("2006-01"):
		layout, months = "2006-01", 1
	default:
		layout, days = "2006-01-02", 1
	}
	start, err := time.Parse(layout, text)
	if err != nil || start.Year() == 0 {
		return period{}, false
	}
	last := start.AddDate(years, months, days).AddDate(0, 0, -1)
	return period{first: worktime.DateOf(start), last: worktime.DateOf(last), yearOnly: years > 0}, true
}

// birth checks a date of birth; empty is unknown, and no fault. Today is in the
// clock of the authority, so that a child born today can be reported today.
func (f *faults) birth(field, text string, today worktime.Date) {
	if text == "" {
		return
	}
	day, ok := parse(text)
	switch {
	case !ok:
		f.Add(field, "date.real", "is not a date that can be, as YYYY, YYYY-MM or YYYY-MM-DD")
	case today.Before(day.first):
		f.Add(field, "date.future", "is in the future")
	case day.last.Before(worktime.Date{Year: today.Year - longestLife, Month: today.Month, Day: today.Day}):
		f.Add(field, "date.past", fmt.Sprintf("is more than %d years ago", longestLife))
	}
}

// expected checks an unborn child's expected date of birth; empty is unknown.
func (f *faults) expected(field, text string, today worktime.Date) {
	if text == "" {
		return
	}
	day, ok := parse(text)
	switch {
	case !ok || day.yearOnly:
		f.Add(field, "date.real", "is not a date that can be, as YYYY-MM or YYYY-MM-DD")
	case today.AddDays(longestAhead).Before(day.first):
		f.Add(field, "date.future", "is further ahead than a pregnancy lasts")
	case day.last.Before(today.AddDays(-longestBehind)):
		f.Add(field, "date.past", "is more than 4 weeks past: give the child's date of birth")
	}
}
