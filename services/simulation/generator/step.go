package generator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// Kinds of message, as they stand in a NATS subject.
const (
	KindContact  = "contact"
	KindOpenCase = "open-case"
)

// What becomes of a message, as its receipt says.
const (
	Queued       = "queued"
	PassedAcross = "passed-across"
	PartlyPassed = "partly-passed-across"
	Recorded     = "recorded"
)

// Step is one message that one agency sends at one time.
type Step struct {
	// At is when the hub is to receive it.
	At time.Time
	// Agency sends it; Source and ID are its ce-source and ce-id. ID is derived from the payload.
	Agency, Source, ID string
	// Kind is KindContact or KindOpenCase.
	Kind string
	// JSON says in which form the agency sends: protobuf's JSON, or binary.
	JSON bool
	// Message is an *intakepb.Contact or *intakepb.OpenCase. It is not to be changed.
	Message proto.Message
	// Outcome is what the rules make of it when every earlier step was received: Queued, PassedAcross, PartlyPassed (KEN-04)
	// or Recorded.
	Outcome string
	// SameAs is the id of the earlier step that tells of the same thing: staff should link the two. Empty for most.
	SameAs string
	// Resembles is the id of an earlier step of the same week that is about the same child and another thing: staff might
	// link the two in error. Empty for most.
	Resembles string
}

// Type is the payload's ce-type.
func (s Step) Type() string { return string(s.Message.ProtoReflect().Descriptor().FullName()) }

// Encode gives the payload in the agency's form, and its content type. The same step gives the same bytes in every build:
// protojson alone puts in spaces that differ from build to build, and a hub that has the message on record would take
// that for another payload under the same id.
func (s Step) Encode() (payload []byte, contentType string, err error) {
	if !s.JSON {
		payload, err = proto.MarshalOptions{Deterministic: true}.Marshal(s.Message)
		return payload, "application/protobuf", err
	}
	loose, err := protojson.Marshal(s.Message)
	if err != nil {
		return nil, "", fmt.Errorf("encode %s: %w", s.Type(), err)
	}
	var compact bytes.Buffer
	compact.Grow(len(loose))
	if err := json.Compact(&compact, loose); err != nil {
		return nil, "", fmt.Errorf("encode %s: %w", s.Type(), err)
	}
	return compact.Bytes(), "application/json", nil
}

// identify gives the step its id.
func (s *Step) identify() {
	// A message of ours, made of valid UTF-8, can be marshalled; a test encodes every step of many weeks.
	data, _ := proto.MarshalOptions{Deterministic: true}.Marshal(s.Message)
	s.ID = uuid.NewSHA1(namespace, data).String()
}

// Week is seven days of steps, in order of time; at one time, open cases come before contacts.
type Week struct {
	// Start and End are local midnights; End is not in the week.
	Start, End time.Time
	Steps      []Step
	// Talks are what is said by telephone, in order of time; none without Options.Beside.
	Talks []Talk
}

// Contacts is the number of contacts among the steps.
func (w Week) Contacts() int {
	n := 0
	for _, s := range w.Steps {
		if _, ok := s.Message.(*intakepb.Contact); ok {
			n++
		}
	}
	return n
}
