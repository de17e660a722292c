package contact_test

import "testing"

func TestSOT07_GatheredWithTheConsentOfThoseWhoMayGiveIt(t *testing.T) { rule(t, "SOT-07-consent") }
func TestSOT08_AnOverrideIsAManagersDecision(t *testing.T)             { rule(t, "SOT-08") }
func TestSOT32_OutOfHoursTheOnCallSeniorManagerDecides(t *testing.T)   { rule(t, "SOT-32") }
func TestROC03_AnAgencyDecidesWithItsOwnLineManager(t *testing.T)      { rule(t, "ROC-03") }
func TestHUB01_WhoAsksForAnOverrideNeverApprovesIt(t *testing.T)       { rule(t, "HUB-01") }
func TestHUB02_NothingOutsideAScopeInForce(t *testing.T)               { rule(t, "HUB-02-scope") }
func TestKEN11_AgreementToEngageIsAnotherThing(t *testing.T)           { rule(t, "KEN-11-engagement") }
func TestKEN25_AgreementIsSoughtUnlessThatIsTheRisk(t *testing.T)      { rule(t, "KEN-25") }
func TestHaringey_NoConsentAndNoDecisionNoQuestion(t *testing.T)       { rule(t, "Haringey-consent") }
func TestDecisionsNotToShareAndTheLawfulBasis(t *testing.T)            { rule(t, "not-shared") }
