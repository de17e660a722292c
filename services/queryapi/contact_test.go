package queryapi_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/openmash/mash/projections/recordtest"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/rpc"
)

func wantCode(t *testing.T, err error, code codes.Code) {
	t.Helper()
	if status.Code(err) != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func (r *rig) get(t *testing.T, id string) *querypb.CaseFile {
	t.Helper()
	answer, err := r.contacts.GetContact(r.manager(t), &querypb.GetContactRequest{ContactId: id})
	if err != nil {
		t.Fatal(err)
	}
	if answer.GetAsOf() == "" {
		t.Error("the answer does not say what it shows")
	}
	return answer.GetCaseFile()
}

func TestTheCaseFileTellsTheLifeOfAContact(t *testing.T) {
	r := start(t)
	id, other := recordtest.ID(1), recordtest.ID(2)
	hour := func(h int) time.Time { return t0.Add(time.Duration(h) * time.Hour) }
	r.record(t, arrivals(2, 1)...)
	r.record(t, recordtest.Of(id,
		recordtest.Received(id, t0, 2), recordtest.Across(id, t0, "s2"), recordtest.Triaged(id, "amber", hour(1)),
		recordtest.Rated(id, "red", hour(2)), recordtest.AllocatedTo(id, "w1", hour(3)),
		recordtest.Linked(id, other, hour(4)), recordtest.Unlinked(id, other, hour(5)), recordtest.Linked(id, other, hour(6)),
	)...)
	f := r.get(t, id)
	if f.GetState() != "duplicate" || f.GetRating() != "red" || f.GetTeam() != "assessment" || f.GetWorker() != "w1" ||
		f.GetRevision() != 7 || len(f.GetClocks()) != 0 || f.GetHubReference() == "" {
		t.Errorf("as it stands: %v", f)
	}
	if f.GetReceived().GetSubjects()[0].GetChild().GetOpen().GetGivenName() != recordtest.Secret ||
		f.GetTriage().GetDirections().GetOpen().GetText() != recordtest.Secret || f.GetRatings()[0].GetReason().GetOpen() == nil {
		t.Error("the parts about people are not open to one who may see them")
	}
	links := f.GetLinks()
	if len(links) != 2 || links[0].GetUnlinkedAt() == nil || links[0].GetUnlinkReason().GetOpen() == nil || links[1].GetUnlinkedAt() != nil {
		t.Errorf("links: %v, want one undone and one that stands", links)
	}
	if h := f.GetHistory(); len(h) != 8 || h[2].GetEventType() != "mash.event.v1.ContactTriaged" || h[2].GetActor() != "person-1" ||
		h[2].GetRole() != "team-manager" || h[2].GetRevision() != 2 || !h[2].GetRecordedAt().AsTime().Equal(t0) {
		t.Errorf("history: %v", h)
	}
	if len(f.GetPassedAcross()) != 1 || len(f.GetAllocations()) != 1 {
		t.Errorf("passed across %v, allocations %v", f.GetPassedAcross(), f.GetAllocations())
	}
	if d := r.get(t, other).GetDuplicates(); len(d) != 1 || d[0] != id {
		t.Errorf("the contact that stays names %v as its duplicates", d)
	}
	r.record(t, recordtest.Written{Stream: "contact-" + id, Message: recordtest.Unlinked(id, other, hour(7))})
	if d := r.get(t, other).GetDuplicates(); len(d) != 0 {
		t.Errorf("after the link was undone it still names %v", d)
	}
	// Queue and case file fold for themselves, and must not differ.
	f = r.get(t, id)
	list, err := r.queue.ListTriageQueue(r.manager(t), &querypb.ListTriageQueueRequest{Filter: &querypb.TriageQueueFilter{Workers: []string{"w1"}}})
	if err != nil || len(list.GetRows()) != 1 {
		t.Fatalf("got %v, %v, want the contact", list, err)
	}
	row := list.GetRows()[0]
	if row.GetState() != f.GetState() || row.GetState() != "allocated" || len(row.GetClocks()) != len(f.GetClocks()) || len(f.GetClocks()) != 3 ||
		row.GetRevision() != f.GetRevision() || row.GetHubReference() != f.GetHubReference() {
		t.Errorf("queue and case file differ:\n%v\n%v", row, f)
	}
}

func TestWhoMayNotIsRefused(t *testing.T) {
	r := start(t)
	r.record(t, arrivals(0, 1)...)
	get := &querypb.GetContactRequest{ContactId: recordtest.ID(0)}
	_, err := r.contacts.GetContact(r.as(t, "operator-1"), get)
	wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
	_, err = r.contacts.GetContact(t.Context(), get)
	wantError(t, err, codes.Unauthenticated, rpc.ReasonNoCredentials)
	for _, person := range []string{"operator-1", "auditor-1"} {
		_, err = r.queue.ListTriageQueue(r.as(t, person), &querypb.ListTriageQueueRequest{})
		wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
		watch, err := r.queue.WatchTriageQueue(r.as(t, person), &querypb.WatchTriageQueueRequest{})
		if err == nil {
			_, err = watch.Recv()
		}
		wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
	}
	if _, err := r.contacts.GetContact(r.as(t, "auditor-1"), get); err != nil {
		t.Errorf("an auditor may read a case file: %v", err)
	}
}

func TestAContactThatIsNotThere(t *testing.T) {
	r := start(t)
	_, err := r.contacts.GetContact(r.manager(t), &querypb.GetContactRequest{ContactId: recordtest.ID(404)})
	wantError(t, err, codes.NotFound, rpc.ReasonNotFound)
	_, err = r.contacts.GetContact(r.manager(t), &querypb.GetContactRequest{ContactId: "x' OR '1'='1"})
	wantError(t, err, codes.InvalidArgument, rpc.ReasonInvalidFields)
}
