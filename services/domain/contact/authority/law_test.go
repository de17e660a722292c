package authority_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact/authority"
	"github.com/openmash/mash/services/domain/lawtest"
)

var start = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// universe is small, so that random events meet each other.
func universe() []cell {
	var all []cell
	for _, a := range []string{"kent-police", "kent-schools"} {
		for _, s := range []string{"s1", "s2"} {
			for _, c := range []string{"domestic-abuse", "probation"} {
				for _, p := range []string{"early-help", "locate-child"} {
					all = append(all, cell{a, s, c, p})
				}
			}
		}
	}
	return all
}

func one(t *rapid.T, of ...string) string { return rapid.SampledFrom(of).Draw(t, "one") }

func some(t *rapid.T, of ...string) []string {
	return rapid.SampledFrom([][]string{of[:1], of[1:], of}).Draw(t, "some")
}

func moment(t *rapid.T) time.Time {
	return start.Add(time.Duration(rapid.IntRange(0, 4).Draw(t, "hours")) * time.Hour)
}

func maybeTime(t *rapid.T) *timestamppb.Timestamp {
	if rapid.Bool().Draw(t, "timed") {
		return timestamppb.New(moment(t))
	}
	return nil
}

func anyScope(t *rapid.T) *eventpb.Scope {
	return &eventpb.Scope{
		Subjects: some(t, "s1", "s2"), Agencies: some(t, "kent-police", "kent-schools"),
		Categories: some(t, "domestic-abuse", "probation"), Purposes: some(t, "early-help", "locate-child"),
	}
}

// said is an event in which the lists are whole, in any order with others.
func said(t *rapid.T) proto.Message {
	holder, consent, override := one(t, "p1", "p2", "p3"), one(t, "c1", "c2", "c3", "c4"), one(t, "o1", "o2")
	switch rapid.IntRange(0, 11).Draw(t, "which") {
	case 0, 1:
		return &eventpb.HolderRecorded{HolderId: holder, Subjects: some(t, "s1", "s2")}
	case 2, 3, 4:
		return &eventpb.ConsentRecorded{ConsentId: consent, HolderId: holder, Scope: anyScope(t), ExpiresAt: maybeTime(t),
			Stance: one(t, "given", "given", "refused", "not-sought", "cannot-be-obtained")}
	case 5:
		return &eventpb.ConsentWithdrawn{ConsentId: consent}
	case 6:
		return &eventpb.ConsentExpired{ConsentId: consent}
	case 7:
		return &eventpb.OverrideProposed{OverrideId: override, Scope: anyScope(t)}
	case 8:
		return &eventpb.OverrideDecided{OverrideId: override, Scope: anyScope(t), Outcome: one(t, "approved", "narrowed", "declined", "noted"), ExpiresAt: maybeTime(t)}
	case 9:
		return &eventpb.OverrideReviewed{OverrideId: override, Outcome: one(t, "continues", "continues", "ended")}
	case 10:
		return &eventpb.OverrideExpired{OverrideId: override}
	}
	return rapid.SampledFrom([]proto.Message{
		&eventpb.EngagementRecorded{HolderId: holder, Subjects: []string{"s1", "s2"}, Agrees: "yes"},
		&eventpb.LawfulBasisRecorded{Scope: anyScope(t)}, &eventpb.DecidedNotToShare{Scope: anyScope(t)},
		&eventpb.WentOnDespiteRefusal{Consents: []string{consent}}, &eventpb.AgencyWentWithoutConsent{Agency: "kent-police"},
	}).Draw(t, "other")
}

// history is any of these events; or only what two holders say of one child, or
// only what becomes of one override, so that long stories about one thing come
// up often.
func history(t *rapid.T) []proto.Message {
	kind := rapid.SampledFrom([]func(*rapid.T) proto.Message{said, quarrel, oversight}).Draw(t, "kind")
	events := rapid.SliceOfN(rapid.Custom(kind), 0, 25).Draw(t, "history")
	if rapid.Bool().Draw(t, "with holders") {
		events = append([]proto.Message{
			&eventpb.HolderRecorded{HolderId: "p1", Subjects: []string{"s1", "s2"}}, &eventpb.HolderRecorded{HolderId: "p2", Subjects: []string{"s1", "s2"}},
			&eventpb.OverrideProposed{OverrideId: "o1", Scope: anyScope(t)},
		}, events...)
	}
	return events
}

func quarrel(t *rapid.T) proto.Message {
	consent := one(t, "c1", "c2", "c3", "c4", "c5")
	if rapid.IntRange(0, 5).Draw(t, "withdraw") == 0 {
		return &eventpb.ConsentWithdrawn{ConsentId: consent}
	}
	return &eventpb.ConsentRecorded{ConsentId: consent, HolderId: one(t, "p1", "p2"), Stance: one(t, "given", "given", "refused"), Scope: &eventpb.Scope{
		Subjects: []string{"s1"}, Agencies: some(t, "kent-police", "kent-schools"), Categories: []string{"probation"}, Purposes: []string{"early-help"},
	}, ExpiresAt: maybeTime(t)}
}

func oversight(t *rapid.T) proto.Message {
	switch rapid.IntRange(0, 3).Draw(t, "which") {
	case 0:
		return &eventpb.OverrideDecided{OverrideId: "o1", Scope: anyScope(t), Outcome: one(t, "approved", "narrowed", "declined"), ExpiresAt: timestamppb.New(moment(t))}
	case 1:
		return &eventpb.OverrideExpired{OverrideId: one(t, "o1", "o2", "o3")}
	}
	return &eventpb.OverrideReviewed{OverrideId: "o1", Outcome: one(t, "continues", "continues", "continues", "ended")}
}

func fold(t *rapid.T, s authority.State, from int, events ...proto.Message) authority.State {
	for i, event := range events {
		var known bool
		if s, known = authority.Evolve(s, event, uint64(from+i)); !known {
			t.Fatalf("%T was not folded", event)
		}
	}
	return s
}

// Covers gives what an oracle gives that reads the raw list of events: nothing
// without a consent or approved override in force that names exactly that.
func TestHUB02_LawCoversAgreesWithTheRecord(t *testing.T) {
	covered := 0
	law := func(t *rapid.T) {
		events, at := history(t), moment(t)
		s := fold(t, authority.State{}, 0, events...)
		o := oracle{events: events, now: at}
		for _, c := range universe() {
			authorities, refusal := s.Covers(c.agency, c.subject, c.category, c.purpose, at)
			if (len(authorities) > 0) == (refusal != nil) {
				t.Fatalf("%v: got %d authorities and the refusal %v", c, len(authorities), refusal)
			}
			var got []string
			for _, a := range authorities {
				got = append(got, a.GetKind()+" "+a.GetId())
				if !s.Stands(a, at) || !bringsIntoForce(events[a.GetRevision()], a) {
					t.Fatalf("%v: cites %v, which does not stand or is not where it says", c, a)
				}
			}
			slices.Sort(got)
			if want := o.covers(c); !slices.Equal(got, want) {
				t.Fatalf("%v at %s: got %v, want %v", c, at.Format(time.TimeOnly), got, want)
			}
			if refusal == nil {
				covered++
			} else if refusal.Reason == "" || refusal.Rule == "" || refusal.Advice == "" {
				t.Fatalf("%v: the refusal says too little: %v", c, refusal)
			}
		}
	}
	for range 10 { // chance may leave out what the law is about once
		if rapid.Check(t, law); covered > 0 {
			break
		}
	}
	if covered == 0 {
		t.Error("no history covered anything: the law was tried on nothing")
	}
}

func bringsIntoForce(event proto.Message, a *eventpb.Authority) bool {
	switch e := event.(type) {
	case *eventpb.ConsentRecorded:
		return a.GetKind() == "consent" && e.GetConsentId() == a.GetId() && e.GetStance() == "given"
	case *eventpb.OverrideDecided:
		return a.GetKind() == "override" && e.GetOverrideId() == a.GetId() && e.GetOutcome() != "declined"
	}
	return false
}

