package queryapi_test

import (
	"context"
	"encoding/base64"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/rpc"
)

// arrivals gives contacts that are due in the order of their numbers.
func arrivals(from, n int) (all []recordtest.Written) {
	for i := from; i < from+n; i++ {
		all = append(all, recordtest.Of(recordtest.ID(i), recordtest.Received(recordtest.ID(i), t0.Add(time.Duration(i)*time.Minute), 2))...)
	}
	return all
}

func ids(from, n int) (all []string) {
	for i := from; i < from+n; i++ {
		all = append(all, recordtest.ID(i))
	}
	return all
}

func of(rows []*querypb.TriageQueueRow) (all []string) {
	for _, r := range rows {
		all = append(all, r.GetContactId())
	}
	return all
}

func TestListPagesThroughTheQueue(t *testing.T) {
	r := start(t)
	last := r.record(t, arrivals(0, 10)...)
	r.set(t0.Add(24*time.Hour + 5*time.Minute))
	req := &querypb.ListTriageQueueRequest{PageSize: 4}
	var got []string
	for _, want := range []int{4, 4, 2} {
		answer, err := r.queue.ListTriageQueue(r.manager(t), req)
		if err != nil {
			t.Fatal(err)
		}
		if len(answer.Rows) != want || answer.AsOf != last.Token() || !answer.Now.AsTime().Equal(r.clock()) {
			t.Fatalf("a page of %d rows as of %q at %v, want %d", len(answer.Rows), answer.AsOf, answer.Now.AsTime(), want)
		}
		for i, row := range answer.Rows {
			// Contact n is due 24 hours and n minutes after t0.
			if overdue := len(got)+i < 5; row.GetOverdue() != overdue || row.GetNextClock() != "triage" || row.GetHubReference() == "" {
				t.Errorf("contact %d: %v", len(got)+i, row)
			}
		}
		got, req.PageToken = append(got, of(answer.Rows)...), answer.NextPageToken
	}
	if req.PageToken != "" || !slices.Equal(got, ids(0, 10)) {
		t.Errorf("got %v and a further page %q, want %v", got, req.PageToken, ids(0, 10))
	}
	overdue, err := r.queue.ListTriageQueue(r.manager(t), &querypb.ListTriageQueueRequest{Filter: &querypb.TriageQueueFilter{Overdue: new(true)}})
	if err != nil || !slices.Equal(of(overdue.GetRows()), ids(0, 5)) {
		t.Errorf("overdue: got %v, %v", of(overdue.GetRows()), err)
	}
}

func TestAPageTokenIsForItsRequestOnly(t *testing.T) {
	r := start(t)
	r.record(t, arrivals(0, 3)...)
	req := &querypb.ListTriageQueueRequest{PageSize: 1}
	first, err := r.queue.ListTriageQueue(r.manager(t), req)
	if err != nil {
		t.Fatal(err)
	}
	token := first.GetNextPageToken()
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	bad := []string{"x", "AAAA", token + "AAAA"}
	for i := range raw {
		changed := slices.Clone(raw)
		changed[i] ^= 1
		bad = append(bad, base64.RawURLEncoding.EncodeToString(changed))
	}
	for _, b := range bad {
		_, err := r.queue.ListTriageQueue(r.manager(t), &querypb.ListTriageQueueRequest{PageSize: 1, PageToken: b})
		wantError(t, err, codes.InvalidArgument, rpc.ReasonBadPageToken)
	}
	_, err = r.queue.ListTriageQueue(r.manager(t), &querypb.ListTriageQueueRequest{PageToken: token, Filter: &querypb.TriageQueueFilter{Teams: []string{"x"}}})
	wantError(t, err, codes.InvalidArgument, rpc.ReasonBadPageToken)
	next, err := r.queue.ListTriageQueue(r.manager(t), &querypb.ListTriageQueueRequest{PageSize: 2, PageToken: token})
	if err != nil || !slices.Equal(of(next.GetRows()), ids(1, 2)) {
		t.Errorf("with the token itself: got %v, %v", of(next.GetRows()), err)
	}
}

func TestNotBeforeShowsWhatTheCallerDid(t *testing.T) {
	r := start(t)
	for n := range 20 {
		at := recordtest.Append(t, r.store, arrivals(n, 1)...)
		list, err := r.queue.ListTriageQueue(r.manager(t), &querypb.ListTriageQueueRequest{NotBefore: at.Token()})
		if err != nil || len(list.GetRows()) != n+1 {
			t.Fatalf("list: got %d rows, %v, want %d", len(list.GetRows()), err, n+1)
		}
		file, err := r.contacts.GetContact(r.manager(t), &querypb.GetContactRequest{ContactId: recordtest.ID(n), NotBefore: at.Token()})
		if err != nil || file.GetCaseFile().GetContactId() != recordtest.ID(n) {
			t.Fatalf("case file: got %v, %v", file, err)
		}
	}
}

func TestNotBeforeWithAPositionThatCannotBeShown(t *testing.T) {
	r := start(t)
	elsewhere := recordtest.Store(t)
	other := recordtest.Append(t, elsewhere, arrivals(0, 1)...)
	list := func(ctx context.Context, token string) error {
		_, err := r.queue.ListTriageQueue(ctx, &querypb.ListTriageQueueRequest{NotBefore: token})
		return err
	}
	wantError(t, list(r.manager(t), "not-a-position"), codes.InvalidArgument, rpc.ReasonBadPosition)
	wantError(t, list(r.manager(t), other.Token()), codes.FailedPrecondition, rpc.ReasonOtherStore)
	wantError(t, list(r.manager(t), r.store.PositionAt(1<<40).Token()), codes.FailedPrecondition, rpc.ReasonOtherStore)

	r.stopProjecting()
	at := recordtest.Append(t, r.store, arrivals(0, 1)...)
	ctx, cancel := context.WithTimeout(r.manager(t), 100*time.Millisecond)
	defer cancel()
	if err := list(ctx, at.Token()); err == nil {
		t.Error("an answer without the event it was to show")
	} else {
		// The client's own clock may say so first, without our details.
		wantCode(t, err, codes.DeadlineExceeded)
	}
}

func TestWhileRowsAreRebuiltNobodyIsAnswered(t *testing.T) {
	r := start(t)
	r.record(t, arrivals(0, 1)...)
	r.stopProjecting()
	err := r.db.Update(t.Context(), func(tx *rows.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE projections SET live = 0")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.queue.ListTriageQueue(r.manager(t), &querypb.ListTriageQueueRequest{})
	wantError(t, err, codes.Unavailable, rpc.ReasonUnavailable)
	_, err = r.contacts.GetContact(r.manager(t), &querypb.GetContactRequest{ContactId: recordtest.ID(0)})
	wantError(t, err, codes.Unavailable, rpc.ReasonUnavailable)
	watch, err := r.queue.WatchTriageQueue(r.manager(t), &querypb.WatchTriageQueueRequest{})
	if err == nil {
		_, err = watch.Recv()
	}
	wantError(t, err, codes.Unavailable, rpc.ReasonUnavailable)
}
