package hub

import (
	"fmt"
	"sync"
	"time"

	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/worktime"
)

// BankHolidays tells which days are bank holidays of England and Wales, for a demonstration whose staff should stay at home then. Days that
// the table does not cover are none.
func BankHolidays() func(day time.Time) bool {
	calendar, err := worktime.EnglandAndWales()
	if err != nil {
		return func(time.Time) bool { return false }
	}
	return func(day time.Time) bool {
		holiday, err := calendar.IsBankHoliday(worktime.DateOf(day))
		return err == nil && holiday
	}
}

// CanReckon says whether due times can be reckoned for what arrives at that time: beyond the table of bank holidays they cannot.
func CanReckon(at time.Time) error {
	profile, err := practice.Builtin()
	if err != nil {
		return fmt.Errorf("practice profile: %w", err)
	}
	if _, err := profile.OnArrival(at); err != nil {
		return fmt.Errorf("due times cannot be reckoned on %s: %w", at.Format("2 January 2006"), err)
	}
	return nil
}

// A DrivenClock is a hub's clock that somebody else drives: the demonstration plays a week in seconds. It never goes back.
type DrivenClock struct {
	mu       sync.Mutex
	now      time.Time
	released time.Time // on the machine's clock, when it was let go; zero while it is driven
}

// NewDrivenClock makes a clock that stands at start.
func NewDrivenClock(start time.Time) *DrivenClock { return &DrivenClock{now: start} }

// Now is the hub's time.
func (c *DrivenClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.released.IsZero() {
		return c.now
	}
	return c.now.Add(time.Since(c.released))
}

// Advance sets the clock; a time that has passed already changes nothing.
func (c *DrivenClock) Advance(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to.After(c.now) {
		c.now = to
	}
}

// Release lets the clock run at the machine's pace from where it stands.
func (c *DrivenClock) Release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.released.IsZero() {
		c.released = time.Now()
	}
}
