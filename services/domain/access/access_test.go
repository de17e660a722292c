package access_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openmash/mash/services/domain/access"
)

// The page a data protection officer reads. It is edited by hand and reviewed
// as a decision; the code has to agree with it, not the other way round.
//
//go:embed testdata/matrix.md
var page string

func TestMatrixIsThePageThatWasReviewed(t *testing.T) {
	if diff := cmp.Diff(page, access.Matrix()); diff != "" {
		t.Errorf("the matrix is not testdata/matrix.md (-reviewed +code):\n%s", diff)
	}
}

// Every cell of the page is asked of Can, so a rendering that is right beside a
// function that is wrong is found.
func TestEveryCellOfThePage(t *testing.T) {
	var header []string
	cells, yes := 0, 0
	for line := range strings.Lines(page) {
		columns := strings.Split(strings.Trim(strings.TrimSpace(line), "| "), " | ")
		switch {
		case len(columns) > 3 && columns[0] == "action":
			header = columns
		case len(columns) > 3 && columns[0] != "---":
			for i, cell := range columns[1:] {
				role, action := access.Role(header[i+1]), access.Action(columns[0])
				got, reason := access.Can(role, action)
				if want := cell == "yes"; got != want || reason == "" {
					t.Errorf("%s, %s: got %t (%q), the page says %s", role, action, got, reason, cell)
				}
				cells++
				if cell == "yes" {
					yes++
				}
			}
		}
	}
	if want := len(access.Roles()) * len(access.Actions()); cells != want {
		t.Errorf("the page has %d cells, want %d", cells, want)
	}
	t.Logf("%d cells, %d of them yes", cells, yes)
}

func TestKEN03_OnlyAManagerOrSeniorPractitionerTriagesAndRates(t *testing.T) {
	may := map[access.Role]bool{access.TeamManager: true, access.SeniorPractitioner: true, access.OnCallSeniorManager: true}
	for _, role := range access.Roles() {
		for _, action := range []access.Action{access.ContactTriage, access.ContactRate} {
			got, reason := access.Can(role, action)
			if got != may[role] {
				t.Errorf("%s, %s: got %t, want %t", role, action, got, may[role])
			}
			if !strings.Contains(reason, "KEN-03") {
				t.Errorf("%s, %s: the reason %q does not name KEN-03", role, action, reason)
			}
		}
	}
}

func TestSOT08_OnlyManagersDecideOnOverrides(t *testing.T) {
	may := map[access.Role]bool{access.TeamManager: true, access.OnCallSeniorManager: true}
	for _, role := range access.Roles() {
		for _, action := range []access.Action{access.OverrideDecide, access.OverrideReview} {
			if got, reason := access.Can(role, action); got != may[role] || !strings.Contains(reason, "SOT-08") {
				t.Errorf("%s, %s: got %t (%q), want %t and SOT-08 named", role, action, got, reason, may[role])
			}
		}
	}
}

func TestWhatIsNotNamedIsDenied(t *testing.T) {
	for _, tc := range []struct {
		role   access.Role
		action access.Action
	}{
		{"", access.HealthRead},
		{"Team-Manager", access.ContactTriage},
		{"team-manager ", access.ContactTriage},
		{access.TeamManager, ""},
		{access.TeamManager, "contact.erase"},
		{"root", "contact.erase"},
	} {
		if ok, reason := access.Can(tc.role, tc.action); ok || reason == "" {
			t.Errorf("%q, %q: got %t (%q), want a denial with its reason", tc.role, tc.action, ok, reason)
		}
	}
}

func TestThoseWithoutATokenGetHealthAndReflectionOnly(t *testing.T) {
	for _, action := range access.Actions() {
		want := action == access.HealthRead || action == access.ReflectionRead
		if got, _ := access.Can(access.Anonymous, action); got != want {
			t.Errorf("anonymous, %s: got %t, want %t", action, got, want)
		}
	}
}

func TestOperatorsSeeNothingAboutPeople(t *testing.T) {
	for _, action := range []access.Action{access.QueueRead, access.ContactRead, access.EventsRead} {
		if ok, _ := access.Can(access.Operator, action); ok {
			t.Errorf("operator, %s: permitted", action)
		}
	}
}

// Decisions are audited by people who can look at all that led to them, and change nothing.
func TestKEN22_AnAuditorSeesDecisionsAndTakesNone(t *testing.T) {
	reads := []access.Action{
		access.ContactRead, access.ConsentTrailRead, access.OverridesRead, access.EventsRead, access.AuditReplay, access.ProjectionsRead,
		access.HealthRead, access.ReflectionRead,
	}
	for _, action := range access.Actions() {
		may, _ := access.Can(access.Auditor, action)
		if slices.Contains(reads, action) && !may {
			t.Errorf("%s: an auditor may not", action)
		}
		if may && !slices.Contains(reads, action) && !strings.HasSuffix(string(action), ".read") && !strings.HasSuffix(string(action), ".verify") {
			t.Errorf("%s: an auditor may, and it is no way of reading", action)
		}
	}
}

func TestNoCallerCanChangeTheTable(t *testing.T) {
	access.Roles()[0] = "intruder"
	access.Actions()[0] = "anything"
	if access.Role("intruder").Known() || access.Actions()[0] == "anything" {
		t.Error("a returned slice is the table's own")
	}
}

func TestPersonValidate(t *testing.T) {
	for _, tc := range []struct {
		name   string
		person access.Person
		ok     bool
	}{
		{"a manager", access.Person{ID: "p-0412", Role: access.TeamManager, Team: "front-door"}, true},
		{"a system without a team", access.Person{ID: "kent-police:rms@1", Role: access.AgencySystem}, true},
		{"no id", access.Person{Role: access.TeamManager}, false},
		{"an unknown role", access.Person{ID: "p-1", Role: "boss"}, false},
		{"no role", access.Person{ID: "p-1"}, false},
		{"a line end in the id", access.Person{ID: "p-1\r\nrole: auditor", Role: access.Analyst}, false},
		{"a space in the team", access.Person{ID: "p-1", Role: access.Analyst, Team: "front door"}, false},
		{"a letter that looks like another", access.Person{ID: "р-1", Role: access.Analyst}, false},
		{"an endless id", access.Person{ID: strings.Repeat("a", 129), Role: access.Analyst}, false},
	} {
		err := tc.person.Validate()
		if (err == nil) != tc.ok {
			t.Errorf("%s: got %v, want ok %t", tc.name, err, tc.ok)
		}
		if err != nil && tc.person.ID != "" && strings.Contains(err.Error(), tc.person.ID) {
			t.Errorf("%s: the error repeats the id", tc.name)
		}
	}
}
