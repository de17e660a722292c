package identifier

import (
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// Record is what the case-management system says of a case in one message.
// Check it, then [Plan] what it means for each number's stream.
type Record struct {
	// Now is the hub's clock. Casework sets it.
	Now time.Time
	// Agency is whose system says it.
	Agency string
	// CaseNumber is the local authority's; capitals matter.
	CaseNumber string
	// NHSNumber and UPN are optional, as they were given.
	NHSNumber, UPN string
	// Open says whether the case is open from ChangedAt on, and to which Team.
	Open bool
	Team string
	// ChangedAt is when the case changed: the later change wins.
	ChangedAt time.Time
}

// Entry is what is to be on record of one case under one number.
type Entry struct {
	Now time.Time
	// Type is the number's; empty where only its stream is known.
	Type string
	// CaseID is the pseudonym of the case number.
	CaseID    string
	Agency    string
	Open      bool
	Team      string
	ChangedAt time.Time
	// Reference is the case's numbers; nil where the entry follows from another
	// message than the one at hand.
	Reference *eventpb.CaseReference
	// Identifiers are the streams of the case's other numbers; only on the case
	// number's stream.
	Identifiers []string
}
