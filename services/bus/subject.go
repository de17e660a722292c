package bus

import (
	"fmt"
	"strings"

	"github.com/openmash/mash/services/agencies"
)

// The streams in every agency's account.
const (
	StreamIn      = "IN"
	StreamReceipt = "RECEIPT"
	StreamOut     = "OUT"
)

// The durable consumers: the hub's on IN, and the agency's on its two outbound streams.
const (
	ConsumerIntake   = "intake"
	ConsumerReceipts = "receipts"
	ConsumerOut      = "out"
)

// The kinds of the RECEIPT stream.
const (
	KindReceipt   = "receipt"
	KindRejection = "rejection"
)

// The kinds of the OUT stream.
const (
	KindInformationRequest = "information-request"
	KindOutcome            = "outcome"
	KindStrategyInvitation = "strategy-invitation"
	KindStrategyAction     = "strategy-action"
	KindStrategyMinutes    = "strategy-minutes"
	KindConsultation       = "consultation"
	KindEncompass          = "encompass-notification"
	KindFormReminder       = "written-form-reminder"
)

// OutKinds lists the kinds of the OUT stream. They are named one by one, as a wildcard would also catch the receipts.
func OutKinds() []string {
	return []string{KindInformationRequest, KindOutcome, KindStrategyInvitation, KindStrategyAction, KindStrategyMinutes, KindConsultation, KindEncompass, KindFormReminder}
}

// HeaderAnswers is the header that the hub sets on every receipt and rejection to say which message it answers; its
// value is an AnswerKey.
const HeaderAnswers = "mash-answers"

// HeaderSubject carries the subject that a message came on beside its headers, while it is kept apart from its stream. It is taken off again
// before the message is put back.
const HeaderSubject = "mash-subject"

// HeaderRetried is on a message that an operator put back: when it is on record, what is kept of it in quarantine is of no more use. The
// header is no proof of that, as its sender could set it too.
const HeaderRetried = "mash-retried"

// AnswerKey names a message among all of its agency's by its ce-source and ce-id: both percent-encoded as in the other
// headers, "|" too, with a "|" between them.
func AnswerKey(source, id string) string {
	escape := func(s string) string { return strings.ReplaceAll(percentEncode(s), "|", "%7C") }
	return escape(source) + "|" + escape(id)
}

// ValidToken reports whether s may stand as a token in a subject. Clients do not check this: a token with CR and LF
// would end the protocol line and start another.
func ValidToken(s string) bool { return agencies.ValidID(s) }

// InSubject is where the agency publishes messages of this kind.
func InSubject(agency, kind string) string { return "mash.in." + agency + "." + kind + ".v1" }

// OutSubject is where the hub publishes messages of this kind for the agency.
func OutSubject(agency, kind string) string { return "mash.out." + agency + "." + kind + ".v1" }

// ParseInSubject takes a subject of an IN stream apart. The error says which part is wrong, and is safe to show.
func ParseInSubject(subject string) (agency, kind string, err error) {
	tokens := strings.Split(subject, ".")
	if len(tokens) != 5 || tokens[0] != "mash" || tokens[1] != "in" || tokens[4] != "v1" {
		return "", "", fmt.Errorf("subject is not mash.in.<agency>.<kind>.v1")
	}
	agency, kind = tokens[2], tokens[3]
	if !ValidToken(agency) || !ValidToken(kind) {
		return "", "", fmt.Errorf("agency or kind in the subject is not lower-case letters, digits and inner hyphens")
	}
	return agency, kind, nil
}

// inboxOf is the prefix of the agency's reply subjects. One each, so that a permission can name it.
func inboxOf(agency string) string { return "_INBOX." + agency }

// hubInbox starts with a character that no agency's id may have, so it is nobody else's inbox.
const hubInbox = "_INBOX._hub"
