package intake

import (
	"errors"

	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain"
)

// Reasons of a rejection, as agencies see them.
const (
	// ReasonUnknownSubject: the NATS subject is not one of the hub's.
	ReasonUnknownSubject = "UNKNOWN_SUBJECT"
	// ReasonWrongAgency: subject, credentials and payload do not name the same agency.
	ReasonWrongAgency = "WRONG_AGENCY"
	// ReasonInvalidHeader: a CloudEvents header is missing or malformed, or the content type is not accepted.
	ReasonInvalidHeader = "INVALID_HEADER"
	// ReasonUnknownKind: the agency publishes no messages of this kind.
	ReasonUnknownKind = "UNKNOWN_KIND"
	// ReasonWrongType: ce-type does not name the payload of the subject's kind.
	ReasonWrongType = "WRONG_TYPE"
	// ReasonInvalidPayload: the payload cannot be read, or breaks a rule of the published schema.
	ReasonInvalidPayload = "INVALID_PAYLOAD"
	// ReasonKeyReused: a message with the same source and id and another payload is on record.
	ReasonKeyReused = "MESSAGE_ID_REUSED"
	// ReasonUnknownContact: the contact that the message names did not arrive within a day.
	ReasonUnknownContact = "UNKNOWN_CONTACT"
	// ReasonUnknownMeeting: there is no strategy meeting by the id that the message names.
	ReasonUnknownMeeting = "UNKNOWN_MEETING"
	// ReasonCannotProcess: the hub itself failed on this message, again and again.
	ReasonCannotProcess = "CANNOT_PROCESS"
)

// A Violation is a field that broke a rule. It never repeats the field's content.
type Violation = domain.FieldViolation

// Rejected is a message that can never be accepted as it stands. The reasons of the rules themselves (domain.Refusal) are reasons here too.
type Rejected struct {
	Reason      string
	Description string
	Advice      string
	Violations  []Violation
}

func (r *Rejected) Error() string { return "rejected: " + r.Reason + ": " + r.Description }

func reject(reason, description, advice string, violations ...Violation) error {
	return &Rejected{Reason: reason, Description: description, Advice: advice, Violations: violations}
}

func violation(field, rule, description string) Violation {
	return Violation{Field: field, Rule: rule, Description: description}
}

// asRejection turns the refusals of casework into rejections. Anything else may be tried again and stays as it is.
func asRejection(err error) error {
	var refusal *domain.Refusal
	if errors.As(err, &refusal) {
		return &Rejected{Reason: refusal.Reason, Description: refusal.Message, Advice: refusal.Advice, Violations: refusal.Fields}
	}
	var reused *casework.ReusedError
	if errors.As(err, &reused) {
		return reject(ReasonKeyReused, "a message with this source and id and another payload is on record", "send it with an id of its own")
	}
	return err
}
