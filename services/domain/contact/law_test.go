package contact_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/lawtest"
	"github.com/openmash/mash/services/domain/practice"
)

// events are one of each that a contact's stream can hold.
func events() []proto.Message {
	return lawtest.Kinds("contact_id", eventpb.File_mash_event_v1_contact_proto, eventpb.File_mash_event_v1_consent_proto,
		eventpb.File_mash_event_v1_encompass_proto, eventpb.File_mash_event_v1_information_proto, eventpb.File_mash_event_v1_decision_proto,
		eventpb.File_mash_event_v1_contact_meeting_proto)
}

// vocabulary is small, so that drawn events meet each other.
var vocabulary = []string{"", "s1", "s2", "red", "green", "triage", "partners", "decision", "aim-triage", "w-1", itself,
	"p1", "p2", "c1", "c2", "o1", "r1", "d1", "given", "refused", "approved", "narrowed", "continues", "kent-police", "partial",
	"i1", "a1", "n1", "notify", "no-setting-known", "telephone", "response", "shared", "worker", "manager", "at-risk", "consent", "override", "early-help", "yes"}

func anyEvent(t *rapid.T) proto.Message { return lawtest.Event(t, events(), vocabulary...) }

// anyCommand is what staff or an agency can send, good or bad.
func anyCommand(t *rapid.T, p practice.Profile, now time.Time) contact.Command {
	received := whole()
	received.Children = append(received.Children, received.Children[0])
	if rapid.Bool().Draw(t, "open") {
		received.OpenMatches = []*eventpb.OpenMatch{{SubjectId: rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "who")}}
	}
	rating := rapid.SampledFrom([]string{"red", "amber", "green", ""}).Draw(t, "rating")
	reason := rapid.SampledFrom([]string{"Because.", ""}).Draw(t, "reason")
	c := rapid.SampledFrom([]contact.Command{
		received,
		contact.Triage{Rating: rating, Actions: []string{"agency-checks"}, Directions: reason},
		contact.Rate{Rating: rating, Reason: reason},
		contact.Allocate{Worker: rapid.SampledFrom([]string{"w-1", "w-2", "W"}).Draw(t, "worker")},
		contact.Link{DuplicateOf: rapid.SampledFrom([]string{itself, other}).Draw(t, "to"), Reason: reason, Target: contact.Target{Received: true, Queued: rapid.Bool().Draw(t, "waits")}},
		contact.Unlink{Reason: reason},
		anyConsentCommand(t, now), anyConsentCommand(t, now), anyOverrideCommand(t, now),
		anyWork(t, now), anyWork(t, now),
	}).Draw(t, "command")
	role := rapid.SampledFrom([]access.Role{access.TeamManager, access.SocialWorker, access.OnCallSeniorManager, access.Hub, access.AgencySystem, ""}).Draw(t, "role")
	return contact.Under(c, contact.Setting{Now: now, Profile: p, Role: role, Actor: rapid.SampledFrom([]string{"a-1", "a-2"}).Draw(t, "actor")})
}

func at(t *rapid.T) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 525_600).Draw(t, "minutes")) * time.Minute)
}

// Evolve folds any events in any order, and decide answers on what comes of it.
func TestLawAnyHistoryCanBeFoldedAndDecidedOn(t *testing.T) {
	p := profile(t)
	rapid.Check(t, func(t *rapid.T) {
		state := contact.Initial()
		for range rapid.IntRange(0, 8).Draw(t, "events") {
			var err error
			if state, err = contact.Evolve(state, anyEvent(t)); err != nil {
				t.Fatalf("an event of the stream: %v", err)
			}
		}
		added, err := contact.Decide(anyCommand(t, p, at(t)), state)
		if err != nil && len(added) > 0 {
			t.Fatalf("an error and %d events", len(added))
		}
	})
}

// On every history that commands can make: decided twice a command writes once,
// evolve leaves the old state as it was, and a contact is somewhere.
func TestLawReachableHistories(t *testing.T) {
	p := profile(t)
	rapid.Check(t, func(t *rapid.T) {
		state, now := contact.Initial(), at(t)
		for range rapid.IntRange(1, 12).Draw(t, "commands") {
			now = now.Add(time.Duration(rapid.IntRange(0, 6000).Draw(t, "later")) * time.Minute)
			if now.Year() > 2026 {
				return
			}
			command := anyCommand(t, p, now)
			added, err := contact.Decide(command, state)
			if err != nil {
				mustRefuse(t, err)
				continue
			}
			before, kept, held := state, proto.Clone(snapshot(state)), fmt.Sprint(state)
			for _, event := range added {
				if state, err = contact.Evolve(state, event); err != nil {
					t.Fatalf("fold what was decided: %v", err)
				}
			}
			if !proto.Equal(kept, snapshot(before)) || held != fmt.Sprint(before) || state.Begun && before.Begun && state.Revision != before.Revision+uint64(len(added)) {
				t.Fatal("evolve changed the state it was given, or lost count of the revisions")
			}
			if again, err := contact.Decide(command, state); err == nil && len(again) > 0 {
				t.Fatalf("%T decided twice writes twice", command)
			}
			if state.DuplicateOf == "" && len(state.Queued) > 0 && len(state.Clocks) == 0 {
				t.Fatal("a contact waits in the queue and no clock runs")
			}
		}
	})
}

func mustRefuse(t *rapid.T, err error) {
	if _, ok := errors.AsType[*domain.Refusal](err); !ok {
		t.Fatalf("neither events nor a refusal: %v", err)
	}
}

// snapshot puts what a state holds into a message, to be compared later.
func snapshot(s contact.State) proto.Message {
	return &eventpb.ContactReceived{ContactId: s.ID, Team: s.Team, Reference: s.Rating, WorkType: s.Worker, Agency: s.DuplicateOf, Clocks: s.Clocks,
		Subjects: []*eventpb.Subject{{Child: &eventpb.ChildPart{About: s.Subjects}}, {Child: &eventpb.ChildPart{About: s.Queued}}}}
}

func TestAnUnknownEventIsNeverSkipped(t *testing.T) {
	for _, event := range []proto.Message{nil, &eventpb.OpenCaseRecorded{}, &timestamppb.Timestamp{}} {
		if _, err := contact.Evolve(contact.Initial(), event); err == nil {
			t.Errorf("%T was folded into a contact", event)
		}
	}
}
