package practice

// Whether a caller's own safeguarding lead came first (KEN-12).
const (
	LeadConsulted    = "consulted"
	LeadIsCaller     = "is-lead"
	LeadNotConsulted = "not-consulted"
)

// Leads are the published answers.
func Leads() CodeList {
	return CodeList{
		{LeadConsulted, "The caller has consulted their safeguarding lead", "KEN-12"},
		{LeadIsCaller, "The caller is the safeguarding lead", "KEN-12"},
		{LeadNotConsulted, "The lead was not consulted", "KEN-12"},
	}
}

// Recommendations are what the advice of a consultation can come to.
func Recommendations() CodeList {
	return CodeList{
		{"request-for-support", "Send a request for support", "KEN-12"},
		{"early-help", "Offer early help", "KEN-01"},
		{"own-agency-steps", "Take steps within the agency", "KEN-01"},
		{"no-further-step", "No further step", "KEN-12"},
	}
}
