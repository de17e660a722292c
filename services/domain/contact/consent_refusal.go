package contact

// The reasons of the refusals about consent, published. Those of what consents
// and overrides cover are in package authority.
const (
	ReasonHolderNotRecorded   = "HOLDER_NOT_RECORDED"
	ReasonConsentNotRecorded  = "CONSENT_NOT_RECORDED"
	ReasonConsentNotInForce   = "CONSENT_NOT_IN_FORCE"
	ReasonAlreadyRecorded     = "ALREADY_RECORDED"
	ReasonNotDue              = "NOT_DUE"
	ReasonNotRefused          = "NOT_REFUSED"
	ReasonOverrideNotRecorded = "OVERRIDE_NOT_RECORDED"
	ReasonOverrideDecided     = "OVERRIDE_ALREADY_DECIDED"
	ReasonOverrideNotInForce  = "OVERRIDE_NOT_IN_FORCE"
	ReasonProposerDecides     = "PROPOSER_MAY_NOT_DECIDE"
	ReasonRefusedSince        = "REFUSED_SINCE_PROPOSED"
	ReasonReviewNotLater      = "REVIEW_NOT_LATER"
)

func holderNotRecorded() error {
	return refuse(ReasonHolderNotRecorded, "SOT-07", "no such holder of parental responsibility is on record", "record who has parental responsibility first")
}

func consentNotRecorded() error {
	return refuse(ReasonConsentNotRecorded, "", "no such consent is on record", "check the consent's id")
}

func consentNotInForce() error {
	return refuse(ReasonConsentNotInForce, "HUB-02", "the consent is not in force: it was not given, was taken back, or has come to its end", "record what the holder says now as a refusal or a new consent")
}

func alreadyRecorded() error {
	return refuse(ReasonAlreadyRecorded, "", "exactly that is on record already", "leave it, or record what is different")
}

func notDue() error {
	return refuse(ReasonNotDue, "HUB-02", "it has not come to its end yet", "try again when it has")
}

func notRefused() error {
	return refuse(ReasonNotRefused, "KEN-11", "one of the consents is neither refused nor taken back", "name refusals and withdrawals only")
}

func overrideNotRecorded() error {
	return refuse(ReasonOverrideNotRecorded, "", "no such override is on record", "check the override's id")
}

func overrideDecided() error {
	return refuse(ReasonOverrideDecided, "SOT-08", "the override was decided on", "review it, or propose another one")
}

func overrideNotInForce() error {
	return refuse(ReasonOverrideNotInForce, "SOT-08", "the override is not in force: it was not approved, was ended, or has come to its end", "propose a new one, if it is still needed")
}

func proposerDecides() error {
	return refuse(ReasonProposerDecides, "HUB-01", "who proposed the override does not approve it, in whatever role", "ask another manager")
}

func refusedSince() error {
	return refuse(ReasonRefusedSince, "SOT-08", "a refusal stands for one of the children that the proposal does not name", "decline it, and have it proposed again with that refusal weighed")
}

func reviewNotLater() error {
	return refuse(ReasonReviewNotLater, "SOT-08", "the override is to be looked at again by then already, or ends before", "leave it, or end it")
}
