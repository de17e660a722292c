package main

import (
	"errors"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// A day is a date in a flag: its first moment in London, whatever the zone of whoever types it. The zero value is none.
type day struct{ at time.Time }

// UnmarshalText reads a flag. A *time.Time with a format of its own would not do: for a pointer the flag's format is passed over.
func (d *day) UnmarshalText(text []byte) (err error) {
	if d.at, err = time.ParseInLocation(time.DateOnly, string(text), london()); err != nil {
		return errors.New("want a day, as 2026-03-02")
	}
	return nil
}

// stamp gives it for a request; nil for none.
func (d day) stamp() *timestamppb.Timestamp {
	if d.at.IsZero() {
		return nil
	}
	return timestamppb.New(d.at)
}
