package worktime

import (
	"fmt"
	"time"
)

// Date is a day of the calendar, without a zone. It may be compared and may
// key a map.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf gives the day of t in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// AddDays gives the day n days later, or earlier when n is negative.
func (d Date) AddDays(n int) Date {
	return DateOf(d.noon().AddDate(0, 0, n))
}

// AddMonths gives the day of the same number n calendar months later, and the
// last day of the month where that one is shorter: three months from 30 November
// end with February. n is not negative.
func (d Date) AddMonths(n int) Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 12, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date{first.Year(), first.Month(), min(d.Day, last)}
}

// Weekday gives the day of the week.
func (d Date) Weekday() time.Weekday { return d.noon().Weekday() }

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.noon().Before(e.noon()) }

// String gives YYYY-MM-DD.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// At gives the instant at which the clocks of zone show c on that day.
func (d Date) At(c TimeOfDay, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, int(c), 0, 0, zone)
}

// In UTC no day lacks its noon, so arithmetic on dates never meets a change of
// the clocks.
func (d Date) noon() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC)
}

// TimeOfDay is a time of day as a clock on the wall shows it, in minutes after
// midnight. EndOfDay is the midnight that ends the day.
type TimeOfDay int

// EndOfDay is 24:00.
const EndOfDay TimeOfDay = 24 * 60

// At gives the time of day for an hour and minute of the 24-hour clock.
func At(hour, minute int) TimeOfDay { return TimeOfDay(hour*60 + minute) }

// String gives HH:MM.
func (c TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

func (c TimeOfDay) valid() bool { return c >= 0 && c <= EndOfDay }
