package casework

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
)

// link carries a link out. Two contacts that are linked to each other would both
// be out of the queue with nobody looking, and no single stream shows that. In
// one process links are made one after the other; against another process, who
// comes later finds the circle and takes its own link back.
func (s *Service) link(ctx context.Context, id uuid.UUID, cmd contact.Link, c change[contact.State]) (Result, error) {
	leave, err := enter(ctx, s.linking)
	if err != nil {
		return Result{}, err
	}
	defer leave()
	if target, err := uuid.Parse(cmd.DuplicateOf); err == nil {
		cmd.DuplicateOf = target.String()
		state, err := s.readContact(ctx, cmd.DuplicateOf)
		if err != nil {
			return Result{}, err
		}
		cmd.Target = contact.Target{Received: state.ID != "", DuplicateOf: state.DuplicateOf, Queued: len(state.Queued) > 0}
	}
	c.decide = s.deciding(cmd, access.Role(c.origin.Role), c.origin.Actor)
	result, err := s.inTurn(ctx, c)
	if err != nil {
		return Result{}, err
	}
	if result.Repeated {
		return s.unlessTakenBack(ctx, c, result)
	}
	if circle, err := s.circle(ctx, id.String(), cmd.DuplicateOf); err != nil || !circle {
		return result, err
	}
	return Result{}, s.takeBack(ctx, c)
}

// unlessTakenBack gives a repeated request the refusal that the first one had.
func (s *Service) unlessTakenBack(ctx context.Context, c change[contact.State], result Result) (Result, error) {
	f, err := c.read(ctx, s.store, c.stream)
	if err != nil {
		return Result{}, err
	}
	if _, undone := f.did(takenBack(c.origin.RequestID)); undone {
		return Result{}, linkedAtOnce()
	}
	return result, nil
}

// takenBack is the request id under which a request's link is undone.
func takenBack(request string) string { return request + "|taken back" }

func linkedAtOnce() error {
	return &domain.Refusal{
		Reason:  contact.ReasonTargetIsDuplicate,
		Message: "the contact to link to was linked to this one at the same time",
		Advice:  "look at both again",
	}
}

// circle follows links from a contact on, and reports whether they lead back.
func (s *Service) circle(ctx context.Context, from, next string) (bool, error) {
	seen := map[string]bool{}
	for next != "" && !seen[next] {
		if next == from {
			return true, nil
		}
		seen[next] = true
		state, err := s.readContact(ctx, next)
		if err != nil {
			return false, fmt.Errorf("casework: look for a circle of links: %w", err)
		}
		next = state.DuplicateOf
	}
	return false, nil
}

func (s *Service) takeBack(ctx context.Context, c change[contact.State]) error {
	c.origin.CausationID = c.origin.RequestID
	c.origin.RequestID = takenBack(c.origin.RequestID)
	c.expected = nil
	c.decide = s.deciding(contact.Unlink{Reason: "the other contact was linked to this one at the same time, and one of them has to stay in the queue"}, access.Role(c.origin.Role), c.origin.Actor)
	if _, err := s.inTurn(ctx, c); err != nil {
		return fmt.Errorf("casework: take back a link that made a circle: %w", err)
	}
	s.log.WarnContext(ctx, "two contacts were linked to each other at once, one link was taken back", "stream", c.stream)
	return linkedAtOnce()
}
