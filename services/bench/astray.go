package bench

import (
	"context"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// States of a contact in the queue's read model.
const (
	passedAcross = "passed-across"
	duplicate    = "duplicate"
)

// queueStates are those in the queue; allStates are those and the ones out of it.
func queueStates() []string { return []string{"unrated", "triaged", "allocated"} }
func allStates() []string   { return append(queueStates(), passedAcross, duplicate) }

var receivedType = typeOf(&eventpb.ContactReceived{})

func typeOf(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }

// A ledger is what the record says, as the official client reads it.
type ledger struct {
	events   map[string]int    // how often each event id is there
	arrivals map[string]int    // how often each contact was received
	left     map[string]string // why a contact left the queue, by contact
}

func readLedger(ctx context.Context, client *esdb.Client) (*ledger, error) {
	l := &ledger{events: map[string]int{}, arrivals: map[string]int{}, left: map[string]string{}}
	_, err := readAll(ctx, client, func(e *esdb.RecordedEvent) error {
		l.events[e.EventID.String()]++
		return l.fold(e)
	})
	return l, err
}

func (l *ledger) fold(e *esdb.RecordedEvent) error {
	switch e.EventType {
	case receivedType:
		var m eventpb.ContactReceived
		err := proto.Unmarshal(e.Data, &m)
		l.arrivals[m.GetContactId()]++
		return err
	case typeOf(&eventpb.ContactPassedAcross{}):
		var m eventpb.ContactPassedAcross
		err := proto.Unmarshal(e.Data, &m)
		if len(m.GetRemaining()) == 0 {
			l.left[m.GetContactId()] = passedAcross
		}
		return err
	case typeOf(&eventpb.ContactLinkedAsDuplicate{}):
		var m eventpb.ContactLinkedAsDuplicate
		err := proto.Unmarshal(e.Data, &m)
		l.left[m.GetContactId()] = duplicate
		return err
	}
	return nil
}

// astray accounts for every contact that has a receipt, and says of each that is not where it should be what is wrong: its receipt's
// event is in $all exactly once, it was received exactly once, and it is in the queue, or out of it for a reason that is on record.
func (s *site) astray(ctx context.Context, a *account, position string, pageSize int32) ([]string, error) {
	client, err := s.client()
	if err != nil {
		return nil, err
	}
	l, err := readLedger(ctx, client)
	if err != nil {
		return nil, err
	}
	states, err := s.queue(ctx, position, pageSize)
	if err != nil {
		return nil, err
	}
	wrong := a.again
	for _, p := range a.order {
		if what := a.judge(l, states, p.contactID); what != "" {
			wrong = append(wrong, "contact "+p.contactID+" "+what)
		}
	}
	if n := len(l.arrivals) - len(a.order); n > 0 {
		wrong = append(wrong, fmt.Sprintf("%d contacts are on record that nobody sent", n))
	}
	return wrong, nil
}

func (a *account) judge(l *ledger, states map[string][]string, id string) string {
	r := a.receipts[id]
	switch {
	case r == nil:
		return "has no receipt"
	case r.GetContactId() != id:
		return "has the receipt of another"
	case l.events[r.GetEventId()] != 1:
		return fmt.Sprintf("has a receipt whose event is in $all %d times", l.events[r.GetEventId()])
	case l.arrivals[id] != 1:
		return fmt.Sprintf("was received %d times", l.arrivals[id])
	case len(states[id]) != 1:
		return fmt.Sprintf("has %d rows in the read model", len(states[id]))
	case a.linked[id] != "" && l.left[id] != duplicate:
		return "was linked as a duplicate and the record does not say so"
	}
	state := states[id][0]
	if out := l.left[id]; out != "" && state != out {
		return fmt.Sprintf("left the queue as %s and is shown as %s", out, state)
	}
	if l.left[id] == "" && (state == passedAcross || state == duplicate) {
		return fmt.Sprintf("is shown as %s and nothing on record says why", state)
	}
	return ""
}

// queue reads every row in every state, page by page, once the rows show the position. It gives the states that each contact is shown in.
func (s *site) queue(ctx context.Context, position string, pageSize int32) (map[string][]string, error) {
	conn, err := s.conn("analyst-1")
	if err != nil {
		return nil, err
	}
	client := querypb.NewTriageQueueServiceClient(conn)
	states := map[string][]string{}
	req := &querypb.ListTriageQueueRequest{Filter: &querypb.TriageQueueFilter{States: allStates()}, PageSize: pageSize, NotBefore: position}
	for {
		page, err := client.ListTriageQueue(ctx, req)
		if err != nil {
			return nil, fmt.Errorf("list the queue: %w", err)
		}
		for _, row := range page.GetRows() {
			states[row.GetContactId()] = append(states[row.GetContactId()], row.GetState())
		}
		if page.GetNextPageToken() == "" {
			return states, nil
		}
		req.PageToken = page.GetNextPageToken()
	}
}
