package worktime_test

import (
	"sort"
	"testing"
	"time"

	"github.com/openmash/mash/services/domain/worktime"
)

// The oracle answers the package's questions another way: bank holidays from
// the rules behind them (Easter by the anonymous Gregorian computus, first and
// last Mondays, substitutes) instead of a table, summer time from the last
// Sundays of March and October at 01:00 UTC instead of a zone file, and working
// time by walking every minute of five years instead of adding up spans.
type oracle struct {
	start time.Time
	// before[i] is the number of open minutes in the first i minutes.
	before []int32
	open   []bool
	// days are those with an open minute, in order.
	days []openDay
}

type openDay struct {
	wall    time.Time // its midnight on the wall clock, dressed as UTC
	closing time.Time // the end of its last open minute
}

const (
	firstOracleYear = 2024
	lastOracleYear  = 2028
)

func newOracle(hours worktime.Hours) *oracle {
	start := time.Date(firstOracleYear, 1, 1, 0, 0, 0, 0, time.UTC)
	minutes := int(time.Date(lastOracleYear+1, 1, 1, 0, 0, 0, 0, time.UTC).Sub(start) / time.Minute)
	o := &oracle{start: start, before: make([]int32, minutes+1), open: make([]bool, minutes)}
	holidays := map[[3]int]bool{}
	for year := firstOracleYear; year <= lastOracleYear; year++ {
		for day := range ruleHolidays(year) {
			holidays[day] = true
		}
	}
	for i := range minutes {
		at := start.Add(time.Duration(i) * time.Minute)
		wall := wallClock(at)
		span := hours[wall.Weekday()]
		minute := worktime.TimeOfDay(wall.Hour()*60 + wall.Minute())
		o.open[i] = !holidays[ymd(wall)] && minute >= span.Open && minute < span.Close
		o.before[i+1] = o.before[i]
		if o.open[i] {
			o.before[i+1]++
			o.closeAt(wall.Truncate(24*time.Hour), at.Add(time.Minute))
		}
	}
	return o
}

func (o *oracle) closeAt(wall, closing time.Time) {
	if n := len(o.days); n > 0 && o.days[n-1].wall.Equal(wall) {
		o.days[n-1].closing = closing
		return
	}
	o.days = append(o.days, openDay{wall, closing})
}

func (o *oracle) index(t time.Time) int { return int(t.Sub(o.start) / time.Minute) }

// addWorkingMinutes gives the end of the n-th open minute after from; false
// when five years do not hold that many.
func (o *oracle) addWorkingMinutes(from time.Time, n int) (time.Time, bool) {
	want := o.before[o.index(from)] + int32(n)
	i := sort.Search(len(o.before), func(i int) bool { return o.before[i] >= want })
	return o.start.Add(time.Duration(i) * time.Minute), i < len(o.before)
}

// addWorkingDays takes the n-th of the days with an open minute that come after
// the day of from.
func (o *oracle) addWorkingDays(from time.Time, n int) (time.Time, bool) {
	today := wallClock(from).Truncate(24 * time.Hour)
	i := sort.Search(len(o.days), func(i int) bool { return o.days[i].wall.After(today) })
	if i+n > len(o.days) {
		return time.Time{}, false
	}
	return o.days[i+n-1].closing, true
}

// wallClock gives what the clocks of London show, dressed as UTC.
func wallClock(utc time.Time) time.Time {
	change := func(month time.Month) time.Time {
		d := time.Date(utc.Year(), month, 31, 1, 0, 0, 0, time.UTC)
		return d.AddDate(0, 0, -int(d.Weekday()))
	}
	if !utc.Before(change(time.March)) && utc.Before(change(time.October)) {
		return utc.Add(time.Hour)
	}
	return utc
}

func ymd(t time.Time) [3]int { return [3]int{t.Year(), int(t.Month()), t.Day()} }

// ruleHolidays gives the bank holidays of an ordinary year by their rules.
func ruleHolidays(year int) map[[3]int]string {
	days := map[[3]int]string{}
	easter := easterSunday(year)
	days[ymd(easter.AddDate(0, 0, -2))] = "Good Friday"
	days[ymd(easter.AddDate(0, 0, 1))] = "Easter Monday"
	days[ymd(mondayFrom(year, time.May, 1))] = "Early May"
	days[ymd(mondayFrom(year, time.May, 25))] = "Spring"
	days[ymd(mondayFrom(year, time.August, 25))] = "Late August"
	// A fixed day at a weekend moves to the next weekday that is free.
	for _, fixed := range [][2]int{{1, 1}, {12, 25}, {12, 26}} {
		d := time.Date(year, time.Month(fixed[0]), fixed[1], 0, 0, 0, 0, time.UTC)
		for d.Weekday() == time.Saturday || d.Weekday() == time.Sunday || days[ymd(d)] != "" {
			d = d.AddDate(0, 0, 1)
		}
		days[ymd(d)] = "Fixed"
	}
	return days
}

// mondayFrom gives the first Monday on or after a day.
func mondayFrom(year int, month time.Month, day int) time.Time {
	d := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	for d.Weekday() != time.Monday {
		d = d.AddDate(0, 0, 1)
	}
	return d
}

func easterSunday(y int) time.Time {
	a, b, c := y%19, y/100, y%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(y, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}

func englandAndWales(t *testing.T) *worktime.Calendar {
	t.Helper()
	c, err := worktime.EnglandAndWales()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func london(t *testing.T) *time.Location {
	t.Helper()
	zone, err := worktime.London()
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func nineToFive(t *testing.T) worktime.Schedule {
	t.Helper()
	return worktime.Schedule{
		Zone:     london(t),
		Hours:    worktime.MondayToFriday(worktime.At(9, 0), worktime.At(17, 0)),
		Calendar: englandAndWales(t),
	}
}
