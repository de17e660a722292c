package casework_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/quarantine"
)

func rejected(id, payload string) (quarantine.Quarantine, casework.Origin) {
	sum := sha256.Sum256([]byte(payload))
	return quarantine.Quarantine{
			Agency: "kent-police", Kind: "contact", Reason: "INVALID_PAYLOAD", SHA256: sum[:], Size: uint64(len(payload)), Kept: payload != "lost",
			Violations: []*eventpb.Violation{{Field: "children[0].date_of_birth", Rule: "date.real", Description: "is not a date that can be"}},
			MessageID:  id, MessageSource: "urn:kent-police:niche",
		}, casework.Origin{
			Actor: "hub", Agency: "kent-police", RequestID: "kent-police|21:urn:kent-police:niche|" + id, RequestHash: hash(payload),
		}
}

func TestARejectedMessageIsInQuarantineOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		cmd, origin := rejected("m-1", "one")
		first, err := s.QuarantineMessage(t.Context(), cmd, origin)
		p.must(err)
		again, err := p.hub().QuarantineMessage(t.Context(), cmd, origin)
		if err != nil || !again.Repeated || first.Repeated {
			t.Fatalf("got %+v and %v, want it repeated", again, err)
		}
		// The key of the first for other bytes: that is one reason to be here.
		cmd, origin = rejected("m-1", "two")
		if result, err := p.hub().QuarantineMessage(t.Context(), cmd, origin); err != nil || result.Repeated {
			t.Fatalf("other bytes under the same key: got %+v and %v, want them recorded", result, err)
		}
		items, err := p.hub().ListQuarantine(t.Context(), "kent-police")
		p.must(err)
		if len(items) != 2 || items[0].Quarantined.GetSize() != 3 || items[0].Retries != 0 || items[0].Quarantined.GetViolations()[0].GetRule() != "date.real" {
			t.Errorf("quarantine lists %+v", items)
		}
		if items, err := s.ListQuarantine(t.Context(), "kent-schools"); err != nil || len(items) != 0 {
			t.Errorf("quarantine of another agency: %v, %v; want none", items, err)
		}
	})
}

func TestARetryIsRecordedOncePerRequest(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		cmd, origin := rejected("m-1", "one")
		_, err := s.QuarantineMessage(t.Context(), cmd, origin)
		p.must(err)
		id := quarantine.ID(cmd.Agency, cmd.MessageSource, cmd.MessageID, cmd.SHA256).String()
		retry := quarantine.Retry{Agency: "kent-police", ID: id}
		operator := by("p-9", "operator", "q-1")
		p.clock.set(monday.Add(time.Hour))
		for i, s := range []*casework.Service{s, s, p.hub()} {
			result, err := s.RetryQuarantined(t.Context(), retry, operator)
			if err != nil || result.Repeated != (i > 0) {
				t.Fatalf("retry %d: %+v, %v", i, result, err)
			}
		}
		_, err = s.RetryQuarantined(t.Context(), retry, by("p-9", "operator", "q-2"))
		p.must(err)
		items, err := s.ListQuarantine(t.Context(), "kent-police")
		p.must(err)
		if len(items) != 1 || items[0].Retries != 2 || !items[0].RetriedAt.Equal(monday.Add(time.Hour)) {
			t.Errorf("quarantine lists %+v, want one item retried twice", items)
		}
	})
}

func TestWhatIsNotKeptIsNotRetried(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		cmd, origin := rejected("m-1", "lost")
		_, err := s.QuarantineMessage(t.Context(), cmd, origin)
		p.must(err)
		id := quarantine.ID(cmd.Agency, cmd.MessageSource, cmd.MessageID, cmd.SHA256).String()
		_, err = s.RetryQuarantined(t.Context(), quarantine.Retry{Agency: "kent-police", ID: id}, by("p-9", "operator", "q-1"))
		if got := reason(err); got != "PAYLOAD_NOT_KEPT" {
			t.Errorf("without its bytes: got %s", got)
		}
		for _, retry := range []quarantine.Retry{{Agency: "kent-schools", ID: id}, {Agency: "kent-police", ID: "x"}} {
			_, err = s.RetryQuarantined(t.Context(), retry, by("p-9", "operator", "q-2"))
			if got := reason(err); got != "NOT_QUARANTINED" {
				t.Errorf("%s of %s: got %s", retry.ID, retry.Agency, got)
			}
		}
	})
}

func TestAFloodOfBadMessagesIsRecordedWhole(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		at(p, 2, 40, func(i int, s *casework.Service) {
			cmd, origin := rejected(fmt.Sprintf("m-%d", i), "bytes")
			if _, err := s.QuarantineMessage(t.Context(), cmd, origin); err != nil && !errors.Is(err, t.Context().Err()) {
				t.Errorf("message %d: %v", i, err)
			}
		})
		items, err := p.hub().ListQuarantine(t.Context(), "kent-police")
		if err != nil || len(items) != 40 {
			t.Errorf("%d items and %v, want 40", len(items), err)
		}
	})
}
