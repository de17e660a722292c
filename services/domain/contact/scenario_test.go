package contact_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/scenario"
)

func rule(t *testing.T, id string) {
	t.Helper()
	scenario.Run(t, os.DirFS("testdata/scenarios"), id+"*.txt", askingDecider(), askingBuilder(builder(profile(t))))
}

func TestSOT01_AContactBeginsAsAConversation(t *testing.T) { rule(t, "SOT-01") }
func TestKEN20_ASchoolIsToldOfDomesticAbuse(t *testing.T)  { rule(t, "KEN-20") }
func TestSOT01_ACallIsPutInWriting(t *testing.T)           { rule(t, "written-form") }

// KEN-12: where contacts begin in writing, a professional's call is no way round it.
func TestKEN12_AProfileSaysHowContactsBegin(t *testing.T) {
	p := profile(t)
	p.Beginning = practice.BeginsInWriting
	scenario.Run(t, os.DirFS("testdata/scenarios"), "KEN-12.txt", askingDecider(), askingBuilder(builder(p)))
}

func TestSOT02_ConsentIsStated(t *testing.T)              { rule(t, "SOT-02") }
func TestKEN02_ARequestForSupportIsComplete(t *testing.T) { rule(t, "KEN-02") }
func TestKEN03_TriageByAManagerOnce(t *testing.T)         { rule(t, "KEN-03") }
func TestKEN04_OpenChildrenGoStraightAcross(t *testing.T) { rule(t, "KEN-04") }
func TestKEN05_ATeamOwnsItFromItsArrival(t *testing.T)    { rule(t, "KEN-05") }
func TestKEN06_ANamedWorkerAfterTriage(t *testing.T)      { rule(t, "KEN-06") }
func TestKEN08_AimOfADecisionWithin48Hours(t *testing.T)  { rule(t, "KEN-08") }
func TestKEN09_AimOfTriageThatDay(t *testing.T)           { rule(t, "KEN-09") }
func TestKEN10_UrgentIsOnRecord(t *testing.T)             { rule(t, "KEN-10") }
func TestKEN16_WorkTypes(t *testing.T)                    { rule(t, "KEN-16") }
func TestKEN19_OutOfHours(t *testing.T)                   { rule(t, "KEN-19") }
func TestCIN1510_CheckLetterOfAUPN(t *testing.T)          { rule(t, "CIN-1510") }
func TestCIN8525_OneDateOfBirth(t *testing.T)             { rule(t, "CIN-8525") }
func TestCIN8750_SexOfAnUnbornChild(t *testing.T)         { rule(t, "CIN-8750") }
func TestNHSNumber(t *testing.T)                          { rule(t, "NHS-number") }
func TestDatesThatCanBe(t *testing.T)                     { rule(t, "dates") }
func TestTextInAnyScript(t *testing.T)                    { rule(t, "text") }
func TestDuplicatesAreLinkedAndUnlinked(t *testing.T)     { rule(t, "duplicates") }
func TestHUB03_NoInformationIsLostToAForm(t *testing.T)   { rule(t, "HUB-03") }

// A file that nobody runs would be believed and never checked.
func TestEveryScenarioFileIsRun(t *testing.T) {
	var source []byte
	for _, name := range []string{"scenario_test.go", "consent_scenario_test.go", "information_scenario_test.go", "meeting_test.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	files, err := filepath.Glob("testdata/scenarios/*")
	if err != nil || len(files) < 15 {
		t.Fatalf("got %d files and error %v, want at least 15", len(files), err)
	}
	for _, file := range files {
		id, ok := strings.CutSuffix(filepath.Base(file), ".txt")
		if !ok || !strings.Contains(string(source), `rule(t, "`+id+`")`) && !strings.Contains(string(source), `"`+id+`.txt"`) {
			t.Errorf("%s is run by no test", file)
		}
	}
}
