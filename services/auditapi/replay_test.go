package auditapi_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/auditapi"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/rpc"
)

// standing says in short how consents and overrides stood: "c1 in-force @5".
func standing(all []*auditpb.Standing) (words []string) {
	for _, s := range all {
		words = append(words, fmt.Sprintf("%s %s @%d", s.GetId(), s.GetState(), s.GetRevision()))
	}
	return words
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// The mother consents at ten, police are asked at noon. The father had refused at nine: that becomes known at two. Whoever asked could not
// know it, and the record says so.
func TestHUB04_WhatWasSaidEarlierAndRecordedLaterCouldNotBeKnown(t *testing.T) {
	w := newWorld(t)
	d := newDesk(t.Context(), t, w)
	at := func(hour int) time.Time { return monday.Add(time.Duration(hour-10) * time.Hour) }
	given := d.must(access.SocialWorker, "worker-1", said("p1", "given", at(10), "s1"))
	d.now = at(12)
	asked := d.must(access.SocialWorker, "worker-1", ask("s1"))
	d.now = at(14)
	refused := d.must(access.SocialWorker, "worker-1", said("p2", "refused", at(9), "s1")) // and the question is taken back
	d.now = at(15)
	told := d.must(access.AgencySystem, "kent-police:rms", answer("r1", "He was arrested in March."))

	r := d.replay(t, "r1")
	if r.GetDecision().GetRevision() != asked || len(r.GetBefore()) != int(asked) || slices.Contains(revisions(r.GetBefore()), refused) {
		t.Errorf("decided at %d after %v", r.GetDecision().GetRevision(), revisions(r.GetBefore()))
	}
	same(t, "recorded since", revisions(r.GetSince()), []uint64{refused, refused + 1, told})
	same(t, "of that, happened before", r.GetHappenedBefore(), []uint64{refused})
	same(t, "because of it", revisions(r.GetBecause()), []uint64{told})
	same(t, "what it rested on", standing(r.GetStanding()), []string{fmt.Sprintf("c1 in-force @%d", given)})
	if r.GetRule() != "HUB-02" || r.GetProfile() != d.profile.String() || r.SeenRevision != nil || len(r.GetUnseen()) != 0 {
		t.Errorf("rule %q, profile %q, seen %v, unseen %d", r.GetRule(), r.GetProfile(), r.SeenRevision, len(r.GetUnseen()))
	}
	late := r.GetSince()[0]
	if !late.GetRecordedAt().AsTime().Equal(at(14)) || !late.GetOccurred().GetAt().AsTime().Equal(at(9)) || late.GetOccurred().GetPrecision() != "instant" {
		t.Errorf("recorded %v, happened %v", late.GetRecordedAt().AsTime(), late.GetOccurred())
	}
	// The consent itself: what came of it is the request and its answer, though the family no longer agrees as one.
	same(t, "because of the consent", revisions(d.replay(t, "c1").GetBecause()), []uint64{asked, told})
	// And the refusal: as it was recorded a consent stood beside it.
	same(t, "beside the refusal", standing(d.replay(t, "c2").GetStanding()), []string{fmt.Sprintf("c1 in-force @%d", given)})

	// The whole contact at the same moments: by when it was recorded, not by when it happened.
	for _, tc := range []struct {
		by       time.Time
		revision uint64
		standing []string
		open     []string
	}{
		{at(9).Add(time.Hour), given, []string{fmt.Sprintf("c1 in-force @%d", given)}, nil},
		{at(13), asked, []string{fmt.Sprintf("c1 in-force @%d", given)}, []string{"r1/kent-police"}},
		{at(14), refused + 1, []string{fmt.Sprintf("c1 stopped-by-refusal @%d", refused), fmt.Sprintf("c2 refused @%d", refused)}, nil},
	} {
		r := d.contact(t, &auditpb.ReplayContactRequest{ContactId: d.id, AsOf: &auditpb.ReplayContactRequest_RecordedBy{RecordedBy: timestamppb.New(tc.by)}})
		if r.GetRevision() != tc.revision || len(r.GetEvents()) != int(tc.revision)+1 || r.GetLatestRevision() != told || r.GetState() != "allocated" {
			t.Errorf("by %v: revision %d of %d, %q, %d events", tc.by, r.GetRevision(), r.GetLatestRevision(), r.GetState(), len(r.GetEvents()))
		}
		same(t, "standing", standing(r.GetStanding()), tc.standing)
		same(t, "open questions", r.GetOpenQuestions(), tc.open)
	}
}

func (d *desk) contact(t testing.TB, req *auditpb.ReplayContactRequest) *auditpb.ReplayContactResponse {
	t.Helper()
	r, err := auditpb.NewAuditServiceClient(d.w.conn).ReplayContact(d.w.as(t, "auditor"), req)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A manager approves an override with an old page before them: what had been recorded meanwhile was on record, and not seen.
func TestHUB04_WhatTheDeciderHadNotSeen(t *testing.T) {
	d := newDesk(t.Context(), t, newWorld(t))
	proposed := d.must(access.SocialWorker, "worker-1", propose("s1"))
	d.now = d.now.Add(time.Hour)
	agreed := d.must(access.SocialWorker, "worker-1", said("p1", "given", d.now, "s1"))
	basis := d.must(access.SocialWorker, "worker-1", contact.RecordLawfulBasis{Scope: scopeOf("s1"), Bases: []string{"uk-gdpr-6-1-e"}, Reasoning: "Only what is needed."})
	pending := d.replay(t, "o1")
	if pending.GetDecision().GetRevision() != proposed || pending.GetRule() != "SOT-08" {
		t.Errorf("a proposal nobody has decided: revision %d, rule %q", pending.GetDecision().GetRevision(), pending.GetRule())
	}
	d.now = d.now.Add(time.Hour)
	if !d.do(access.TeamManager, "manager-1", &proposed, contact.DecideOverride{OverrideID: "o1", Outcome: "approved", Reason: "Credible.", ExpiresAt: d.now.Add(48 * time.Hour)}) {
		t.Fatal("the decision was refused")
	}
	r := d.replay(t, "o1")
	if r.SeenRevision == nil || r.GetSeenRevision() != proposed || r.GetDecision().GetRevision() != basis+1 || r.GetRule() != "SOT-08" {
		t.Errorf("seen %v, decided at %d by %s", r.SeenRevision, r.GetDecision().GetRevision(), r.GetRule())
	}
	same(t, "unseen", revisions(r.GetUnseen()), []uint64{agreed, basis})
	same(t, "standing", standing(r.GetStanding()), []string{fmt.Sprintf("c1 in-force @%d", agreed), fmt.Sprintf("o1 proposed @%d", proposed)})
	if len(r.GetSince()) != 0 || len(r.GetHappenedBefore()) != 0 {
		t.Errorf("since: %v", revisions(r.GetSince()))
	}
	// Whoever saw the newest had nothing unseen; and the decision not to share is a decision too.
	newest := basis + 1
	if !d.do(access.SocialWorker, "worker-1", &newest, contact.DecideNotToShare{Scope: scopeOf("s2"), Reason: "It would tell him where they are."}) {
		t.Fatal("the decision not to share was refused")
	}
	r = d.replay(t, "n1")
	if len(r.GetUnseen()) != 0 || r.GetSeenRevision() != newest || len(r.GetBecause()) != 0 {
		t.Errorf("unseen %v of %d", revisions(r.GetUnseen()), r.GetSeenRevision())
	}
	same(t, "of the other child nothing stood", standing(r.GetStanding()), []string(nil))
}

// An override ends by itself: at the time it had it is over, also where the hub came to record that a day later.
func TestHUB04_AnEndHappenedWhenItWasDue(t *testing.T) {
	d := newDesk(t.Context(), t, newWorld(t))
	d.must(access.SocialWorker, "worker-1", propose("s1"))
	end := d.now.Add(24 * time.Hour)
	approved := d.must(access.TeamManager, "manager-1", contact.DecideOverride{OverrideID: "o1", Outcome: "approved", Reason: "Credible.", ExpiresAt: end})
	asked := d.must(access.SocialWorker, "worker-1", ask("s1"))
	d.now = end.Add(24 * time.Hour)
	lapsed := d.must(access.Hub, "hub", contact.LapseOverride{OverrideID: "o1"})
	by := func(at time.Time) []string {
		return standing(d.contact(t, &auditpb.ReplayContactRequest{ContactId: d.id, AsOf: &auditpb.ReplayContactRequest_RecordedBy{RecordedBy: timestamppb.New(at)}}).GetStanding())
	}
	same(t, "just before its end", by(end.Add(-time.Second)), []string{fmt.Sprintf("o1 in-force @%d", approved)})
	same(t, "after it, before that was recorded", by(end), []string{fmt.Sprintf("o1 expired @%d", approved)})
	same(t, "once it was", by(d.now), []string{fmt.Sprintf("o1 expired @%d", lapsed)})
	r := d.replay(t, "r1")
	same(t, "rested on", standing(r.GetStanding()), []string{fmt.Sprintf("o1 in-force @%d", approved)})
	if len(r.GetHappenedBefore()) != 0 || r.GetSince()[0].GetRevision() != lapsed || !r.GetSince()[0].GetOccurred().GetAt().AsTime().Equal(end) {
		t.Errorf("since the request (%d): %v", asked, r.GetSince())
	}
}

func TestWhatAReplayIsRefused(t *testing.T) {
	w := newWorld(t)
	d := newDesk(t.Context(), t, w)
	client := auditpb.NewAuditServiceClient(w.conn)
	revision := func(n uint64) *auditpb.ReplayContactRequest {
		return &auditpb.ReplayContactRequest{ContactId: d.id, AsOf: &auditpb.ReplayContactRequest_Revision{Revision: n}}
	}
	early := &auditpb.ReplayContactRequest{ContactId: d.id, AsOf: &auditpb.ReplayContactRequest_RecordedBy{RecordedBy: timestamppb.New(monday.Add(-time.Second))}}
	for _, tc := range []struct {
		name   string
		call   func(ctx context.Context) error
		code   codes.Code
		reason string
	}{
		{"no such decision", call(client.ReplayConsentDecision, &auditpb.ReplayConsentDecisionRequest{ContactId: d.id, DecisionId: "c1"}), codes.NotFound, rpc.ReasonNotFound},
		{"a holder is no decision", call(client.ReplayConsentDecision, &auditpb.ReplayConsentDecisionRequest{ContactId: d.id, DecisionId: "p1"}), codes.InvalidArgument, rpc.ReasonInvalidFields},
		{"no such contact", call(client.ReplayConsentDecision, &auditpb.ReplayConsentDecisionRequest{ContactId: uuid.NewString(), DecisionId: "c1"}), codes.NotFound, rpc.ReasonNotFound},
		{"no moment", call(client.ReplayContact, &auditpb.ReplayContactRequest{ContactId: d.id}), codes.InvalidArgument, rpc.ReasonInvalidFields},
		{"a revision that is not", call(client.ReplayContact, revision(uint64(len(d.recorded)))), codes.OutOfRange, auditapi.ReasonNotRecorded},
		{"before it was received", call(client.ReplayContact, early), codes.OutOfRange, auditapi.ReasonNotRecorded},
	} {
		t.Run(tc.name, func(t *testing.T) { wantError(t, tc.call(w.as(t, "auditor")), tc.code, tc.reason) })
	}
	for _, p := range people() {
		for name, err := range map[string]error{
			"contact": call(client.ReplayContact, revision(0))(w.as(t, p.ID)),
			"consent": call(client.ReplayConsentDecision, &auditpb.ReplayConsentDecisionRequest{ContactId: d.id, DecisionId: "c9"})(w.as(t, p.ID)),
		} {
			if ok, _ := access.Can(p.Role, access.AuditReplay); !ok {
				wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
			} else if p.Role != access.Auditor || name == "contact" && err != nil {
				t.Errorf("%s, %s: %v", p.ID, name, err)
			}
		}
	}
	if strings.Contains(w.log.String(), canary) {
		t.Error("the log has personal data")
	}
}

// call makes an error of a call.
func call[Q, A any](method func(context.Context, Q, ...grpc.CallOption) (A, error), request Q) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := method(ctx, request)
		return err
	}
}

// A long record is answered whole; beyond what an answer takes events come without their data.
func TestALongRecordIsAnsweredWithoutAllItsData(t *testing.T) {
	w := newWorld(t)
	d := newDesk(t.Context(), t, w)
	long := &eventpb.NarrativePart{About: []string{"s1"}, Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: strings.Repeat("ß", 200_000)}}}
	for range 8 { // of 400 kB each
		w.append(t, d.id, &eventpb.ContactRated{ContactId: d.id, Rating: "red", Reason: long})
	}
	last := uint64(len(d.recorded) + 7)
	r := d.contact(t, &auditpb.ReplayContactRequest{ContactId: d.id, AsOf: &auditpb.ReplayContactRequest_Revision{Revision: last}})
	if len(r.GetEvents()) != int(last)+1 || r.GetEvents()[0].GetData() == nil || r.GetEvents()[last].GetData() != nil || r.GetEvents()[last].GetMetadata() == nil {
		t.Errorf("%d events of %d, the first with data: %v, the last with data: %v", len(r.GetEvents()), last+1, r.GetEvents()[0].GetData() != nil, r.GetEvents()[last].GetData() != nil)
	}
}
