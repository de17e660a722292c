package practice_test

import (
	"testing"
	"time"

	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/worktime"
)

// KEN-20: with an authority's terms its holidays are no school days; without them, and after the last of them, every working day is one.
func TestKEN20_TheNextSchoolDay(t *testing.T) {
	p, err := practice.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	terms := p
	terms.SchoolDays.Terms = []practice.Term{
		{First: worktime.Date{Year: 2026, Month: time.January, Day: 5}, Last: worktime.Date{Year: 2026, Month: time.February, Day: 13}},
		{First: worktime.Date{Year: 2026, Month: time.February, Day: 23}, Last: worktime.Date{Year: 2026, Month: time.March, Day: 27}},
	}
	if err := terms.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		profile    practice.Profile
		from, want string
	}{
		{p, "2026-02-13T20:00:00Z", "2026-02-16T08:30:00Z"},
		{terms, "2026-02-13T20:00:00Z", "2026-02-23T08:30:00Z"},      // half-term
		{terms, "2026-03-27T20:00:00Z", "2026-03-30T08:30:00+01:00"}, // beyond the last term; summer time has begun
		{p, "2026-04-02T20:00:00Z", "2026-04-07T08:30:00+01:00"},     // Good Friday to Easter Monday
		{p, "2026-12-24T23:59:00Z", "2026-12-29T08:30:00Z"},          // Christmas, Boxing Day moved to Monday
	} {
		from, want := instant(t, c.from), instant(t, c.want)
		got, err := c.profile.BeforeSchool(from)
		if err != nil || !got.At.Equal(want) {
			t.Errorf("received %s: told before %s, %v; want %s", c.from, got.At, err, c.want)
		}
	}
	if _, err := p.BeforeSchool(instant(t, "2099-01-01T00:00:00Z")); err == nil {
		t.Error("a year beyond the table of bank holidays has a next school day")
	}
	terms.SchoolDays.Terms[1].First = terms.SchoolDays.Terms[0].Last
	if terms.Validate() == nil {
		t.Error("terms that overlap were adopted")
	}
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}
