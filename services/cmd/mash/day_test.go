package main

import (
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// A day of a flag begins at midnight in London, in summer too; what is no day is refused in words.
func TestADayIsTypedAsADate(t *testing.T) {
	for typed, want := range map[string]time.Time{
		"2026-03-02": time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
		"2026-07-01": time.Date(2026, 6, 30, 23, 0, 0, 0, time.UTC),
		"":           {},
		"1 July":     {},
	} {
		var flags struct{ Since day }
		parser, err := kong.New(&flags)
		if err != nil {
			t.Fatal(err)
		}
		var args []string
		if typed != "" {
			args = []string{"--since", typed}
		}
		_, err = parser.Parse(args)
		if got := flags.Since.stamp(); (err != nil) != (typed == "1 July") || (got != nil) != !want.IsZero() || got != nil && !got.AsTime().Equal(want) {
			t.Errorf("--since %q is %v, %v, want %v", typed, got.AsTime(), err, want)
		}
	}
}
