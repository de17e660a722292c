package consenttrail_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/projections/consenttrail"
	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
)

var (
	id  = recordtest.ID(1)
	t0  = recordtest.Monday
	hit = func(h int) time.Time { return t0.Add(time.Duration(h) * time.Hour) }

	police = recordtest.Scope("kent-police")
	both   = recordtest.Scope("kent-police", "kent-health")
)

// fold folds the events of contact 1 into its override o1; each is recorded an hour after the last, from t0 on.
func fold(events ...proto.Message) (o *consenttrail.Override) {
	for i, m := range events {
		o = consenttrail.Apply(o, id, "o1", eventstore.Recorded{
			Stream: contact.Stream(id), Revision: uint64(i), Message: m, Metadata: eventstore.Metadata{RecordedAt: hit(i)},
		})
	}
	return o
}

// in says in short how an override is shown at a time.
func in(o *consenttrail.Override, now time.Time) string {
	if o == nil {
		return "none"
	}
	words := []string{o.Outcome}
	if o.Open(now) {
		words = append(words, "open")
	}
	if o.Expired(now) {
		words = append(words, "expired")
	}
	if o.ReviewedLate(now) {
		words = append(words, "late")
	}
	if len(o.Requests) > 0 {
		words = append(words, strings.Join(o.Requests, "+"))
	}
	return strings.Join(words, " ")
}

func TestGivenWhenThen(t *testing.T) {
	proposed := recordtest.Proposed(id, "o1", both)
	approved := recordtest.Approved(id, "o1", "approved", both, hit(48), hit(24))
	for _, tc := range []struct {
		name  string
		given []proto.Message
		when  proto.Message
		at    int
		then  string
	}{
		{"a proposal is not in force (SOT-08)", nil, proposed, 1, "proposed"},
		{"a decision about nothing that was proposed adds nothing", nil, approved, 1, "none"},
		{"approved, it is open", []proto.Message{proposed}, approved, 2, "approved open"},
		{"declined, it never is", []proto.Message{proposed}, recordtest.Approved(id, "o1", "declined", nil, hit(48), hit(24)), 2, "declined"},
		{"the first decision stands (HUB-01)", []proto.Message{proposed, recordtest.Approved(id, "o1", "declined", nil, hit(48), hit(24))}, approved, 3, "declined"},
		{"an id keeps its first meaning", []proto.Message{proposed, approved}, recordtest.Proposed(id, "o1", police), 3, "approved open"},
		{"at its end it is over", []proto.Message{proposed}, approved, 48, "approved expired late"},
		{"at its review time it is not late yet", []proto.Message{proposed}, approved, 24, "approved open"},
		{"after it, it is", []proto.Message{proposed}, approved, 25, "approved open late"},
		{"a review in time moves the next one", []proto.Message{proposed, approved}, recordtest.Reviewed(id, "o1", "continues", false, hit(40)), 39, "approved open"},
		{"and that one may be missed too", []proto.Message{proposed, approved}, recordtest.Reviewed(id, "o1", "continues", false, hit(40)), 41, "approved open late"},
		{"a late review is on record for good", []proto.Message{proposed, approved}, recordtest.Reviewed(id, "o1", "continues", true, hit(40)), 30, "approved open late"},
		{"a review ends it, which is no expiry", []proto.Message{proposed, approved}, recordtest.Reviewed(id, "o1", "ended", false, hit(0)), 50, "approved"},
		{"a later review does not bring it back", []proto.Message{proposed, approved, recordtest.Reviewed(id, "o1", "ended", false, hit(0))},
			recordtest.Reviewed(id, "o1", "continues", false, hit(40)), 5, "approved"},
		{"its end, recorded", []proto.Message{proposed, approved}, recordtest.Ran(id, "o1", hit(48)), 49, "approved expired late"},
		{"a recorded end holds for a clock that is behind", []proto.Message{proposed, approved}, recordtest.Ran(id, "o1", hit(48)), 10, "approved expired"},
		{"a request that rests on it", []proto.Message{proposed, approved}, recordtest.Asked(id, "r1", hit(9), "c1", "o1", "o1"), 5, "approved open r1"},
		{"and one that does not", []proto.Message{proposed, approved}, recordtest.Asked(id, "r1", hit(9), "c1", "o2"), 5, "approved open"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := in(fold(append(tc.given, tc.when)...), hit(tc.at)); got != tc.then {
				t.Errorf("got %q, want %q", got, tc.then)
			}
		})
	}
}

func TestWhoAndWhenIsInTheRow(t *testing.T) {
	narrowed := recordtest.Approved(id, "o1", "narrowed", police, hit(48), hit(24))
	narrowed.OutOfHours, narrowed.Rule, narrowed.Role = true, "SOT-32", "on-call-senior-manager"
	o := fold(recordtest.Proposed(id, "o1", both), narrowed)
	got := fmt.Sprintln(o.ID() == id+"/o1", o.ProposedBy, o.ProposedAt.Equal(hit(0)), o.DecidedBy, o.DecidedAt.Equal(hit(1)), o.Role, o.Rule, o.OutOfHours,
		o.Asked.Agencies, o.Allowed.Agencies, o.ReasonCode, o.Bases)
	want := "true worker-1 true manager-1 true on-call-senior-manager SOT-32 true [kent-police kent-health] [kent-police] would-prejudice-protection [uk-gdpr-6-1-e]\n"
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	health := consenttrail.Filter{Agencies: []string{"kent-health"}}
	if health.Matches(o, hit(2)) {
		t.Error("it covers an agency that the manager narrowed it from")
	}
	if !health.Matches(fold(recordtest.Proposed(id, "o1", both)), hit(2)) {
		t.Error("a proposal is not found by an agency it asks for")
	}
}

func TestAFoldChangesNothingItWasGiven(t *testing.T) {
	o := fold(recordtest.Proposed(id, "o1", both), recordtest.Approved(id, "o1", "approved", both, hit(48), hit(24)), recordtest.Asked(id, "r1", hit(9), "o1"))
	before := in(o, hit(5))
	for _, request := range []string{"r2", "r3"} {
		consenttrail.Apply(o, id, "o1", eventstore.Recorded{Message: recordtest.Asked(id, request, hit(9), "o1")})
	}
	consenttrail.Apply(o, id, "o1", eventstore.Recorded{Message: recordtest.Ran(id, "o1", hit(3))})
	if after := in(o, hit(5)); after != before {
		t.Errorf("it was %q and is %q", before, after)
	}
}
