package access

import "slices"

// Role is a published code for what a caller is.
type Role string

// The roles. Codes are published: they stand in tokens and in the metadata of
// events, and are never given another meaning.
const (
	FrontDoorOfficer    Role = "front-door-officer"
	SocialWorker        Role = "social-worker"
	SeniorPractitioner  Role = "senior-practitioner"
	TeamManager         Role = "team-manager"
	OnCallSeniorManager Role = "on-call-senior-manager"
	Analyst             Role = "analyst"
	Auditor             Role = "auditor"
	Operator            Role = "operator"
	AgencySystem        Role = "agency-system"
	Hub                 Role = "hub"
	Anonymous           Role = "anonymous"
)

// roles is every role, in the order of the matrix, with who it is.
var roles = []struct {
	role Role
	who  string
}{
	{FrontDoorOfficer, "takes contacts in and finds what is on record (KEN-26)"},
	{SocialWorker, "the named worker a contact goes to after triage (KEN-06)"},
	{SeniorPractitioner, "triages and directs (KEN-03)"},
	{TeamManager, "triages, directs and answers for a team's work (KEN-03, KEN-09)"},
	{OnCallSeniorManager, "oversees the work out of hours (SOT-32, SOT-35)"},
	{Analyst, "reads the queue and case files and decides nothing"},
	{Auditor, "examines decisions after they were taken (KEN-22, HUB-04)"},
	{Operator, "runs the hub and sees nothing about people"},
	{AgencySystem, "a partner's or the authority's own system: it says things on its NATS account, and over gRPC it reads"},
	{Hub, "the hub's own processes, which record what time brings about"},
	{Anonymous, "a caller without a token"},
}

// Roles gives every role in the order of the matrix.
func Roles() []Role {
	all := make([]Role, len(roles))
	for i, r := range roles {
		all[i] = r.role
	}
	return all
}

// Known reports whether r is one of the published roles.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }
