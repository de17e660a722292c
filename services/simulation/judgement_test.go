package simulation

import (
	"slices"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/simulation/generator"
)

// monday begins a week without bank holidays.
var monday = time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)

// rows are the contacts of a generated week as an unrated queue would show them.
func rows(t *testing.T) []*querypb.TriageQueueRow {
	t.Helper()
	g, err := generator.New(generator.Options{Seed: 1, Start: monday, Volume: generator.Most})
	if err != nil {
		t.Fatal(err)
	}
	var all []*querypb.TriageQueueRow
	for range 3 {
		for _, s := range g.Week().Steps {
			if m, ok := s.Message.(*intakepb.Contact); ok {
				id := uuid.NewSHA1(uuid.NameSpaceOID, []byte(s.ID)).String()
				all = append(all, &querypb.TriageQueueRow{ContactId: id, WorkType: m.WorkType, Urgent: m.Urgent})
			}
		}
	}
	return all
}

func TestKEN03_RatingsAreSpreadAsInAFrontDoor(t *testing.T) {
	counts, seconds, urgentRed, urgent := map[string]int{}, 0, 0, 0
	all := rows(t)
	for _, row := range all {
		j := judge(1, row)
		counts[j.rating]++
		if j.second != "" {
			seconds++
		}
		if row.Urgent {
			urgent++
			if j.rating == red {
				urgentRed++
			}
		}
	}
	n := float64(len(all))
	for rating, want := range map[string][2]float64{red: {6, 11}, amber: {27, 36}, green: {55, 66}} {
		if got := 100 * float64(counts[rating]) / n; got < want[0] || got > want[1] {
			t.Errorf("%.1f %% are %s, want %v to %v", got, rating, want[0], want[1])
		}
	}
	if share := 100 * float64(seconds) / n; share < 3 || share > 7 {
		t.Errorf("%.1f %% get a second look, want about 5", share)
	}
	if urgentRed*100 < urgent*70 {
		t.Errorf("%d of %d urgent contacts are red, want most", urgentRed, urgent)
	}
}

func TestAJudgementFollowsFromSeedAndContact(t *testing.T) {
	differ := 0
	for _, row := range rows(t)[:500] {
		a, b := judge(1, row), judge(1, row)
		if diff := cmp.Diff(a, b, cmp.AllowUnexported(judgement{})); diff != "" {
			t.Fatalf("judged twice:\n%s", diff)
		}
		if judge(2, row).rating != a.rating {
			differ++
		}
	}
	if differ == 0 {
		t.Error("another seed judges all contacts the same")
	}
}

func TestKEN03_EveryTriageIsValid(t *testing.T) {
	validator, err := protovalidate.New()
	if err != nil {
		t.Fatal(err)
	}
	c := &calls{seed: 1}
	for _, row := range rows(t)[:3000] {
		j := judge(1, row)
		request := &commandpb.TriageContactRequest{
			Context: c.request(Triage, row.ContactId, row), ContactId: row.ContactId, Rating: j.rating, Actions: j.actions, Directions: j.directions,
		}
		if err := validator.Validate(request); err != nil {
			t.Fatalf("%v: %v", request, err)
		}
		if slices.Contains(j.actions, "other") && j.directions == "" {
			t.Error("\"other\" without directions says nothing")
		}
		for _, a := range j.actions {
			if !practice.TriageActions().Has(a) {
				t.Errorf("action %q is not published", a)
			}
		}
		if j.second == j.rating {
			t.Errorf("a second look changes %s to %s", j.rating, j.second)
		}
	}
}

func TestKEN16_EveryWorkTypeHasItsOdds(t *testing.T) {
	for _, code := range practice.WorkTypes() {
		if _, ok := oddsOf[code.Code]; !ok {
			t.Errorf("nobody knows how urgent %s is", code.Code)
		}
	}
}

func TestRequestsAreDoneOnce(t *testing.T) {
	c, row := &calls{seed: 1}, &querypb.TriageQueueRow{ContactId: uuid.NewString(), Revision: 3}
	a, b := c.request(Triage, row.ContactId, row), c.request(Triage, row.ContactId, row)
	if a.RequestId != b.RequestId || a.GetExpectedRevision() != 3 {
		t.Errorf("the same command has request ids %s and %s, revision %d", a.RequestId, b.RequestId, a.GetExpectedRevision())
	}
	if other := c.request(Rate, row.ContactId, nil); other.RequestId == a.RequestId || other.ExpectedRevision != nil {
		t.Errorf("another verb has request %v", other)
	}
	if other := (&calls{seed: 2}).request(Triage, row.ContactId, row); other.RequestId == a.RequestId {
		t.Error("another seed has the same request id: its command may be another")
	}
}
