package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/simulation/generator"
)

const (
	// resendEvery: one message in so many is sent a second time, as a sender does whose receipt was lost.
	resendEvery = 25
	// linkEvery: one contact in so many is linked as a duplicate by staff, beside those that the generator says are.
	linkEvery = 50
)

// largestWeek plays Kent's largest week through a hub as fast as it takes it, and then accounts for every contact.
func (r *run) largestWeek(ctx context.Context, round uint64) error {
	messages, agencies, err := week(r.week, round)
	if err != nil {
		return err
	}
	return r.withFreshHub(ctx, "week", nil, func(ctx context.Context, s *site) error {
		publishers, err := s.publishers(agencies, inFlight)
		if err != nil {
			return err
		}
		begun := time.Now()
		account, err := send(ctx, publishers, messages)
		if err != nil {
			return err
		}
		if err := resend(ctx, publishers, messages, account); err != nil {
			return err
		}
		took := time.Since(begun)
		position, err := s.linkDuplicates(ctx, account)
		if err != nil {
			return fmt.Errorf("link duplicates: %w", err)
		}
		astray, err := s.astray(ctx, account, position, int32(r.wholePages))
		if err != nil {
			return err
		}
		for _, a := range astray[:min(len(astray), 5)] {
			r.note("Largest week, round %d: %s.", round+1, a)
		}
		r.record(largestWeek, "", float64(len(astray)))
		r.record("largest week, all receipts", "s", took.Seconds())
		return nil
	})
}

// week makes the messages of a week, open cases too, in the order of their arrival.
func week(contacts int, round uint64) (messages []payload, agencies []string, err error) {
	g, err := generator.New(generator.Options{Seed: seed + round, Start: monday.AddDate(0, 0, -7), Volume: contacts})
	if err != nil {
		return nil, nil, err
	}
	messages, err = payloads(slices.Values(g.Week().Steps))
	for _, p := range messages {
		if !slices.Contains(agencies, p.agency) {
			agencies = append(agencies, p.agency)
		}
	}
	return messages, agencies, err
}

// An account is what the hub said became of each contact.
type account struct {
	mu       sync.Mutex
	receipts map[string]*intakepb.Receipt // by contact
	order    []payload                    // the contacts, as they were published
	linked   map[string]string            // duplicate → the contact that stays
	again    []string                     // what is wrong about answers to messages that were sent again
}

func send(ctx context.Context, publishers map[string]*publisher.Publisher, messages []payload) (*account, error) {
	a := &account{receipts: map[string]*intakepb.Receipt{}, linked: map[string]string{}}
	for _, p := range messages {
		if p.contactID != "" {
			a.order = append(a.order, p)
		}
	}
	// What is open is told first, as it would be: a contact that overtook it would not pass across.
	for _, kind := range []string{generator.KindOpenCase, generator.KindContact} {
		some := slices.DeleteFunc(slices.Clone(messages), func(p payload) bool { return p.message.Kind != kind })
		err := flood(ctx, some, func(ctx context.Context, p payload) error {
			r, err := publish(ctx, publishers, p)
			if p.contactID == "" {
				return err
			}
			if errors.Is(err, errNoReceipt) {
				return nil // it is astray, and will be counted
			}
			a.mu.Lock()
			a.receipts[p.contactID] = r
			a.mu.Unlock()
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return a, nil
}

// resend sends some messages a second time: each must get the first receipt again, marked.
func resend(ctx context.Context, publishers map[string]*publisher.Publisher, messages []payload, a *account) error {
	var some []payload
	for i := 0; i < len(messages); i += resendEvery {
		some = append(some, messages[i])
	}
	return flood(ctx, some, func(ctx context.Context, p payload) error {
		again, err := publish(ctx, publishers, p)
		if err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		first := a.receipts[p.contactID]
		if !again.GetDuplicate() || first != nil && again.GetEventId() != first.GetEventId() {
			a.again = append(a.again, "message "+p.message.ID+" was sent again and its receipt is not the first one, marked")
		}
		return nil
	})
}

// linkDuplicates has a manager link some contacts as duplicates of others, and gives the position from which all that was done is seen.
func (s *site) linkDuplicates(ctx context.Context, a *account) (position string, err error) {
	conn, err := s.conn("manager-1")
	if err != nil {
		return "", err
	}
	client := commandpb.NewContactCommandServiceClient(conn)
	byMessage := map[string]string{}
	kept := "" // a contact in the queue that no other is linked from
	for i, p := range a.order {
		queued := a.receipts[p.contactID].GetOutcome() != generator.PassedAcross
		of := byMessage[p.sameAs]
		if of == "" && i%linkEvery == 0 {
			of = kept
		}
		if !queued || of == "" {
			if queued {
				kept, byMessage[p.message.ID] = p.contactID, p.contactID
			}
			continue
		}
		resp, err := client.LinkDuplicate(ctx, &commandpb.LinkDuplicateRequest{
			Context: &commandpb.CommandContext{RequestId: uuid.NewString()}, ContactId: p.contactID, DuplicateOf: of,
			Reason: "the same incident, told twice",
		})
		if err != nil {
			return "", err
		}
		a.linked[p.contactID], position = of, resp.GetResult().GetPosition()
	}
	if position == "" {
		return "", errors.New("none was linked, so that nothing says how far the queue must have come")
	}
	return position, nil
}
