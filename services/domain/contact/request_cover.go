package contact

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/contact/authority"
)

// each calls fn with every single thing that one agency is asked: one child, one
// category, one purpose. It stops where fn says so.
func each(subjects, categories, purposes []string, fn func(i, j, k int) bool) {
	for i := range subjects {
		for j := range categories {
			for k := range purposes {
				if !fn(i, j, k) {
					return
				}
			}
		}
	}
}

// cover gives for each question what it rests on at this moment, or refuses them
// all and names every single thing that nothing covers, with the reason (HUB-02;
// R (AB and CD) v Haringey: what is asked without either is unlawful, and so is
// what it brings in).
func (s State) cover(c RequestInformation) ([][]*eventpb.Authority, error) {
	authorities := make([][]*eventpb.Authority, len(c.Questions))
	var f faults
	var first *domain.Refusal
	for n, ask := range c.Questions {
		each(ask.Subjects, ask.Categories, c.Purposes, func(i, j, k int) bool {
			found, refusal := s.Authority.Covers(ask.Agency, ask.Subjects[i], ask.Categories[j], c.Purposes[k], c.Now)
			if refusal != nil {
				// In codes as well: the places mean nothing to a caller who left the agencies out.
				f.Add(fmt.Sprintf("questions[%d].subjects[%d].categories[%d].purposes[%d]", n, i, j, k), refusal.Reason,
					fmt.Sprintf("%s, %s, %s, %s: %s", ask.Agency, ask.Subjects[i], ask.Categories[j], c.Purposes[k], refusal.Message))
				first = sameReason(first, refusal)
				return true
			}
			authorities[n] = cited(authorities[n], found)
			return true
		})
	}
	if len(f.Faults) > 0 {
		first.Fields = f.Faults
		return nil, first
	}
	return authorities, nil
}

// sameReason keeps the first refusal's words while all the refusals agree, and
// says something that is true of all of them where they do not.
func sameReason(first, next *domain.Refusal) *domain.Refusal {
	switch {
	case first == nil:
		copied := *next
		return &copied
	case first.Reason == next.Reason:
		return first
	}
	return &domain.Refusal{
		Reason: authority.ReasonNotCovered, Rule: "HUB-02",
		Message: "parts of the request are covered by no consent and no override in force, for several reasons",
		Advice:  "see the reason of each part; leave it out, seek consent for it, or propose an override to a manager",
	}
}

// cited adds to a list of authorities those that it does not hold.
func cited(list, more []*eventpb.Authority) []*eventpb.Authority {
	for _, a := range more {
		if !slices.ContainsFunc(list, func(b *eventpb.Authority) bool { return a.GetKind() == b.GetKind() && a.GetId() == b.GetId() }) {
			list = append(list, a)
		}
	}
	return list
}

// lost says whether a question has lost what it rests on, and why; nil: it has
// not.
//
// It has when any part of it is covered no more, or when it was asked with
// consent and an override alone would carry it: the agency would be answering a
// family who no longer agrees. What ended may have been replaced, by the same
// holder's newer consent for one, and the question goes on.
//
// A question that is covered in part is taken back whole. It is one text with
// one answer, and an agency told which half still counts would be deciding our
// scope; the rest is asked by a new request, which says what it rests on now.
func (s State) lost(request string, q Question, at time.Time) *domain.Refusal {
	var purposes []string
	for _, r := range s.Requests {
		if r.ID == request {
			purposes = r.Purposes
		}
	}
	withConsent := !slices.ContainsFunc(q.Authorities, overriding)
	var lost *domain.Refusal
	each(q.Subjects, q.Categories, purposes, func(i, j, k int) bool {
		found, refusal := s.Authority.Covers(q.Agency, q.Subjects[i], q.Categories[j], purposes[k], at)
		switch {
		case refusal != nil:
			lost = refusal
		case withConsent && slices.ContainsFunc(found, overriding):
			lost = onlyOverridden()
		}
		return lost == nil
	})
	return lost
}

func overriding(a *eventpb.Authority) bool { return a.GetKind() == authority.KindOverride }

// withEndings adds to events that change what consent or override allows the
// cancellation of every question that loses its authority by them. They stand in
// one append: at no revision is an agency asked for what nothing covers because
// a process has not come to it yet. Time alone cancels nothing; the lapse that
// the hub records for it does.
func withEndings(events []proto.Message, s State, now time.Time) ([]proto.Message, error) {
	changes := func(e proto.Message) bool {
		return e.ProtoReflect().Descriptor().ParentFile() == eventpb.File_mash_event_v1_consent_proto
	}
	if !slices.ContainsFunc(events, changes) {
		return events, nil
	}
	var err error
	for _, event := range events {
		if s, err = Evolve(s, event); err != nil {
			return nil, err
		}
	}
	for _, r := range s.Requests {
		for _, q := range r.Questions {
			if !q.Waits() || s.lost(r.ID, q, now) == nil {
				continue
			}
			events = append(events, &eventpb.InformationRequestCancelled{
				ContactId: s.ID, RequestId: r.ID, Agencies: []string{q.Agency}, ReasonCode: "authority-ended", Cause: s.ended(q, now),
			})
		}
	}
	return events, nil
}

// ended gives the consent or override of a question that is no longer in force;
// nil where all are, and another holder's refusal stands against them.
func (s State) ended(q Question, at time.Time) *eventpb.Authority {
	for _, a := range q.Authorities {
		if !s.Authority.Stands(a, at) {
			return a
		}
	}
	return nil
}
