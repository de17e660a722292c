package access

import (
	"slices"
	"strings"
)

// Action is a published code for one thing that can be done or seen.
type Action string

// The actions of this release.
const (
	ContactSubmit      Action = "contact.submit"
	OpenCaseSubmit     Action = "open-case.submit"
	ContactTriage      Action = "contact.triage"
	ContactRate        Action = "contact.rate"
	ContactAllocate    Action = "contact.allocate"
	ContactLink        Action = "contact.link"
	ContactHold        Action = "contact.hold"
	ClockLapse         Action = "clock.lapse"
	QueueRead          Action = "queue.read"
	ContactRead        Action = "contact.read"
	EventsRead         Action = "events.read"
	QuarantineRead     Action = "quarantine.read"
	QuarantineRetry    Action = "quarantine.retry"
	QuarantineDiscard  Action = "quarantine.discard"
	ProjectionsRead    Action = "projections.read"
	ProjectionsRebuild Action = "projections.rebuild"
	HealthRead         Action = "health.read"
	ReflectionRead     Action = "reflection.read"
)

// rule is one row of the table.
type rule struct {
	action Action
	what   string
	roles  []Role
	why    string
}

var (
	triagers = []Role{SeniorPractitioner, TeamManager, OnCallSeniorManager}
	readers  = []Role{FrontDoorOfficer, SocialWorker, SeniorPractitioner, TeamManager, OnCallSeniorManager, Analyst}
)

// table is all that is permitted.
var table = []rule{
	{ContactSubmit, "publish a contact", []Role{AgencySystem}, "only an agency speaks for itself, on its own account"},
	{OpenCaseSubmit, "say which cases are open to a team", []Role{AgencySystem}, "the case-management system feeds what is open (KEN-04)"},
	{ContactTriage, "triage a contact: rate it and direct what is to be done", triagers, "a team manager or senior practitioner triages (KEN-03), the on-call senior manager out of hours (SOT-32)"},
	{ContactRate, "change a contact's rating", triagers, "a rating is part of triage (KEN-03)"},
	{ContactAllocate, "give a triaged contact to a named worker", triagers, "who directs the work passes it on (KEN-06)"},
	{ContactLink, "link a contact as a duplicate of another, or undo that", []Role{SocialWorker, SeniorPractitioner, TeamManager, OnCallSeniorManager}, "it takes a contact out of the queue: a professional's judgement, and reversible"},
	{ContactHold, "be given a contact, as its named worker", []Role{FrontDoorOfficer, SocialWorker, SeniorPractitioner, TeamManager}, "after triage a contact goes to the most appropriate member of the team (KEN-06, KEN-26)"},
	{ClockLapse, "record that a clock has lapsed", []Role{Hub}, "a lapse follows from a recorded due time, never from a person"},
	{QueueRead, "list and watch the triage queue", readers, "those who work the queue or study it (KEN-13, KEN-14)"},
	{ContactRead, "read a contact's case file", append(slices.Clone(readers), Auditor), "those who work on contacts, and those who audit the decisions (KEN-22)"},
	{EventsRead, "read the events of a stream as they are on record", []Role{Auditor}, "the record is examined by auditors (HUB-04)"},
	{QuarantineRead, "list quarantined messages: agency, reason and hash, not their content", []Role{Operator}, "running the hub needs no view of people"},
	{QuarantineRetry, "put a quarantined message back on its agency's stream", []Role{Operator}, "a retry is a technical act; the rules judge the message again"},
	{QuarantineDiscard, "discard the bytes of a quarantined message for good", []Role{Operator}, "the room that an agency's rejected messages take is the operator's to keep; what is on record of them stays"},
	{ProjectionsRead, "see how far read models have got, and verify them", []Role{Auditor, Operator}, "rows that equal a rebuild are evidence (HUB-04)"},
	{ProjectionsRebuild, "rebuild a read model", []Role{Operator}, "a read model holds nothing that the record does not"},
	{HealthRead, "ask whether a service is healthy", Roles(), "it says nothing about people"},
	{ReflectionRead, "list the services and their messages", Roles(), "interfaces are published"},
}

// Actions gives every action in the order of the matrix.
func Actions() []Action {
	all := make([]Action, len(table))
	for i, r := range table {
		all[i] = r.action
	}
	return all
}

// Can says whether the role may take the action, and why or why not. What the
// table does not name is denied: an unknown role or action is, too. The reason
// holds nothing of the caller's and may be shown to them.
func Can(role Role, action Action) (bool, string) {
	if !role.Known() {
		return false, "the role is not known"
	}
	for _, r := range table {
		if r.action != action {
			continue
		}
		if slices.Contains(r.roles, role) {
			return true, r.why
		}
		return false, string(action) + " is for " + list(r.roles) + ": " + r.why
	}
	return false, "the action is not known"
}

func list(roles []Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}
