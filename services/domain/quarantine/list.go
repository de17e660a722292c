package quarantine

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// Item is a quarantined message as it stands: what an operator is shown.
type Item struct {
	// Quarantined is what was recorded when it was rejected.
	Quarantined *eventpb.MessageQuarantined
	// Retries counts how often it was put back, RetriedAt when last; zero:
	// never.
	Retries   int
	RetriedAt time.Time
	// DiscardedAt is when its bytes were discarded; zero: never, or it was
	// rejected again since.
	DiscardedAt time.Time
}

// List is an agency's quarantine as it is shown. The zero value is an empty one.
type List struct {
	items []Item
	at    map[string]int // by the message's id
}

// Items are what the list holds, oldest first.
func (l *List) Items() []Item { return l.items }

// Fold takes in a stream's next event. Like [Evolve] it refuses what it does not
// know; what was done with a message that is not on record is left out. A message
// that is recorded again stays one item, and shows why it was rejected last.
func (l *List) Fold(event proto.Message) error {
	switch e := event.(type) {
	case *eventpb.MessageQuarantined:
		l.add(e)
	case *eventpb.QuarantineRetried:
		if i, known := l.at[e.GetQuarantineId()]; known {
			l.items[i].Retries++
			l.items[i].RetriedAt = e.GetRetriedAt().AsTime()
		}
	case *eventpb.QuarantineDiscarded:
		if i, known := l.at[e.GetQuarantineId()]; known {
			l.items[i].DiscardedAt = e.GetDiscardedAt().AsTime()
		}
	default:
		return fmt.Errorf("quarantine: unknown event %s", name(event))
	}
	return nil
}

func (l *List) add(e *eventpb.MessageQuarantined) {
	if i, known := l.at[e.GetQuarantineId()]; known {
		l.items[i].Quarantined, l.items[i].DiscardedAt = e, time.Time{}
		return
	}
	if l.at == nil {
		l.at = map[string]int{}
	}
	l.at[e.GetQuarantineId()] = len(l.items)
	l.items = append(l.items, Item{Quarantined: e})
}
