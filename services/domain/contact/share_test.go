package contact_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/lawtest"
	"github.com/openmash/mash/services/domain/scenario"
)

func statement(h *eventpb.Handling) *eventpb.Statement {
	words := &eventpb.NarrativePart{About: []string{"s1"}, Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: "He was seen there."}}}
	return &eventpb.Statement{StatementId: "1", Subjects: []string{"s1"}, Category: "police-and-offending", Words: words, Kind: "fact", Source: "witnessed",
		Known: &eventpb.Occurrence{At: timestamppb.New(time.Unix(1_780_000_000, 0)), Precision: "instant"}, Handling: h}
}

// Every row is a marking, and what the front door, the sharing agency, another
// agency and the family see of it: all, the words without their source, nothing.
func TestHUB05_WhatAViewerSees(t *testing.T) {
	viewers := []contact.Viewer{contact.FrontDoor(), contact.Agency("kent-police"), contact.Agency("kent-health"), contact.Family(), {}, contact.Agency("")}
	for name, tc := range map[string]struct {
		handling *eventpb.Handling
		want     [4]string
	}{
		"no marking":                  {&eventpb.Handling{}, [4]string{"all", "all", "all", "all"}},
		"not to the family":           {&eventpb.Handling{NotToFamily: true}, [4]string{"all", "all", "all", "nothing"}},
		"not to agencies":             {&eventpb.Handling{NotToAgencies: true}, [4]string{"all", "all", "nothing", "all"}},
		"to nobody else":              {&eventpb.Handling{NotToFamily: true, NotToAgencies: true}, [4]string{"all", "all", "nothing", "nothing"}},
		"source protected":            {&eventpb.Handling{ProtectSource: true}, [4]string{"all", "all", "words", "nothing"}},
		"protected, not to agencies":  {&eventpb.Handling{ProtectSource: true, NotToAgencies: true}, [4]string{"all", "all", "nothing", "nothing"}},
		"police code P":               {&eventpb.Handling{PoliceCode: "P"}, [4]string{"all", "all", "all", "all"}},
		"P, not to the family":        {&eventpb.Handling{PoliceCode: "P", NotToFamily: true}, [4]string{"all", "all", "all", "nothing"}},
		"police code C":               {&eventpb.Handling{PoliceCode: "C"}, [4]string{"all", "all", "nothing", "nothing"}},
		"a code of a later release":   {&eventpb.Handling{PoliceCode: "X"}, [4]string{"all", "all", "nothing", "nothing"}},
		"a statement never handled":   {nil, [4]string{"all", "all", "nothing", "nothing"}},
		"C with its source protected": {&eventpb.Handling{PoliceCode: "C", ProtectSource: true}, [4]string{"all", "all", "nothing", "nothing"}},
	} {
		for i, viewer := range viewers {
			want := "nothing"
			if i < 4 {
				want = tc.want[i]
			}
			view, ok := contact.Visible("kent-police", statement(tc.handling), viewer)
			if got := sight(t, view, ok, statement(tc.handling)); got != want {
				t.Errorf("%s, viewer %d: got %s, want %s", name, i, got, want)
			}
		}
	}
}

// sight names what a view shows, and fails on one that shows neither all nor the
// words alone.
func sight(t *testing.T, view contact.View, ok bool, whole *eventpb.Statement) string {
	t.Helper()
	if !ok {
		if diff := cmp.Diff(contact.View{}, view, protocmp.Transform()); diff != "" {
			t.Errorf("what may not be seen is handed out:\n%s", diff)
		}
		return "nothing"
	}
	if view.Agency != "" && cmp.Equal(whole, view.Statement, protocmp.Transform()) {
		return "all"
	}
	bare := &eventpb.Statement{StatementId: "1", Subjects: whole.GetSubjects(), Words: whole.GetWords(), Kind: whole.GetKind(),
		Handling: &eventpb.Handling{ProtectSource: true, NotToFamily: whole.GetHandling().GetNotToFamily()}}
	if diff := cmp.Diff(bare, view.Statement, protocmp.Transform()); diff != "" || view.Agency != "" {
		t.Errorf("agency %q and a statement that is not the words alone (-want +got):\n%s", view.Agency, diff)
	}
	return "words"
}

