package practice

// WorkType is a kind of incoming work (KEN-16) and the team that owns it from
// its arrival on.
type WorkType struct {
	// Code is one of the published [WorkTypes].
	Code string
	// Name is for people.
	Name string
	// Team is a code of the profile's teams; empty for the default team.
	Team string
}

// UnaccompaniedChild is the work type with a duty team of its own (KEN-05).
const UnaccompaniedChild = "unaccompanied-asylum-seeking-child"

// WorkTypes are the published work types. KEN-16 names ambulance, NSPCC and
// police contacts in one breath; they are three codes here, because who sent it
// is the first thing a triage looks at.
func WorkTypes() CodeList {
	return CodeList{
		{"request-for-support", "Request for support", "KEN-16"},
		{"section-47-discussion", "Section 47 discussion, family not open to a team", "KEN-16"},
		{"ambulance-contact", "Ambulance contact", "KEN-16"},
		{"nspcc-contact", "NSPCC contact", "KEN-16"},
		{"police-contact", "Police contact", "KEN-16"},
		{"domestic-abuse-notification", "Domestic abuse notification", "KEN-16"},
		{"public-call-or-email", "Call or email from the public", "KEN-16"},
		{"youth-justice", "Youth justice", "KEN-16"},
		{"missing-person", "Missing person", "KEN-16"},
		{"information-request", "Information request (SEN, CAFCASS, police)", "KEN-16"},
		{"subject-access-request", "Subject access request", "KEN-16"},
		{"juvenile-detention-certificate", "Certificate of juvenile detention (out of hours)", "KEN-16"},
		{"adult-protection-or-mental-health", "Adult protection or mental health (out of hours)", "KEN-16"},
		{UnaccompaniedChild, "Unaccompanied asylum-seeking child", "KEN-16"},
	}
}

// WorkType finds a work type in use by its code.
func (p Profile) WorkType(code string) (WorkType, bool) {
	for _, w := range p.WorkTypes {
		if w.Code == code {
			return w, true
		}
	}
	return WorkType{}, false
}

// TeamFor gives the team that owns work of a type from its arrival on; false
// when the profile does not use the type.
func (p Profile) TeamFor(workType string) (string, bool) {
	w, ok := p.WorkType(workType)
	if !ok {
		return "", false
	}
	if w.Team == "" {
		return p.DefaultTeam, true
	}
	return w.Team, true
}
