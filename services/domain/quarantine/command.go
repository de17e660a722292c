package quarantine

import (
	"time"

	"github.com/google/uuid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// Command is something to be decided about one agency's quarantine. The set is
// closed: Quarantine, Retry and Discard.
type Command interface {
	// At gives the command as it is to be decided at that time of the hub's
	// clock. Casework calls it; whoever makes the command leaves Now empty.
	At(now time.Time) Command
	// Of is the agency whose quarantine it is about.
	Of() string
}

// Quarantine keeps what cannot be accepted.
type Quarantine struct {
	Now time.Time
	// Agency is whose message it is: that of the NATS account it came through.
	Agency string
	// Kind is what its subject named.
	Kind string
	// Reason is a published code, such as "INVALID_PAYLOAD".
	Reason string
	// Violations name fields and rules, never content.
	Violations []*eventpb.Violation
	// SHA256 is the payload's hash, 32 bytes; Size its length in bytes.
	SHA256 []byte
	Size   uint64
	// Kept says that the vault has the bytes.
	Kept bool
	// MessageID and MessageSource are of its headers, empty where unusable.
	MessageID, MessageSource string
}

// Retry says that a person put a message back on its agency's inbound stream.
type Retry struct {
	Now    time.Time
	Agency string
	// ID is the message's id in quarantine.
	ID string
	// Held says that the vault has the bytes now. Casework's caller looks.
	Held bool
}

// Discard says that a person has the message's bytes deleted for good.
type Discard struct {
	Now    time.Time
	Agency string
	// ID is the message's id in quarantine.
	ID string
}

// At gives the command as it is decided at now.
func (c Quarantine) At(now time.Time) Command { c.Now = now; return c }

// At gives the command as it is decided at now.
func (c Retry) At(now time.Time) Command { c.Now = now; return c }

// At gives the command as it is decided at now.
func (c Discard) At(now time.Time) Command { c.Now = now; return c }

// Of gives the agency.
func (c Quarantine) Of() string { return c.Agency }

// Of gives the agency.
func (c Retry) Of() string { return c.Agency }

// Of gives the agency.
func (c Discard) Of() string { return c.Agency }

// namespace is part of the stored form: the vault keeps bytes under these ids.
var namespace = uuid.MustParse("4d1f9a64-4b39-5a1e-8f0a-0a6d61736801")

// ID gives the id that a message has in quarantine: version 5, of its agency,
// source, id and hash. A resend of the same bytes has the same id; another
// message under a used key has its own.
func ID(agency, source, messageID string, sha256 []byte) uuid.UUID {
	var name []byte
	for _, part := range [][]byte{[]byte(agency), []byte(source), []byte(messageID), sha256} {
		name = append(name, byte(len(part)>>24), byte(len(part)>>16), byte(len(part)>>8), byte(len(part)))
		name = append(name, part...)
	}
	return uuid.NewSHA1(namespace, name)
}

// Stream gives the name of an agency's quarantine stream.
func Stream(agency string) string { return "quarantine-" + agency }
