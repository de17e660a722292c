package queryapi_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/recordtest"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/rpc"
)

// tenConsultations are an hour apart from t0 on, of schools and police by turns; the first is named by a contact.
func tenConsultations() (all []recordtest.Written) {
	for n := range 10 {
		all = append(all, recordtest.Consulted(n, []string{"kent-schools", "kent-police"}[n%2], "worker-1", hour(n)))
	}
	return append(all, recordtest.Followed(0, recordtest.ID(1)))
}

func numbers(rows []*querypb.ConsultationRow) (all []string) {
	for _, r := range rows {
		all = append(all, r.GetNumber())
	}
	return all
}

// KEN-12: those who may read a consultation by its number may list them, the one held last first, by page.
func TestKEN12_ConsultationsAreListedByPage(t *testing.T) {
	r := start(t)
	last := r.record(t, tenConsultations()...)
	req := &querypb.ListConsultationsRequest{PageSize: 4, NotBefore: last.Token()}
	var got, want []string
	for n := range 10 {
		want = append(want, recordtest.Number(9-n))
	}
	for _, size := range []int{4, 4, 2} {
		answer, err := r.consultations.ListConsultations(r.as(t, "analyst-1"), req)
		if err != nil {
			t.Fatal(err)
		}
		if len(answer.GetRows()) != size || answer.GetAsOf() != last.Token() {
			t.Fatalf("a page of %d rows as of %q, want %d", len(answer.GetRows()), answer.GetAsOf(), size)
		}
		got, req.PageToken = append(got, numbers(answer.GetRows())...), answer.GetNextPageToken()
	}
	if req.PageToken != "" || !slices.Equal(got, want) {
		t.Errorf("got %v and a further page %q, want %v", got, req.PageToken, want)
	}
}

func TestKEN12_AListIsOfAnAgencyAndOfAPeriod(t *testing.T) {
	r := start(t)
	r.record(t, tenConsultations()...)
	at := func(h int) *timestamppb.Timestamp { return timestamppb.New(hour(h)) }
	for name, c := range map[string]struct {
		filter *querypb.ConsultationFilter
		want   []int
	}{
		"of schools, in a period": {&querypb.ConsultationFilter{Agencies: []string{"kent-schools"}, Since: at(2), Before: at(6)}, []int{4, 2}},
		"named by a contact":      {&querypb.ConsultationFilter{Followed: new(true)}, []int{0}},
		"of nobody":               {&querypb.ConsultationFilter{GivenBy: []string{"nobody"}}, nil},
		"after the last":          {&querypb.ConsultationFilter{Since: timestamppb.New(hour(9).Add(time.Microsecond))}, nil},
	} {
		answer, err := r.consultations.ListConsultations(r.manager(t), &querypb.ListConsultationsRequest{Filter: c.filter})
		var want []string
		for _, n := range c.want {
			want = append(want, recordtest.Number(n))
		}
		if err != nil || !slices.Equal(numbers(answer.GetRows()), want) {
			t.Errorf("%s: got %v, %v, want %v", name, numbers(answer.GetRows()), err, want)
		}
	}
}

// The list is for those who may read the single one: an agency's system may not, and has the record that was sent to it.
func TestKEN12_WhoMayReadTheListMayReadTheOne(t *testing.T) {
	r := start(t)
	r.record(t, tenConsultations()...)
	for person, may := range map[string]bool{"manager-1": true, "worker-1": true, "analyst-1": true, "auditor-1": true, "operator-1": false, "system-kent-schools": false} {
		_, listed := r.consultations.ListConsultations(r.as(t, person), &querypb.ListConsultationsRequest{})
		_, read := r.consultations.GetConsultation(r.as(t, person), &querypb.GetConsultationRequest{Number: recordtest.Number(0)})
		if may != (listed == nil) || may != (read == nil) {
			t.Errorf("%s lists: %v, reads: %v; may: %v", person, listed, read, may)
		}
	}
}

func TestAConsultationsPageTokenIsForItsRequestOnly(t *testing.T) {
	r := start(t)
	r.record(t, tenConsultations()...)
	first, err := r.consultations.ListConsultations(r.manager(t), &querypb.ListConsultationsRequest{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, req := range []*querypb.ListConsultationsRequest{
		{PageToken: first.GetNextPageToken(), Filter: &querypb.ConsultationFilter{Agencies: []string{"kent-schools"}}}, {PageToken: "x"},
	} {
		_, err := r.consultations.ListConsultations(r.manager(t), req)
		wantError(t, err, codes.InvalidArgument, rpc.ReasonBadPageToken)
	}
}
