package contact

import (
	"encoding/base32"
	"fmt"
	"strconv"

	"github.com/google/uuid"
)

// namespace is part of the stored form: a message sent again to a later release
// must get the id it had.
var namespace = uuid.MustParse("6f0a1d62-4c1e-5b0e-9f39-0a6d61736800")

// Key gives a message's key. Lengths stand before source and id, which are the
// sender's, so that no two pairs make the same key.
func Key(agency, source, messageID string) string {
	return fmt.Sprintf("%s|%d:%s|%d:%s", agency, len(source), source, len(messageID), messageID)
}

// ID gives the uuid of the contact that a message opens: version 5, of its key.
func ID(agency, source, messageID string) uuid.UUID {
	return uuid.NewSHA1(namespace, []byte(Key(agency, source, messageID)))
}

// Stream gives the name of a contact's stream.
func Stream(id string) string { return "contact-" + id }

// SubjectID gives the contact-local id of the i-th child, counted from 0.
func SubjectID(i int) string { return "s" + strconv.Itoa(i+1) }

// Without I, L, O and U: what is read out over the telephone is heard as it was
// written, and spells nothing.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// HubReference gives a short reference to quote on the telephone, such as
// "MASH-7K3M-Q2XD": 40 bits of the contact's uuid. Among a year of Kent's
// contacts (83,000) the chance that any two share one is about 0.3 %: it is for
// people to find a contact by, and a program uses the uuid.
func HubReference(id uuid.UUID) string {
	text := crockford.EncodeToString(id[:5])
	return "MASH-" + text[:4] + "-" + text[4:]
}
