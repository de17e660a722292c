package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

var errWrongQueue = errors.New("the read model is not that of the record")

// pageRows is how many rows a page has.
const pageRows = 50

// queuePages measures how long a page of the year's queue takes, over gRPC: with the filter that a queue is looked at with when
// nobody chooses one, and for one team.
func (r *run) queuePages(ctx context.Context, s *site, y *year) error {
	conn, err := s.conn("analyst-1")
	if err != nil {
		return err
	}
	client := querypb.NewTriageQueueServiceClient(conn)
	r.progress("waiting for the hub's read models")
	begun := time.Now()
	if err := awaitQueue(ctx, client, 10*time.Minute); err != nil {
		return fmt.Errorf("wait for the hub's read models: %w", err)
	}
	r.note("A hub that finds this record and no read models shows the queue %s after its start.",
		time.Since(begun).Round(100*time.Millisecond))
	if rows, err := s.queue(ctx, "", int32(r.wholePages)); err != nil || len(rows) != y.all() {
		return fmt.Errorf("the queue has %d contacts, the year %d: %w", len(rows), y.all(), errors.Join(err, errWrongQueue))
	}
	for round := range r.Rounds {
		r.progress("round %d of %d: pages of the queue", round+1, r.Rounds)
		for _, kind := range []struct {
			p50, p99 string
			filter   *querypb.TriageQueueFilter
		}{
			{queuePageP50, queuePageP99, nil},
			{teamPageP50, teamPageP99, &querypb.TriageQueueFilter{Teams: []string{"front-door"}}},
		} {
			took, err := r.timePages(ctx, client, kind.filter)
			if err != nil {
				return fmt.Errorf("pages of the queue: %w", err)
			}
			r.record(kind.p50, "", milliseconds(quantile(took, 0.5)))
			r.record(kind.p99, "", milliseconds(quantile(took, 0.99)))
		}
	}
	return nil
}

// timePages reads pages one after the other, each where the last one ended, and from the beginning again after the tenth.
func (r *run) timePages(ctx context.Context, client querypb.TriageQueueServiceClient, f *querypb.TriageQueueFilter) ([]time.Duration, error) {
	var took []time.Duration
	token := ""
	for i := range r.pages {
		if i%10 == 0 {
			token = ""
		}
		begun := time.Now()
		page, err := client.ListTriageQueue(ctx, &querypb.ListTriageQueueRequest{Filter: f, PageSize: pageRows, PageToken: token})
		if err != nil {
			return nil, err
		}
		took = append(took, time.Since(begun))
		token = page.GetNextPageToken()
		if !r.Quick && len(page.GetRows()) != pageRows {
			return nil, fmt.Errorf("a page has %d rows, want %d", len(page.GetRows()), pageRows)
		}
	}
	return took, nil
}

// awaitQueue waits until the hub's read model has been built from the record: until then the hub says UNAVAILABLE.
func awaitQueue(ctx context.Context, client querypb.TriageQueueServiceClient, patience time.Duration) error {
	for begun := time.Now(); ; {
		_, err := client.ListTriageQueue(ctx, &querypb.ListTriageQueueRequest{PageSize: 1})
		if status.Code(err) != codes.Unavailable || time.Since(begun) > patience {
			return err
		}
		if err := sleepUntil(ctx, time.Now().Add(50*time.Millisecond)); err != nil {
			return err
		}
	}
}
