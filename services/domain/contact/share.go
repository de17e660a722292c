package contact

import (
	"crypto/sha256"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// The ways to answer, published.
const (
	AnswerShared       = "shared"
	AnswerPartial      = "partial"
	AnswerNothingKnown = "nothing-known"
	AnswerWillNotShare = "will-not-share"
)

// ShareInformation is what an agency tells: an answer, more of one, a correction,
// or what nobody asked for (HUB-03).
type ShareInformation struct {
	Setting
	Agency string
	// RequestID is the request it answers; empty: none.
	RequestID string
	// Answer is one of the ways above.
	Answer string
	// Reason is why the agency will not share.
	Reason string
	// Statements are what it tells.
	Statements []Statement
	// Corrects is an earlier share of the same agency; empty: none. It stands in
	// that one's place, which stays on record.
	Corrects string
}

// Statement is one thing that an agency tells, with the codes of
// mash.event.v1.Statement.
type Statement struct {
	Subjects               []string
	Category, Kind, Source string
	Words                  string
	// Known is when it became known or happened.
	Known    *eventpb.Occurrence
	Handling Handling
}

// Handling is who may see a statement (HUB-05).
type Handling struct {
	NotToFamily, NotToAgencies, ProtectSource bool
	// PoliceCode is "P", "C" or empty; Conditions go with C.
	PoliceCode, Conditions string
}

func (c ShareInformation) under(s Setting) Command { c.Setting = s; return c }

// Share is what an agency told at one time.
type Share struct {
	ID, Agency, RequestID string
	// Corrects is the share that this one stands for; empty: none.
	Corrects string
	// Subjects are those its statements are about.
	Subjects []string
	// Handlings are those of its statements.
	Handlings []*eventpb.Handling
	// Unsolicited says that nobody had asked.
	Unsolicited bool
	// Revision is the event's in the stream.
	Revision uint64
	content  [sha256.Size]byte
}

// told keeps of a share what rules ask for. Its content is kept as a digest, by
// which the same thing told twice is known.
func told(e *eventpb.InformationShared, revision uint64) Share {
	s := Share{
		ID: e.GetShareId(), Agency: e.GetAgency(), RequestID: e.GetRequestId(), Corrects: e.GetCorrects(),
		Unsolicited: e.GetUnsolicited(), Revision: revision, content: shareContent(e),
	}
	for _, statement := range e.GetStatements() {
		s.Handlings = append(s.Handlings, statement.GetHandling())
		for _, subject := range statement.GetSubjects() {
			if !slices.Contains(s.Subjects, subject) {
				s.Subjects = append(s.Subjects, subject)
			}
		}
	}
	return s
}

// shareContent leaves out what the hub adds to what was told.
func shareContent(e *eventpb.InformationShared) [sha256.Size]byte {
	return digest(&eventpb.InformationShared{
		Agency: e.GetAgency(), RequestId: e.GetRequestId(), Answer: e.GetAnswer(), Reason: e.GetReason(),
		Statements: e.GetStatements(), Corrects: e.GetCorrects(),
	})
}

// digest is of use within one process only: another build may marshal otherwise.
// What cannot be marshalled was never stored.
func digest(m proto.Message) [sha256.Size]byte {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return [sha256.Size]byte{}
	}
	return sha256.Sum256(data)
}

// share finds what was told by its id.
func (s State) share(id string) (Share, bool) {
	i := slices.IndexFunc(s.Shares, func(one Share) bool { return one.ID == id })
	if i < 0 {
		return Share{}, false
	}
	return s.Shares[i], true
}

// corrected reports whether a later share stands in this one's place.
func (s State) corrected(id string) bool {
	return slices.ContainsFunc(s.Shares, func(other Share) bool { return other.Corrects == id })
}
