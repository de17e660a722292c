package practice

import (
	"slices"
	"strings"
)

// Code is one entry of a coded list. Codes are published: events and messages
// hold them for ever, so a code is never given another meaning.
type Code struct {
	// Code is what is stored and sent.
	Code string
	// Name is for people.
	Name string
	// Rule is the rule that gives the entry, or empty.
	Rule string
}

// CodeList is a list of codes in the order in which people see it.
type CodeList []Code

// Has reports whether the list holds the code.
func (l CodeList) Has(code string) bool {
	return slices.ContainsFunc(l, func(c Code) bool { return c.Code == code })
}

// Name gives the name of a code, or the code itself when the list does not hold
// it: a list in use may be shorter than what is on record.
func (l CodeList) Name(code string) string {
	for _, c := range l {
		if c.Code == code {
			return c.Name
		}
	}
	return code
}

// Codes gives the codes alone.
func (l CodeList) Codes() []string {
	codes := make([]string, len(l))
	for i, c := range l {
		codes[i] = c.Code
	}
	return codes
}

// Refused says of a code that it is none of the list's, and which are: whoever is
// refused one has to find the right one, and a profile may use fewer than are
// published.
func (l CodeList) Refused() string {
	return "is none of the codes in use: " + strings.Join(l.Codes(), ", ")
}

// Ratings of urgency, the most urgent first. Unrated stands for no rating yet.
const (
	Red     = "red"
	Amber   = "amber"
	Green   = "green"
	Unrated = ""
)

// Ratings are the published ratings, the most urgent first.
func Ratings() CodeList {
	return CodeList{{Red, "Red", "KEN-03"}, {Amber, "Amber", "KEN-03"}, {Green, "Green", "KEN-03"}}
}

// Stances of a referrer on consent: a statement about what was done before the
// hub was contacted, never itself a consent. Not sought needs its reason.
const (
	ConsentGiven     = "given"
	ConsentRefused   = "refused"
	ConsentNotSought = "not-sought"
	ConsentNotKnown  = "not-known"
)

// ConsentStances are the published stances.
func ConsentStances() CodeList {
	return CodeList{
		{ConsentGiven, "Sought and given", "SOT-02"},
		{ConsentRefused, "Sought and refused", "KEN-11"},
		{ConsentNotSought, "Not sought: it would place the child at risk of significant harm", "SOT-02"},
		{ConsentNotKnown, "The referrer cannot say", "HUB-03"},
	}
}

// Sectors are the published kinds of agency.
func Sectors() CodeList {
	return CodeList{
		{"police", "Police", "SOT-06"},
		{"health", "Health", "SOT-06"},
		{"education", "Education", "SOT-06"},
		{"probation", "Probation", "SOT-06"},
		{"housing", "Housing", "SOT-06"},
		{"social-care", "Children's social care of the local authority", "SOT-06"},
		{"early-help", "Early help", "KEN-17"},
		{"family-courts", "Family courts", "KEN-17"},
		{"youth-justice", "Youth justice", "KEN-16"},
		{"voluntary", "Voluntary and community", "KEN-16"},
	}
}

// TriageActions are the published directions of a triage.
func TriageActions() CodeList {
	return CodeList{
		{"family-history", "Analyse the family's history", "KEN-06"},
		{"speak-to-referrer", "Speak with the referrer", "KEN-06"},
		{"speak-to-family", "Speak with the family", "KEN-06"},
		{"speak-to-professionals", "Speak with the professionals involved", "KEN-06"},
		{"agency-checks", "Ask other agencies", "KEN-06"},
		{"strategy-discussion", "Hold a strategy discussion", "KEN-18"},
		{"pass-to-early-help", "Pass to early help", "KEN-07"},
		{"advice-to-referrer", "Advise the referrer", "KEN-01"},
		{"other", "As the directions say", "KEN-03"},
	}
}

// Destinations are the published places that a decision can send work to.
func Destinations() CodeList {
	return CodeList{
		{"family-help", "Family Help", "SOT-04"},
		{"family-safeguarding", "Family Safeguarding", "SOT-04"},
		{"childrens-social-work", "Children's social work team", "KEN-17"},
		{"disabled-children", "Disabled children's team", "KEN-17"},
		{"young-peoples-service", "Young People's Service", "SOT-04"},
		{"early-help", "District early help (level 3)", "KEN-17"},
		{"lado", "Local authority designated officer", "KEN-17"},
		{"occupational-therapy", "Occupational therapy", "KEN-17"},
		{"unaccompanied-children", "Service for unaccompanied asylum-seeking children", "KEN-17"},
		{"youth-justice", "Youth justice", "KEN-17"},
		{"information-answer", "Answer to CAFCASS or SEN", "KEN-17"},
		{"fostering-post-adoption", "Fostering and post-adoption", "KEN-17"},
		{"adult-safeguarding", "Adult safeguarding (out of hours)", "KEN-17"},
		{"advice", "Advice, with steps agreed with the referrer", "SOT-04"},
	}
}

// ReferralSources are the sources of the children in need census from 2024 on.
func ReferralSources() CodeList {
	return CodeList{
		{"1A", "Individual: family member, relative or carer", ""},
		{"1B", "Individual: acquaintance, including neighbours and child minders", ""},
		{"1C", "Individual: self", ""},
		{"1D", "Individual: other, including strangers", ""},
		{"2A", "Schools", ""},
		{"2B", "Education services", ""},
		{"3A", "Health services: general practitioner", ""},
		{"3B", "Health services: health visitor", ""},
		{"3C", "Health services: school nurse", ""},
		{"3D", "Health services: other primary health services", ""},
		{"3E", "Health services: accident and emergency", ""},
		{"3F", "Health services: other, for example a hospice", ""},
		{"4", "Housing: local authority or housing association", ""},
		{"5A", "Local authority: social care, for example adults'", ""},
		{"5B", "Local authority: other department, for example youth offending", ""},
		{"5C", "Local authority: external, for example another authority's social care", ""},
		{"5D", "Local authority: early help", ""},
		{"6", "Police", ""},
		{"7", "Other legal agency: courts, probation, immigration, CAFCASS or prison", ""},
		{"8", "Other: children's centres, independent and voluntary organisations", ""},
		{"9", "Anonymous", ""},
		{"10", "Unknown", ""},
	}
}
