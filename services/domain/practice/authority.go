package practice

import (
	"fmt"
	"time"
)

// Purposes for which information is gathered and shared.
func Purposes() CodeList {
	return CodeList{
		{"safeguarding-assessment", "Decide what help or protection the child needs", "SOT-07"},
		{"strategy-discussion", "Hold a strategy discussion", "SOT-10"},
		{"early-help", "Offer early help", "KEN-11"},
		{"referral-to-service", "Pass the child on to a service", "KEN-17"},
		{"locate-child", "Find a child whose whereabouts are not known", "KEN-16"},
	}
}

// Categories of information.
func Categories() CodeList {
	return CodeList{
		{"family-and-household", "Family and household", "SOT-07"},
		{"social-care-history", "Earlier contacts and social care", "SOT-07"},
		{"physical-health", "Physical health", "SOT-07"},
		{"mental-health", "Mental health", "SOT-07"},
		{"education-and-attendance", "Education and attendance", "SOT-07"},
		{"police-and-offending", "Police involvement and offending", "SOT-07"},
		{"domestic-abuse", "Domestic abuse", "KEN-20"},
		{"substance-misuse", "Substance misuse", "SOT-45"},
		{"housing-and-finance", "Housing and money", "SOT-07"},
		{"probation", "Probation", "SOT-07"},
		{"exploitation-and-missing", "Exploitation and missing episodes", "SOT-43"},
	}
}

// Means are the ways in which a holder of parental responsibility is asked.
func Means() CodeList {
	return CodeList{
		{"in-person", "In person", ""}, {"telephone", "By telephone", ""}, {"video", "By video call", ""},
		{"letter", "By letter", ""}, {"email", "By email", ""}, {"through-referrer", "Through the referrer", "SOT-02"},
	}
}

// Evidence is what shows that something was said.
func Evidence() CodeList {
	return CodeList{
		{"signed-form", "Signed form", ""}, {"recorded-call", "Recorded call", ""},
		{"note-of-conversation", "Note of a conversation", ""}, {"email", "Email", ""}, {"none", "Nothing", ""},
	}
}

// ChildCompetent is the basis of a child who may decide for themselves: it needs
// no one else's responsibility.
const ChildCompetent = "child-competent"

// HolderBases are what parental responsibility rests on (Children Act 1989,
// sections 2 to 5 and 33; Adoption and Children Act 2002).
func HolderBases() CodeList {
	return CodeList{
		{"mother", "Mother", ""},
		{"father-married", "Father, married to the mother", ""},
		{"father-registered", "Father, on the birth register", ""},
		{"second-parent", "Second female parent", ""},
		{"agreement", "Parental responsibility agreement", ""},
		{"court-order", "Court order", ""},
		{"special-guardian", "Special guardian", ""},
		{"adoption", "Adoptive parent", ""},
		{"testamentary-guardian", "Guardian appointed on a death", ""},
		{"care-order", "Local authority under a care order", ""},
		{ChildCompetent, "The child, who may decide for themselves", ""},
	}
}

// OverrideReasons are why consent is not relied on: the three of the Data
// Protection Act 2018, Schedule 1, paragraph 18.
func OverrideReasons() CodeList {
	return CodeList{
		{"cannot-be-given", "Consent cannot be given", "SOT-08"},
		{"cannot-reasonably-be-obtained", "It cannot reasonably be expected that consent is obtained", "SOT-08"},
		{"would-prejudice-protection", "Seeking consent would prejudice the protection of the child", "SOT-08"},
	}
}

// AgencyReasons are why an agency goes on without consent.
func AgencyReasons() CodeList {
	return CodeList{
		{"cannot-be-had", "Consent cannot be had, and delay would be detrimental", "ROC-03"},
		{"raises-risk", "Seeking it would raise the risk of significant harm", "ROC-03"},
	}
}

// Regimes of data protection law. What the police process for law enforcement
// has bases of its own.
const (
	RegimeGeneral        = "uk-gdpr"
	RegimeLawEnforcement = "dpa-2018-part-3"
)

