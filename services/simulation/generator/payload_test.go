package generator

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/deploy"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/agencies"
)

func TestKEN02_EveryPayloadIsValid(t *testing.T) {
	validator, err := protovalidate.New(protovalidate.WithMessages(&intakepb.Contact{}, &intakepb.OpenCase{}))
	if err != nil {
		t.Fatal(err)
	}
	g := generatorOf(t, Options{Seed: 21})
	for range 2 {
		for i, s := range g.Week().Steps {
			if err := validator.Validate(s.Message); err != nil {
				t.Fatalf("step %d is invalid: %v\n%v", i, err, s.Message)
			}
			data, contentType, err := s.Encode()
			if err != nil {
				t.Fatalf("step %d: encode: %v", i, err)
			}
			back := s.Message.ProtoReflect().New().Interface()
			if contentType == "application/json" {
				err = protojson.Unmarshal(data, back)
			} else {
				err = proto.Unmarshal(data, back)
			}
			if err != nil || !proto.Equal(back, s.Message) {
				t.Fatalf("step %d comes back from %s as another message (%v)", i, contentType, err)
			}
			if len(data) > 256<<10 {
				t.Errorf("step %d has %d bytes, more than a stream takes", i, len(data))
			}
		}
	}
}

// TestSendersMaySendThis holds the channels to the registry that ships: agency, system, kind and source code.
func TestSendersMaySendThis(t *testing.T) {
	registry, err := agencies.Load(deploy.Agencies())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, c := range allChannels() {
		a, ok := registry.Agency(c.agency)
		if !ok || !a.MayPublish(KindContact) || !slices.Contains(a.SourceCodes, c.code) {
			t.Errorf("%s may not send a contact of source %s", c.agency, c.code)
		}
		if !slices.ContainsFunc(a.Systems, func(s agencies.System) bool { return s.Source == c.source() }) {
			t.Errorf("%s has no system with source %s", c.agency, c.source())
		}
		all[c.agency] = true
	}
	if a, _ := registry.Agency(caseAgency); !a.MayPublish(KindOpenCase) {
		t.Errorf("%s may not say what is open", caseAgency)
	}
	for _, a := range registry.All() {
		if a.MayPublish(KindContact) && !all[a.ID] {
			t.Errorf("nothing ever comes from %s", a.ID)
		}
	}
}

// The number of a worked example: the check digit of 943476591 is 9 (NHS Data Dictionary).
func TestCheckDigits(t *testing.T) {
	if got := nhsCheck([]byte("943476591")); got != 9 {
		t.Errorf("the check digit of 943476591 is %d, want 9", got)
	}
	// The letter of 886000022001, by hand: 2·8+3·8+4·6+9·2+10·2+13·1 = 115, and 115 mod 23 is 0: A.
	if got := upnLetter([]byte("886000022001")); got != 'A' {
		t.Errorf("the check letter of 886000022001 is %c, want A", got)
	}
	r := generatorOf(t, Options{Seed: 1}).rng
	n := newNumbers(r, 2026)
	seen := map[string]bool{}
	for range 30_000 {
		nhs, upn := n.nextNHS(), n.nextUPN(2015)
		if len(nhs) != 10 || nhs[:3] != "999" || nhsCheck([]byte(nhs[:9])) != int(nhs[9]-'0') {
			t.Fatalf("%s is no NHS number of the test range", nhs)
		}
		if len(upn) != 13 || upn[1:5] != "8860" || upnLetter([]byte(upn[1:])) != upn[0] {
			t.Fatalf("%s is no pupil number that no school gave out", upn)
		}
		if seen[nhs] || seen[upn] {
			t.Fatalf("%s or %s comes twice", nhs, upn)
		}
		seen[nhs], seen[upn] = true, true
	}
}

func TestNothingInItCouldBeReal(t *testing.T) {
	for _, m := range contacts(generatorOf(t, Options{Seed: 8}).Week()) {
		phones := m.GetReferrer().GetPhones()
		for _, h := range m.Household {
			phones = append(phones, h.Phones...)
		}
		for _, p := range phones {
			if !strings.HasPrefix(p, "07700 900") && !strings.HasPrefix(p, "01632 960") {
				t.Errorf("telephone number %s is outside the ranges for drama", p)
			}
		}
		for _, c := range m.Children {
			if a := c.GetAddress().GetPostcode(); a != "" && !strings.HasPrefix(a, "ZZ99 ") {
				t.Errorf("postcode %s is a place", a)
			}
			if c.NhsNumber != "" && !strings.HasPrefix(c.NhsNumber, "999") {
				t.Errorf("NHS number %s is outside the test range", c.NhsNumber)
			}
		}
		if e := m.GetReferrer().GetEmail(); e != "" && !strings.HasSuffix(e, ".example") {
			t.Errorf("email address %s could be somebody's", e)
		}
	}
}

