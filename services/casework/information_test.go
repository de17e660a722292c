package casework_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
)

func told(words string) contact.ShareInformation {
	return contact.ShareInformation{Agency: "kent-police", Answer: "shared", Statements: []contact.Statement{{
		Category: "police-and-offending", Kind: "fact", Source: "record", Words: words,
	}}}
}

func agency(request string) casework.Origin {
	o := by("kent-police:niche", "agency-system", request)
	o.Agency = "kent-police"
	return o
}

// An agency finds its contact by its own reference, and nobody else does.
func TestAContactIsFoundByItsSendersReference(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "1")
		if again, result := p.received(p.hub(), "1"); again != id || !result.Repeated {
			t.Fatalf("sent again it is %s, repeated %t", again, result.Repeated)
		}
		if got, err := s.FindContact(t.Context(), "kent-police", "46/1"); got != id || err != nil {
			t.Errorf("found %q, %v; want %s", got, err, id)
		}
		for _, other := range [][2]string{{"kent-health", "46/1"}, {"kent-police", "46/2"}} {
			if got, err := s.FindContact(t.Context(), other[0], other[1]); !errors.Is(err, casework.ErrNotFound) {
				t.Errorf("%s found %q under %s, %v; want none", other[0], got, other[1], err)
			}
		}
	})
}

// Two contacts under one reference: nobody guesses which is meant. All of them sent at once are on record under it.
func TestAReferenceOfSeveralContactsIsRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		var all sync.WaitGroup
		for _, id := range []string{"1", "2", "3"} {
			all.Go(func() {
				m := message(id)
				m.Reference = "OP-HAVEN"
				if _, err := s.ReceiveContact(t.Context(), m, from(m, "first")); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		_, err := s.FindContact(t.Context(), "kent-police", "OP-HAVEN")
		refusal, ok := errors.AsType[*domain.Refusal](err)
		if !ok || refusal.Reason != casework.ReasonReferenceAmbiguous {
			t.Errorf("got %v, want %s", err, casework.ReasonReferenceAmbiguous)
		}
	})
}

// A hub that was killed between the contact and its reference: the message comes again, and brings the reference.
func TestAReferenceThatWasCutOffComesWithTheRepetition(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		m := message("1")
		o := from(m, "first")
		profile, err := practice.Builtin()
		p.must(err)
		events, err := contact.Decide(contact.Under(m, contact.Setting{Now: monday, Profile: profile, Role: access.AgencySystem}), contact.Initial())
		p.must(err)
		id := contact.ID(m.Agency, m.Source, m.MessageID).String()
		_, err = p.store.Append(t.Context(), contact.Stream(id), eventstore.NoStream(),
			eventstore.Metadata{RequestID: o.RequestID, RequestHash: o.RequestHash, RecordedAt: monday}, eventstore.Event{ID: uuid.New(), Message: events[0]})
		p.must(err)
		s := p.hub()
		if _, err := s.FindContact(t.Context(), m.Agency, m.Reference); !errors.Is(err, casework.ErrNotFound) {
			t.Fatalf("the reference is there before its message came again: %v", err)
		}
		result, err := s.ReceiveContact(t.Context(), m, o)
		p.must(err)
		if got, err := s.FindContact(t.Context(), m.Agency, m.Reference); got != id || err != nil || !result.Repeated {
			t.Errorf("found %q, %v, repeated %t; want %s", got, err, result.Repeated, id)
		}
	})
}

// A contact and what is told with it are on record together or not at all.
func TestHUB03_InformationOpensAContactInOneAppend(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s, m := p.hub(), message("1")
		stream := contact.Stream(contact.ID(m.Agency, m.Source, m.MessageID).String())
		_, err := s.ReceiveInformation(t.Context(), m, told(""), from(m, "wordless"))
		if _, refused := errors.AsType[*domain.Refusal](err); !refused {
			t.Fatalf("a statement without words: %v, want a refusal", err)
		}
		if err := p.store.Read(t.Context(), stream, 0, func(eventstore.Recorded) error { return nil }); !errors.Is(err, eventstore.ErrNoStream) {
			t.Fatalf("what was refused left a stream (%v)", err)
		}
		first, err := s.ReceiveInformation(t.Context(), m, told("Officers were called twice."), from(m, "first"))
		p.must(err)
		again, err := p.hub().ReceiveInformation(t.Context(), m, told("Officers were called twice."), from(m, "first"))
		p.must(err)
		if !again.Repeated || again.EventID != first.EventID || len(again.Events) != 2 {
			t.Errorf("sent again: %+v, want the first answer", again)
		}
		events := p.events(stream)
		if len(events) != 2 {
			t.Fatalf("%d events, want 2", len(events))
		}
		shared, ok := events[1].Message.(*eventpb.InformationShared)
		if !ok || !shared.GetUnsolicited() || !slices.Equal(shared.GetStatements()[0].GetSubjects(), []string{"s1"}) {
			t.Errorf("on record is %v", events[1].Message)
		}
	})
}

// What was told before, in a message of another id, is answered with the event that says it, whatever came after it: by its share id the agency can
// correct it.
func TestWhatWasToldBeforeIsAnsweredWithItsEvent(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "1")
		first, err := s.ShareInformation(t.Context(), id, told("Officers were called twice."), agency("m-1"))
		p.must(err)
		_, err = s.ShareInformation(t.Context(), id, told("And once more."), agency("m-2"))
		p.must(err)
		again, err := s.ShareInformation(t.Context(), id, told("Officers were called twice."), agency("m-3"))
		p.must(err)
		if !again.Repeated || again.EventID != first.EventID || again.Revision != first.Revision || len(again.Events) != 1 {
			t.Errorf("told again: %+v, want the first answer %+v", again, first)
		}
	})
}

// The same message twice is told once, and one about a contact that is not there says so.
func TestInformationAboutAContact(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "1")
		for try := range 2 {
			result, err := s.ShareInformation(t.Context(), id, told("Officers were called twice."), agency("m-1"))
			p.must(err)
			if result.Repeated != (try == 1) || len(result.Events) != 1 {
				t.Errorf("try %d: repeated %t with %d events", try, result.Repeated, len(result.Events))
			}
		}
		for _, nobody := range []string{uuid.NewString(), "no uuid"} {
			if _, err := s.ShareInformation(t.Context(), nobody, told("x"), agency("m-2")); !errors.Is(err, casework.ErrNotFound) {
				t.Errorf("about %q: %v, want %v", nobody, err, casework.ErrNotFound)
			}
		}
	})
}
