// Package quarantine decides about messages that could not be accepted: what of
// them is on record, and whether one may be put back.
//
// On the way of a contact it stands beside the good path. Intake rejects a
// message, keeps its bytes sealed in the vault and records here, through
// casework, whose it was, which rule it broke and its hash. An operator who
// retries it puts it back on its agency's inbound stream, where the rules judge
// it again; once it is on record as what it is, intake takes its bytes out of the
// vault. An operator who discards it has them deleted without that.
//
// It guarantees that a message is on record once however often it is delivered,
// and once more only where its bytes are kept again after they were not; and that
// only a message whose bytes are kept can be retried. Which those are the vault
// knows, and the caller says ([Retry]). It never holds content: what the events say may be shown to an operator, who sees nothing
// about people (access). The state of a stream grows with the messages an
// agency had rejected, some hundred bytes each; what bounds the bytes of the
// messages themselves is the vault's quota.
package quarantine

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
)

// State is one agency's quarantine.
type State struct {
	// kept says of each message on record, by its id, whether its bytes were kept
	// when it was rejected and not discarded since.
	kept map[string]bool
}

// Decider gives the rules of this package.
func Decider() domain.Decider[Command, proto.Message, State] {
	return domain.Decider[Command, proto.Message, State]{Initial: Initial, Evolve: Evolve, Decide: Decide}
}

// Initial is the state of an agency that never had a message rejected.
func Initial() State { return State{kept: map[string]bool{}} }

// Evolve folds one event into the state it is given, which it changes. An
// event of another stream or release is an error.
func Evolve(s State, event proto.Message) (State, error) {
	switch e := event.(type) {
	case *eventpb.MessageQuarantined:
		s.kept[e.GetQuarantineId()] = e.GetKept()
	case *eventpb.QuarantineRetried:
		// Retries change nothing that is decided here.
	case *eventpb.QuarantineDiscarded:
		s.kept[e.GetQuarantineId()] = false
	default:
		return s, fmt.Errorf("quarantine: unknown event %s", name(event))
	}
	return s, nil
}

func name(event proto.Message) string {
	if event == nil {
		return "nil"
	}
	return string(event.ProtoReflect().Descriptor().FullName())
}

// Decide says what the command adds. The same message again adds nothing.
func Decide(c Command, s State) ([]proto.Message, error) {
	switch c := c.(type) {
	case Quarantine:
		return decideQuarantine(c, s)
	case Retry:
		return decideRetry(c, s)
	case Discard:
		return decideDiscard(c, s)
	}
	return nil, fmt.Errorf("quarantine: unknown command %T", c)
}

func decideQuarantine(c Quarantine, s State) ([]proto.Message, error) {
	if c.Agency == "" || c.Reason == "" || len(c.SHA256) != 32 {
		return nil, &domain.Refusal{
			Reason:  "INVALID_COMMAND",
			Message: "a quarantined message has an agency, a reason and a SHA-256 hash",
			Advice:  "name all three",
		}
	}
	id := ID(c.Agency, c.MessageSource, c.MessageID, c.SHA256).String()
	if kept, known := s.kept[id]; known && (kept || !c.Kept) {
		return nil, nil
	}
	return []proto.Message{&eventpb.MessageQuarantined{
		QuarantineId:  id,
		Agency:        c.Agency,
		Kind:          readable(c.Kind),
		Reason:        c.Reason,
		Violations:    c.Violations,
		Sha256:        slices.Clone(c.SHA256),
		Size:          c.Size,
		Kept:          c.Kept,
		MessageId:     readable(c.MessageID),
		MessageSource: readable(c.MessageSource),
		QuarantinedAt: timestamppb.New(c.Now),
	}}, nil
}

// readable gives text that an event can hold. What is rejected may be broken in
// any way, and a record of it that cannot be written would come again for ever.
func readable(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

func decideRetry(c Retry, s State) ([]proto.Message, error) {
	if _, known := s.kept[c.ID]; !known {
		return nil, notQuarantined()
	}
	if !c.Held {
		return nil, &domain.Refusal{
			Reason:  "PAYLOAD_NOT_KEPT",
			Message: "the message's bytes are not kept: a retry has put it on record, they were discarded, or the agency's quota was used up",
			Advice:  "where it is not on record, ask the agency to send it again with a new id",
		}
	}
	return []proto.Message{&eventpb.QuarantineRetried{QuarantineId: c.ID, RetriedAt: timestamppb.New(c.Now)}}, nil
}

// decideDiscard adds nothing where there is nothing to discard, by the record:
// that is what was asked for.
func decideDiscard(c Discard, s State) ([]proto.Message, error) {
	kept, known := s.kept[c.ID]
	switch {
	case !known:
		return nil, notQuarantined()
	case !kept:
		return nil, nil
	}
	return []proto.Message{&eventpb.QuarantineDiscarded{QuarantineId: c.ID, DiscardedAt: timestamppb.New(c.Now)}}, nil
}

func notQuarantined() error {
	return &domain.Refusal{
		Reason:  "NOT_QUARANTINED",
		Message: "no message of this agency is in quarantine under that id",
		Advice:  "list the agency's quarantine for its ids",
	}
}
