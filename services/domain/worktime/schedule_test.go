package worktime_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openmash/mash/services/domain/worktime"
)

// Hours to compare under: the built-in ones, the uneven week of SOT-51, and
// round the clock, which touches midnight.
func weeks() map[string]worktime.Hours {
	uneven := worktime.MondayToFriday(worktime.At(8, 30), worktime.At(17, 0))
	uneven[time.Friday].Close = worktime.At(16, 30)
	return map[string]worktime.Hours{
		"nine to five":    worktime.MondayToFriday(worktime.At(9, 0), worktime.At(17, 0)),
		"uneven":          uneven,
		"round the clock": worktime.MondayToFriday(0, worktime.EndOfDay),
	}
}

// Triggers for each day: midnight, both sides of the changes of the clocks,
// around opening and closing, and 17:30.
var triggers = []time.Duration{
	0, 30 * time.Minute, 90 * time.Minute, 7*time.Hour + 59*time.Minute, 8 * time.Hour, 9 * time.Hour,
	12*time.Hour + 17*time.Minute, 15*time.Hour + 59*time.Minute, 16 * time.Hour, 17 * time.Hour,
	17*time.Hour + 30*time.Minute, 23*time.Hour + 59*time.Minute,
}

func TestWorkingTimeAgainstTheOracleEveryDay(t *testing.T) {
	for name, hours := range weeks() {
		t.Run(name, func(t *testing.T) {
			o, s := newOracle(hours), nineToFive(t)
			s.Hours = hours
			eachTrigger(o, func(from time.Time) {
				if got, err := s.IsOpen(from); err != nil || got != o.open[o.index(from)] {
					t.Fatalf("%s: open %t, %v, want %t", from, got, err, o.open[o.index(from)])
				}
				for _, minutes := range []int{0, 1, 120, 6 * 60, 8 * 60, 24 * 60, 45 * 60} {
					compareWorkingTime(t, s, o, from, minutes)
				}
			})
		})
	}
}

func compareWorkingTime(t *testing.T, s worktime.Schedule, o *oracle, from time.Time, minutes int) {
	t.Helper()
	want, known := o.addWorkingMinutes(from, minutes)
	if minutes == 0 {
		want = from
	}
	got, err := s.AddWorkingTime(from, time.Duration(minutes)*time.Minute)
	if !known {
		if err == nil {
			t.Fatalf("%s + %d working minutes: got %s, want an error beyond the table", from, minutes, got)
		}
		return
	}
	if err != nil || !got.Equal(want) {
		t.Fatalf("%s + %d working minutes: got %s, %v, want %s", from, minutes, got, err, want)
	}
	back, err := s.WorkingTimeBetween(from, got)
	if err != nil || back != time.Duration(minutes)*time.Minute {
		t.Fatalf("working time from %s to %s: got %s, %v, want %d minutes", from, got, back, err, minutes)
	}
}

func TestWorkingDaysAgainstTheOracleEveryDay(t *testing.T) {
	for name, hours := range weeks() {
		t.Run(name, func(t *testing.T) {
			o, s := newOracle(hours), nineToFive(t)
			s.Hours = hours
			eachTrigger(o, func(from time.Time) {
				for _, n := range []int{1, 3, 5} {
					want, known := o.addWorkingDays(from, n)
					got, err := s.AddWorkingDays(from, n)
					if known != (err == nil) || known && !got.Equal(want) {
						t.Fatalf("%s + %d working days: got %s, %v, want %s (known %t)", from, n, got, err, want, known)
					}
				}
			})
		})
	}
}

func eachTrigger(o *oracle, try func(from time.Time)) {
	for day := o.start; day.Year() <= lastOracleYear; day = day.AddDate(0, 0, 1) {
		for _, after := range triggers {
			try(day.Add(after))
		}
	}
}

// The oracle walks minutes; this holds to the nanosecond.
func TestAddingAndMeasuringWorkingTimeAgree(t *testing.T) {
	s := nineToFive(t)
	first := time.Date(2019, 1, 1, 0, 0, 0, 0, s.Zone).UnixNano()
	last := time.Date(2028, 6, 1, 0, 0, 0, 0, s.Zone).UnixNano()
	rapid.Check(t, func(t *rapid.T) {
		from := time.Unix(0, rapid.Int64Range(first, last).Draw(t, "from"))
		d := time.Duration(rapid.Int64Range(1, int64(200*time.Hour)).Draw(t, "d"))
		due, err := s.AddWorkingTime(from, d)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.WorkingTimeBetween(from, due); err != nil || got != d {
			t.Fatalf("from %s to %s: got %s, %v, want %s", from, due, got, err, d)
		}
		// Earliest: a nanosecond before, it has not passed yet.
		if got, err := s.WorkingTimeBetween(from, due.Add(-1)); err != nil || got != d-1 {
			t.Fatalf("just before %s: got %s, %v, want %s", due, got, err, d-1)
		}
	})
}

