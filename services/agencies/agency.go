package agencies

import (
	"slices"
	"strings"
)

// A Sector is the kind of organisation an agency is. Rules that need "the police" or "health" (who must be at a strategy
// meeting: WT-04) ask for the sector, so that a second police force or trust needs no change of a rule.
type Sector string

// The sectors of SOT-06 and KEN-24, and those whose messages Kent's front door takes (KEN-16).
const (
	Police    Sector = "police"
	Health    Sector = "health"
	Education Sector = "education"
	Probation Sector = "probation"
	Housing   Sector = "housing"
	// SocialCare is the local authority's children's social care, and nobody else: it is part of every quorum (WT-04).
	SocialCare   Sector = "social-care"
	EarlyHelp    Sector = "early-help"
	FamilyCourts Sector = "family-courts"
	YouthJustice Sector = "youth-justice"
	Voluntary    Sector = "voluntary"
)

// Sectors lists every sector a file may name.
func Sectors() []Sector {
	return []Sector{Police, Health, Education, Probation, Housing, SocialCare, EarlyHelp, FamilyCourts, YouthJustice, Voluntary}
}

// The kinds of message an agency can be allowed to publish, which are the tokens that stand in mash.in.<agency>.<kind>.v1.
const (
	// KindContact is a worry about one or more children.
	KindContact = "contact"
	// KindOpenCase is a case-management system's word on what is open to which team (KEN-04).
	KindOpenCase = "open-case"
	// KindInformation is what an agency tells about a child, asked or not (SOT-07, HUB-03).
	KindInformation = "information"
	// KindAnalysis is what an agency makes of what it shared (SOT-09).
	KindAnalysis = "analysis"
	// KindOutcomeAcknowledgement says that the response to a referral has arrived (SOT-05).
	KindOutcomeAcknowledgement = "outcome-acknowledgement"
	// KindEncompassAcknowledgement says that a notification about domestic abuse has arrived (KEN-20).
	KindEncompassAcknowledgement = "encompass-acknowledgement"
	// KindStrategyAttendance answers the invitation to a strategy meeting (WT-04).
	KindStrategyAttendance = "strategy-attendance"
	// KindStrategyActionResult says what came of an action of a strategy meeting (WT-05).
	KindStrategyActionResult = "strategy-action-result"
	// KindStrategyMinutesReceipt says that the minutes of a strategy meeting have arrived.
	KindStrategyMinutesReceipt = "strategy-minutes-receipt"
)

// Kinds lists every kind a file may name. A kind joins the list when intake has a handler for it: a registry that
// allowed more would let an agency publish what nobody reads.
func Kinds() []string {
	return []string{
		KindContact, KindOpenCase, KindInformation, KindAnalysis, KindOutcomeAcknowledgement,
		KindStrategyAttendance, KindStrategyActionResult, KindStrategyMinutesReceipt,
		KindEncompassAcknowledgement,
	}
}

// sourceCodes are the referral sources of the Department for Education's children in need census, 2024-25.
var sourceCodes = []string{
	"1A", "1B", "1C", "1D", "2A", "2B", "3A", "3B", "3C", "3D", "3E", "3F",
	"4", "5A", "5B", "5C", "5D", "6", "7", "8", "9", "10",
}

// An Agency is one organisation: one NATS account, one set of credentials, one sender of contacts.
type Agency struct {
	// ID is the subject token, the account name and the file name: [a-z0-9]([a-z0-9-]*[a-z0-9])?, at most 32 characters.
	ID string `json:"id"`
	// Name is what people call it, for tables and letters.
	Name string `json:"name"`
	// Sector is what kind of organisation it is.
	Sector Sector `json:"sector"`
	// Systems are the systems of the agency that publish; each names itself in ce-source. At least one.
	Systems []System `json:"systems"`
	// Kinds are the kinds of message the agency may publish, of those that Kinds lists; empty for one that only receives.
	Kinds []string `json:"kinds"`
	// SourceCodes are the census's referral sources that the generator and forms offer for it, the usual one first. They are
	// no limit: no contact about a child is rejected for not naming one of them.
	SourceCodes []string `json:"source_codes"`
	// Schools are the unique reference numbers (GIAS) of the schools that the agency answers for: a school its own, an authority's
	// service those that have no system of their own. No school is of two agencies.
	Schools []string `json:"schools,omitempty"`
	// HomeEducation says that the agency is the local authority's officer for children who are educated at home; one agency at the most.
	HomeEducation bool `json:"home_education,omitempty"`
}

// A System is one of an agency's computer systems.
type System struct {
	// ID is a token like an agency's, unique within the agency.
	ID string `json:"id"`
	// Name is what its users call it.
	Name string `json:"name"`
	// Source is the URI that the system puts in ce-source. It scopes the system's message ids, so that two systems of
	// one agency may count from one.
	Source string `json:"source"`
}

// MayPublish reports whether the agency may publish messages of this kind.
func (a Agency) MayPublish(kind string) bool { return slices.Contains(a.Kinds, kind) }

// clone copies what a caller could otherwise change under the registry.
func (a Agency) clone() Agency {
	a.Systems = slices.Clone(a.Systems)
	a.Kinds = slices.Clone(a.Kinds)
	a.SourceCodes = slices.Clone(a.SourceCodes)
	a.Schools = slices.Clone(a.Schools)
	return a
}

// MaxIDLength is the longest id in characters. It keeps the longest subject of an agency far below the 256 characters
// that NATS recommends.
const MaxIDLength = 32

// ValidID reports whether s can be an agency's id. Lower case, digits and inner hyphens are safe in a subject, in a file
// name and in a log line, with no escaping anywhere.
func ValidID(s string) bool {
	if s == "" || len(s) > MaxIDLength || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}
