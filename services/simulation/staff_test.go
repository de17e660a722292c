package simulation

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestReadStaff(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"tokens.json": `{"people":[{"person":"m","role":"team-manager","team":"front-door","sha256":"00"},{"person":"s","role":"senior-practitioner"},
			{"person":"o","role":"on-call-senior-manager"},{"person":"w","role":"social-worker","team":"duty"},{"person":"a","role":"auditor"},
			{"person":"gone","role":"social-worker"}]}`,
		"m.token": "tm\n", "s.token": "ts\n", "o.token": "to", "w.token": "tw\n", "a.token": "ta",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadStaff(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := Staff{
		Triagers: []Colleague{{"m", "front-door", "tm"}, {"s", "", "ts"}}, Managers: []Colleague{{"m", "front-door", "tm"}}, OnCall: []Colleague{{"o", "", "to"}}, Workers: []Colleague{{"w", "duty", "tw"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := ReadStaff(t.TempDir()); err == nil {
		t.Error("an empty folder has staff")
	}
}

func TestKEN06_WorkGoesToItsTeamWhereItCan(t *testing.T) {
	s := Staff{Workers: []Colleague{{ID: "w1", Team: "front-door"}, {ID: "w2", Team: "duty"}, {ID: "w3", Team: "duty"}}}
	for n := range uint64(6) {
		if w := s.workerFor("duty", n); w.Team != "duty" {
			t.Errorf("work of the duty team goes to %s", w.ID)
		}
		if w := s.workerFor("a-team-without-workers", n); w.ID == "" {
			t.Error("work goes to nobody")
		}
	}
}

func TestTheFrontDoorIsOpenNineToFive(t *testing.T) {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	holiday := time.Date(2026, 4, 6, 0, 0, 0, 0, zone)
	d := newDesk(Options{Closed: func(day time.Time) bool { return day.YearDay() == holiday.YearDay() }}, zone, newTally(nil))
	for _, tt := range []struct {
		at   string
		want bool
	}{
		{"2026-03-09T08:00:00Z", false}, {"2026-03-09T09:00:00Z", true}, {"2026-03-13T16:00:00Z", true}, {"2026-03-13T17:00:00Z", false},
		{"2026-03-14T11:00:00Z", false}, {"2026-03-15T11:00:00Z", false},
		{"2026-03-30T08:00:00Z", true}, {"2026-03-30T16:00:00Z", false}, // summer time
		{"2026-04-06T10:00:00Z", false}, {"2026-04-07T10:00:00Z", true}, // a bank holiday, and the day after
	} {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.open(at); got != tt.want {
			t.Errorf("open at %s: %t, want %t", tt.at, got, tt.want)
		}
	}
}

func TestARefusalIsNoFault(t *testing.T) {
	refused, err := status.New(codes.FailedPrecondition, "no").WithDetails(&errdetails.ErrorInfo{Reason: "ALREADY_TRIAGED", Domain: "mash"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		err    error
		reason string
		want   bool
	}{
		{refused.Err(), "ALREADY_TRIAGED", true},
		{status.Error(codes.Aborted, ""), "Aborted", true},
		{status.Error(codes.Unauthenticated, ""), "", false},
		{status.Error(codes.Unavailable, ""), "", false},
		{status.Error(codes.Internal, ""), "", false},
		{nil, "", false},
	} {
		if reason, got := refusal(tt.err); got != tt.want || reason != tt.reason {
			t.Errorf("refusal(%v) = %q, %t, want %q, %t", tt.err, reason, got, tt.reason, tt.want)
		}
	}
}

func TestOptionsAreRefusedByName(t *testing.T) {
	good := Options{Start: monday, Advance: func(time.Time) {}, NATSURL: "nats://127.0.0.1:1", SeedDir: "seeds"}
	for _, tt := range []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"weeks", func(o *Options) { o.Weeks = -1 }, "weeks"},
		{"speed", func(o *Options) { o.Speed = -1 }, "speed"},
		{"advance", func(o *Options) { o.Advance = nil }, "advance"},
		{"url", func(o *Options) { o.NATSURL = "" }, "NATS URL"},
		{"start", func(o *Options) { o.Start = time.Time{} }, "start"},
		{"connection", func(o *Options) { o.Staff.OnCall = []Colleague{{ID: "o"}} }, "gRPC"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := good
			tt.change(&o)
			if _, err := Play(t.Context(), o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Play() = %v, want an error that says %q", err, tt.want)
			}
		})
	}
}

func TestLatency(t *testing.T) {
	var all []time.Duration
	for i := 100; i > 0; i-- {
		all = append(all, time.Duration(i))
	}
	if got, want := latencyOf(all), (Latency{50, 95, 100}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := latencyOf(nil); got != (Latency{}) {
		t.Errorf("of nothing: %v", got)
	}
}
