package worktime

import (
	"fmt"
	"time"
)

// AddWorkingTime gives the earliest instant by which the office has been open
// for d since from. Zero gives from itself; a negative d is an error.
func (s Schedule) AddWorkingTime(from time.Time, d time.Duration) (time.Time, error) {
	if err := s.Validate(); err != nil {
		return time.Time{}, err
	}
	if d < 0 {
		return time.Time{}, fmt.Errorf("working time of %s: negative", d)
	}
	if d == 0 {
		return from.In(s.Zone), nil
	}
	// Ends at the latest where the table does.
	for day := s.date(from); ; day = day.AddDays(1) {
		opening, closing, working, err := s.span(day)
		if err != nil {
			return time.Time{}, err
		}
		start := later(opening, from)
		if !working || !start.Before(closing) {
			continue
		}
		open := closing.Sub(start)
		if d <= open {
			return start.Add(d).In(s.Zone), nil
		}
		d -= open
	}
}

// AddWorkingDays gives closing time of the n-th working day after the day of
// from, which is day 0. n is at least 1.
func (s Schedule) AddWorkingDays(from time.Time, n int) (time.Time, error) {
	if err := s.Validate(); err != nil {
		return time.Time{}, err
	}
	if n < 1 {
		return time.Time{}, fmt.Errorf("%d working days: at least 1", n)
	}
	day := s.date(from)
	// Day 0 is not counted, but a trigger outside the table is an error too.
	if _, err := s.Calendar.IsWorkingDay(day); err != nil {
		return time.Time{}, err
	}
	for n > 0 {
		day = day.AddDays(1)
		working, err := s.Calendar.IsWorkingDay(day)
		if err != nil {
			return time.Time{}, err
		}
		if working {
			n--
		}
	}
	return s.ClosingOn(day)
}

// WorkingTimeBetween gives how long the office is open from a up to b. It is an
// error when b is before a.
func (s Schedule) WorkingTimeBetween(a, b time.Time) (time.Duration, error) {
	if err := s.Validate(); err != nil {
		return 0, err
	}
	if b.Before(a) {
		return 0, fmt.Errorf("working time from %s to %s: the end is before the start", a.UTC().Format(time.RFC3339), b.UTC().Format(time.RFC3339))
	}
	var total time.Duration
	last := s.date(b)
	for day := s.date(a); !last.Before(day); day = day.AddDays(1) {
		opening, closing, working, err := s.span(day)
		if err != nil {
			return 0, err
		}
		if !working {
			continue
		}
		start, end := later(opening, a), closing
		if b.Before(end) {
			end = b
		}
		if start.Before(end) {
			total += end.Sub(start)
		}
	}
	return total, nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
