package generator

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// near reports whether a count of n draws with probability p lies within five standard deviations of what is expected.
// Seeds are fixed, so a test that passes goes on passing.
func near(count, n int, p float64) bool {
	return math.Abs(float64(count)-float64(n)*p) <= 5*math.Sqrt(float64(n)*p*(1-p))+1
}

// sample is weeks of several seeds, enough for shares of a percent to be told apart. They are made up once, and not changed.
func sample(t *testing.T) []Week {
	t.Helper()
	weeks, err := sampled()
	if err != nil {
		t.Fatal(err)
	}
	return weeks
}

var sampled = sync.OnceValues(func() (weeks []Week, err error) {
	for seed := range uint64(4) {
		g, err := New(Options{Seed: seed, Start: monday, Volume: Mean})
		if err != nil {
			return nil, err
		}
		for range 3 {
			weeks = append(weeks, g.Week())
		}
	}
	return weeks, nil
})

func TestKEN21_AYearHasTheVolumeOfKent(t *testing.T) {
	g := generatorOf(t, Options{Seed: 11, Start: time.Date(2026, 4, 6, 0, 0, 0, 0, time.UTC)})
	sum, least, most := 0, Most, 0
	byMonth := map[time.Month][]int{}
	for w := range g.Year() {
		n := w.Contacts()
		sum, least, most = sum+n, min(least, n), max(most, n)
		byMonth[w.Start.Month()] = append(byMonth[w.Start.Month()], n)
	}
	if sum < 81_000 || sum > 86_000 {
		t.Errorf("a year has %d contacts, want about 83,400", sum)
	}
	if least < Least || most > Most || most-least < 400 {
		t.Errorf("weeks have %d to %d contacts, want them spread between %d and %d", least, most, Least, Most)
	}
	mean := func(months ...time.Month) float64 {
		total, n := 0, 0
		for _, m := range months {
			for _, v := range byMonth[m] {
				total, n = total+v, n+1
			}
		}
		return float64(total) / float64(n)
	}
	if holidays, term := mean(time.April, time.August, time.December), mean(time.May, time.June, time.October, time.November); holidays > 0.9*term {
		t.Errorf("weeks in the school holidays have %.0f contacts, in term %.0f: want a dip", holidays, term)
	}
}

func TestKEN21_WeeksStayInBoundsAndCentreOnTheMean(t *testing.T) {
	rng := generatorOf(t, Options{Seed: 5}).rng
	sum, n, atLeast, atMost := 0, 0, 0, 0
	start := time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC)
	for range 20 {
		for week := range 104 {
			v := volumeOf(start.AddDate(0, 0, 7*week), rng)
			if v < Least || v > Most {
				t.Fatalf("a week has %d contacts", v)
			}
			sum, n = sum+v, n+1
			if v == Least {
				atLeast++
			}
			if v == Most {
				atMost++
			}
		}
	}
	if mean := float64(sum) / float64(n); math.Abs(mean-Mean) > 0.02*Mean {
		t.Errorf("the mean of %d weeks is %.1f, want within two percent of %d", n, mean, Mean)
	}
	if atMost == 0 || atLeast == n {
		t.Errorf("%d weeks have the most, %d the least: the largest week never comes", atMost, atLeast)
	}
}

func TestKEN21_TheLargestWeekCanBeAskedFor(t *testing.T) {
	g := generatorOf(t, Options{Seed: 1, Volume: Most})
	if got := g.Week().Contacts(); got != Most {
		t.Errorf("got %d contacts, want %d", got, Most)
	}
}

// The Department for Education's shares by referral source, England 2023-24, in tenths of a percent.
var published = map[string]int{
	"police": 285, "schools": 203, "education": 17, "health": 147, "services": 141, "individual": 80, "legal": 44, "other": 42,
	"anonymous": 16, "housing": 12, "unknown": 12,
}

var groupOf = map[string]string{
	"6": "police", "2A": "schools", "2B": "education", "3A": "health", "3B": "health", "3C": "health", "3D": "health", "3E": "health",
	"3F": "health", "5A": "services", "5B": "services", "5D": "services", "1A": "individual", "1B": "individual", "1C": "individual",
	"1D": "individual", "7": "legal", "8": "other", "9": "anonymous", "4": "housing", "10": "unknown",
}