// Whatever is marked, and whatever the statement holds: a marking never shows
// more than its absence, and a viewer's copy is theirs to change.
func TestHUB05_LawMarkingsOnlyHide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &eventpb.Statement{}
		lawtest.Fill(t, s, vocabulary...)
		viewer := rapid.SampledFrom([]contact.Viewer{contact.Family(), contact.Agency("a"), contact.Agency("b"), contact.FrontDoor(), {}}).Draw(t, "viewer")
		view, ok := contact.Visible("a", s, viewer)
		h := s.GetHandling()
		switch {
		case ok && viewer == contact.Viewer{}:
			t.Fatal("nobody sees it")
		case ok && viewer == contact.Family() && (h == nil || h.GetNotToFamily() || h.GetProtectSource() || h.GetPoliceCode() == "C"):
			t.Fatal("the family sees what is not for it")
		case ok && viewer == contact.Agency("b") && (h == nil || h.GetNotToAgencies() || h.GetPoliceCode() == "C"):
			t.Fatal("another agency sees what is not for it")
		case ok && viewer == contact.Agency("b") && h.GetProtectSource() && (view.Agency != "" || view.Statement.GetSource() != "" || view.Statement.GetCategory() != ""):
			t.Fatal("a protected source can be told")
		case !ok && (viewer == contact.FrontDoor() || viewer == contact.Agency("a")):
			t.Fatal("the front door and who shared it see all of it")
		}
		if ok && view.Statement == s {
			t.Fatal("the view is the record itself")
		}
	})
}

// What the hub gives to its process is what that gives back, and nothing else is.
func TestOverdueIsWhatIsToBeChased(t *testing.T) {
	const file = `scenario: two questions
given receive at Mon 2026-03-02 10:00
given triage at Mon 2026-03-02 10:30 as team-manager
  rating: amber
  actions: agency-checks
given record holder at Mon 2026-03-02 11:05 as social-worker
given record consent at Mon 2026-03-02 11:10 as social-worker
  scope: s1 | kent-police, kent-health | police-and-offending | safeguarding-assessment
given request information at Mon 2026-03-02 11:30 as social-worker
  ask: kent-police | s1 | police-and-offending; kent-health | s1 | police-and-offending
given share at Mon 2026-03-02 14:00 as agency-system
  agency: kent-health
  request: r1
  answer: nothing-known
when request information at Mon 2026-03-02 12:30 as social-worker
then nothing
`
	state := given(t, file)
	due := time.Date(2026, 3, 3, 9, 30, 0, 0, time.UTC)
	if got := contact.Overdue(state, due); len(got) != 0 {
		t.Errorf("at the due time: got %v, want nothing", got)
	}
	got := contact.Overdue(state, due.Add(time.Second))
	if len(got) != 1 || got[0].Agency != "kent-police" || got[0].RequestID != "r1" || !got[0].DueAt.Equal(due) {
		t.Errorf("after it: got %+v, want the question to kent-police", got)
	}
	for _, agency := range []string{"kent-police", "kent-health", "kent-schools"} {
		if got, want := state.Stands("r1", agency, due), agency == "kent-police"; got != want {
			t.Errorf("the question to %s stands: got %t, want %t", agency, got, want)
		}
	}
}

// given gives the state after the givens of a scenario.
func given(t *testing.T, file string) contact.State {
	t.Helper()
	scenarios, err := scenario.Read(fstest.MapFS{"a.txt": {Data: []byte(file)}}, "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	state, build := contact.Initial(), builder(profile(t))
	for _, step := range scenarios[0].Given {
		command, err := build(step)
		if err != nil {
			t.Fatal(err)
		}
		events, err := contact.Decide(command, state)
		if err != nil {
			t.Fatalf("line %d: %v", step.Line, err)
		}
		for _, event := range events {
			if state, err = contact.Evolve(state, event); err != nil {
				t.Fatal(err)
			}
		}
	}
	return state
}
