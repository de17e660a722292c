// Package quarantine decides about messages that could not be accepted: what of
// them is on record, and whether one may be put back.
//
// On the way of a contact it stands beside the good path. Intake rejects a
// message, keeps its bytes sealed in the vault and records here, through
// casework, whose it was, which rule it broke and its hash. An operator who
// retries it puts it back on its agency's inbound stream, where the rules judge
// it again.
//
// It guarantees that a message is on record once however often it is delivered,
// and that only a message whose bytes are kept can be retried. It never holds
// content: what the events say may be shown to an operator, who sees nothing
// about people (access). The state of a stream grows with the messages an
// agency had rejected, some hundred bytes each; what bounds the bytes of the
// messages themselves is the vault's quota.
package quarantine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
)

// Item is a quarantined message as it stands: what an operator is shown.
type Item struct {
	// Quarantined is what was recorded when it was rejected.
	Quarantined *eventpb.MessageQuarantined
	// Retries counts how often it was put back, RetriedAt when last; zero:
	// never.
	Retries   int
	RetriedAt time.Time
}

// State is one agency's quarantine.
type State struct {
	// kept says of each message on record, by its id, whether its bytes are.
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
	if _, known := s.kept[id]; known {
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
	kept, known := s.kept[c.ID]
	switch {
	case !known:
		return nil, &domain.Refusal{
			Reason:  "NOT_QUARANTINED",
			Message: "no message of this agency is in quarantine under that id",
			Advice:  "list the agency's quarantine for its ids",
		}
	case !kept:
		return nil, &domain.Refusal{
			Reason:  "PAYLOAD_NOT_KEPT",
			Message: "the message's bytes were not kept, because the agency's quota was used up",
			Advice:  "ask the agency to send it again with a new id",
		}
	}
	return []proto.Message{&eventpb.QuarantineRetried{QuarantineId: c.ID, RetriedAt: timestamppb.New(c.Now)}}, nil
}

// List folds a stream's events into what is shown, oldest first. Like [Evolve]
// it refuses what it does not know; a retry of a message that is not on record
// is left out.
func List(items []Item, event proto.Message) ([]Item, error) {
	switch e := event.(type) {
	case *eventpb.MessageQuarantined:
		return append(items, Item{Quarantined: e}), nil
	case *eventpb.QuarantineRetried:
		for i := range items {
			if items[i].Quarantined.GetQuarantineId() == e.GetQuarantineId() {
				items[i].Retries++
				items[i].RetriedAt = e.GetRetriedAt().AsTime()
			}
		}
		return items, nil
	}
	return items, fmt.Errorf("quarantine: unknown event %s", name(event))
}
