package practice

import (
	"errors"
	"fmt"
	"time"

	"github.com/openmash/mash/services/domain/worktime"
)

// Basis is a published code for what a reckoning counts.
type Basis string

// The ways to reckon.
const (
	// ElapsedHours pass at night and at weekends too.
	ElapsedHours Basis = "elapsed-hours"
	// WorkingHours pass only while the front door is open.
	WorkingHours Basis = "working-hours"
	// WorkingDays end at closing time; the day of the start is day 0.
	WorkingDays Basis = "working-days"
	// CutOff ends with the working day by whose cut-off it was in (KEN-09).
	CutOff Basis = "cut-off"
	// CalendarMonths end with the day of the same number, or with the last of a
	// shorter month, whether or not it is a working day.
	CalendarMonths Basis = "calendar-months"
)

// Reckoning says how a due time follows from a start.
type Reckoning struct {
	Basis Basis
	// Amount is in hours, days or months, as the basis says; 0 for CutOff.
	Amount int
	// InBy is the time of day of CutOff, and 0 for every other basis.
	InBy worktime.TimeOfDay
}

// String says it in words, as events record it.
func (r Reckoning) String() string {
	switch r.Basis {
	case ElapsedHours:
		return count(r.Amount, "hour") + ", running on past hours"
	case WorkingHours:
		return count(r.Amount, "working hour")
	case WorkingDays:
		return count(r.Amount, "working day")
	case CalendarMonths:
		return count(r.Amount, "calendar month")
	case CutOff:
		return "the end of the working day it was in by " + r.InBy.String()
	}
	return "reckoned in no known way"
}

func count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// longest is well beyond every timescale, and far from overflowing a duration.
const longest = 10_000

func (r Reckoning) validate() error {
	switch r.Basis {
	case ElapsedHours, WorkingHours, WorkingDays, CalendarMonths:
		if r.Amount < 1 || r.Amount > longest || r.InBy != 0 {
			return fmt.Errorf("%s needs an amount of 1 to %d and no cut-off", r.Basis, longest)
		}
	case CutOff:
		if r.InBy <= 0 || r.InBy > worktime.EndOfDay || r.Amount != 0 {
			return errors.New("cut-off needs a time of day and no amount")
		}
	default:
		return errors.New("not a known way to reckon")
	}
	return nil
}

// countsHolidays reports whether a due time depends on the table of bank holidays.
func (r Reckoning) countsHolidays() bool {
	return r.Basis != ElapsedHours && r.Basis != CalendarMonths
}

func (r Reckoning) add(s worktime.Schedule, start time.Time) (time.Time, error) {
	if err := r.validate(); err != nil {
		return time.Time{}, err
	}
	switch r.Basis {
	case ElapsedHours:
		return start.Add(time.Duration(r.Amount) * time.Hour), nil
	case WorkingHours:
		return s.AddWorkingTime(start, time.Duration(r.Amount)*time.Hour)
	case WorkingDays:
		return s.AddWorkingDays(start, r.Amount)
	case CalendarMonths:
		return worktime.DateOf(start.In(s.Zone)).AddMonths(r.Amount).At(worktime.EndOfDay, s.Zone), nil
	default:
		return r.endOfDay(s, start)
	}
}

// endOfDay gives midnight after the first working day by whose cut-off it was in.
func (r Reckoning) endOfDay(s worktime.Schedule, start time.Time) (time.Time, error) {
	for day := worktime.DateOf(start); ; day = day.AddDays(1) {
		working, err := s.Calendar.IsWorkingDay(day)
		if err != nil {
			return time.Time{}, err
		}
		if working && !start.After(day.At(r.InBy, s.Zone)) {
			return day.At(worktime.EndOfDay, s.Zone), nil
		}
	}
}
