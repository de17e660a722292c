package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/reference"
)

// ReasonReferenceAmbiguous refuses a reference that several contacts came under.
const ReasonReferenceAmbiguous = "REFERENCE_AMBIGUOUS"

// FindContact gives the contact that an agency sent under a reference of its own.
// It fails with [ErrNotFound], and with a *domain.Refusal where several contacts
// came under that reference: what is told about a child must not land on the
// wrong file.
func (s *Service) FindContact(ctx context.Context, agency, ref string) (contactID string, err error) {
	f, err := references().read(ctx, s.store, s.referenceStream(agency, ref))
	if err != nil {
		return "", err
	}
	switch len(f.state.Contacts) {
	case 0:
		return "", ErrNotFound
	case 1:
		return f.state.Contacts[0], nil
	}
	return "", &domain.Refusal{
		Reason:  ReasonReferenceAmbiguous,
		Message: "several contacts came under this reference",
		Advice:  "name the contact by the contact_id of its receipt, and send it with a new id",
	}
}

// ShareInformation records what an agency tells about a contact (HUB-03). A
// statement that names no children is about those of [contact.State.ToldAbout].
// Errors are as those of HandleContact.
func (s *Service) ShareInformation(ctx context.Context, contactID string, cmd contact.ShareInformation, o Origin) (Result, error) {
	id, err := uuid.Parse(contactID)
	if err != nil {
		return Result{}, ErrNotFound
	}
	return s.inTurn(ctx, change[contact.State]{
		evolution: contacts(),
		stream:    contact.Stream(id.String()),
		origin:    o,
		decide:    s.sharing(cmd, o),
		said:      func(state contact.State) (uint64, bool) { return state.ToldBefore(whole(cmd, state)) },
		exists:    true,
		kept:      s.contacts,
	})
}

func (s *Service) sharing(cmd contact.ShareInformation, o Origin) func(time.Time, contact.State) ([]proto.Message, error) {
	return func(now time.Time, state contact.State) ([]proto.Message, error) {
		return s.deciding(whole(cmd, state), access.Role(o.Role), o.Actor)(now, state)
	}
}

// whole names the children of every statement.
func whole(cmd contact.ShareInformation, state contact.State) contact.ShareInformation {
	cmd.Statements = slices.Clone(cmd.Statements)
	for i := range cmd.Statements {
		if len(cmd.Statements[i].Subjects) == 0 {
			cmd.Statements[i].Subjects = state.ToldAbout(cmd)
		}
	}
	return cmd
}

// ReceiveInformation puts a contact on record together with what its sender
// tells about it, in one append: information that nobody asked for, about a child
// of whom there is no contact, opens one (HUB-03). Errors are as those of
// ReceiveContact.
func (s *Service) ReceiveInformation(ctx context.Context, cmd contact.Receive, told contact.ShareInformation, o Origin) (Result, error) {
	return s.receive(ctx, messageID(cmd), cmd, o, func(cmd contact.Receive) decision {
		receive := s.asSent(o)(cmd)
		return func(now time.Time, state contact.State) ([]proto.Message, error) {
			events, err := receive(now, state)
			if err != nil {
				return nil, err
			}
			for _, event := range events {
				if state, err = contact.Evolve(state, event); err != nil {
					return nil, err
				}
			}
			more, err := s.sharing(told, o)(now, state)
			return append(events, more...), err
		}
	})
}

// decision says what a command adds to a contact.
type decision = func(time.Time, contact.State) ([]proto.Message, error)

func references() evolution[reference.State] {
	return evolution[reference.State]{initial: reference.Initial, evolve: reference.Evolve}
}

func (s *Service) referenceStream(agency, ref string) string {
	return reference.Stream(s.pseudonym(reference.Kind, reference.Value(agency, ref)))
}

// refer notes the reference that a contact came under. It is asked for beside
// the contact's own append and again with every repetition, so that a receipt is
// never given before it stands; a reference may stand for a moment before its
// contact does, and whoever follows it then finds nobody yet.
//
// Nearly every reference is new, so its stream is not read before it is written.
func (s *Service) refer(ctx context.Context, contactID uuid.UUID, cmd contact.Receive, o Origin) error {
	if cmd.Reference == "" {
		return nil
	}
	id := contactID.String()
	c := change[reference.State]{
		evolution: references(),
		stream:    s.referenceStream(cmd.Agency, cmd.Reference),
		origin:    o,
		byContent: true,
		decide: func(now time.Time, state reference.State) ([]proto.Message, error) {
			return reference.Decide(reference.Record{Now: now, Agency: cmd.Agency, ContactID: id}, state)
		},
	}
	c.origin.CorrelationID = id
	_, err := c.attempt(ctx, s, &folded[reference.State]{revision: -1})
	if errors.Is(err, errRaced) {
		_, err = run(ctx, s, c)
	}
	if err != nil {
		return fmt.Errorf("casework: note a contact's reference: %w", err)
	}
	return nil
}
