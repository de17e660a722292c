package casework_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/contact"
)

func TestAContactIsOnRecordOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		_, first := p.received(s, "m-1")
		if first.Repeated || first.Revision != 0 || len(first.Events) != 1 || first.Position == "" || !first.RecordedAt.Equal(monday) {
			t.Fatalf("first answer: %+v", first)
		}
		p.clock.set(monday.Add(26 * time.Hour))
		m := message("m-1")
		// The hub that has it in memory, and one that never saw it.
		for name, s := range map[string]*casework.Service{"same hub": s, "another hub": p.hub()} {
			again, err := s.ReceiveContact(t.Context(), m, from(m, "first"))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want := first
			want.Repeated = true
			if diff := cmp.Diff(want, again, protocmp.Transform()); diff != "" {
				t.Errorf("%s: the second answer is not the first one, repeated (-want +got):\n%s", name, diff)
			}
		}
		if got := len(p.events(first.Stream)); got != 1 {
			t.Errorf("%d events on record, want 1", got)
		}
	})
}

func TestAKeyIsNotUsedForAnotherMessage(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		_, first := p.received(s, "m-1")
		other := message("m-1")
		other.Reason = "Something else entirely."
		for name, s := range map[string]*casework.Service{"same hub": s, "another hub": p.hub()} {
			_, err := s.ReceiveContact(t.Context(), other, from(other, "other"))
			if reused, ok := errors.AsType[*casework.ReusedError](err); !ok || reused.Stream != first.Stream {
				t.Errorf("%s: got %v, want a ReusedError of %s", name, err, first.Stream)
			}
		}
		if got := len(p.events(first.Stream)); got != 1 {
			t.Errorf("%d events on record, want 1", got)
		}
	})
}

// What is on record gets its first answer, though today's date would refuse it.
func TestARepetitionIsNotJudgedAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		m := message("m-1")
		m.Children = []contact.Child{{Unborn: true, Person: &eventpb.Child{ExpectedDateOfBirth: &eventpb.PartialDate{Value: "2026-03-20"}}}}
		first, err := p.hub().ReceiveContact(t.Context(), m, from(m, "first"))
		p.must(err)
		p.clock.set(monday.AddDate(0, 6, 0))
		again, err := p.hub().ReceiveContact(t.Context(), m, from(m, "first"))
		if err != nil || !again.Repeated || again.EventID != first.EventID {
			t.Fatalf("got %+v and %v, want the first answer %v", again, err, first.EventID)
		}
		m.MessageID = "m-2"
		_, err = p.hub().ReceiveContact(t.Context(), m, from(m, "first"))
		if refusal, ok := errors.AsType[*domain.Refusal](err); !ok || refusal.Reason != contact.ReasonInvalidContact {
			t.Errorf("a new message with that date: got %v, want a refusal", err)
		}
	})
}

func TestCommandsAreCarriedOutOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "m-1")
		p.clock.set(monday.Add(time.Hour))
		seen := uint64(0)
		first, err := s.HandleContact(t.Context(), id, triage("red"), manager("r-1"), &seen)
		p.must(err)
		if first.Revision != 1 || first.Repeated {
			t.Fatalf("got %+v, want revision 1", first)
		}
		// The same request with the revision it saw then, which is past: the
		// first answer goes before the comparison.
		p.clock.set(monday.Add(2 * time.Hour))
		for name, s := range map[string]*casework.Service{"same hub": s, "another hub": p.hub()} {
			again, err := s.HandleContact(t.Context(), id, triage("red"), manager("r-1"), &seen)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want := first
			want.Repeated = true
			if diff := cmp.Diff(want, again, protocmp.Transform()); diff != "" {
				t.Errorf("%s: (-want +got):\n%s", name, diff)
			}
			origin := manager("r-1")
			origin.RequestHash = hash("something else")
			_, err = s.HandleContact(t.Context(), id, triage("green"), origin, nil)
			if _, ok := errors.AsType[*casework.ReusedError](err); !ok {
				t.Errorf("%s: the id for something else: got %v, want a ReusedError", name, err)
			}
		}
	})
}

func TestTheRevisionACallerSawIsCompared(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, _ := p.received(s, "m-1")
		_, err := p.hub().HandleContact(t.Context(), id, triage("red"), manager("r-1"), nil)
		p.must(err)
		// In s's memory the contact is still at 0: memory must not be what is compared.
		seen := uint64(0)
		_, err = s.HandleContact(t.Context(), id, contact.Rate{Rating: "green", Reason: "It was nothing."}, manager("r-2"), &seen)
		if conflict, ok := errors.AsType[*casework.ConflictError](err); !ok || conflict.Expected != 0 || conflict.Actual != 1 {
			t.Fatalf("got %v, want a conflict of 0 and 1", err)
		}
		seen = 1
		result, err := s.HandleContact(t.Context(), id, contact.Rate{Rating: "green", Reason: "It was nothing."}, manager("r-2"), &seen)
		if err != nil || result.Revision != 2 {
			t.Fatalf("got %+v and %v, want revision 2", result, err)
		}
	})
}

func TestMemoryThatIsBehindDecidesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s, elsewhere := p.hub(), p.hub()
		id, _ := p.received(s, "m-1")
		_, err := elsewhere.HandleContact(t.Context(), id, triage("red"), manager("r-1"), nil)
		p.must(err)
		// By s's memory it is not triaged yet: a refusal from memory would be wrong.
		if _, err = s.HandleContact(t.Context(), id, contact.Allocate{Worker: "w-1"}, manager("r-2"), nil); err != nil {
			t.Errorf("allocate after a triage elsewhere: %v", err)
		}
		// By the other's memory nobody has it: an event from memory would be wrong.
		_, err = elsewhere.HandleContact(t.Context(), id, contact.Allocate{Worker: "w-1"}, manager("r-3"), nil)
		if refusal, ok := errors.AsType[*domain.Refusal](err); !ok || refusal.Reason != contact.ReasonAlreadyAllocated {
			t.Errorf("allocate what was allocated elsewhere: got %v, want ALREADY_ALLOCATED", err)
		}
	})
}

func TestOnlyWhatIsThereIsHandled(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		for _, id := range []string{"9b2f1c8e-6f0c-5f0a-8b8e-0d9a6b6c5d11", "", "m-1", "contact-9b2f1c8e"} {
			if _, err := s.HandleContact(t.Context(), id, triage("red"), manager("r-1"), nil); !errors.Is(err, casework.ErrNotFound) {
				t.Errorf("%q: got %v, want ErrNotFound", id, err)
			}
		}
	})
}

func TestARestartForgetsNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		id, received := p.received(p.hub(), "m-1")
		triaged, err := p.hub().HandleContact(t.Context(), id, triage("amber"), manager("r-1"), nil)
		p.must(err)
		p.stop()
		p.start()
		s := p.hub()
		m := message("m-1")
		again, err := s.ReceiveContact(t.Context(), m, from(m, "first"))
		if err != nil || !again.Repeated || again.EventID != received.EventID || again.Position != received.Position || again.Revision != 0 {
			t.Errorf("got event %s at %d and %v, want the answer of before, event %s", again.EventID, again.Revision, err, received.EventID)
		}
		result, err := s.HandleContact(t.Context(), id, triage("amber"), manager("r-1"), nil)
		if err != nil || !result.Repeated || result.EventID != triaged.EventID {
			t.Errorf("got event %s at %d and %v, want the answer of before, event %s", result.EventID, result.Revision, err, triaged.EventID)
		}
		_, err = s.HandleContact(t.Context(), id, triage("red"), manager("r-2"), nil)
		if refusal, ok := errors.AsType[*domain.Refusal](err); !ok || refusal.Reason != contact.ReasonAlreadyTriaged {
			t.Errorf("got %v, want ALREADY_TRIAGED", err)
		}
	})
}

func TestMetadataSaysWhoAndUnderWhat(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		id, result := p.received(s, "m-1")
		// Another hub's clock is an hour behind: the record does not go back.
		p.clock.set(monday.Add(-time.Hour))
		origin := manager("r-1")
		seen := uint64(0)
		origin.SeenRevision, origin.CausationID = &seen, "cause"
		_, err := s.HandleContact(t.Context(), id, triage("red"), origin, nil)
		p.must(err)
		events := p.events(result.Stream)
		got, triaged := events[1].Metadata, events[1].Message.(*eventpb.ContactTriaged)
		if !got.RecordedAt.Equal(monday) || !triaged.GetTriagedAt().AsTime().Equal(monday) {
			t.Errorf("recorded at %s and triaged at %s, want not before %s", got.RecordedAt, triaged.GetTriagedAt().AsTime(), monday)
		}
		got.RecordedAt = time.Time{}
		want := got
		want.CorrelationID, want.CausationID, want.Actor, want.Role, want.Team = id, "cause", "p-1", "team-manager", "front-door"
		want.Agency, want.RequestID, want.RequestHash, want.SeenRevision, want.Profile = "", "r-1", hash("r-1"), &seen, "built-in@0"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("metadata (-want +got):\n%s", diff)
		}
		if m := events[0].Metadata; m.Agency != "kent-police" || m.RequestID != "kent-police|21:urn:kent-police:niche|3:m-1" {
			t.Errorf("metadata of the message: %+v", m)
		}
	})
}

// What a person is called is in no byte of the store.
func TestNoNameIsStoredInTheOpen(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		_, result := p.received(p.hub(), "m-1")
		for _, r := range p.events(result.Stream) {
			for _, word := range []string{"Amina", "4711", "alone", "9990000018", "2017-05"} {
				if contains(r.Raw, word) || contains(r.RawMetadata, word) {
					t.Errorf("%s holds %q in the open", r.Type, word)
				}
			}
			if name := r.Message.(*eventpb.ContactReceived).GetSubjects()[0].GetChild().GetOpen().GetGivenName(); name != "Amina" {
				t.Errorf("read back the name %q, want Amina", name)
			}
		}
	})
}
