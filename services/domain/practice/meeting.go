package practice

import (
	"fmt"
	"slices"
)

// Meetings are what an authority may vary about strategy meetings, beside their
// clocks and duties.
type Meetings struct {
	// Quorum are the sectors that have to be there beside the three of WT-04.
	Quorum []string
}

// leastQuorum is WT-04: the local authority's social care, health and police.
func leastQuorum() []string { return []string{"social-care", "health", "police"} }

// Quorum gives the sectors without which a strategy meeting cannot conclude: the
// three of WT-04, then what the profile adds.
func (p Profile) Quorum() []string { return append(leastQuorum(), p.Meetings.Quorum...) }

// Forms of a strategy meeting. A discussion by telephone counts as one and is
// recorded as what it was (practice of Rotherham).
const (
	FormMeeting    = "meeting"
	FormDiscussion = "discussion"
)

// Outcomes of a strategy meeting for one child.
const (
	EnquiriesStart    = "section-47"
	EnquiriesContinue = "section-47-continues"
	EnquiriesEnd      = "section-47-ends"
)

// EndsInConference is the end of enquiries that leads to a conference.
const EndsInConference = "conference"

// MeetingForms are the published forms.
func MeetingForms() CodeList {
	return CodeList{{FormMeeting, "Meeting", "SOT-11"}, {FormDiscussion, "Discussion by telephone", "SOT-11"}}
}

// MeetingOutcomes are the published outcomes for one child (WT-05).
func MeetingOutcomes() CodeList {
	return CodeList{
		{EnquiriesStart, "Section 47 enquiries start", "WT-05"},
		{EnquiriesContinue, "Section 47 enquiries go on", "WT-05"},
		{EnquiriesEnd, "Section 47 enquiries end", "WT-05"},
		{"assessment", "Assessment without section 47 enquiries", "WT-05"},
		{"early-help", "Early help", "WT-05"},
		{"no-further-action", "No further action", "WT-05"},
	}
}

// EnquiryModes are the published ways to enquire (WT-05).
func EnquiryModes() CodeList {
	return CodeList{{"single", "By children's social care alone", "WT-05"}, {"joint", "Jointly with the police", "WT-05"}}
}

// Medicals are the published answers to whether a medical is needed (WT-05).
func Medicals() CodeList {
	return CodeList{
		{"none", "None", "WT-05"}, {"paediatric-assessment", "Paediatric assessment", "WT-05"},
		{"child-sexual-abuse-medical", "Child sexual abuse medical", "WT-05"},
	}
}

// Protections are the published kinds of immediate protection (WT-05).
func Protections() CodeList {
	return CodeList{
		{"none", "None is needed", "WT-05"}, {"police-protection", "Police protection (section 46)", "WT-05"},
		{"emergency-protection-order", "Emergency protection order (section 44)", "WT-05"},
		{"accommodation", "Accommodation (section 20)", "WT-05"}, {"exclusion", "The person who may harm leaves the home", "WT-05"},
		{"safety-plan", "Safety plan with the family", "WT-05"},
	}
}

// OtherChildren are the published answers to whether other children of the
// household are at risk (WT-05).
func OtherChildren() CodeList {
	return CodeList{
		{"none-known", "There are none", "WT-05"}, {"none-at-risk", "None of them is at risk", "WT-05"},
		{"included", "They are part of this meeting", "WT-05"}, {"to-be-considered", "They have yet to be considered", "WT-05"},
	}
}

// EnquiryEnds are the published ways for section 47 enquiries to conclude.
func EnquiryEnds() CodeList {
	return CodeList{
		{EndsInConference, "To an initial child protection conference", "WT-03"}, {"child-in-need", "To help as a child in need", "WT-03"},
		{"no-further-action", "No further action", "WT-03"},
	}
}

func (k Kind) meeting() bool {
	return k == FollowUp || slices.Contains(meetingClocks(), Clock{Kind: k})
}

// meetingClocks are the clocks that a meeting needs. FollowUp is not among them:
// an authority may hold that a discussion is enough.
func meetingClocks() []Clock {
	return []Clock{{Kind: Meeting}, {Kind: ChildSeen}, {Kind: LADO}, {Kind: Minutes}, {Kind: Conference}, {Kind: CoreGroup}, {Kind: FirstReview}, {Kind: Review}}
}

// Runs reports whether the profile has a clock of that kind that runs under no
// rating: the aims, and [FollowUp], are an authority's own to have.
func (p Profile) Runs(kind Kind) bool {
	_, ok := p.clock(Clock{Kind: kind})
	return ok
}

// validateMeetings keeps what is not an authority's to loosen: the quorum of
// WT-04 is added to and never thinned, and the timescales of Working Together may
// be shorter and no longer.
func (p Profile) validateMeetings(v *violations) {
	for i, sector := range p.Meetings.Quorum {
		field := fmt.Sprintf("meetings.quorum[%d]", i)
		if !p.Lists.Sectors.Has(sector) {
			v.add(field, "in-use", "is not a sector in use")
		}
		if slices.Contains(leastQuorum(), sector) || slices.Contains(p.Meetings.Quorum[:i], sector) {
			v.add(field, "unique", "makes the quorum already")
		}
	}
	for _, sector := range leastQuorum() {
		if !p.Lists.Sectors.Has(sector) {
			v.add("lists.sectors", "WT-04", "lack %s, and a strategy meeting needs it", sector)
		}
	}
	for i, rule := range p.Clocks {
		most, statutory := statutoryClock(rule.Clock.Kind)
		if statutory && (rule.Reckoning.Basis != most.Basis || rule.Reckoning.Amount > most.Amount) {
			v.add(fmt.Sprintf("clocks[%d].reckoning", i), "Working Together", "is longer than, or reckoned otherwise than, the %s that the guidance gives", most)
		}
	}
}

// statutoryClock gives what Working Together 2023 allows at the most.
func statutoryClock(k Kind) (Reckoning, bool) {
	switch k {
	case Conference: // WT-03
		return Reckoning{Basis: WorkingDays, Amount: 15}, true
	case CoreGroup: // WT-06
		return Reckoning{Basis: WorkingDays, Amount: 10}, true
	case FirstReview: // WT-06
		return Reckoning{Basis: CalendarMonths, Amount: 3}, true
	case Review: // WT-06
		return Reckoning{Basis: CalendarMonths, Amount: 6}, true
	}
	return Reckoning{}, false
}
