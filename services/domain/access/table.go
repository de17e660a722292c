package access

import (
	"slices"
	"strings"
)

// Action is a published code for one thing that can be done or seen.
type Action string

// The actions of this release.
const (
	ContactSubmit        Action = "contact.submit"
	ContactRecord        Action = "contact.record"
	OpenCaseSubmit       Action = "open-case.submit"
	ContactTriage        Action = "contact.triage"
	ContactRate          Action = "contact.rate"
	ContactAllocate      Action = "contact.allocate"
	ContactLink          Action = "contact.link"
	ConsentRecord        Action = "consent.record"
	BasisRecord          Action = "basis.record"
	RefusalPass          Action = "refusal.pass"
	ShareRefuse          Action = "share.refuse"
	OverridePropose      Action = "override.propose"
	OverrideDecide       Action = "override.decide"
	OverrideReview       Action = "override.review"
	OverrideReport       Action = "override.report"
	InformationRequest   Action = "information.request"
	InformationChase     Action = "information.chase"
	InformationShare     Action = "information.share"
	AnalysisRecord       Action = "analysis.record"
	ContactDecide        Action = "contact.decide"
	DecisionSignOff      Action = "decision.sign-off"
	ReferrerAnswer       Action = "referrer.answer"
	OutcomeAcknowledge   Action = "outcome.acknowledge"
	ContactReopen        Action = "contact.reopen"
	ContactHold          Action = "contact.hold"
	MeetingPropose       Action = "strategy-meeting.propose"
	MeetingCall          Action = "strategy-meeting.call"
	MeetingArrange       Action = "strategy-meeting.arrange"
	MeetingAttend        Action = "strategy-meeting.attend"
	MeetingConclude      Action = "strategy-meeting.conclude"
	MeetingAct           Action = "strategy-meeting.act"
	MinutesIssue         Action = "minutes.issue"
	MinutesReceive       Action = "minutes.receive"
	MeetingFollow        Action = "strategy-meeting.follow"
	MeetingRead          Action = "strategy-meeting.read"
	MeetingReportsRead   Action = "strategy-meeting-reports.read"
	EnquiriesConclude    Action = "enquiries.conclude"
	ConferenceRecord     Action = "conference.record"
	ClockLapse           Action = "clock.lapse"
	ContactMeeting       Action = "contact.meeting"
	QueueRead            Action = "queue.read"
	ContactRead          Action = "contact.read"
	ReferrerRead         Action = "referrer.read"
	ConsultationGive     Action = "consultation.give"
	ConsultationRead     Action = "consultation.read"
	ConsentTrailRead     Action = "consent-trail.read"
	OverridesRead        Action = "overrides.read"
	EventsRead           Action = "events.read"
	AuditReplay          Action = "audit.replay"
	QuarantineRead       Action = "quarantine.read"
	QuarantineRetry      Action = "quarantine.retry"
	QuarantineDiscard    Action = "quarantine.discard"
	ProjectionsRead      Action = "projections.read"
	ProjectionsRebuild   Action = "projections.rebuild"
	HealthRead           Action = "health.read"
	ReflectionRead       Action = "reflection.read"
	EncompassSettle      Action = "encompass.settle"
	EncompassAcknowledge Action = "encompass.acknowledge"
)

// rule is one row of the table.
type rule struct {
	action Action
	what   string
	roles  []Role
	why    string
}

var (
	managers = []Role{TeamManager, OnCallSeniorManager}
	// practitioners are the professionals of the front door, frontDoor those and
	// the officers who take contacts in.
	practitioners = []Role{SocialWorker, SeniorPractitioner, TeamManager, OnCallSeniorManager}
	frontDoor     = append([]Role{FrontDoorOfficer}, practitioners...)

	triagers = []Role{SeniorPractitioner, TeamManager, OnCallSeniorManager}
	deciders = []Role{SocialWorker, SeniorPractitioner, TeamManager}
	readers  = []Role{FrontDoorOfficer, SocialWorker, SeniorPractitioner, TeamManager, OnCallSeniorManager, Analyst}
)

