package queryapi_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/recordtest"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/queryapi"
	"github.com/openmash/mash/services/rpc"
)

var (
	hour   = func(h int) time.Time { return t0.Add(time.Duration(h) * time.Hour) }
	police = recordtest.Scope("kent-police")
	both   = recordtest.Scope("kent-police", "kent-health")
)

// approved is a contact with an override that ends after so many hours and is reviewed after half of them.
func approved(n, hours int) []recordtest.Written {
	id := recordtest.ID(n)
	return recordtest.Of(id, recordtest.Received(id, t0, 1), recordtest.Proposed(id, "o1", both),
		recordtest.Approved(id, "o1", "approved", both, hour(hours), hour(hours/2)))
}

func (r *rig) overrides(t *testing.T, req *querypb.ListOverridesRequest) *querypb.ListOverridesResponse {
	t.Helper()
	answer, err := r.trails.ListOverrides(r.manager(t), req)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func names(rows []*querypb.OverrideRow) (all []string) {
	for _, row := range rows {
		all = append(all, row.GetContactId()+" "+row.GetOverrideId())
	}
	return all
}

func TestTheTrailTellsWhatAllowedSharing(t *testing.T) {
	r, id := start(t), recordtest.ID(1)
	last := r.record(t, recordtest.Of(id,
		recordtest.Received(id, t0, 1), recordtest.Holder(id, "p1"), recordtest.Said(id, "c1", "p1", "given", t0),
		recordtest.Asked(id, "r1", hour(9), "c1"), recordtest.Told(id, "i1", "r1", t0), recordtest.TakenBack(id, "c1", hour(1)),
		recordtest.Proposed(id, "o1", both), recordtest.Approved(id, "o1", "narrowed", police, hour(48), hour(24)),
		recordtest.Reviewed(id, "o1", "continues", false, hour(30)), recordtest.Ran(id, "o1", hour(48)), recordtest.Cancelled(id, "r1"),
		&eventpb.ConsentExpired{ContactId: id, ConsentId: "c1"}, &eventpb.EngagementRecorded{ContactId: id, HolderId: "p1", Agrees: "no", Reason: recordtest.Narrative()},
		&eventpb.LawfulBasisRecorded{ContactId: id}, &eventpb.AgencyWentWithoutConsent{ContactId: id}, &eventpb.DecidedNotToShare{ContactId: id},
		&eventpb.WentOnDespiteRefusal{ContactId: id},
	)...)
	answer, err := r.trails.GetConsentTrail(r.as(t, "worker-1"), &querypb.GetConsentTrailRequest{ContactId: id, NotBefore: last.Token()})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for i, s := range answer.GetSteps() {
		field := s.ProtoReflect().WhichOneof(s.ProtoReflect().Descriptor().Oneofs().ByName("step"))
		if field == nil {
			t.Fatalf("step %d says nothing of what happened", i)
		}
		kinds = append(kinds, string(field.Name()))
		if s.GetRevision() != uint64(i+1) || s.GetActor() != "person-1" || s.GetRole() != "team-manager" || !s.GetRecordedAt().AsTime().Equal(t0) {
			t.Errorf("step %d: revision %d by %s %s", i, s.GetRevision(), s.GetRole(), s.GetActor())
		}
	}
	want := []string{"holder", "consent", "request", "shared", "withdrawal", "proposal", "decision", "review", "override_expiry", "cancellation",
		"consent_expiry", "engagement", "lawful_basis", "agency_override", "not_shared", "went_on"}
	if !slices.Equal(kinds, want) {
		t.Errorf("\n got %v\nwant %v", kinds, want)
	}
	if answer.GetSteps()[0].GetHolder().GetHolder().GetOpen().GetName() != recordtest.Secret || answer.GetAsOf() != last.Token() {
		t.Error("the holder is not open, or the answer does not say what it shows")
	}
	shared := answer.GetSteps()[3].GetShared()
	if shared.GetStatements() != 1 || shared.GetAgency() != "kent-police" || shared.GetRequestId() != "r1" || strings.Contains(shared.String(), recordtest.Secret) {
		t.Errorf("what was shared is shown as %v", shared)
	}
	_, err = r.trails.GetConsentTrail(r.manager(t), &querypb.GetConsentTrailRequest{ContactId: recordtest.ID(404)})
	wantError(t, err, codes.NotFound, rpc.ReasonNotFound)
}

func TestOverridesByPage(t *testing.T) {
	r := start(t)
	var want []string
	for n := range 7 {
		r.record(t, approved(n, 48)...)
	}
	all := r.overrides(t, &querypb.ListOverridesRequest{})
	want = names(all.GetRows())
	if len(want) != 7 || all.GetNextPageToken() != "" || !all.GetNow().AsTime().Equal(t0) {
		t.Fatalf("%d rows, token %q", len(want), all.GetNextPageToken())
	}
	req := &querypb.ListOverridesRequest{PageSize: 3}
	var got []string
	for pages := 0; ; pages++ {
		answer := r.overrides(t, req)
		got = append(got, names(answer.GetRows())...)
		if pages == 0 {
			// A row of a later page changes: it is neither left out nor given twice by that.
			id := recordtest.ID(3)
			r.record(t, recordtest.Of(id, recordtest.Asked(id, "r1", hour(3), "o1"))...)
			_, err := r.trails.ListOverrides(r.manager(t), &querypb.ListOverridesRequest{
				PageToken: answer.GetNextPageToken(), Filter: &querypb.OverrideFilter{Reasons: []string{"cannot-be-given"}},
			})
			wantError(t, err, codes.InvalidArgument, rpc.ReasonBadPageToken)
		}
		if req.PageToken = answer.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("by pages\n got %v\nwant %v", got, want)
	}
	_, err := r.trails.ListOverrides(r.manager(t), &querypb.ListOverridesRequest{PageToken: "AAAA"})
	wantError(t, err, codes.InvalidArgument, rpc.ReasonBadPageToken)
}

func TestOverridesByFilter(t *testing.T) {
	r := start(t)
	r.record(t, approved(0, 48)...) // review after 24 hours
	r.record(t, approved(1, 10)...) // ends first
	id := recordtest.ID(2)
	r.record(t, recordtest.Of(id, recordtest.Received(id, t0, 1), recordtest.Proposed(id, "o1", police))...)
	one := func(n int) string { return recordtest.ID(n) + " o1" }
	for _, tc := range []struct {
		name   string
		at     int
		filter *querypb.OverrideFilter
		want   []string
	}{
		{"open", 1, &querypb.OverrideFilter{Open: new(true)}, []string{one(0), one(1)}},
		{"open, later", 11, &querypb.OverrideFilter{Open: new(true)}, []string{one(0)}},
		{"expired", 11, &querypb.OverrideFilter{Expired: new(true)}, []string{one(1)}},
		{"reviewed late", 30, &querypb.OverrideFilter{ReviewedLate: new(true)}, []string{one(0), one(1)}},
		{"proposed", 1, &querypb.OverrideFilter{Outcomes: []string{"proposed"}}, []string{one(2)}},
		{"agency", 1, &querypb.OverrideFilter{Agencies: []string{"kent-health"}}, []string{one(0), one(1)}},
		{"approver", 1, &querypb.OverrideFilter{Approvers: []string{"manager-1"}, Expired: new(false)}, []string{one(0), one(1)}},
		{"nobody", 1, &querypb.OverrideFilter{Approvers: []string{"manager-9"}}, nil},
		{"since", 1, &querypb.OverrideFilter{Since: timestamppb.New(hour(1))}, nil},
		{"until", 1, &querypb.OverrideFilter{Since: timestamppb.New(t0), Until: timestamppb.New(hour(1))}, []string{one(0), one(1), one(2)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r.set(hour(tc.at))
			got := names(r.overrides(t, &querypb.ListOverridesRequest{Filter: tc.filter}).GetRows())
			slices.Sort(got)
			slices.Sort(tc.want)
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
	r.set(hour(11))
	row := r.overrides(t, &querypb.ListOverridesRequest{Filter: &querypb.OverrideFilter{Outcomes: []string{"approved"}, Open: new(true)}}).GetRows()
	if len(row) != 1 || row[0].GetDecidedBy() != "manager-1" || row[0].GetRule() != "SOT-08" || !row[0].GetOpen() || strings.Contains(row[0].String(), recordtest.Secret) {
		t.Errorf("got %v", row)
	}
}

type overrideStream = grpc.ServerStreamingClient[querypb.WatchOverridesResponse]

func (r *rig) watchOverrides(t *testing.T, req *querypb.WatchOverridesRequest) overrideStream {
	t.Helper()
	s, err := r.trails.WatchOverrides(r.manager(t), req)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// expectOverrides wants the next messages, heartbeats aside: the number of a contact with "open", "closed" or "requests", or "caught up".
func expectOverrides(t *testing.T, s overrideStream, want ...string) (position string) {
	t.Helper()
	for len(want) > 0 {
		m, err := s.Recv()
		if err != nil {
			t.Fatalf("the watch ended before %q: %v", want, err)
		}
		got := "caught up"
		switch row := m.GetRow(); {
		case m.GetHeartbeat() != nil:
			continue
		case row != nil:
			got = row.GetOverrideId() + map[bool]string{true: " open", false: " closed"}[row.GetOpen()] + strings.Join(row.GetRequests(), "")
		}
		if got != want[0] {
			t.Fatalf("got %q, want %q", got, want[0])
		}
		want, position = want[1:], m.GetPosition()
	}
	return position
}

func TestWatchOverrides(t *testing.T) {
	r := start(t, func(c *queryapi.Config) { c.Heartbeat = 5 * time.Millisecond })
	id := recordtest.ID(0)
	r.record(t, approved(0, 10)...)
	s := r.watchOverrides(t, &querypb.WatchOverridesRequest{Filter: &querypb.OverrideFilter{Open: new(true)}})
	expectOverrides(t, s, "o1 open", "caught up")
	r.record(t, recordtest.Of(id, recordtest.Proposed(id, "o2", both))...) // is not open
	r.record(t, recordtest.Of(id, recordtest.Approved(id, "o2", "approved", police, hour(20), hour(20)))...)
	expectOverrides(t, s, "o2 open")
	// One request changes both rows; whoever resumes after the first of them has the second one too.
	r.record(t, recordtest.Of(id, recordtest.Asked(id, "r1", hour(9), "o1", "o2"))...)
	position := expectOverrides(t, s, "o1 openr1")
	resumed := r.watchOverrides(t, &querypb.WatchOverridesRequest{Filter: &querypb.OverrideFilter{Open: new(true)}, ResumeFrom: position})
	expectOverrides(t, resumed, "o1 openr1", "o2 openr1", "caught up")
	position = expectOverrides(t, s, "o2 openr1")
	expectOverrides(t, r.watchOverrides(t, &querypb.WatchOverridesRequest{ResumeFrom: position}), "caught up")
	// An end comes without an event, and whoever watches what is open is shown how it ended.
	r.set(hour(10))
	expectOverrides(t, s, "o1 closedr1")
	r.record(t, recordtest.Of(id, recordtest.Reviewed(id, "o2", "ended", false, t0))...)
	expectOverrides(t, s, "o2 closedr1")
}

func TestWhoMaySeeTrailsAndOverrides(t *testing.T) {
	r := start(t)
	r.record(t, approved(0, 10)...)
	for person, role := range map[string]access.Role{
		"manager-1": access.TeamManager, "worker-1": access.SocialWorker, "analyst-1": access.Analyst, "auditor-1": access.Auditor, "operator-1": access.Operator,
	} {
		trail, _ := access.Can(role, access.ConsentTrailRead)
		overrides, _ := access.Can(role, access.OverridesRead)
		if want := role != access.Operator; trail != want || overrides != (role == access.TeamManager || role == access.Auditor) {
			t.Errorf("%s: trail %v, overrides %v", role, trail, overrides)
		}
		_, err := r.trails.GetConsentTrail(r.as(t, person), &querypb.GetConsentTrailRequest{ContactId: recordtest.ID(0)})
		allowed(t, err, trail)
		_, err = r.trails.ListOverrides(r.as(t, person), &querypb.ListOverridesRequest{})
		allowed(t, err, overrides)
		watch, err := r.trails.WatchOverrides(r.as(t, person), &querypb.WatchOverridesRequest{})
		if err == nil {
			_, err = watch.Recv()
		}
		allowed(t, err, overrides)
	}
	_, err := r.trails.GetConsentTrail(t.Context(), &querypb.GetConsentTrailRequest{ContactId: recordtest.ID(0)})
	wantError(t, err, codes.Unauthenticated, rpc.ReasonNoCredentials)
}

func allowed(t *testing.T, err error, want bool) {
	t.Helper()
	if want && err != nil {
		t.Errorf("got %v, want an answer", err)
	}
	if !want {
		wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
	}
}

// The case file has what was said, asked, told and decided, each with how it stands at the hub's time.
func TestTheCaseFileShowsTheDecisionAndWhatItRestsOn(t *testing.T) {
	r, id := start(t), recordtest.ID(1)
	r.record(t, recordtest.Of(id,
		recordtest.Received(id, t0, 1), recordtest.Triaged(id, "amber", t0), recordtest.Holder(id, "p1"), recordtest.Holder(id, "p2"),
		recordtest.Said(id, "c1", "p1", "given", t0), recordtest.Asked(id, "r1", hour(9), "c1"), recordtest.Told(id, "i1", "r1", t0),
		recordtest.Said(id, "c2", "p2", "refused", t0), recordtest.Proposed(id, "o1", police),
		recordtest.Approved(id, "o1", "approved", police, hour(10), hour(5)), recordtest.Concluded(id, "d1", "s1"), recordtest.SignedOff(id, "d1", hour(3)),
	)...)
	f := r.get(t, id)
	if f.GetState() != "decided" || len(f.GetClocks()) != 1 || f.GetClocks()[0].GetKind() != "response" {
		t.Errorf("state %q, clocks %v", f.GetState(), f.GetClocks())
	}
	if c := f.GetConsents(); len(c) != 2 || c[0].GetStanding() != "stopped-by-refusal" || c[1].GetStanding() != "refused" || len(f.GetHolders()) != 2 {
		t.Errorf("consents: %v", c)
	}
	if o := f.GetOverrides(); len(o) != 1 || o[0].GetStanding() != "in-force" || !o[0].GetReviewAt().AsTime().Equal(hour(5)) {
		t.Errorf("overrides: %v", o)
	}
	if q := f.GetRequests(); len(q) != 1 || q[0].GetQuestions()[0].GetStanding() != "answered" || q[0].GetRequested().GetQuestion().GetOpen().GetText() != recordtest.Secret {
		t.Errorf("requests: %v", q)
	}
	if s := f.GetShares(); len(s) != 1 || s[0].GetStatements()[0].GetWords().GetOpen().GetText() != recordtest.Secret || !s[0].GetStatements()[0].GetHandling().GetNotToFamily() {
		t.Errorf("shares: %v", s)
	}
	if d := f.GetDecisions(); len(d) != 1 || d[0].GetSignedOff() == nil || d[0].GetAnswered() != nil || d[0].GetDecided().GetRationale().GetOpen().GetText() != recordtest.Secret {
		t.Errorf("decisions: %v", d)
	}
	list, err := r.queue.ListTriageQueue(r.manager(t), &querypb.ListTriageQueueRequest{})
	if err != nil || len(list.GetRows()) != 0 {
		t.Errorf("a decided contact is in the queue: %v, %v", list.GetRows(), err)
	}
	r.set(hour(10))
	if o := r.get(t, id).GetOverrides(); o[0].GetStanding() != "expired" {
		t.Errorf("at its end the override is %q", o[0].GetStanding())
	}
	r.record(t, recordtest.Of(id, recordtest.Answered(id, "d1"), recordtest.Reopened(id, hour(11), "s1"))...)
	list, err = r.queue.ListTriageQueue(r.manager(t), &querypb.ListTriageQueueRequest{})
	f = r.get(t, id)
	if err != nil || len(list.GetRows()) != 1 || list.GetRows()[0].GetState() != f.GetState() || f.GetState() != "triaged" || f.GetDecisions()[0].GetAnswered() == nil || len(f.GetReopenings()) != 1 {
		t.Errorf("reopened: %v, %v, file %q", list.GetRows(), err, f.GetState())
	}
}
