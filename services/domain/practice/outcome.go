package practice

// Outcomes of a decision for one child.
const (
	OutcomeReferral  = "referral"
	OutcomeEarlyHelp = "early-help"
	OutcomeAdvice    = "advice"
	OutcomeNone      = "no-further-action"
)

// Outcomes are the published outcomes of a decision (KEN-07).
func Outcomes() CodeList {
	return CodeList{
		{OutcomeReferral, "Referral to a service", "KEN-07"},
		{OutcomeEarlyHelp, "Early help, with the family's agreement to engage", "KEN-11"},
		{OutcomeAdvice, "Closure with advice and agreed steps", "KEN-07"},
		{OutcomeNone, "No further action", "KEN-07"},
	}
}

// Support levels: 1 universal, 2 additional, 3 intensive, 4 specialist.
const (
	LowestLevel  = 1
	ServiceLevel = 3 // the front door takes requests at it and above (KEN-01)
	HighestLevel = 4
)

// Service says what a destination takes.
type Service struct {
	// Outcomes are those of a decision that can name it.
	Outcomes []string
	// Least and Most are support levels.
	Least, Most uint32
}

// Takes reports whether the service takes a child with that outcome.
func (s Service) Takes(outcome string) bool {
	for _, o := range s.Outcomes {
		if o == outcome {
			return true
		}
	}
	return false
}

// ServiceAt says what a published destination takes; false for advice, which is
// nowhere to go, and for what is not published. KEN-17 gives early help level 3
// and Southampton's Family Help takes both ways (SOT-40). Ours: destinations that
// answer for something else than support of a child at a level (an allegation
// against an adult, an answer to a court) take every level.
func ServiceAt(destination string) (Service, bool) {
	referral := []string{OutcomeReferral}
	switch destination {
	case "early-help":
		return Service{[]string{OutcomeEarlyHelp}, ServiceLevel, ServiceLevel}, true
	case "family-help":
		return Service{[]string{OutcomeReferral, OutcomeEarlyHelp}, ServiceLevel, HighestLevel}, true
	case "lado", "information-answer", "adult-safeguarding", "fostering-post-adoption", "youth-justice":
		return Service{referral, LowestLevel, HighestLevel}, true
	case "advice":
		return Service{}, false
	}
	if !Destinations().Has(destination) {
		return Service{}, false
	}
	return Service{referral, ServiceLevel, HighestLevel}, true
}

// Answers are the published ways to answer a question (SOT-07).
func Answers() CodeList {
	return CodeList{
		{"shared", "What is known is told", "SOT-07"},
		{"partial", "Something is told, and more may follow", "SOT-07"},
		{"nothing-known", "The agency knows nothing", "SOT-07"},
		{"will-not-share", "The agency will not share, and says why", "SOT-07"},
	}
}

// HarmFindings are the published answers to whether significant harm is present
// or risked. It is always answered (SOT-10).
func HarmFindings() CodeList {
	return CodeList{
		{"present", "Significant harm is present", "SOT-10"},
		{"at-risk", "There is a risk of significant harm", "SOT-10"},
		{"none-found", "Neither was found", "SOT-10"},
	}
}

// ResponseLevels are the published extents of what a referrer is told (KEN-15).
func ResponseLevels() CodeList {
	return CodeList{
		{"outcome", "What was decided", "KEN-15"},
		{"advice", "The advice", "KEN-15"},
		{"receipt", "That it was decided", "KEN-15"},
	}
}

// Individual reports whether a source of the census is a person who does not
// write in the course of their work, or may be one (KEN-15; personal information
// of such referrers is withheld, and of the family from them). The child who
// turns to the front door (1C) is not meant.
func Individual(sourceCode string) bool {
	switch sourceCode {
	case "1A", "1B", "1D", "9", "10":
		return true
	}
	return false
}