func TestChildrenAreAsTheyAreReferred(t *testing.T) {
	var kids, several, unbornKids, young, adolescent, n int
	for _, w := range sample(t) {
		for _, s := range w.Steps {
			m, ok := s.Message.(*intakepb.Contact)
			if !ok {
				continue
			}
			n++
			kids += len(m.Children)
			if len(m.Children) > 1 {
				several++
			}
			for _, c := range m.Children {
				switch {
				case c.Unborn:
					unbornKids++
					checkUnborn(t, c, s.At)
				case len(c.DateOfBirth) == 10:
					born, err := time.Parse(time.DateOnly, c.DateOfBirth)
					if err != nil || born.After(s.At) || !born.AddDate(18, 0, 0).After(s.At) {
						t.Errorf("a child is born %s, told of at %s", c.DateOfBirth, s.At.Format(time.DateOnly))
					}
					if born.AddDate(5, 0, 0).After(s.At) {
						young++
					}
					if !born.AddDate(10, 0, 0).After(s.At) {
						adolescent++
					}
				}
			}
		}
	}
	if mean := float64(kids) / float64(n); mean < 1.3 || mean > 2 {
		t.Errorf("%.2f children to a contact, want 1.3 to 2", mean)
	}
	if share := float64(several) / float64(n); share < 0.2 || share > 0.45 {
		t.Errorf("%.0f %% of contacts name several children, want 20 to 45", 100*share)
	}
	if share := float64(unbornKids) / float64(kids); share < 0.005 || share > 0.04 {
		t.Errorf("%.1f %% of children are not born yet, want 0.5 to 4", 100*share)
	}
	if young < kids/8 || adolescent < kids/4 {
		t.Errorf("of %d children %d are under five and %d ten or older: want more", kids, young, adolescent)
	}
}

func checkUnborn(t *testing.T, c *intakepb.Child, at time.Time) {
	t.Helper()
	if c.Sex != "U" || c.DateOfBirth != "" || c.NhsNumber != "" {
		t.Errorf("an unborn child has sex %q, date of birth %q, NHS number %q", c.Sex, c.DateOfBirth, c.NhsNumber)
	}
	if len(c.ExpectedDateOfBirth) == 10 {
		if due, err := time.Parse(time.DateOnly, c.ExpectedDateOfBirth); err != nil || due.Before(at.AddDate(0, 0, -1)) || due.After(at.AddDate(0, 0, 40*7)) {
			t.Errorf("a child is expected %s, told of at %s", c.ExpectedDateOfBirth, at.Format(time.DateOnly))
		}
	}
}

func TestNamesAreInSeveralScripts(t *testing.T) {
	scripts := map[string]*unicode.RangeTable{
		"Gurmukhi": unicode.Gurmukhi, "Arabic": unicode.Arabic, "Han": unicode.Han, "Cyrillic": unicode.Cyrillic, "Devanagari": unicode.Devanagari,
		"Bengali": unicode.Bengali, "Ethiopic": unicode.Ethiopic,
	}
	found := map[string]int{}
	for _, w := range sample(t) {
		for _, m := range contacts(w) {
			for _, c := range m.Children {
				names := c.GivenName + c.FamilyName + strings.Join(c.KnownAs, "")
				for script, table := range scripts {
					if strings.ContainsFunc(names, func(r rune) bool { return unicode.Is(table, r) }) {
						found[script]++
					}
				}
			}
		}
	}
	for script := range scripts {
		if found[script] < 5 {
			t.Errorf("%d names in %s in twelve weeks, want some", found[script], script)
		}
	}
}

func TestSOT02_WhoDidNotAskSaysWhy(t *testing.T) {
	counts := map[string]int{}
	for _, w := range sample(t) {
		for _, m := range contacts(w) {
			counts[m.Consent.Stance]++
			if (m.Consent.Stance == "not-sought") != (m.Consent.WhyNotSought != "") {
				t.Errorf("stance %s with reason %q", m.Consent.Stance, m.Consent.WhyNotSought)
			}
		}
	}
	for _, stance := range []stance{given, refused, notSought, notKnown} {
		if counts[string(stance)] < 300 {
			t.Errorf("stance %s comes %d times in twelve weeks", stance, counts[string(stance)])
		}
	}
}

func TestKEN02_UrgentIsRare(t *testing.T) {
	urgent, anonymous, late, n := 0, 0, 0, 0
	for _, w := range sample(t) {
		for _, s := range w.Steps {
			m, ok := s.Message.(*intakepb.Contact)
			if !ok {
				continue
			}
			n++
			if m.Urgent {
				urgent++
			}
			if m.Anonymous {
				anonymous++
			}
			if at := m.GetOccurred().GetAt(); at != nil {
				if at.AsTime().After(s.At) {
					t.Errorf("something is told before it happened: %s", at.AsTime())
				}
				if s.At.Sub(at.AsTime()) > 48*time.Hour {
					late++
				}
			}
		}
	}
	if share := float64(urgent) / float64(n); share < 0.006 || share > 0.03 {
		t.Errorf("%.1f %% are urgent, want 0.6 to 3", 100*share)
	}
	if !near(anonymous, n, 0.016) {
		t.Errorf("%d of %d are anonymous, want 1.6 %%", anonymous, n)
	}
	if late < n/30 {
		t.Errorf("%d of %d are told days later, want more", late, n)
	}
}

func TestReasonsDiffer(t *testing.T) {
	seen, n, long, bytes := map[string]int{}, 0, 0, 0
	for _, m := range contacts(generatorOf(t, Options{Seed: 4}).Week()) {
		seen[m.Reason]++
		n++
		bytes += len(m.Reason)
		if len(m.Reason) > 2000 {
			long++
		}
		if strings.ContainsAny(m.Reason+m.Consent.WhyNotSought, "{}[]|") || strings.Contains(m.Reason, "  ") {
			t.Errorf("a reason shows how it was put together: %s", m.Reason)
		}
	}
	if len(seen) < n*98/100 {
		t.Errorf("%d different reasons of %d", len(seen), n)
	}
	if mean := bytes / n; mean < 400 || mean > 1500 || long < n/100 {
		t.Errorf("reasons have %d bytes on average, %d of %d are long", mean, long, n)
	}
}
