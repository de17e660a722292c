package contact_test

import "testing"

func TestSOT03_FurtherEnquiriesComeBeforeADecision(t *testing.T) { rule(t, "SOT-03") }
func TestSOT07_AgenciesAreAsked(t *testing.T)                    { rule(t, "SOT-07-requests") }
func TestHUB02_NothingIsAskedWithoutAuthority(t *testing.T)      { rule(t, "HUB-02-requests") }
func TestHaringey_AgenciesAreToldTheRecordedStatus(t *testing.T) { rule(t, "Haringey-status") }
func TestOverdueAnswersAreChased(t *testing.T)                   { rule(t, "chases") }
func TestHUB03_WhatAnAgencyTellsIsNeverLost(t *testing.T)        { rule(t, "HUB-03-shared") }
func TestHUB05_HandlingIsOnRecord(t *testing.T)                  { rule(t, "HUB-05") }
func TestSOT09_WhatWasSharedIsAnalysed(t *testing.T)             { rule(t, "SOT-09") }
func TestSOT10_SignificantHarmIsAlwaysAnswered(t *testing.T)     { rule(t, "SOT-10") }
func TestSOT04_OutcomesNameADestination(t *testing.T)            { rule(t, "SOT-04") }
func TestKEN01_LevelThreeAndAboveGoesToAService(t *testing.T)    { rule(t, "KEN-01") }
func TestKEN07_ADecisionHasItsRationale(t *testing.T)            { rule(t, "KEN-07") }
func TestKEN11_ARefusalNeverStopsAReferral(t *testing.T)         { rule(t, "KEN-11-referral") }
func TestKEN17_Destinations(t *testing.T)                        { rule(t, "KEN-17") }
func TestDecisionsAreSignedOffBySomebodyElse(t *testing.T)       { rule(t, "sign-off") }
func TestSOT05_EveryContactEndsWithAResponse(t *testing.T)       { rule(t, "SOT-05") }
func TestWT01_TheReferrerHearsWithinAWorkingDay(t *testing.T)    { rule(t, "WT-01") }
func TestKEN15_ReferrersHearWhatTheyNeed(t *testing.T)           { rule(t, "KEN-15") }
func TestReopenedContactsAreInTheQueueAgain(t *testing.T)        { rule(t, "reopening") }
