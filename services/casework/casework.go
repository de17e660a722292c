// Package casework carries commands to the record: it loads a stream, folds it,
// asks a decider of services/domain what a command adds, and appends that.
//
// On the way of a contact it stands between those who bring something (intake
// for agencies, commandapi for staff, operatorapi for operators) and the event
// store. It is the only writer of contact-, consultation-, strategymeeting-,
// identifier- and quarantine- streams.
//
// # What it guarantees
//
//   - Once: a request (a message's key, or a caller's request id) is looked for
//     among those on record in the stream, before it is decided and before the
//     expected revision is compared. The same request again gets the first answer
//     again; the same id with another payload is a [ReusedError]. That is read
//     from events, so it holds after a restart and in every process.
//   - Consistent: what a decision rests on in its own stream is what was there
//     when it was appended. Every append names the revision that was folded; if
//     the stream moved meanwhile, it is decided again from a fresh read. So any
//     number of hubs may serve one store, and of two managers who triage at once
//     one is refused.
//   - In order: an event is never recorded at a time before the last one of its
//     stream.
//
// # What it does not
//
// Streams are consistent one by one. What is read of another stream (the cases
// that are open, the contact that a link leads to) was so a moment before. A
// message about an open case is written to several streams, the one that makes
// it count last; cut off in between, it is completed when it is delivered again.
// A contact hears of its strategy meeting after the meeting's own append; cut off
// in between, it hears of it through process ([Service.TellOfMeeting]). Until
// then a decision on the contact is not held back. Enquiries about a child alone
// are started by one meeting at most, whatever goes on at the same time (WT-03):
// see claimEnquiries.
// Two hubs can link two contacts to each other in the same instant: the later
// one finds that, takes its link back and refuses; should it be killed in between,
// both contacts stay linked until a person unlinks one.
//
// Nothing is retried on behalf of the caller but what lost a race: an error that
// is no refusal may be tried again with the same request.
package casework

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/quarantine"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

// Config says what a Service works with. Store, Pseudonym and Profile are
// required.
type Config struct {
	// Store is the record.
	Store *eventstore.Store
	// Pseudonym names a number (its type and value) without telling it: the key
	// ring's HMAC. All hubs of one store need the same.
	Pseudonym func(kind, value string) string
	// Profile is the practice in force.
	Profile practice.Profile
	// Setting gives who is told of domestic abuse (KEN-20) for a child who is at the school with that number, or who is educated at home;
	// empty: nobody that is known. Nil: nobody ever is.
	Setting func(schoolURN string, homeEducated bool) (agency string)
	// Now is the hub's clock; nil means time.Now.
	Now func() time.Time
	// Logger gets what an operator should know, by ids; nil means slog.Default.
	Logger *slog.Logger
	// Cached bounds how many folded contacts are held in memory, 1 to 2 KiB
	// each; 0 means 4,096.
	Cached int
}

// Service handles commands. It is safe for concurrent use, needs no closing and
// starts nothing that outlives a call.
type Service struct {
	store     *eventstore.Store
	pseudonym func(kind, value string) string
	profile   practice.Profile
	setting   func(string, bool) string
	clock     func() time.Time
	log       *slog.Logger

	contacts    *lru[*folded[contact.State]]
	quarantines *lru[*folded[quarantine.State]]
	meetings    *lru[*folded[strategymeeting.State]]
	turns       turns
	linking     chan struct{}
}

// cachedMeetings bounds the meetings in memory: far more than are arranged and
// followed up at one time, some KiB each.
const cachedMeetings = 256

// New makes a Service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Setting == nil {
		c.Setting = func(string, bool) string { return "" }
	}
	if c.Cached <= 0 {
		c.Cached = 4096
	}
	return &Service{
		store:       c.Store,
		pseudonym:   c.Pseudonym,
		profile:     c.Profile,
		setting:     c.Setting,
		clock:       c.Now,
		log:         c.Logger,
		contacts:    newLRU[*folded[contact.State]](c.Cached),
		quarantines: newLRU[*folded[quarantine.State]](64),
		meetings:    newLRU[*folded[strategymeeting.State]](cachedMeetings),
		turns:       newTurns(),
		linking:     make(chan struct{}, 1),
	}
}

// Origin is who asks, and under which request. It goes into the metadata of
// every event that comes of it.
type Origin struct {
	// Actor is an opaque id, Role and Team are the actor's.
	Actor, Role, Team string
	// Agency is whose message it was; empty for staff.
	Agency string
	// RequestID is a message's key or a caller's request id, RequestHash the
	// hexadecimal SHA-256 of what was asked.
	RequestID, RequestHash string
	// CorrelationID ties together what belongs together; empty: the stream's id.
	CorrelationID string
	// CausationID is what led to the request, where that is known.
	CausationID string
	// SeenRevision is what the actor had before them; nil: not known.
	SeenRevision *uint64
}

// Result is what is on record of a request.
type Result struct {
	Stream string
	// EventID is the first event's, Revision the last one's.
	EventID  uuid.UUID
	Revision uint64
	// Position is a token: from there on every reader sees it.
	Position string
	// Repeated says that it was on record before. Everything else is then of
	// that first time.
	Repeated   bool
	RecordedAt time.Time
	// Events are what the request added, readable. Where the record said what was
	// asked for already, but under another request, all this is of the event that
	// says it, as far as the decider knows which; else there are none, and the
	// event, revision, position and time are of the stream's last event.
	Events []proto.Message
}

// ErrNotFound means that there is no such contact, or meeting.
var ErrNotFound = errors.New("no such contact or meeting")

// A ConflictError says that a contact is not at the revision its caller saw.
type ConflictError struct{ Expected, Actual uint64 }

func (e *ConflictError) Error() string {
	return fmt.Sprintf("the stream is at revision %d, the caller saw %d", e.Actual, e.Expected)
}

// A ReusedError says that a request id was used before for something else. Such
// a request is never carried out.
type ReusedError struct{ Stream string }

func (e *ReusedError) Error() string {
	return "request id was used before, with another payload, on stream " + e.Stream
}