// Dates worked out by hand, as people would quote them.
func TestDueTimesByHand(t *testing.T) {
	s := nineToFive(t)
	days := func(n int) func(time.Time) (time.Time, error) {
		return func(from time.Time) (time.Time, error) { return s.AddWorkingDays(from, n) }
	}
	hours := func(n int) func(time.Time) (time.Time, error) {
		return func(from time.Time) (time.Time, error) { return s.AddWorkingTime(from, time.Duration(n)*time.Hour) }
	}
	for _, tc := range []struct {
		name, from, want string
		add              func(time.Time) (time.Time, error)
	}{
		{"17:30 on the Thursday before Easter, one working day", "2026-04-02T17:30:00+01:00", "2026-04-07T17:00:00+01:00", days(1)},
		{"17:30 on the Thursday before Easter, two working hours", "2026-04-02T17:30:00+01:00", "2026-04-07T11:00:00+01:00", hours(2)},
		{"Friday over the spring change", "2026-03-27T16:00:00Z", "2026-03-30T10:00:00+01:00", hours(2)},
		{"Friday over the autumn change", "2026-10-23T16:00:00+01:00", "2026-10-26T10:00:00Z", hours(2)},
		{"in the hour that spring leaves out", "2026-03-29T01:00:00Z", "2026-03-30T17:00:00+01:00", days(1)},
		{"in the hour that autumn has twice", "2026-10-25T01:30:00Z", "2026-10-26T17:00:00Z", days(1)},
		{"Christmas Eve with a substitute day", "2026-12-24T12:00:00Z", "2026-12-29T17:00:00Z", days(1)},
		{"two substitute days and New Year", "2027-12-24T12:00:00Z", "2028-01-05T17:00:00Z", days(5)},
		{"Saturday is day 0", "2026-08-22T12:00:00+01:00", "2026-08-24T17:00:00+01:00", days(1)},
		{"ends at closing time, not next morning", "2026-08-24T15:00:00+01:00", "2026-08-24T17:00:00+01:00", hours(2)},
		{"a minute past midnight of summer is that day", "2026-08-24T00:01:00+01:00", "2026-08-25T17:00:00+01:00", days(1)},
		{"conference: 15 working days over the jubilee", "2022-06-02T10:00:00+01:00", "2022-06-24T17:00:00+01:00", days(15)},
	} {
		from, err := time.Parse(time.RFC3339, tc.from)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tc.add(from)
		if err != nil || got.Format(time.RFC3339) != tc.want {
			t.Errorf("%s: from %s got %s, %v, want %s", tc.name, tc.from, got.Format(time.RFC3339), err, tc.want)
		}
	}
}

func TestSOT30_OutOfHoursIsFromClosingToOpeningWeekendsAndBankHolidays(t *testing.T) {
	s := nineToFive(t)
	for _, tc := range []struct {
		at          string
		open        bool
		nextOpening string
	}{
		{"2026-08-21T08:59:59", false, "2026-08-21T09:00:00"},
		{"2026-08-21T09:00:00", true, "2026-08-21T09:00:00"},
		{"2026-08-21T16:59:59", true, "2026-08-24T09:00:00"},
		{"2026-08-21T17:00:00", false, "2026-08-24T09:00:00"},
		{"2026-08-22T12:00:00", false, "2026-08-24T09:00:00"},
		{"2026-08-31T12:00:00", false, "2026-09-01T09:00:00"},
	} {
		at, err := time.ParseInLocation("2006-01-02T15:04:05", tc.at, s.Zone)
		if err != nil {
			t.Fatal(err)
		}
		if open, err := s.IsOpen(at); err != nil || open != tc.open {
			t.Errorf("%s: open %t, %v, want %t", tc.at, open, err, tc.open)
		}
		next, err := s.NextOpening(at)
		if got := next.Format("2006-01-02T15:04:05"); err != nil || got != tc.nextOpening {
			t.Errorf("%s: next opening %s, %v, want %s", tc.at, got, err, tc.nextOpening)
		}
	}
}

func TestWrongArgumentsAreErrors(t *testing.T) {
	s := nineToFive(t)
	noon := time.Date(2026, 8, 21, 12, 0, 0, 0, s.Zone)
	if _, err := s.AddWorkingTime(noon, -time.Second); err == nil {
		t.Error("a negative working time was reckoned")
	}
	if _, err := s.AddWorkingDays(noon, 0); err == nil {
		t.Error("zero working days were reckoned")
	}
	if _, err := s.WorkingTimeBetween(noon, noon.Add(-1)); err == nil {
		t.Error("working time back in time was reckoned")
	}
	if _, err := s.ClosingOn(worktime.Date{Year: 2026, Month: 8, Day: 31}); err == nil {
		t.Error("a bank holiday closed")
	}
	if _, err := (worktime.Schedule{}).IsOpen(noon); err == nil {
		t.Error("the empty schedule was asked and answered")
	}
}

func TestHoursThatCannotBeCountedInAreRefused(t *testing.T) {
	with := func(day time.Weekday, span worktime.Span) worktime.Hours {
		h := worktime.MondayToFriday(worktime.At(9, 0), worktime.At(17, 0))
		h[day] = span
		return h
	}
	for name, hours := range map[string]worktime.Hours{
		"open on Saturday":    with(time.Saturday, worktime.Span{Open: worktime.At(9, 0), Close: worktime.At(12, 0)}),
		"closed on Wednesday": with(time.Wednesday, worktime.Span{}),
		"overnight":           with(time.Monday, worktime.Span{Open: worktime.At(17, 0), Close: worktime.At(7, 0)}),
		"no time at all":      with(time.Monday, worktime.Span{Open: worktime.At(9, 0), Close: worktime.At(9, 0)}),
		"past midnight":       with(time.Friday, worktime.Span{Open: worktime.At(9, 0), Close: worktime.At(25, 0)}),
	} {
		if err := hours.Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, hours := range weeks() {
		if err := hours.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
