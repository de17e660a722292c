package scenario_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/scenario"
)

const good = `# about doors
scenario: a door is opened
given knock at Sun 2026-03-29 00:30
when open at Sun 2026-03-29 02:30 as team-manager
  how: slowly: with a key
then DoorOpened
  how: slowly
then nothing
`

func read(text string) ([]scenario.Scenario, error) {
	return scenario.Read(fstest.MapFS{"a.txt": {Data: []byte(text)}}, "*.txt")
}

func TestReadKeepsWhatTheFileSays(t *testing.T) {
	all, err := read(good)
	if err != nil {
		t.Fatal(err)
	}
	s := all[0]
	if len(all) != 1 || s.Name != "a door is opened" || s.Line != 2 || len(s.Given) != 1 || s.When.Verb != "open" || s.When.Role != "team-manager" {
		t.Errorf("got %+v", s)
	}
	if f := s.When.Fields; len(f) != 1 || f[0].Name != "how" || f[0].Value != "slowly: with a key" || f[0].Line != 5 {
		t.Errorf("fields of the when: %+v", f)
	}
	// The clocks go forward that night, so two hours on the wall are one.
	if got := s.When.At.Sub(s.Given[0].At).Hours(); got != 1 {
		t.Errorf("%v hours from given to when, want 1", got)
	}
}

// A file with a slip in it must not pass for a shorter file.
func TestReadRefusesASlip(t *testing.T) {
	for name, tc := range map[string]struct{ from, to, want string }{
		"the wrong weekday":           {"given knock at Sun", "given knock at Mon", "a.txt:3: 2026-03-29 is a Sunday"},
		"no time":                     {" at Sun 2026-03-29 00:30", "", "a.txt:3: given without a time"},
		"a word that is none":         {"when open", "whn open", "a.txt:4: neither scenario"},
		"a then that says too much":   {"then DoorOpened", "then DoorOpened slowly indeed", "a.txt:6: then names"},
		"nothing that is to follow":   {"then DoorOpened\n  how: slowly\nthen nothing\n", "", "has no when or no then"},
		"no scenario":                 {good, "# soon\n", "there is no scenario"},
		"a given after the when":      {"then nothing", "given knock at Sun 2026-03-29 00:30", "after the scenario's when"},
		"a then before the when":      {"given knock", "then nothing\ngiven knock", "then before a when"},
		"a scenario cut off by a new": {"then DoorOpened", "scenario: next\nthen DoorOpened", "has no when or no then"},
	} {
		text := strings.Replace(good, tc.from, tc.to, 1)
		if text == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
	if _, err := scenario.Read(fstest.MapFS{}, "*.txt"); err == nil {
		t.Error("a pattern that no file matches passed")
	}
}

func TestFlattenShowsWhatIsThere(t *testing.T) {
	got := scenario.Flatten(&eventpb.ContactTriaged{
		Rating: "red", Actions: []string{"a", "b"},
		Directions: &eventpb.NarrativePart{About: []string{"s1"}, Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: "one\ntwo"}}},
		Clocks: []*eventpb.Clock{
			{Kind: "decision", DueAt: timestamppb.New(must(t).When.At)}, {Kind: "decision"},
		},
	})
	for path, want := range map[string]string{
		"rating": "red", "actions": "a, b", "team": "none", "directions.text": "one⏎two", "directions.about": "s1",
		"clocks[decision].due_at": "Sun 2026-03-29 02:30", "clocks[decision 2].kind": "decision",
	} {
		if got[path] != want {
			t.Errorf("%s: got %q, want %q", path, got[path], want)
		}
	}
	if value, ok := got["triaged_at"]; ok {
		t.Errorf("a time that is not set is shown as %s", value)
	}
}

func must(t *testing.T) scenario.Scenario {
	t.Helper()
	all, err := read(good)
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}
