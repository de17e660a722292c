package authority_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact/authority"
)

func whole() *eventpb.Scope {
	return &eventpb.Scope{Subjects: []string{"s1"}, Agencies: []string{"kent-police"}, Categories: []string{"probation"}, Purposes: []string{"early-help"}}
}

func folded(t *testing.T, events ...proto.Message) authority.State {
	t.Helper()
	var s authority.State
	for i, event := range events {
		var known bool
		if s, known = authority.Evolve(s, event, uint64(i)); !known {
			t.Fatalf("%T was not folded", event)
		}
	}
	return s
}

func TestOtherEventsAreNotItsOwn(t *testing.T) {
	for _, event := range []proto.Message{nil, &eventpb.ContactReceived{}, &eventpb.InformationRequested{}, &eventpb.Scope{}} {
		if _, known := authority.Evolve(authority.State{}, event, 0); known {
			t.Errorf("%T was folded", event)
		}
	}
}

// The reasons are published: what a caller does depends on them. Each follows
// from the last on record that speaks of exactly what was asked.
func TestReasons(t *testing.T) {
	mother := &eventpb.HolderRecorded{HolderId: "p1", Subjects: []string{"s1"}}
	consent := func(id, stance string, expires *timestamppb.Timestamp) *eventpb.ConsentRecorded {
		return &eventpb.ConsentRecorded{ConsentId: id, HolderId: "p1", Stance: stance, Scope: whole(), ExpiresAt: expires}
	}
	hour := timestamppb.New(start.Add(time.Hour))
	given, proposed := consent("c1", "given", hour), &eventpb.OverrideProposed{OverrideId: "o1", Scope: whole()}
	approved := &eventpb.OverrideDecided{OverrideId: "o1", Outcome: "approved", Scope: whole(), ExpiresAt: hour}
	for _, tc := range []struct {
		name   string
		events []proto.Message
		at     time.Time
		want   string
	}{
		{"nothing on record", nil, start, "NOT_COVERED"},
		{"given", []proto.Message{mother, given}, start, ""},
		{"given by nobody who may", []proto.Message{given}, start, "NOT_COVERED"},
		{"given, over", []proto.Message{mother, given}, hour.AsTime(), "CONSENT_EXPIRED"},
		{"withdrawn", []proto.Message{mother, given, &eventpb.ConsentWithdrawn{ConsentId: "c1"}}, start, "CONSENT_WITHDRAWN"},
		{"withdrawn and given again", []proto.Message{mother, given, &eventpb.ConsentWithdrawn{ConsentId: "c1"}, consent("c2", "given", nil)}, start, ""},
		{"refused", []proto.Message{mother, consent("c1", "refused", nil)}, start, "CONSENT_REFUSED"},
		{"not sought", []proto.Message{mother, consent("c1", "not-sought", nil)}, start, "CONSENT_NOT_SOUGHT"},
		{"cannot be obtained", []proto.Message{mother, consent("c1", "cannot-be-obtained", nil)}, start, "CONSENT_NOT_OBTAINED"},
		{"proposed", []proto.Message{proposed}, start, "OVERRIDE_UNDECIDED"},
		{"proposed past a refusal", []proto.Message{mother, consent("c1", "refused", nil), proposed}, start, "OVERRIDE_UNDECIDED"},
		{"approved", []proto.Message{proposed, approved}, start, ""},
		{"approved, over", []proto.Message{proposed, approved}, hour.AsTime(), "OVERRIDE_EXPIRED"},
		{"approved, expiry on record", []proto.Message{proposed, approved, &eventpb.OverrideExpired{OverrideId: "o1"}}, start, "OVERRIDE_EXPIRED"},
		{"approved and over, then refused", []proto.Message{mother, proposed, approved, consent("c1", "refused", nil)}, hour.AsTime(), "CONSENT_REFUSED"},
		{"approved without an end", []proto.Message{proposed, &eventpb.OverrideDecided{OverrideId: "o1", Outcome: "approved", Scope: whole()}}, start, "OVERRIDE_EXPIRED"},
		{"ended", []proto.Message{proposed, approved, &eventpb.OverrideReviewed{OverrideId: "o1", Outcome: "ended"}}, start, "OVERRIDE_ENDED"},
		{"declined", []proto.Message{proposed, &eventpb.OverrideDecided{OverrideId: "o1", Outcome: "declined"}}, start, "OVERRIDE_DECLINED"},
		{"declined, and a second decision", []proto.Message{proposed, &eventpb.OverrideDecided{OverrideId: "o1", Outcome: "declined"}, approved}, start, "OVERRIDE_DECLINED"},
		{"decided and never proposed", []proto.Message{approved}, start, "NOT_COVERED"},
	} {
		_, refusal := folded(t, tc.events...).Covers("kent-police", "s1", "probation", "early-help", tc.at)
		got := ""
		if refusal != nil {
			got = refusal.Reason
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestStandsIsAboutItsOwnEndOnly(t *testing.T) {
	s := folded(t, &eventpb.ConsentRecorded{ConsentId: "c1", HolderId: "p1", Stance: "given", Scope: whole(), ExpiresAt: timestamppb.New(start)})
	for a, want := range map[*eventpb.Authority]bool{
		{Kind: "consent", Id: "c1"}: true, {Kind: "consent", Id: "c2"}: false, {Kind: "override", Id: "c1"}: false, {}: false,
	} {
		if got := s.Stands(a, start.Add(-time.Minute)); got != want {
			t.Errorf("%v: got %t, want %t", a, got, want)
		}
		if s.Stands(a, start) {
			t.Errorf("%v stands at its end", a)
		}
	}
}

func TestAccountsSayHowEachStands(t *testing.T) {
	consent := func(id, holder, stance string) *eventpb.ConsentRecorded {
		return &eventpb.ConsentRecorded{ConsentId: id, HolderId: holder, Stance: stance, Scope: whole()}
	}
	timed := consent("c4", "p1", "given")
	timed.ExpiresAt = timestamppb.New(start)
	elsewhere := consent("c6", "p1", "given")
	elsewhere.Scope.Subjects = []string{"s2"}
	s := folded(t, &eventpb.HolderRecorded{HolderId: "p1", Subjects: []string{"s1", "s2"}}, consent("c1", "p1", "given"),
		consent("c2", "p1", "given"), &eventpb.ConsentWithdrawn{ConsentId: "c2"}, consent("c3", "p1", "not-sought"), timed, consent("c5", "p2", "refused"), elsewhere,
		&eventpb.OverrideProposed{OverrideId: "o1", Scope: whole()}, &eventpb.OverrideProposed{OverrideId: "o2", Scope: whole()},
		&eventpb.OverrideDecided{OverrideId: "o2", Outcome: "approved", Scope: whole(), ExpiresAt: timestamppb.New(start.Add(time.Hour))},
		&eventpb.OverrideProposed{OverrideId: "o3", Scope: whole()}, &eventpb.OverrideDecided{OverrideId: "o3", Outcome: "declined"})
	want := map[string]string{"c1": authority.Stopped, "c2": authority.Withdrawn, "c3": "not-sought", "c4": authority.Expired, "c5": "refused",
		"c6": authority.InForce, "o1": authority.Proposed, "o2": authority.InForce, "o3": authority.Declined}
	got := map[string]string{}
	for _, a := range s.Accounts(nil, start) {
		got[a.ID] = a.State
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("how each stands (-want +got):\n%s", diff)
	}
	about := s.Accounts(&eventpb.Scope{Subjects: []string{"s2"}, Agencies: []string{"kent-police"}, Categories: []string{"probation"}, Purposes: []string{"early-help"}}, start)
	if len(about) != 1 || about[0].ID != "c6" {
		t.Errorf("about s2: got %v, want c6 alone", about)
	}
}

// Two folds onto one state share no memory, whatever room its lists have left.
func TestTwoFoldsShareNothing(t *testing.T) {
	consent := func(id, agency string) *eventpb.ConsentRecorded {
		scope := whole()
		scope.Agencies = []string{agency}
		return &eventpb.ConsentRecorded{ConsentId: id, HolderId: "p1", Stance: "given", Scope: scope}
	}
	s := folded(t, &eventpb.HolderRecorded{HolderId: "p1", Subjects: []string{"s1"}})
	for i := range 9 {
		one, _ := authority.Evolve(s, consent("mine", "kent-police"), 100)
		two, _ := authority.Evolve(s, consent("mine", "kent-schools"), 100)
		for agency, state := range map[string]authority.State{"kent-police": one, "kent-schools": two} {
			if _, refusal := state.Covers(agency, "s1", "probation", "early-help", start); refusal != nil {
				t.Fatalf("with %d consents before, %s: got %v, want it covered", i, agency, refusal)
			}
		}
		s, _ = authority.Evolve(s, consent(fmt.Sprint("c", i), "kent-probation"), uint64(i))
	}
}

func ExampleState_Covers() {
	var s authority.State
	for i, event := range []proto.Message{
		&eventpb.HolderRecorded{HolderId: "p1", Subjects: []string{"s1"}},
		&eventpb.ConsentRecorded{ConsentId: "c1", HolderId: "p1", Stance: authority.Given, Scope: &eventpb.Scope{
			Subjects: []string{"s1"}, Agencies: []string{"kent-police"}, Categories: []string{"probation"}, Purposes: []string{"early-help"},
		}},
	} {
		s, _ = authority.Evolve(s, event, uint64(i))
	}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, agency := range []string{"kent-police", "kent-schools"} {
		authorities, refusal := s.Covers(agency, "s1", "probation", "early-help", now)
		if refusal != nil {
			fmt.Println(agency, refusal.Reason)
			continue
		}
		fmt.Println(agency, authorities[0].GetKind(), authorities[0].GetId(), "since revision", authorities[0].GetRevision())
	}
	// Output:
	// kent-police consent c1 since revision 1
	// kent-schools NOT_COVERED
}
