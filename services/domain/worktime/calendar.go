package worktime

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// The england-and-wales division as GOV.UK publishes it, under the Open
// Government Licence v3.0; the file names its source and date.
//
//go:embed data/england-and-wales.json
var englandAndWales []byte

// Calendar is a table of bank holidays: which days, for which years, in which
// version. It does not change once made and may be shared.
type Calendar struct {
	version     string
	first, last int // years
	holidays    map[Date]string
}

// CoverageError says that a date lies outside a calendar's years. To take it
// for a day without holidays would move a statutory deadline in silence.
type CoverageError struct {
	Date        Date
	First, Last Date
	Version     string
}

// Error names the date and the days that the table covers.
func (e *CoverageError) Error() string {
	return fmt.Sprintf("bank holidays of %s are not known: table %s covers %s to %s", e.Date, e.Version, e.First, e.Last)
}

// EnglandAndWales gives the embedded bank holidays of England and Wales. Its
// error can only mean that this build carries a broken table.
func EnglandAndWales() (*Calendar, error) { return loadEnglandAndWales() }

// A hub reckons a due time for every contact, and the table never changes.
var loadEnglandAndWales = sync.OnceValues(func() (*Calendar, error) {
	c, err := parseCalendar(englandAndWales)
	if err != nil {
		return nil, fmt.Errorf("embedded bank holidays: %w", err)
	}
	return c, nil
})

type holiday struct {
	Title string `json:"title"`
	Date  string `json:"date"` // dd/mm/yyyy
}

func parseCalendar(data []byte) (*Calendar, error) {
	var table struct {
		Version string               `json:"version"`
		Years   map[string][]holiday `json:"years"`
	}
	if err := json.Unmarshal(data, &table); err != nil {
		return nil, err
	}
	if table.Version == "" || len(table.Years) == 0 {
		return nil, errors.New("table without a version or without years")
	}
	c := &Calendar{version: table.Version, holidays: map[Date]string{}}
	for text, days := range table.Years {
		year, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("year %q is not a number", text)
		}
		if err := c.addYear(year, days); err != nil {
			return nil, err
		}
	}
	// A hole would read as a year without holidays.
	if got, want := len(table.Years), c.last-c.first+1; got != want {
		return nil, fmt.Errorf("years %d to %d: %d of %d are there", c.first, c.last, got, want)
	}
	return c, nil
}

func (c *Calendar) addYear(year int, days []holiday) error {
	if len(days) == 0 {
		return fmt.Errorf("year %d has no bank holidays", year)
	}
	for _, day := range days {
		t, err := time.Parse("02/01/2006", day.Date)
		if err != nil {
			return fmt.Errorf("year %d: %w", year, err)
		}
		if t.Year() != year {
			return fmt.Errorf("year %d: %s is in another year", year, day.Date)
		}
		c.holidays[DateOf(t)] = day.Title
	}
	if c.first == 0 || year < c.first {
		c.first = year
	}
	c.last = max(c.last, year)
	return nil
}

// Version names the table, to be recorded beside what was reckoned by it.
func (c *Calendar) Version() string { return c.version }

// Covers gives the first and the last day the table knows.
func (c *Calendar) Covers() (first, last Date) {
	return Date{c.first, time.January, 1}, Date{c.last, time.December, 31}
}

// IsBankHoliday reports whether d is a bank holiday; outside the table's years
// it returns a *[CoverageError].
func (c *Calendar) IsBankHoliday(d Date) (bool, error) {
	if d.Year < c.first || d.Year > c.last {
		first, last := c.Covers()
		return false, &CoverageError{Date: d, First: first, Last: last, Version: c.version}
	}
	_, ok := c.holidays[d]
	return ok, nil
}

// IsWorkingDay reports whether d is a Monday to Friday and not a bank holiday.
// Outside the table's years it returns a *[CoverageError], at weekends too: who
// asks there is about to count beyond the table.
func (c *Calendar) IsWorkingDay(d Date) (bool, error) {
	holiday, err := c.IsBankHoliday(d)
	if err != nil {
		return false, err
	}
	weekday := d.Weekday()
	return !holiday && weekday != time.Saturday && weekday != time.Sunday, nil
}
