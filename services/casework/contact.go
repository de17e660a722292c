package casework

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
)

func contacts() evolution[contact.State] {
	return evolution[contact.State]{initial: contact.Initial, evolve: contact.Evolve}
}

// ReceiveContact puts an agency's contact on record, and passes children who are
// open to a team across. Errors are a *domain.Refusal, a *ReusedError, or
// something that may be tried again.
//
// Nearly every message is new, so it is appended as the first of its stream
// without looking whether there is one; where there is, the store says so.
func (s *Service) ReceiveContact(ctx context.Context, cmd contact.Receive, o Origin) (Result, error) {
	if cmd.Follows.Named != "" {
		var err error
		if cmd.Follows, err = s.follow(ctx, cmd, o); err != nil {
			return Result{}, err
		}
	}
	return s.receive(ctx, messageID(cmd), cmd, o, s.asSent(o))
}

func messageID(cmd contact.Receive) uuid.UUID {
	return contact.ID(cmd.Agency, cmd.Source, cmd.MessageID)
}

// asSent decides on a contact as its sender's message has it.
func (s *Service) asSent(o Origin) func(contact.Receive) decision {
	return func(cmd contact.Receive) decision { return s.deciding(cmd, access.AgencySystem, o.Actor) }
}

// receive puts a contact on record as it is decided on with its open cases known,
// and meanwhile notes its reference.
func (s *Service) receive(ctx context.Context, id uuid.UUID, cmd contact.Receive, o Origin, deciding func(contact.Receive) decision) (Result, error) {
	var noting errgroup.Group
	note := sync.OnceFunc(func() { noting.Go(func() error { return s.refer(ctx, id, cmd, o) }) })
	result, err := s.putContact(ctx, id, cmd, o, func(cmd contact.Receive) decision {
		d := deciding(cmd)
		return func(now time.Time, state contact.State) ([]proto.Message, error) {
			events, err := d(now, state)
			if err == nil {
				note()
			}
			return events, err
		}
	})
	if err == nil {
		note() // on record before, perhaps without its reference
	}
	if failed := noting.Wait(); err == nil && failed != nil {
		return Result{}, failed
	}
	if err == nil {
		err = s.tie(ctx, cmd, result, o)
	}
	return result, err
}

func (s *Service) putContact(ctx context.Context, id uuid.UUID, cmd contact.Receive, o Origin, deciding func(contact.Receive) decision) (Result, error) {
	stream := contact.Stream(id.String())
	if f, found := s.contacts.get(stream); found {
		if d, known := f.did(o.RequestID); known {
			return s.again(ctx, stream, d, o)
		}
	}
	var err error
	if cmd.Consultation.Number != "" {
		if cmd.Consultation, err = s.consulted(ctx, cmd); err != nil {
			return Result{}, err
		}
	}
	cmd.Children = s.settings(cmd)
	if cmd.OpenMatches, err = s.openMatches(ctx, cmd.Children); err != nil {
		return Result{}, err
	}
	c := change[contact.State]{
		evolution: contacts(),
		stream:    stream,
		origin:    o,
		decide:    deciding(cmd),
		kept:      s.contacts,
	}
	none := &folded[contact.State]{state: contact.Initial(), revision: -1}
	result, err := c.attempt(ctx, s, none)
	// A message on record gets its first answer also where today's rules, or
	// today's date, would refuse it.
	if _, refused := errors.AsType[*domain.Refusal](err); refused || errors.Is(err, errRaced) {
		return run(ctx, s, c)
	}
	return result, err
}

// HandleContact carries out a command of staff on a contact. Expected is the
// revision the caller saw, or nil. Errors are a *domain.Refusal, a
// *ConflictError, a *ReusedError, [ErrNotFound], or something that may be tried
// again.
func (s *Service) HandleContact(ctx context.Context, contactID string, cmd contact.Command, o Origin, expected *uint64) (Result, error) {
	id, err := uuid.Parse(contactID)
	if err != nil {
		return Result{}, ErrNotFound
	}
	if o.SeenRevision == nil {
		o.SeenRevision = expected
	}
	c := change[contact.State]{
		evolution: contacts(),
		stream:    contact.Stream(id.String()),
		origin:    o,
		decide:    s.deciding(cmd, access.Role(o.Role), o.Actor),
		expected:  expected,
		exists:    true,
		kept:      s.contacts,
	}
	if link, ok := cmd.(contact.Link); ok {
		return s.link(ctx, id, link, c)
	}
	return s.inTurn(ctx, c)
}

func (s *Service) inTurn(ctx context.Context, c change[contact.State]) (Result, error) {
	giveBack, err := s.turns.take(ctx, c.stream)
	if err != nil {
		return Result{}, err
	}
	defer giveBack()
	return run(ctx, s, c)
}

func (s *Service) deciding(cmd contact.Command, role access.Role, actor string) func(time.Time, contact.State) ([]proto.Message, error) {
	return func(now time.Time, state contact.State) ([]proto.Message, error) {
		return contact.Decide(contact.Under(cmd, contact.Setting{Now: now, Profile: s.profile, Role: role, Actor: actor}), state)
	}
}

// readContact folds a contact from the store, whatever is in memory.
func (s *Service) readContact(ctx context.Context, id string) (contact.State, error) {
	f, err := contacts().read(ctx, s.store, contact.Stream(id))
	if err != nil {
		return contact.State{}, err
	}
	return f.state, nil
}
