package auditapi_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/auditapi"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
)

// work tries random commands on a desk, most of which the rules take.
func work(t *rapid.T, d *desk, steps int) {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	for range steps {
		d.now = d.now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "minutes")) * time.Minute)
		var seen *uint64
		if back := rapid.IntRange(0, 5).Draw(t, "seen"); back > 0 && back <= len(d.recorded) {
			revision := uint64(len(d.recorded) - back)
			seen = &revision
		}
		worker := func(c contact.Command) { d.do(access.SocialWorker, "worker-1", seen, c) }
		manager := func(c contact.Command) {
			_ = d.do(access.TeamManager, "manager-1", seen, c) || d.do(access.OnCallSeniorManager, "manager-1", seen, c)
		}
		children := rapid.SampledFrom([][]string{{"s1"}, {"s2"}, {"s1", "s2"}}).Draw(t, "children")
		happened, n := d.now.Add(-time.Duration(rapid.IntRange(0, 48).Draw(t, "hours ago"))*time.Hour), pick("n", "1", "2", "3")
		switch rapid.IntRange(0, 12).Draw(t, "command") {
		case 0, 1:
			c := said("p"+pick("holder", "1", "2"), "given", happened, children...)
			c.ExpiresAt = d.now.Add(time.Duration(rapid.IntRange(1, 72).Draw(t, "hours")) * time.Hour)
			worker(c)
		case 2:
			worker(said("p"+pick("holder", "1", "2"), pick("stance", "refused", "refused", "given"), happened, children...))
		case 3:
			worker(contact.WithdrawConsent{ConsentID: "c" + n, Withdrawn: &eventpb.Occurrence{At: timestamppb.New(happened), Precision: "instant"}, How: "telephone"})
		case 4:
			p := propose(children...)
			for _, child := range children {
				for _, id := range d.state.Authority.Standing(child, d.now) {
					if !slices.Contains(p.Despite, id) {
						p.Despite = append(p.Despite, id)
					}
				}
			}
			worker(p)
		case 5, 6:
			manager(contact.DecideOverride{OverrideID: "o" + n, Outcome: "approved", Reason: "Credible.", ExpiresAt: d.now.Add(30 * time.Hour)})
		case 7:
			manager(contact.ReviewOverride{OverrideID: "o" + n, Outcome: "ended", Reason: "Not needed."})
		case 8:
			d.do(access.Hub, "hub", nil, contact.LapseOverride{OverrideID: "o" + n})
			d.do(access.Hub, "hub", nil, contact.LapseConsent{ConsentID: "c" + n})
		case 9:
			d.do(access.AgencySystem, "kent-police:rms", nil, answer(pick("request", "r1", "r2", ""), "Known on "+d.now.String()))
		case 10:
			worker(contact.DecideNotToShare{Scope: scopeOf(children...), Reason: "It would tell him where they are on " + d.now.String()})
		default:
			worker(ask(children...))
		}
	}
}

var states = []cmp.Option{protocmp.Transform(), cmp.AllowUnexported(contact.Share{}, contact.Analysis{}), cmpopts.EquateEmpty()}

// The law of replay, over histories that the real rules have made and the real store has kept: a prefix of the record gives the state
// that was live at that revision.
func TestHUB04_LawAReplayedPrefixIsTheStateThatWasLive(t *testing.T) {
	w := newWorld(t)
	revisions, requests := 0, 0
	law := func(rt *rapid.T) {
		d := newDesk(t.Context(), rt, w)
		work(rt, d, rapid.IntRange(3, 20).Draw(rt, "steps"))
		for range 3 {
			n := uint64(rapid.IntRange(0, len(d.live)-1).Draw(rt, "revision"))
			got, err := auditapi.ReplayState(t.Context(), w.store, d.id, n)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(d.live[n], got, states...); diff != "" {
				rt.Fatalf("revision %d of %d (-live +replayed):\n%s", n, len(d.live), diff)
			}
		}
		// By time it is the last revision recorded by then.
		by := monday.Add(time.Duration(rapid.IntRange(0, 3000).Draw(rt, "by")) * time.Minute)
		want := -1
		for i, at := range d.at {
			if !at.After(by) {
				want = i
			}
		}
		r := d.contact(t, &auditpb.ReplayContactRequest{ContactId: d.id, AsOf: &auditpb.ReplayContactRequest_RecordedBy{RecordedBy: timestamppb.New(by)}})
		if int(r.GetRevision()) != want || r.GetState() != d.live[want].Stage(2) {
			rt.Fatalf("as recorded by %v: revision %d, %q, want %d, %q", by, r.GetRevision(), r.GetState(), want, d.live[want].Stage(2))
		}
		revisions, requests = revisions+len(d.live), requests+len(d.state.Requests)
	}
	for range 10 { // chance may leave out what the law is about once
		if rapid.Check(t, law); requests >= 20 {
			break
		}
	}
	if requests < 20 {
		t.Errorf("%d requests at %d revisions: too few to show anything", requests, revisions)
	}
}

// What a consent decision is answered with adds up: before, the decision and since are the whole record; unseen is the end of before;
// because is a part of since; and a request rests on nothing that was not in force.
func TestHUB04_LawADecisionIsAnsweredWithTheWholeRecord(t *testing.T) {
	w := newWorld(t)
	decisions := map[byte]int{}
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(t.Context(), rt, w)
		work(rt, d, rapid.IntRange(5, 20).Draw(rt, "steps"))
		for _, id := range decisionsOf(d) {
			r := d.replay(t, id)
			decisions[id[0]]++
			at := r.GetDecision().GetRevision()
			all := slices.Concat(revisions(r.GetBefore()), []uint64{at}, revisions(r.GetSince()))
			for i, revision := range all {
				if revision != uint64(i) || len(all) != len(d.recorded) {
					rt.Fatalf("%s: the record is %v, want 0 to %d", id, all, len(d.recorded)-1)
				}
			}
			for _, e := range r.GetUnseen() {
				if r.SeenRevision == nil || e.GetRevision() <= r.GetSeenRevision() || e.GetRevision() >= at {
					rt.Fatalf("%s at %d, seen %v: unseen is %v", id, at, r.SeenRevision, revisions(r.GetUnseen()))
				}
			}
			for _, e := range r.GetBecause() {
				if e.GetRevision() <= at {
					rt.Fatalf("%s at %d: because of it is %v", id, at, revisions(r.GetBecause()))
				}
			}
			for _, s := range r.GetStanding() {
				if s.GetRevision() >= at || id[0] == 'r' && s.GetState() != "in-force" {
					rt.Fatalf("%s at %d rests on %v", id, at, standing(r.GetStanding()))
				}
			}
			if id[0] == 'r' && len(r.GetStanding()) == 0 {
				rt.Fatalf("%s rests on nothing", id)
			}
		}
	})
	for _, kind := range "corn" {
		if decisions[byte(kind)] == 0 {
			t.Errorf("no decision of the kind %c was ever replayed: %v", kind, decisions)
		}
	}
}

func decisionsOf(d *desk) (ids []string) {
	for _, m := range d.recorded {
		switch e := m.(type) {
		case *eventpb.ConsentRecorded:
			ids = append(ids, e.GetConsentId())
		case *eventpb.OverrideProposed:
			ids = append(ids, e.GetOverrideId())
		case *eventpb.InformationRequested:
			ids = append(ids, e.GetRequestId())
		case *eventpb.DecidedNotToShare:
			ids = append(ids, e.GetDecisionId())
		}
	}
	return ids
}
