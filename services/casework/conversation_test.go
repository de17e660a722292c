package casework_test

import (
	"errors"
	"testing"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/contact"
)

const call = "6f1c9a52-0d5e-4c1f-8a57-3f0a2b7c9d10"

// called has a worker record a school's call of just now, and gives its contact and the reference that the caller was told.
func (p *parts) called(s *casework.Service) (id, reference string) {
	p.t.Helper()
	c := contact.RecordConversation{Receive: message(""), Channel: "telephone", HeldAt: p.clock.Now()}
	c.Agency, c.SourceCode, c.Reference = "kent-schools", "2A", ""
	_, err := s.RecordConversation(p.t.Context(), c, by("p-2", "social-worker", call))
	p.must(err)
	return casework.ConversationID(call).String(), contact.HubReference(casework.ConversationID(call))
}

// form is the school's message that puts a conversation in writing.
func form(id, follows string) contact.Receive {
	m := message(id)
	m.Agency, m.SourceCode = "kent-schools", "2A"
	m.Follows.Named = follows
	return m
}

func (p *parts) sent(s *casework.Service, m contact.Receive) (string, casework.Result) {
	p.t.Helper()
	result, err := s.ReceiveContact(p.t.Context(), m, from(m, m.MessageID))
	p.must(err)
	return contact.ID(m.Agency, m.Source, m.MessageID).String(), result
}

func (p *parts) forms(id string) (all []*eventpb.WrittenFormReceived) {
	for _, r := range p.events(contact.Stream(id)) {
		if e, ok := r.Message.(*eventpb.WrittenFormReceived); ok {
			all = append(all, e)
		}
	}
	return all
}

func (p *parts) linkOf(id string) string {
	for _, r := range p.events(contact.Stream(id)) {
		if e, ok := r.Message.(*eventpb.ContactLinkedAsDuplicate); ok {
			return e.GetDuplicateOf()
		}
	}
	return ""
}

// SOT-01: a form is linked to its conversation, by every name that its sender can have for it, once, however often it is sent.
func TestSOT01_AWrittenFormIsLinkedToItsConversation(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, reference := p.called(s)
		p.clock.set(monday.Add(49 * time.Hour))
		for i, name := range []string{reference, id} {
			m := form([]string{"f-1", "f-2"}[i], name)
			written, _ := p.sent(s, m)
			if got := p.linkOf(written); got != id {
				t.Errorf("the form that names %s is linked to %q, want %s", name, got, id)
			}
			if _, again := p.sent(p.hub(), m); !again.Repeated {
				t.Errorf("the form that names %s was taken for another one", name)
			}
		}
		forms := p.forms(id)
		if len(forms) != 2 || !forms[0].GetLate() || !forms[0].GetLinked() {
			t.Errorf("forms of the conversation: %v, want two, the first late", forms)
		}
	})
}

// HUB-03: a name that leads nowhere, or to another agency's conversation, loses no contact and tells nothing.
func TestSOT01_AFormThatFollowsNothingStandsByItself(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, reference := p.called(s)
		strangers := form("f-1", reference)
		strangers.Agency = "kent-health"
		byID := form("f-2", id)
		byID.Agency = "kent-health"
		for _, m := range []contact.Receive{strangers, byID, form("f-3", "MASH-0000-0000")} {
			written, _ := p.sent(s, m)
			if p.linkOf(written) != "" {
				t.Errorf("a form of %s that names %s was linked", m.Agency, m.Follows.Named)
			}
		}
		if got := p.forms(id); len(got) != 0 {
			t.Errorf("the conversation has forms of others: %v", got)
		}
	})
}

// Cut off after the conversation knew of its form: the same message finds what was decided there, though the conversation went on since.
func TestSOT01_AFormThatWasCutOffIsCompleted(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, reference := p.called(s)
		m := form("f-1", reference)
		note := contact.NoteWrittenForm{Agency: m.Agency, FormID: contact.ID(m.Agency, m.Source, m.MessageID).String(), Children: 1}
		_, err := s.HandleContact(t.Context(), id, note, from(m, m.MessageID), nil)
		p.must(err)
		_, err = s.HandleContact(t.Context(), id, triage("red"), manager("r-1"), nil)
		p.must(err)
		written, _ := p.sent(p.hub(), m)
		if got := p.linkOf(written); got != id {
			t.Errorf("it is linked to %q, want %s", got, id)
		}
		if got := p.forms(id); len(got) != 1 {
			t.Errorf("the conversation has %d forms, want 1", len(got))
		}
	})
}

// A form that the rules refuse ends nobody's wait for one.
func TestSOT01_ARefusedFormIsNoForm(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, reference := p.called(s)
		m := form("f-1", reference)
		m.Children = nil
		if _, err := s.ReceiveContact(t.Context(), m, from(m, "bad")); err == nil || errors.Is(err, casework.ErrNotFound) {
			t.Errorf("a form without children: %v, want its refusal", err)
		}
		if got := p.forms(id); len(got) != 0 {
			t.Errorf("the conversation has %d forms, want none", len(got))
		}
	})
}