func TestKEN21_SourcesHaveTheirPublishedShares(t *testing.T) {
	counts, n := map[string]int{}, 0
	for _, w := range sample(t) {
		for _, m := range contacts(w) {
			counts[groupOf[m.SourceCode]]++
			n++
		}
	}
	for group, share := range published {
		if !near(counts[group], n, float64(share)/999) {
			t.Errorf("%s: %d of %d, want about %.1f %%", group, counts[group], n, float64(share)/10)
		}
	}
	if counts["police"] < counts["schools"]+counts["education"] || counts["schools"] < counts["health"] {
		t.Errorf("police %d, schools %d, health %d: want them in this order", counts["police"], counts["schools"], counts["health"])
	}
}

func TestKEN16_EveryWorkTypeComesFromThoseWhoSendIt(t *testing.T) {
	senders := map[string][]string{
		ambulance: {"secamb"}, nspcc: {"nspcc"}, police: {"kent-police"}, abuseNotice: {"kent-police"}, missing: {"kent-police"},
		detention: {"kent-police"}, arrival: {"kent-police"}, youthJustice: {"kent-youth-justice"}, public: {caseAgency}, access: {caseAgency},
		adult: {"kent-police", "kent-mental-health"}, inquiry: {"kent-police", "kent-schools", "cafcass"}, support: nil, section47: nil,
	}
	counts := map[string]int{}
	for _, w := range sample(t) {
		for _, m := range contacts(w) {
			counts[m.WorkType]++
			if from := senders[m.WorkType]; from != nil && !slices.Contains(from, m.Agency) {
				t.Fatalf("a %s comes from %s, want %v", m.WorkType, m.Agency, from)
			}
		}
	}
	for kind := range senders {
		if counts[kind] < 40 {
			t.Errorf("%d of %s in twelve weeks, want all work types to come", counts[kind], kind)
		}
	}
}

func TestKEN16_DetentionCertificatesComeAtNight(t *testing.T) {
	for _, w := range sample(t) {
		for _, s := range w.Steps {
			m, ok := s.Message.(*intakepb.Contact)
			if !ok || m.WorkType != detention {
				continue
			}
			if h := s.At.Hour(); h >= 6 && h < 22 {
				t.Errorf("a certificate comes at %s, want between 22:00 and 06:00", s.At.Format(time.TimeOnly))
			}
			if len(m.Children) != 1 {
				t.Errorf("a certificate is about %d children", len(m.Children))
			}
		}
	}
}

// KEN-19: out of hours is 17:00 to 07:00 (here: outside nine to five) and weekends.
func TestKEN19_WorkComesRoundTheClockButSchoolsDoNot(t *testing.T) {
	inHours := func(at time.Time) bool {
		weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
		return !weekend && at.Hour() >= 9 && at.Hour() < 17
	}
	all, within := map[string]int{}, map[string]int{}
	for _, w := range sample(t) {
		for _, s := range w.Steps {
			if s.Kind != KindContact {
				continue
			}
			all[s.Agency]++
			if inHours(s.At) {
				within[s.Agency]++
			}
		}
	}
	share := func(agency string) float64 { return float64(within[agency]) / float64(all[agency]) }
	if got := share("kent-police"); got < 0.2 || got > 0.5 {
		t.Errorf("%.0f %% of what police send comes in opening hours, want 20 to 50", 100*got)
	}
	if got := share("kent-schools"); got < 0.75 {
		t.Errorf("%.0f %% of what schools send comes in opening hours, want most", 100*got)
	}
	if got := share("secamb"); got > 0.45 {
		t.Errorf("%.0f %% of what the ambulance service sends comes in opening hours, want less than 45", 100*got)
	}
}

func TestClosedDaysHaveNoSchool(t *testing.T) {
	easter := time.Date(2026, 4, 6, 0, 0, 0, 0, time.UTC)
	g := generatorOf(t, Options{Seed: 2, Start: easter, Volume: Mean, Closed: func(day time.Time) bool { return day.YearDay() == easter.YearDay() }})
	onMonday, onTuesday := 0, 0
	for _, s := range g.Week().Steps {
		if s.Agency != "kent-schools" {
			continue
		}
		switch s.At.YearDay() - easter.YearDay() {
		case 0:
			onMonday++
		case 1:
			onTuesday++
		}
	}
	if onMonday > 8 || onTuesday < 50 {
		t.Errorf("schools sent %d on the bank holiday and %d on the day after", onMonday, onTuesday)
	}
}
