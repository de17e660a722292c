package worktime_test

import (
	"errors"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/openmash/mash/services/domain/worktime"
)

func TestBankHolidaysFollowTheRulesEveryDayOf2024To2028(t *testing.T) {
	calendar := englandAndWales(t)
	for year := firstOracleYear; year <= lastOracleYear; year++ {
		want := ruleHolidays(year)
		if len(want) != 8 {
			t.Fatalf("%d: the oracle gives %d bank holidays, want 8", year, len(want))
		}
		for d := (worktime.Date{Year: year, Month: 1, Day: 1}); d.Year == year; d = d.AddDays(1) {
			got, err := calendar.IsBankHoliday(d)
			if err != nil {
				t.Fatal(err)
			}
			name, holiday := want[[3]int{d.Year, int(d.Month), d.Day}]
			if got != holiday {
				t.Errorf("%s: bank holiday %t, want %t %s", d, got, holiday, name)
			}
		}
	}
}

// Days that no rule gives, from the proclamations: a computed calendar misses
// them.
func TestProclaimedAndSubstituteDays(t *testing.T) {
	calendar := englandAndWales(t)
	for _, tc := range []struct {
		year  int
		month time.Month
		day   int
		want  bool
		why   string
	}{
		{2020, 5, 4, false, "early May moved to the 8th for VE Day"},
		{2020, 5, 8, true, "VE Day"},
		{2022, 5, 30, false, "spring moved to 2 June for the jubilee"},
		{2022, 6, 2, true, "spring, moved"},
		{2022, 6, 3, true, "platinum jubilee"},
		{2022, 9, 19, true, "state funeral"},
		{2023, 5, 8, true, "coronation"},
		{2026, 6, 15, false, "Scotland only"},
		{2026, 12, 26, false, "a Saturday: its substitute is the 28th"},
		{2026, 12, 28, true, "substitute for Boxing Day"},
		{2027, 12, 27, true, "substitute for Christmas Day"},
		{2027, 12, 28, true, "substitute for Boxing Day"},
		{2028, 1, 3, true, "substitute for New Year's Day"},
	} {
		d := worktime.Date{Year: tc.year, Month: tc.month, Day: tc.day}
		got, err := calendar.IsBankHoliday(d)
		if err != nil || got != tc.want {
			t.Errorf("%s (%s): got %t, %v, want %t", d, tc.why, got, err, tc.want)
		}
	}
}

func TestADateOutsideTheTableIsAnError(t *testing.T) {
	s := nineToFive(t)
	at := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, s.Zone) }
	for _, tc := range []struct {
		name string
		try  func() error
	}{
		{"a Saturday after the table", func() error {
			_, err := s.Calendar.IsWorkingDay(worktime.Date{Year: 2029, Month: 1, Day: 6})
			return err
		}},
		{"the day before the table", func() error {
			_, err := s.Calendar.IsWorkingDay(worktime.Date{Year: 2018, Month: 12, Day: 31})
			return err
		}},
		{"a trigger before the table", func() error { _, err := s.AddWorkingDays(at(2018, 12, 31, 12), 1); return err }},
		{"a trigger far beyond", func() error { _, err := s.AddWorkingTime(at(9999, 1, 1, 12), time.Hour); return err }},
		{"one working day from the table's last Friday", func() error { _, err := s.AddWorkingDays(at(2028, 12, 29, 10), 1); return err }},
		{"hours that run out of the table", func() error { _, err := s.AddWorkingTime(at(2028, 12, 29, 16), 2*time.Hour); return err }},
		{"working time between", func() error { _, err := s.WorkingTimeBetween(at(2028, 12, 29, 9), at(2029, 1, 1, 9)); return err }},
		{"open", func() error { _, err := s.IsOpen(at(2029, 1, 2, 12)); return err }},
		{"next opening", func() error { _, err := s.NextOpening(at(2028, 12, 29, 18)); return err }},
		{"closing", func() error { _, err := s.ClosingOn(worktime.Date{Year: 2029, Month: 1, Day: 2}); return err }},
	} {
		coverage, ok := errors.AsType[*worktime.CoverageError](tc.try())
		if !ok {
			t.Errorf("%s: got no CoverageError", tc.name)
			continue
		}
		if coverage.Version != s.Calendar.Version() || coverage.Last.String() != "2028-12-31" || coverage.First.String() != "2019-01-01" {
			t.Errorf("%s: the error names %s, %s to %s", tc.name, coverage.Version, coverage.First, coverage.Last)
		}
	}
	// What ends inside the table's last day is still known.
	due, err := s.AddWorkingTime(at(2028, 12, 29, 16), time.Hour)
	if want := at(2028, 12, 29, 17); err != nil || !due.Equal(want) {
		t.Errorf("the last working hour: got %s, %v, want %s", due, err, want)
	}
}

func TestLondonIsTheZoneOfTheDatabase(t *testing.T) {
	embedded := london(t)
	reference, err := time.LoadLocation(worktime.LondonZone)
	if err != nil {
		t.Fatal(err)
	}
	for at := time.Date(2019, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2029; at = at.Add(time.Hour) {
		got, want := at.In(embedded).Format(time.DateTime), at.In(reference).Format(time.DateTime)
		if got != want {
			t.Fatalf("%s: embedded zone shows %s, want %s", at, got, want)
		}
	}
}

// Months are counted one by one here, and their lengths by the rule of the
// Gregorian calendar.
func TestAddMonthsEveryDayOf2024To2028(t *testing.T) {
	length := func(year, month int) int {
		switch {
		case month == 2 && (year%4 == 0 && year%100 != 0 || year%400 == 0):
			return 29
		case month == 2:
			return 28
		case month == 4 || month == 6 || month == 9 || month == 11:
			return 30
		}
		return 31
	}
	last := worktime.Date{Year: lastOracleYear, Month: time.December, Day: 31}
	for d := (worktime.Date{Year: firstOracleYear, Month: time.January, Day: 1}); !last.Before(d); d = d.AddDays(1) {
		year, month := d.Year, int(d.Month)
		for n := range 25 {
			want := worktime.Date{Year: year, Month: time.Month(month), Day: min(d.Day, length(year, month))}
			if got := d.AddMonths(n); got != want {
				t.Fatalf("%s and %d months: got %s, want %s", d, n, got, want)
			}
			if month++; month > 12 {
				year, month = year+1, 1
			}
		}
	}
}
