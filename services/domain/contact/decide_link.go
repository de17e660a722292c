package contact

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/wording"
)

// link takes a contact out of the queue because another one tells of the same
// thing. The other must be able to stand for it: on record, no duplicate itself,
// and in the queue, or both would be out of the queue and nobody would look.
func link(c Link, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ContactLink); err != nil {
		return nil, err
	}
	switch {
	case s.ID == "":
		return nil, notReceived()
	case s.DuplicateOf != "":
		return nil, alreadyLinked()
	case c.DuplicateOf == s.ID:
		return nil, linkedToItself()
	case !c.Target.Received:
		return nil, targetNotReceived()
	case c.Target.DuplicateOf != "":
		return nil, targetIsDuplicate()
	case s.Decided():
		return nil, contactDecided()
	case !c.Target.Queued:
		return nil, targetPassedAcross()
	case len(s.Queued) == 0:
		return nil, passedAcross()
	}
	if err := checkReason(c.Reason); err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.ContactLinkedAsDuplicate{
		ContactId:   s.ID,
		DuplicateOf: c.DuplicateOf,
		Reason:      wording.Narrative(c.Reason, s.Subjects),
		LinkedAt:    timestamppb.New(c.Now),
	}}, nil
}

// unlink puts it back, with the clocks it had: what was wrong was the link, and
// time did not stand still meanwhile.
func unlink(c Unlink, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ContactLink); err != nil {
		return nil, err
	}
	switch {
	case s.ID == "":
		return nil, notReceived()
	case s.DuplicateOf == "":
		return nil, notLinked()
	}
	if err := checkReason(c.Reason); err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.ContactUnlinked{
		ContactId:   s.ID,
		DuplicateOf: s.DuplicateOf,
		Reason:      wording.Narrative(c.Reason, s.Subjects),
		UnlinkedAt:  timestamppb.New(c.Now),
	}}, nil
}
