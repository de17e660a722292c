package casework

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
)

// conversationSource stands in the key of a contact that a worker recorded where a
// message's has its sender's system.
const conversationSource = "urn:mash:conversation"

// ConversationID gives the uuid of the contact that a worker's request opens.
func ConversationID(requestID string) uuid.UUID {
	return contact.ConversationID(conversationSource, requestID)
}

// RecordConversation puts a contact on record that a worker tells of (SOT-01). The
// caller's agency finds it again by the hub's reference, which is noted as one of
// its own. Errors are as those of ReceiveContact.
func (s *Service) RecordConversation(ctx context.Context, cmd contact.RecordConversation, o Origin) (Result, error) {
	cmd.Source, cmd.MessageID = conversationSource, o.RequestID
	result, err := s.receive(ctx, ConversationID(o.RequestID), cmd.Receive, o, func(known contact.Receive) decision {
		whole := cmd
		whole.Receive = known
		return s.deciding(whole, access.Role(o.Role), o.Actor)
	})
	if err != nil || cmd.Agency == "" {
		return result, err
	}
	told := cmd.Receive
	told.Reference = contact.HubReference(ConversationID(o.RequestID))
	return result, s.refer(ctx, ConversationID(o.RequestID), told, o)
}

// follow finds the conversation that a message puts in writing, and has its contact
// note that. The conversation's stream is written first, as it says whether the form
// is to be linked: cut off in between, the same message finds its answer there when
// it is delivered again. A name that leads nowhere is no error, for what is told of a
// child must not be lost to a slip of the pen (HUB-03).
func (s *Service) follow(ctx context.Context, cmd contact.Receive, o Origin) (contact.Following, error) {
	following := contact.Following{Named: cmd.Follows.Named}
	if s.refusable(cmd, o) {
		return following, nil // nothing is noted of a form that will not be one
	}
	id, err := s.named(ctx, cmd.Agency, cmd.Follows.Named)
	if err != nil || id == "" {
		return following, err
	}
	note := contact.NoteWrittenForm{
		Agency: cmd.Agency, FormID: contact.ID(cmd.Agency, cmd.Source, cmd.MessageID).String(), Children: len(cmd.Children),
	}
	result, err := s.HandleContact(ctx, id, note, o, nil)
	if _, refused := errors.AsType[*domain.Refusal](err); refused || errors.Is(err, ErrNotFound) {
		return following, nil
	}
	if err != nil {
		return following, err
	}
	following.ContactID = id
	for _, event := range result.Events {
		if e, ok := event.(*eventpb.WrittenFormReceived); ok {
			following.Linked, following.SchoolsDecided = e.GetLinked(), e.GetSchoolsDecided()
		}
	}
	return following, nil
}

// refusable reports whether the rules would refuse a message as it stands.
func (s *Service) refusable(cmd contact.Receive, o Origin) bool {
	_, err := s.asSent(o)(cmd)(s.now(time.Time{}), contact.Initial())
	return err != nil
}

// named gives the contact that an agency means by a name; empty: none, or several.
func (s *Service) named(ctx context.Context, agency, name string) (string, error) {
	if id, err := uuid.Parse(name); err == nil {
		return id.String(), nil
	}
	for _, ref := range []string{name, strings.ToUpper(name)} {
		id, err := s.FindContact(ctx, agency, ref)
		_, ambiguous := errors.AsType[*domain.Refusal](err)
		switch {
		case err == nil:
			return id, nil
		case !ambiguous && !errors.Is(err, ErrNotFound):
			return "", err
		}
	}
	return "", nil
}
