package number_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/openmash/mash/services/domain/identifier/number"
)

func TestNHS(t *testing.T) {
	for text, want := range map[string]string{
		"9434765919":   "9434765919", // the example of the NHS Data Dictionary
		"943 476 5919": "9434765919",
		"943-476-5919": "9434765919",
		"9990000018":   "9990000018",
		"9434765918":   "", "9434756919": "", "943476591": "", "94347659190": "", "943476591X": "", "": "", "٩٤٣٤٧٦٥٩١٩": "",
	} {
		got, fault := number.NHS(text)
		if got != want || (fault == nil) != (want != "") {
			t.Errorf("%q: got %q (%v), want %q", text, got, fault, want)
		}
	}
}

func TestCIN1510_UPN(t *testing.T) {
	for _, tc := range []struct{ text, want, rule string }{
		{"B801200005001", "B801200005001", ""},
		{"b8012 00005001", "B801200005001", ""},
		{"P207000016049", "P207000016049", ""},
		{"Y88612345678A", "Y88612345678A", ""},
		{"A801200005001", "", "CIN-1510"},
		{"I801200005001", "", "CIN-1510"},
		{"BX01200005001", "", "CIN-1510"},
		{"B8012", "", "CIN-1510"},
		{"", "", "CIN-1510"},
		{"B801200X05001", "", "CIN-1540"},
		{"B80120000500S", "", "CIN-1550"},
		{"B80120000500é", "", "CIN-1510"},
	} {
		got, fault := number.UPN(tc.text)
		rule := ""
		if fault != nil {
			rule = fault.Rule
		}
		if got != tc.want || rule != tc.rule {
			t.Errorf("%q: got %q (%s), want %q (%s)", tc.text, got, rule, tc.want, tc.rule)
		}
	}
}

// What a check digit is for: one wrong digit, or two neighbours that changed
// places, never make another number.
func TestLawAnNHSNumberFindsATypist(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), 9, 9, -1).Draw(t, "nine digits")
		good := ""
		for check := range 10 {
			if text := body + string(rune('0'+check)); valid(text) {
				if good != "" {
					t.Fatalf("%s and %s are both numbers", good, text)
				}
				good = text
			}
		}
		if good == "" {
			return // a check of ten: never issued
		}
		i := rapid.IntRange(0, 8).Draw(t, "place")
		swapped := good[:i] + good[i+1:i+2] + good[i:i+1] + good[i+2:]
		if swapped != good && valid(swapped) {
			t.Errorf("%s with two digits changed is a number too: %s", good, swapped)
		}
		wrong := good[:i] + rapid.SampledFrom(strings.Split("0123456789", "")).Draw(t, "digit") + good[i+1:]
		if wrong != good && valid(wrong) {
			t.Errorf("%s with a digit wrong is a number too: %s", good, wrong)
		}
	})
}

func valid(text string) bool {
	_, fault := number.NHS(text)
	return fault == nil
}

func FuzzNumbersNeverPanic(f *testing.F) {
	for _, text := range []string{"", "9434765919", "B801200005001", "\xff\xfe", "９４３４７６５９１９", "ı801200005001"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, fault := number.NHS(text); fault == nil && len(got) != 10 {
			t.Errorf("an NHS number of %d characters", len(got))
		}
		if got, fault := number.UPN(text); fault == nil && len(got) != 13 {
			t.Errorf("a pupil number of %d characters", len(got))
		}
	})
}
