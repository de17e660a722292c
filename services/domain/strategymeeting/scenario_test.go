package strategymeeting_test

import (
	"os"
	"testing"

	"github.com/openmash/mash/services/domain/scenario"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

func runScenarios(t *testing.T, pattern string) {
	t.Helper()
	scenario.Run(t, os.DirFS("testdata/scenarios"), pattern, strategymeeting.Decider(), builder(profile(t)))
}

func TestSOT10_ProposedByAWorkerCalledByTheirManager(t *testing.T) { runScenarios(t, "SOT-10*.txt") }

func TestSOT11_TheCallIsTheRecordedDecision(t *testing.T) { runScenarios(t, "SOT-11*.txt") }

func TestSOT35_AMeetingIsPossibleOutOfHours(t *testing.T) { runScenarios(t, "SOT-35*.txt") }

func TestKEN18_WhoseMeetingItIs(t *testing.T) { runScenarios(t, "KEN-18*.txt") }

func TestKEN23_AMeetingBeforeTheDecision(t *testing.T) { runScenarios(t, "KEN-23*.txt") }

func TestWT03_TheConferenceCountsFromTheFirstDiscussion(t *testing.T) { runScenarios(t, "WT-03*.txt") }

func TestWT04_NoConclusionWithoutTheQuorum(t *testing.T) { runScenarios(t, "WT-04*.txt") }

func TestWT05_WhatAMeetingDecides(t *testing.T) { runScenarios(t, "WT-05*.txt") }

func TestWT06_CoreGroupAndReviews(t *testing.T) { runScenarios(t, "WT-06*.txt") }

func TestHUB02_WhoGetsTheMinutes(t *testing.T) { runScenarios(t, "HUB-02*.txt") }

func TestHUB03_AnswersAreKept(t *testing.T) { runScenarios(t, "HUB-03*.txt") }

func TestHUB05_HandlingIsKept(t *testing.T) { runScenarios(t, "HUB-05*.txt") }

func TestWT05_WhatBecomesOfActions(t *testing.T) { runScenarios(t, "actions.txt") }

func TestAMeetingThatIsMoved(t *testing.T) { runScenarios(t, "moved.txt") }
