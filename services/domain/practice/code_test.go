package practice_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openmash/mash/services/domain/practice"
)

func TestKEN16_EveryWorkTypeHasATeam(t *testing.T) {
	p := builtin(t)
	want := map[string]string{
		"request-for-support":                "front-door",
		"section-47-discussion":              "front-door",
		"ambulance-contact":                  "front-door",
		"nspcc-contact":                      "front-door",
		"police-contact":                     "front-door",
		"domestic-abuse-notification":        "front-door",
		"public-call-or-email":               "front-door",
		"youth-justice":                      "front-door",
		"missing-person":                     "front-door",
		"information-request":                "front-door",
		"subject-access-request":             "front-door",
		"juvenile-detention-certificate":     "out-of-hours",
		"adult-protection-or-mental-health":  "out-of-hours",
		"unaccompanied-asylum-seeking-child": "unaccompanied-children-duty",
	}
	got := map[string]string{}
	for _, w := range p.WorkTypes {
		team, ok := p.TeamFor(w.Code)
		if !ok {
			t.Errorf("%s: no team", w.Code)
		}
		got[w.Code] = team
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("work types and their teams (-want +got):\n%s", diff)
	}
	if team, ok := p.TeamFor("homework"); ok {
		t.Errorf("an unknown work type went to %s", team)
	}
}

func TestKEN05_UnaccompaniedChildrenHaveADutyTeamOfTheirOwn(t *testing.T) {
	p := builtin(t)
	own, _ := p.TeamFor(practice.UnaccompaniedChild)
	if own == p.DefaultTeam {
		t.Fatalf("unaccompanied children go to the default team %s", own)
	}
	for _, w := range p.WorkTypes {
		if team, _ := p.TeamFor(w.Code); team == own && w.Code != practice.UnaccompaniedChild {
			t.Errorf("%s goes to the unaccompanied children's team too", w.Code)
		}
	}
}

func TestCodeList(t *testing.T) {
	ratings := practice.Ratings()
	if diff := cmp.Diff([]string{"red", "amber", "green"}, ratings.Codes()); diff != "" {
		t.Errorf("ratings, most urgent first (-want +got):\n%s", diff)
	}
	if !ratings.Has("red") || ratings.Has("Red") || ratings.Has("") {
		t.Error("Has: want red, and neither Red nor the empty code")
	}
	if got := ratings.Name("amber"); got != "Amber" {
		t.Errorf("name of amber: got %q", got)
	}
	if got := ratings.Name("blue"); got != "blue" {
		t.Errorf("name of a code that is not in the list: got %q, want the code", got)
	}
}

// The interfaces refuse what is not in their lists before a rule sees it, so a
// list that differs from the published one would lose codes on the way.
func TestInterfacesAcceptThePublishedCodes(t *testing.T) {
	const proto = "../../../proto/mash/"
	for _, tc := range []struct {
		file, field string
		want        practice.CodeList
	}{
		{"intake/v1/contact.proto", "string work_type = 3", practice.WorkTypes()},
		{"intake/v1/contact.proto", "string source_code = 4", practice.ReferralSources()},
		{"intake/v1/contact.proto", "string stance = 1", practice.ConsentStances()},
		{"command/v1/contact.proto", "string rating = 3", practice.Ratings()},
		{"command/v1/contact.proto", "repeated string actions = 4", practice.TriageActions()},
		{"command/v1/authority.proto", "string reason_code = 4", practice.OverrideReasons()},
	} {
		text, err := os.ReadFile(proto + tc.file)
		if err != nil {
			t.Fatal(err)
		}
		got := acceptedBy(string(text), tc.field)
		want := tc.want.Codes()
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, %s (-published +accepted):\n%s", tc.file, tc.field, diff)
		}
	}
}

var quoted = regexp.MustCompile(`"([^"]*)"`)

// acceptedBy gives the values of the "in" list of a field.
func acceptedBy(proto, field string) []string {
	_, rest, _ := strings.Cut(proto, field+" ")
	declaration, _, _ := strings.Cut(rest, ";")
	_, values, _ := strings.Cut(declaration, "in: [")
	list, _, _ := strings.Cut(values, "]")
	var codes []string
	for _, m := range quoted.FindAllStringSubmatch(list, -1) {
		codes = append(codes, m[1])
	}
	return codes
}

// A profile that uses fewer codes than are published names its own.
func TestWhoIsRefusedACodeIsToldThoseInUse(t *testing.T) {
	list := practice.CodeList{{Code: "red"}, {Code: "green"}}
	if got, want := list.Refused(), "is none of the codes in use: red, green"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
