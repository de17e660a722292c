package simulation

import (
	"context"
	"time"
)

// clock drives the hub's clock, and waits on the machine's where the play is not as fast as possible.
type clock struct {
	speed   float64
	advance func(time.Time)
	now     time.Time // of the play
	began   time.Time // on the machine's clock, at the first time of the play
	first   time.Time
}

func newClock(speed float64, advance func(time.Time)) *clock {
	return &clock{speed: speed, advance: advance}
}

// to moves the play to t, when its moment on the machine's clock has come. A time that has passed changes nothing.
func (c *clock) to(ctx context.Context, t time.Time) error {
	if c.now.IsZero() {
		c.began, c.first = time.Now(), t
	} else if !t.After(c.now) {
		return ctx.Err()
	}
	if c.speed > 0 {
		due := c.began.Add(time.Duration(float64(t.Sub(c.first)) / c.speed))
		timer := time.NewTimer(time.Until(due))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	c.now = t
	c.advance(t)
	return ctx.Err()
}
