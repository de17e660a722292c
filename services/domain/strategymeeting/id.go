package strategymeeting

import (
	"encoding/base32"
	"strconv"

	"github.com/google/uuid"
)

// namespace is part of the stored form: a proposal sent again to a later release
// must get the meeting it had.
var namespace = uuid.MustParse("0c54a6d8-9b7e-5a41-8d2f-5e6d61736805")

// ID gives the uuid of the meeting that a proposal makes: version 5, of the
// proposal's request id.
func ID(requestID string) uuid.UUID { return uuid.NewSHA1(namespace, []byte(requestID)) }

// Stream gives the name of a meeting's stream.
func Stream(id string) string { return "strategymeeting-" + id }

// ChildID gives the meeting-local id of the i-th child, counted from 0.
func ChildID(i int) string { return "s" + strconv.Itoa(i+1) }

// As for a contact's reference: without I, L, O and U, to be read out.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// reference gives a short reference to quote on the telephone, such as
// "MEET-7K3M-Q2XD": 40 bits of the meeting's uuid. People find a meeting by it, a
// program uses the uuid.
func reference(id uuid.UUID) string {
	text := crockford.EncodeToString(id[:5])
	return "MEET-" + text[:4] + "-" + text[4:]
}
