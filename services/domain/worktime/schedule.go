package worktime

import (
	"errors"
	"fmt"
	"time"
)

// Span is when an office is open on one day, from Open up to Close. The zero
// value is a day on which it is closed.
type Span struct{ Open, Close TimeOfDay }

func (s Span) closed() bool { return s == Span{} }

// Hours are the opening hours of a week, one span for each time.Weekday.
type Hours [7]Span

// MondayToFriday gives the same hours on the five days of the working week.
func MondayToFriday(open, closing TimeOfDay) Hours {
	var h Hours
	for day := time.Monday; day <= time.Friday; day++ {
		h[day] = Span{open, closing}
	}
	return h
}

// Validate refuses hours that working time cannot be counted in: every Monday
// to Friday needs a span, and Saturday and Sunday have none, for working time
// leaves weekends out whatever the rota says.
func (h Hours) Validate() error {
	for day, span := range h {
		weekday := time.Weekday(day)
		weekend := weekday == time.Saturday || weekday == time.Sunday
		switch {
		case weekend && !span.closed():
			return fmt.Errorf("%s has opening hours: working time leaves weekends out", weekday)
		case !weekend && span.closed():
			return fmt.Errorf("%s has no opening hours: it is a working day", weekday)
		case !span.closed() && (!span.Open.valid() || !span.Close.valid() || span.Open >= span.Close):
			return fmt.Errorf("%s opens at %s and closes at %s: not a span within one day", weekday, span.Open, span.Close)
		}
	}
	return nil
}

// Schedule reckons working time and working days. All three parts are needed;
// a schedule is a value and may be shared.
//
// Every method that counts returns a *[CoverageError] when it meets a day
// outside the calendar. Results are in the schedule's zone.
type Schedule struct {
	Zone     *time.Location
	Hours    Hours
	Calendar *Calendar
}

// Validate says whether the schedule is whole and its hours can be counted in.
func (s Schedule) Validate() error {
	if s.Zone == nil || s.Calendar == nil {
		return errors.New("a schedule needs a zone and a calendar")
	}
	return s.Hours.Validate()
}

// IsOpen reports whether t falls inside the opening hours of a working day.
func (s Schedule) IsOpen(t time.Time) (bool, error) {
	if err := s.Validate(); err != nil {
		return false, err
	}
	opening, closing, working, err := s.span(s.date(t))
	if err != nil || !working {
		return false, err
	}
	return !t.Before(opening) && t.Before(closing), nil
}

// ClosingOn gives the closing time of d. It is an error when d is not a working
// day.
func (s Schedule) ClosingOn(d Date) (time.Time, error) {
	if err := s.Validate(); err != nil {
		return time.Time{}, err
	}
	_, closing, working, err := s.span(d)
	if err != nil {
		return time.Time{}, err
	}
	if !working {
		return time.Time{}, fmt.Errorf("%s is not a working day", d)
	}
	return closing, nil
}

// NextOpening gives the first opening time at or after t. While the office is
// open that is the next working day's; ask [Schedule.IsOpen] first.
func (s Schedule) NextOpening(t time.Time) (time.Time, error) {
	if err := s.Validate(); err != nil {
		return time.Time{}, err
	}
	for d := s.date(t); ; d = d.AddDays(1) {
		opening, _, working, err := s.span(d)
		if err != nil {
			return time.Time{}, err
		}
		if working && !opening.Before(t) {
			return opening, nil
		}
	}
}

func (s Schedule) date(t time.Time) Date { return DateOf(t.In(s.Zone)) }

// span gives the instants between which the office is open on d.
func (s Schedule) span(d Date) (opening, closing time.Time, working bool, err error) {
	working, err = s.Calendar.IsWorkingDay(d)
	if err != nil || !working {
		return time.Time{}, time.Time{}, false, err
	}
	hours := s.Hours[d.Weekday()]
	return d.At(hours.Open, s.Zone), d.At(hours.Close, s.Zone), true, nil
}
