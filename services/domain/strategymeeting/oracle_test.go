package strategymeeting_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"
)

// The oracle reckons due dates another way than worktime: days are numbers and no
// dates of package time, bank holidays are GOV.UK's list of this folder held against
// the rules behind them (Easter by the anonymous Gregorian computus, substitutes by
// rule), and summer time is the last Sundays of March and October at 01:00 UTC.
// Instants are minutes since 1970.
type oracle struct {
	holidays map[int]bool
	last     int // the last day whose bank holidays are known
}

const (
	firstYear = 2024
	lastYear  = 2028
	dayLength = 24 * 60
)

func newOracle(t *testing.T) oracle {
	t.Helper()
	data, err := os.ReadFile("testdata/bank-holidays.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct{ Years map[string][]string }
	if err := json.Unmarshal(data, &table); err != nil {
		t.Fatal(err)
	}
	o := oracle{holidays: map[int]bool{}, last: dayNumber(lastYear, 12, 31)}
	for _, dates := range table.Years {
		for _, date := range dates {
			o.holidays[dayNumber(digits(date[6:]), digits(date[3:5]), digits(date[:2]))] = true
		}
	}
	byRule := map[int]bool{}
	for year := firstYear; year <= lastYear; year++ {
		for _, day := range ruled(year) {
			byRule[day] = true
		}
	}
	if len(o.holidays) != 8*(lastYear-firstYear+1) || len(byRule) != len(o.holidays) {
		t.Fatalf("the list has %d bank holidays, the rules give %d, want 8 a year", len(o.holidays), len(byRule))
	}
	for day := range byRule {
		if !o.holidays[day] {
			t.Fatalf("day %d is a bank holiday by rule and not in the list", day)
		}
	}
	return o
}

func digits(text string) int {
	n := 0
	for _, d := range text {
		n = 10*n + int(d-'0')
	}
	return n
}

func leap(year int) bool { return year%4 == 0 && year%100 != 0 || year%400 == 0 }

func monthLength(year, month int) int {
	days := [12]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	if month == 2 && leap(year) {
		return 29
	}
	return days[month-1]
}

// dayNumber counts the days since 1 January 1970, a Thursday.
func dayNumber(year, month, day int) int {
	n := day - 1
	for y := 1970; y < year; y++ {
		n += 365
		if leap(y) {
			n++
		}
	}
	for m := 1; m < month; m++ {
		n += monthLength(year, m)
	}
	return n
}

// civil gives the date of a day number back.
func civil(n int) (year, month, day int) {
	for year = 1970; n >= dayNumber(year+1, 1, 1); year++ {
	}
	for month = 1; month < 12 && n >= dayNumber(year, month+1, 1); month++ {
	}
	return year, month, n - dayNumber(year, month, 1) + 1
}

// weekday is 0 on Sundays.
func weekday(n int) int { return (n + 4) % 7 }

// ruled gives the bank holidays of a year by their rules.
func ruled(year int) []int {
	easter := easterSunday(year)
	days := []int{easter - 2, easter + 1, mondayOnOrAfter(dayNumber(year, 5, 1)), mondayOnOrAfter(dayNumber(year, 5, 25)), mondayOnOrAfter(dayNumber(year, 8, 25))}
	// A fixed day at a weekend has its substitute on the next weekday that is free.
	for _, fixed := range []int{dayNumber(year, 1, 1), dayNumber(year, 12, 25), dayNumber(year, 12, 26)} {
		for weekday(fixed) == 0 || weekday(fixed) == 6 || slices.Contains(days, fixed) {
			fixed++
		}
		days = append(days, fixed)
	}
	return days
}

func mondayOnOrAfter(n int) int {
	for weekday(n) != 1 {
		n++
	}
	return n
}

func easterSunday(y int) int {
	a, b, c := y%19, y/100, y%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	month := (h + l - 7*m + 114) / 31
	return dayNumber(y, month, (h+l-7*m+114)%31+1)
}

func lastSunday(year, month int) int {
	n := dayNumber(year, month, monthLength(year, month))
	return n - weekday(n)
}

// ahead gives by how many minutes London is ahead of UTC at an instant.
func ahead(minute int) int {
	year, _, _ := civil(minute / dayLength)
	if minute >= lastSunday(year, 3)*dayLength+60 && minute < lastSunday(year, 10)*dayLength+60 {
		return 60
	}
	return 0
}

// london gives the day on which London is at an instant.
func london(minute int) int { return (minute + ahead(minute)) / dayLength }

// instant gives the instant at which London's clocks show a minute of a day. None
// that is asked for lies within an hour that the clocks leave out or repeat.
func instant(day, minute int) int {
	utc := day*dayLength + minute
	if ahead(utc-60) == 60 {
		return utc - 60
	}
	return utc
}

func (o oracle) works(day int) bool {
	return weekday(day) != 0 && weekday(day) != 6 && !o.holidays[day]
}

// workingDays gives 17:00 of the n-th working day after the one of the instant;
// false where that lies beyond the list.
func (o oracle) workingDays(minute, n int) (int, bool) {
	day := london(minute)
	for n > 0 {
		if day++; day > o.last {
			return 0, false
		}
		if o.works(day) {
			n--
		}
	}
	return instant(day, 17*60), true
}

// months gives the end of the day of the same number n months later, or of the
// last one of a shorter month.
func (o oracle) months(minute, n int) int {
	year, month, day := civil(london(minute))
	for range n {
		if month++; month > 12 {
			year, month = year+1, 1
		}
	}
	return instant(dayNumber(year, month, min(day, monthLength(year, month)))+1, 0)
}

func when(minute int) time.Time { return time.Unix(int64(minute)*60, 0).UTC() }