// To withdraw, expire, end, decline and refuse never allows more than before,
// and neither does time.
func TestHUB02_LawWhatEndsNeverAllowsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events, at := history(t), moment(t)
		before := fold(t, authority.State{}, 0, events...)
		consent, override := one(t, "c1", "c2", "c3", "c4"), one(t, "o1", "o2")
		after := fold(t, before, len(events), rapid.SampledFrom([]proto.Message{
			&eventpb.ConsentWithdrawn{ConsentId: consent}, &eventpb.ConsentExpired{ConsentId: consent},
			&eventpb.OverrideReviewed{OverrideId: override, Outcome: "ended"}, &eventpb.OverrideExpired{OverrideId: override},
			&eventpb.OverrideDecided{OverrideId: override, Outcome: "declined"},
			&eventpb.ConsentRecorded{ConsentId: "c9", HolderId: one(t, "p1", "p2", "p3"), Stance: "refused", Scope: anyScope(t)},
			&eventpb.LawfulBasisRecorded{Scope: anyScope(t)}, &eventpb.EngagementRecorded{HolderId: "p1", Agrees: "yes"},
		}).Draw(t, "end"))
		for _, c := range universe() {
			if allows(after, c, at) && !allows(before, c, at) {
				t.Fatalf("%v was not allowed and is", c)
			}
			if allows(before, c, at.Add(time.Hour)) && !allows(before, c, at) {
				t.Fatalf("%v is allowed by time alone", c)
			}
		}
	})
}

func allows(s authority.State, c cell, at time.Time) bool {
	_, refusal := s.Covers(c.agency, c.subject, c.category, c.purpose, at)
	return refusal == nil
}

// A state stays as it is, whatever is folded onto it, twice and differently.
func TestLawEvolveLeavesTheOldStateAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events, at := history(t), moment(t)
		s := fold(t, authority.State{}, 0, events...)
		var before []bool
		for _, c := range universe() {
			before = append(before, allows(s, c, at))
		}
		one := fold(t, s, len(events), history(t)...)
		var first []bool
		for _, c := range universe() {
			first = append(first, allows(one, c, at))
		}
		fold(t, s, len(events), history(t)...)
		for i, c := range universe() {
			if allows(s, c, at) != before[i] || allows(one, c, at) != first[i] {
				t.Fatalf("%v: a later fold changed an earlier state", c)
			}
		}
	})
}

// Any events the codec can produce can be folded, in any order, and asked about.
func TestLawAnyHistoryCanBeFolded(t *testing.T) {
	kinds := consentEvents(t)
	words := []string{"", "s1", "s2", "p1", "p2", "c1", "c2", "o1", "given", "refused", "approved", "narrowed", "continues",
		"kent-police", "domestic-abuse", "early-help"}
	rapid.Check(t, func(t *rapid.T) {
		s := authority.State{}
		for i := range rapid.IntRange(0, 12).Draw(t, "events") {
			s = fold(t, s, i, lawtest.Event(t, kinds, words...))
		}
		for _, c := range append(universe(), cell{}) {
			authorities, refusal := s.Covers(c.agency, c.subject, c.category, c.purpose, moment(t))
			if (len(authorities) > 0) == (refusal != nil) {
				t.Fatalf("got %d authorities and the refusal %v", len(authorities), refusal)
			}
		}
		s.Standing("s1", start)
	})
}

// consentEvents are the events of consent.proto: the messages of a contact.
func consentEvents(t *testing.T) []proto.Message {
	t.Helper()
	kinds := lawtest.Kinds("contact_id", eventpb.File_mash_event_v1_consent_proto)
	if len(kinds) != 13 {
		t.Fatalf("got %d events, want 13: Evolve and the laws have to know a new one", len(kinds))
	}
	return kinds
}
