package generator

import (
	"strings"
	"testing"
	"time"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

func TestContactsRepeat(t *testing.T) {
	var same, resembles, n int
	for _, w := range sample(t) {
		byID := map[string]Step{}
		for _, s := range w.Steps {
			byID[s.ID] = s
			if s.Kind != KindContact {
				continue
			}
			n++
			if s.Resembles != "" {
				resembles++
			}
			if s.SameAs == "" {
				continue
			}
			same++
			if first, ok := byID[s.SameAs]; ok { // it may be of the week before
				if first.SameAs != "" || first.Agency == s.Agency || first.At.After(s.At) || s.At.Sub(first.At) > 48*time.Hour {
					t.Errorf("%s at %s tells again what %s told at %s", s.Agency, s.At, first.Agency, first.At)
				}
			}
		}
	}
	if share := float64(same) / float64(n); share < 0.03 || share > 0.08 {
		t.Errorf("%.1f %% tell again what another told, want 3 to 8", 100*share)
	}
	if share := float64(same+resembles) / float64(n); share < 0.15 || share > 0.3 {
		t.Errorf("%.1f %% are about a child of the same week, want about 20", 100*share)
	}
}

// standing is a case as the messages tell of it.
type standing struct {
	open    bool
	changed time.Time
}

// heard is what a hub could know from the messages so far: cases by each number they are known by.
type heard map[string]*standing

// told takes in a change and reports whether a later one was there before it.
func (h heard) told(m *intakepb.OpenCase) (late bool) {
	c := h[m.CaseNumber]
	if c == nil {
		c = &standing{}
	}
	if m.ChangedAt.AsTime().Before(c.changed) {
		return true
	}
	c.open, c.changed = m.Status == "open", m.ChangedAt.AsTime()
	for _, number := range []string{m.CaseNumber, m.NhsNumber, m.Upn} {
		if number != "" {
			h[number] = c
		}
	}
	return false
}

func (h heard) outcome(m *intakepb.Contact) string {
	across := 0
	for _, child := range m.Children {
		for _, number := range []string{child.CaseNumber, strings.ReplaceAll(child.NhsNumber, " ", ""), child.Upn} {
			if c := h[number]; c != nil && c.open {
				across++
				break
			}
		}
	}
	switch across {
	case 0:
		return Queued
	case len(m.Children):
		return PassedAcross
	default:
		return PartlyPassed
	}
}

// TestKEN04_OutcomesFollowWhatWasSaidOfCases works the outcomes out again from the messages alone.
func TestKEN04_OutcomesFollowWhatWasSaidOfCases(t *testing.T) {
	known, counts, n, late := heard{}, map[string]int{}, 0, 0
	g := generatorOf(t, Options{Seed: 31, Volume: Mean})
	for range 3 {
		for _, s := range g.Week().Steps {
			switch m := s.Message.(type) {
			case *intakepb.OpenCase:
				if known.told(m) {
					late++
				}
			case *intakepb.Contact:
				n++
				counts[s.Outcome]++
				if want := known.outcome(m); s.Outcome != want {
					t.Fatalf("%s at %s: outcome %s, want %s", s.ID, s.At, s.Outcome, want)
				}
			}
		}
	}
	if across := float64(counts[PassedAcross]+counts[PartlyPassed]) / float64(n); across < 0.06 || across > 0.16 {
		t.Errorf("%.1f %% of contacts are about an open child, want 6 to 16: %v", 100*across, counts)
	}
	if counts[PartlyPassed] < 40 {
		t.Errorf("%d contacts pass across in part, want more", counts[PartlyPassed])
	}
	if late == 0 {
		t.Error("no change of a case ever comes after a later one")
	}
}
