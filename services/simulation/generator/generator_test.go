package generator

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// monday is the first day of a week without bank holidays.
var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func generatorOf(t *testing.T, o Options) *Generator {
	t.Helper()
	if o.Start.IsZero() {
		o.Start = monday
	}
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func contacts(w Week) []*intakepb.Contact {
	var all []*intakepb.Contact
	for _, s := range w.Steps {
		if m, ok := s.Message.(*intakepb.Contact); ok {
			all = append(all, m)
		}
	}
	return all
}

// flat is a step as text: id, time and payload.
func flat(t *testing.T, s Step) string {
	t.Helper()
	data, contentType, err := s.Encode()
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	return strings.Join([]string{s.At.Format(time.RFC3339Nano), s.Agency, s.Source, s.ID, s.Kind, s.Outcome, s.SameAs, s.Resembles, contentType, string(data)}, "|")
}

func TestSameOptionsGiveTheSameSteps(t *testing.T) {
	a, b := generatorOf(t, Options{Seed: 7}), generatorOf(t, Options{Seed: 7})
	for week := range 2 {
		x, y := a.Week(), b.Week()
		if len(x.Steps) != len(y.Steps) {
			t.Fatalf("week %d: %d steps, then %d", week, len(x.Steps), len(y.Steps))
		}
		for i := range x.Steps {
			if diff := cmp.Diff(flat(t, x.Steps[i]), flat(t, y.Steps[i])); diff != "" {
				t.Fatalf("week %d, step %d differs:\n%s", week, i, diff)
			}
		}
	}
}

// A hub that has an id on record refuses it with another payload, so whatever the options are, an id is one payload.
func TestAnIDStandsForOnePayload(t *testing.T) {
	payloads := map[string]string{}
	for _, o := range []Options{{Seed: 1}, {Seed: 2}, {Seed: 1, Start: monday.AddDate(0, 0, 7)}, {Seed: 1, Volume: 1200}} {
		g := generatorOf(t, o)
		inThisRun := map[string]bool{}
		for range 2 {
			for _, s := range g.Week().Steps {
				data, _, err := s.Encode()
				if err != nil {
					t.Fatalf("encode: %v", err)
				}
				if other, ok := payloads[s.ID]; ok && other != string(data) {
					t.Fatalf("id %s of %v has another payload than before", s.ID, o)
				}
				if inThisRun[s.ID] {
					t.Fatalf("id %s comes twice", s.ID)
				}
				payloads[s.ID], inThisRun[s.ID] = string(data), true
			}
		}
	}
}

func TestStepsAreInOrderAndInsideTheirWeek(t *testing.T) {
	// This week holds the night on which the clocks go forward.
	g := generatorOf(t, Options{Seed: 3, Start: time.Date(2026, 3, 23, 0, 0, 0, 0, time.UTC)})
	w := g.Week()
	if got, want := w.End.Sub(w.Start), 167*time.Hour; got != want {
		t.Errorf("the week is %v long, want %v", got, want)
	}
	for i, s := range w.Steps {
		if s.At.Before(w.Start) || !s.At.Before(w.End) {
			t.Errorf("step %d at %v is outside the week", i, s.At)
		}
		if i > 0 && s.At.Before(w.Steps[i-1].At) {
			t.Errorf("step %d at %v comes after one at %v", i, s.At, w.Steps[i-1].At)
		}
		if i > 0 && s.At.Equal(w.Steps[i-1].At) && s.Kind == KindOpenCase && w.Steps[i-1].Kind == KindContact {
			t.Errorf("step %d: an open case comes after a contact of the same time", i)
		}
	}
	if next := g.Week(); !next.Start.Equal(w.End) {
		t.Errorf("the next week begins %v, want %v", next.Start, w.End)
	}
}

func TestOptionsAreRefusedByName(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    Options
		want string
	}{
		{"no start", Options{}, "start"},
		{"volume", Options{Start: monday, Volume: -1}, "volume"},
		{"agency", Options{Start: monday, Agencies: []string{"nobody"}}, "nobody"},
		{"no words", Options{Start: monday, Words: fstest.MapFS{}}, "voices.txt"},
		{"a line", Options{Start: monday, Words: fstest.MapFS{"names/x.txt": {Data: []byte("language: X\nnonsense\n")}}}, "names/x.txt:2"},
		{"a slot", Options{Start: monday, Words: fstest.MapFS{"reasons/x.txt": {Data: []byte("event: {nobody} came\n")}}}, `unknown slot "nobody"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New() = %v, want an error that says %q", err, tt.want)
			}
		})
	}
}

func TestAgenciesRestrictTheSenders(t *testing.T) {
	only := []string{"kent-police", "kent-schools"}
	g := generatorOf(t, Options{Seed: 1, Agencies: only, Volume: 1500})
	w := g.Week()
	byAgency := map[string]int{}
	for _, s := range w.Steps {
		byAgency[s.Agency]++
	}
	if len(byAgency) != 2 || len(w.Steps) != 1500 {
		t.Fatalf("%d steps from %v, want 1500 from %v alone", len(w.Steps), byAgency, only)
	}
	// 28.5 of police to 22 of schools and education.
	if police := byAgency["kent-police"]; police < 780 || police > 910 {
		t.Errorf("police sent %d of 1500, want about 846", police)
	}
}

func BenchmarkContacts(b *testing.B) {
	g, err := New(Options{Seed: 1, Start: monday})
	if err != nil {
		b.Fatal(err)
	}
	for range g.Contacts(b.N) {
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "contacts/s")
}

func BenchmarkEncode(b *testing.B) {
	g, err := New(Options{Seed: 1, Start: monday})
	if err != nil {
		b.Fatal(err)
	}
	steps := g.Week().Steps
	bytes := 0
	for i := range b.N {
		data, _, err := steps[i%len(steps)].Encode()
		if err != nil {
			b.Fatal(err)
		}
		bytes += len(data)
	}
	b.ReportMetric(float64(bytes)/float64(b.N), "bytes/message")
}