// table is all that is permitted.
var table = []rule{
	{ContactSubmit, "publish a contact", []Role{AgencySystem}, "only an agency speaks for itself, on its own account"},
	{ContactRecord, "record a contact that began as a conversation", frontDoor, "whoever of the front door took the call writes it down (SOT-01, KEN-26)"},
	{OpenCaseSubmit, "say which cases are open to a team", []Role{AgencySystem}, "the case-management system feeds what is open (KEN-04)"},
	{ContactTriage, "triage a contact: rate it and direct what is to be done", triagers, "a team manager or senior practitioner triages (KEN-03), the on-call senior manager out of hours (SOT-32)"},
	{ContactRate, "change a contact's rating", triagers, "a rating is part of triage (KEN-03)"},
	{ContactAllocate, "give a triaged contact to a named worker", triagers, "who directs the work passes it on (KEN-06)"},
	{ContactLink, "link a contact as a duplicate of another, or undo that", []Role{SocialWorker, SeniorPractitioner, TeamManager, OnCallSeniorManager}, "it takes a contact out of the queue: a professional's judgement, and reversible"},
	{InformationRequest, "ask agencies what they know, or take a question back", practitioners, "the named worker's agency checks (KEN-06); what may be asked is for consent and override to say (HUB-02)"},
	{InformationChase, "ask again for an answer that is overdue", []Role{Hub}, "it follows from a recorded due time, never from a person"},
	{InformationShare, "tell the hub what an agency knows, asked or not", []Role{AgencySystem}, "only an agency speaks for itself, on its own account (HUB-03)"},
	{AnalysisRecord, "record what was made of the information", append(slices.Clone(practitioners), AgencySystem), "the sharing agencies, the worker and the manager analyse it (SOT-09)"},
	{ContactDecide, "decide on the outcome for each child", deciders, "the work of the named worker leads to the decision (KEN-06, KEN-07)"},
	{DecisionSignOff, "sign a decision off, or give it back", managers, "a manager answers for every decision; never for their own"},
	{ReferrerAnswer, "write the response to the referrer", practitioners, "a professional weighs what the referrer may know (SOT-05, KEN-15)"},
	{OutcomeAcknowledge, "say that the response has arrived", []Role{AgencySystem}, "only an agency speaks for itself, on its own account"},
	{ContactReopen, "take a decided contact up again", triagers, "it puts children back into the queue: for those who direct the work (KEN-03)"},
	{ConsentRecord, "record who has parental responsibility and what they said", frontDoor, "what a family says is heard by whoever speaks with them (SOT-07, KEN-25)"},
	{BasisRecord, "record the lawful basis relied on", practitioners, "it is a professional's judgement, and written down"},
	{RefusalPass, "go on, despite a refusal, with what needs no agreement", practitioners, "a refusal is weighed and never stops what the concern warrants (KEN-11)"},
	{ShareRefuse, "decide that something is not shared", practitioners, "decisions not to share are recorded, too"},
	{OverridePropose, "propose to go on without consent", practitioners, "a practitioner asks, and never decides it themselves (SOT-08, HUB-01)"},
	{OverrideDecide, "approve, narrow or decline an override", managers, "a manager oversees it (SOT-08), out of hours the on-call senior manager (SOT-32)"},
	{OverrideReview, "look at an approved override again", managers, "who oversees it ends it when it is no longer right (SOT-08)"},
	{OverrideReport, "record that an agency went on without consent", append(slices.Clone(frontDoor), AgencySystem), "an agency decides with its own line manager and tells the hub (ROC-03)"},
	{ContactHold, "be given a contact, as its named worker", []Role{FrontDoorOfficer, SocialWorker, SeniorPractitioner, TeamManager}, "after triage a contact goes to the most appropriate member of the team (KEN-06, KEN-26)"},
	{MeetingPropose, "propose a strategy meeting, with the threshold reasoning", practitioners, "the step to it is the social worker's and their manager's (SOT-10)"},
	{MeetingCall, "call a strategy meeting, decline to, or cancel it", managers, "a manager decides that the threshold is met (SOT-10, SOT-11); never on a proposal of their own"},
	{MeetingArrange, "invite more agencies to a called meeting, or move it", practitioners, "who calls it decides on the threshold; who else is needed, and when, follows from the work"},
	{MeetingAttend, "answer an invitation to a meeting", append(slices.Clone(frontDoor), AgencySystem), "an agency answers for itself, and whoever takes the telephone writes it down"},
	{MeetingConclude, "record how a meeting concluded", managers, "who chairs it answers for quorum and decisions (WT-04, WT-05)"},
	{MeetingAct, "say that an action of a meeting is done, or cannot be", append(slices.Clone(practitioners), AgencySystem), "an agency speaks for its own actions, and a practitioner on its behalf (WT-05)"},
	{MinutesIssue, "send a meeting's minutes", practitioners, "minutes go to everybody who was there; who sends them answers for the words"},
	{MinutesReceive, "say that minutes have arrived, or what is wrong with them", []Role{AgencySystem}, "only an agency speaks for itself, on its own account"},
	{MeetingFollow, "record that a later meeting followed", []Role{Hub}, "it follows from the later meeting's record, never from a person"},
	{MeetingRead, "list, watch and read strategy meetings and their actions", slices.Concat(readers, []Role{Auditor, AgencySystem}), "those who work on them or audit them (KEN-22); an agency's system those it has to do with, each statement under its handling (HUB-05)"},
	{MeetingReportsRead, "see who was not at meetings, and which conferences are due", append(slices.Clone(readers), Auditor), "who comes, and whether conferences are held in time, is for those who answer for it (WT-03, WT-04)"},
	{EnquiriesConclude, "end section 47 enquiries about a child", managers, "what a manager's meeting started a manager ends"},
	{ConferenceRecord, "record a child protection conference, core group or review", practitioners, "they are held elsewhere; the dates that follow are the hub's to keep (WT-03, WT-06)"},
	{ClockLapse, "record that a clock has lapsed", []Role{Hub}, "a lapse follows from a recorded due time, never from a person"},
	{ContactMeeting, "tell a contact of the strategy meetings about its children", []Role{Hub}, "it follows from what is on record of the meeting (KEN-23), never from a person's word"},
	{QueueRead, "list and watch the triage queue", readers, "those who work the queue or study it (KEN-13, KEN-14)"},
	{ContactRead, "read a contact's case file", append(slices.Clone(readers), Auditor), "those who work on contacts, and those who audit the decisions (KEN-22)"},
	{ReferrerRead, "see who a private person is who told of a child", append(slices.Clone(frontDoor), Auditor), "who is no professional is protected: known to those who may have to speak with them, and to auditors, and not to who studies the work"},
	{EncompassSettle, "settle which school is told of domestic abuse, or that none is", frontDoor, "whoever finds the child's school has it told in time (KEN-20)"},
	{EncompassAcknowledge, "say that a notification has arrived", []Role{AgencySystem}, "only an agency speaks for itself, on its own account"},
	{ConsultationGive, "advise a professional before a contact, and record it", []Role{SocialWorker, SeniorPractitioner}, "a qualified social worker or senior practitioner gives a consultation (KEN-12)"},
	{ConsultationRead, "read a consultation by its number, or list them", append(slices.Clone(readers), Auditor), "a contact that follows on it is read with it; an agency has its own record of it (KEN-12)"},
	{ConsentTrailRead, "read what allowed a contact's information to be gathered and shared", append(slices.Clone(readers), Auditor), "it is a part of the case file in the order of the record: who reads the one reads the other"},
	{OverridesRead, "list and watch overrides over all contacts", append(slices.Clone(managers), Auditor), "how often and why consent is overridden is for those who answer for it (SOT-08) and those who audit it (KEN-22)"},
	{EventsRead, "read the events of a stream as they are on record", []Role{Auditor}, "the record is examined by auditors (HUB-04)"},
	{AuditReplay, "see a contact, or a consent decision, as it stood at a moment", []Role{Auditor}, "a replay judges those who decided: for auditors, with the record beside it (HUB-04)"},
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