// LawfulBases are the bases that can be relied on under a regime; nil for a
// regime that is not known.
func LawfulBases(regime string) CodeList {
	switch regime {
	case RegimeGeneral:
		return CodeList{
			{"uk-gdpr-6-1-a", "UK GDPR article 6(1)(a): consent", ""},
			{"uk-gdpr-6-1-c", "UK GDPR article 6(1)(c): legal obligation", ""},
			{"uk-gdpr-6-1-d", "UK GDPR article 6(1)(d): vital interests", ""},
			{"uk-gdpr-6-1-e", "UK GDPR article 6(1)(e): public task", ""},
			{"uk-gdpr-6-1-f", "UK GDPR article 6(1)(f): legitimate interests", ""},
			{"uk-gdpr-9-2-b", "UK GDPR article 9(2)(b): social protection law", ""},
			{"uk-gdpr-9-2-c", "UK GDPR article 9(2)(c): vital interests", ""},
			{"uk-gdpr-9-2-g", "UK GDPR article 9(2)(g): substantial public interest", ""},
			{"uk-gdpr-9-2-h", "UK GDPR article 9(2)(h): health or social care", ""},
			{"dpa-2018-sch1-para18-i", "DPA 2018 schedule 1 paragraph 18: consent cannot be given", ""},
			{"dpa-2018-sch1-para18-ii", "DPA 2018 schedule 1 paragraph 18: consent cannot reasonably be obtained", ""},
			{"dpa-2018-sch1-para18-iii", "DPA 2018 schedule 1 paragraph 18: seeking consent would prejudice protection", ""},
			{"children-act-1989-s17", "Children Act 1989 section 17: child in need", ""},
			{"children-act-1989-s27", "Children Act 1989 section 27: help between authorities", ""},
			{"children-act-1989-s47", "Children Act 1989 section 47: enquiries", ""},
			{"children-act-2004-s10", "Children Act 2004 section 10: cooperation", ""},
			{"children-act-2004-s11", "Children Act 2004 section 11: safeguarding", ""},
		}
	case RegimeLawEnforcement:
		return CodeList{
			{"dpa-2018-s35", "DPA 2018 section 35: law enforcement, based on law", ""},
			{"dpa-2018-sch8-para4", "DPA 2018 schedule 8 paragraph 4: safeguarding of children", ""},
		}
	}
	return nil
}

// Regimes are those of [LawfulBases].
func Regimes() []string { return []string{RegimeGeneral, RegimeLawEnforcement} }

// Para18 gives the reason for an override that a basis of paragraph 18 states;
// false for every other basis.
func Para18(basis string) (reason string, ok bool) {
	reason, ok = map[string]string{
		"dpa-2018-sch1-para18-i":   "cannot-be-given",
		"dpa-2018-sch1-para18-ii":  "cannot-reasonably-be-obtained",
		"dpa-2018-sch1-para18-iii": "would-prejudice-protection",
	}[basis]
	return reason, ok
}

// Statuses of a case as agencies are told them.
const (
	StatusContact            = "contact"
	StatusTriaged            = "triaged"
	StatusStrategyDiscussion = "strategy-discussion"
	StatusSection47          = "section-47"
)

// Statuses are the published statuses, the least grave first.
func Statuses() CodeList {
	return CodeList{
		{StatusContact, "A contact, on which nothing is decided yet", "SOT-03"},
		{StatusTriaged, "Triaged: enquiries are made before a decision", "KEN-03"},
		{StatusStrategyDiscussion, "A strategy discussion was directed or called", "KEN-18"},
		{StatusSection47, "Enquiries under section 47 were started by a strategy discussion", "WT-05"},
	}
}

// OverrideLimits bound what a manager may approve.
type OverrideLimits struct {
	// Validity is how long an override may be in force at the most.
	Validity Reckoning
	// Review is within what time it is looked at again.
	Review Reckoning
}

// OverrideLimits gives the latest end and the latest review of an override that
// is decided or reviewed at that time. A day beyond the table of bank holidays
// is a *worktime.CoverageError.
func (p Profile) OverrideLimits(at time.Time) (end, review time.Time, err error) {
	schedule, err := p.Schedule()
	if err != nil {
		return time.Time{}, time.Time{}, fmt.Errorf("profile %s: %w", p, err)
	}
	at = at.Round(0).In(schedule.Zone)
	if end, err = p.Overrides.Validity.add(schedule, at); err != nil {
		return time.Time{}, time.Time{}, fmt.Errorf("profile %s: end of an override: %w", p, err)
	}
	if review, err = p.Overrides.Review.add(schedule, at); err != nil {
		return time.Time{}, time.Time{}, fmt.Errorf("profile %s: review of an override: %w", p, err)
	}
	return end, review, nil
}
