package practice

import (
	"fmt"
	"strings"
)

// A published list, as [Page] shows it.
type published struct {
	name, where string
	list        CodeList
}

// Page gives all published code lists as Markdown: what the fields of messages
// and commands take that are described as "a published code". A profile may use
// fewer, and says so where it refuses one.
func Page() string {
	var b strings.Builder
	b.WriteString("# The published codes\n\nCodes are never given another meaning. An authority's practice profile may use fewer of a list; what refuses one names those in use.\n")
	for _, l := range pageLists() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| code | what it is | rule |\n| --- | --- | --- |\n", l.name, l.where)
		for _, c := range l.list {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Code, c.Name, c.Rule)
		}
	}
	return b.String()
}

func pageLists() []published {
	lists := []published{
		{"Work types", "`work_type` of a contact.", WorkTypes()},
		{"Sources of a contact", "`source_code`: the children in need census.", ReferralSources()},
		{"What a referrer says of consent", "`consent.stance` of a contact.", ConsentStances()},
		{"How a contact begins", "Set by a profile.", Beginnings()},
		{"Channels of a conversation", "`channel` of a recorded conversation and of a consultation.", Channels()},
		{"Whether the safeguarding lead was asked", "`lead` of a consultation.", Leads()},
		{"Recommendations", "`recommendation` of a consultation.", Recommendations()},
		{"Risk grades", "`domestic_abuse.risk_grade` of a contact.", RiskGrades()},
		{"Sectors", "`sector` of an agency in the registry.", Sectors()},
		{"Ratings", "`rating` of a triage.", Ratings()},
		{"Actions of a triage", "`actions`.", TriageActions()},
		{"Purposes", "`purposes` of a scope.", Purposes()},
		{"Categories of information", "`categories` of a scope, `category` of a statement.", Categories()},
		{"What parental responsibility rests on", "`basis` of a holder.", HolderBases()},
		{"Ways of asking", "`how` of a consent and of its withdrawal.", Means()},
		{"Evidence", "`evidence` of a given consent.", Evidence()},
		{"Reasons for an override", "`reason_code` of a proposed override.", OverrideReasons()},
		{"Reasons of an agency that goes on by itself", "`reason_code` of an agency's own override.", AgencyReasons()},
	}
	for _, regime := range Regimes() {
		lists = append(lists, published{"Lawful bases, " + regime, "`bases`; those of one regime go together.", LawfulBases(regime)})
	}
	return append(lists, []published{
		{"Statuses", "`status` of a request for information.", Statuses()},
		{"Answers", "`answer` of what an agency tells.", Answers()},
		{"Findings of harm", "`significant_harm` of an analysis and of a threshold.", HarmFindings()},
		{"Outcomes", "`outcome` of a decision for a child.", Outcomes()},
		{"Destinations", "`destination` of a decision, `service` of an engagement.", Destinations()},
		{"Levels of a response", "`level` of the answer to a referrer.", ResponseLevels()},
		{"Forms of a strategy meeting", "`form` of a meeting.", MeetingForms()},
		{"Outcomes of a strategy meeting", "`outcome` for a child.", MeetingOutcomes()},
		{"Enquiries", "`mode` of enquiries under section 47.", EnquiryModes()},
		{"Medicals", "`medical` of a meeting's decision.", Medicals()},
		{"Immediate protection", "`protection` of a meeting's decision.", Protections()},
		{"Other children of the household", "`other_children` of a meeting's decision.", OtherChildren()},
		{"Ends of enquiries", "`outcome` of enquiries.", EnquiryEnds()},
	}...)
}
