package worktime

import (
	"strings"
	"testing"
)

// A table that is wrong must not load: each fault here would give quietly wrong
// due times.
func TestParseCalendarRefusesABrokenTable(t *testing.T) {
	const ok = `{"date": "01/01/2024"}`
	for _, tc := range []struct{ name, data, want string }{
		{"not JSON", `{`, "unexpected end"},
		{"no version", `{"years": {"2024": [` + ok + `]}}`, "without a version"},
		{"no years", `{"version": "v", "years": {}}`, "without years"},
		{"a year that is none", `{"version": "v", "years": {"slug": [` + ok + `]}}`, "not a number"},
		{"an empty year", `{"version": "v", "years": {"2024": []}}`, "no bank holidays"},
		{"a day of another year", `{"version": "v", "years": {"2025": [` + ok + `]}}`, "another year"},
		{"a date the wrong way round", `{"version": "v", "years": {"2024": [{"date": "2024-01-01"}]}}`, "cannot parse"},
		{"a hole", `{"version": "v", "years": {"2024": [` + ok + `], "2026": [{"date": "01/01/2026"}]}}`, "2 of 3"},
	} {
		_, err := parseCalendar([]byte(tc.data))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want an error with %q", tc.name, err, tc.want)
		}
	}
}
