package contact

import (
	"slices"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// RequestInformation asks agencies what they know (SOT-07).
type RequestInformation struct {
	Setting
	// Mode is "targeted" (chosen agencies) or "full" (all partners). Who makes
	// the command resolves either into the agencies: the registry is not known
	// here, and an agency that joins later is not asked.
	Mode string
	// Questions has one for each agency.
	Questions []Ask
	// Purposes are published codes.
	Purposes []string
	// Words are what is asked; every agency that is asked may read them.
	Words string
	// Status is the status of the case as the agencies are told it.
	Status string
}

// Ask is what one agency is asked: about which subjects, in which categories.
type Ask struct {
	Agency               string
	Subjects, Categories []string
}

// CancelRequest takes questions back that are not needed or were a mistake. What
// loses its authority is taken back by itself, together with the event that ends
// the authority.
type CancelRequest struct {
	Setting
	RequestID string
	// Agencies are those whose questions are taken back; none: all that wait.
	Agencies []string
	// Reason is "not-needed" or "made-in-error".
	Reason string
}

// ChaseRequest asks an agency again whose answer is overdue. The hub gives it,
// once for each due time.
type ChaseRequest struct {
	Setting
	RequestID, Agency string
	// DueAt is the due time that passed.
	DueAt time.Time
}

func (c RequestInformation) under(s Setting) Command { c.Setting = s; return c }
func (c CancelRequest) under(s Setting) Command      { c.Setting = s; return c }
func (c ChaseRequest) under(s Setting) Command       { c.Setting = s; return c }

// Request is one request for information and how it stands with each agency.
type Request struct {
	ID       string
	Purposes []string
	// Words are what was asked; empty where they were erased.
	Words     string
	Questions []Question
}

// The ways a question can stand.
const (
	QuestionOpen      = "open"
	QuestionPartial   = "partial" // something was told, and more may follow
	QuestionAnswered  = "answered"
	QuestionCancelled = "cancelled"
)

// Question is what one agency was asked.
type Question struct {
	Agency               string
	Subjects, Categories []string
	// Authorities are what it rested on when it was asked.
	Authorities []*eventpb.Authority
	// FirstDue is when the answer was due before any chase, Due when it is now.
	FirstDue, Due time.Time
	// Chased counts how often.
	Chased uint32
	// Standing is one of the ways above.
	Standing string
}

// Waits reports whether an answer, or the rest of one, is still to come.
func (q Question) Waits() bool { return q.Standing == QuestionOpen || q.Standing == QuestionPartial }

// asked reports whether that was asked of the agency.
func (q Question) asked(subject, category string) bool {
	return slices.Contains(q.Subjects, subject) && slices.Contains(q.Categories, category)
}

// question finds what an agency was asked in a request.
func (s State) question(request, agency string) (Question, bool) {
	for _, r := range s.Requests {
		for _, q := range r.Questions {
			if r.ID == request && q.Agency == agency {
				return q, true
			}
		}
	}
	return Question{}, false
}

// Overdue gives the commands that chase what is overdue at that time: past its
// due time, and not yet chased for it. Who keeps the hub's clocks gives each one
// back as a command of the hub; one that comes twice adds nothing.
func Overdue(s State, at time.Time) []ChaseRequest {
	var all []ChaseRequest
	for _, r := range s.Requests {
		for _, q := range r.Questions {
			if q.Waits() && at.After(q.Due) {
				all = append(all, ChaseRequest{RequestID: r.ID, Agency: q.Agency, DueAt: q.Due})
			}
		}
	}
	return all
}
