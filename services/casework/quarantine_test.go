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
		retry := quarantine.Retry{Agency: "kent-police", ID: id, Held: true}
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
		// The bytes have gone: what was asked for before is done, and nothing more can be.
		retry.Held = false
		if result, err := p.hub().RetryQuarantined(t.Context(), retry, operator); err != nil || !result.Repeated {
			t.Errorf("the request again, without the bytes: %+v, %v; want it repeated", result, err)
		}
		if _, err := s.RetryQuarantined(t.Context(), retry, by("p-9", "operator", "q-3")); reason(err) != "PAYLOAD_NOT_KEPT" {
			t.Errorf("another request without the bytes: got %s, want PAYLOAD_NOT_KEPT", reason(err))
		}
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

func TestADiscardIsRecordedOnceAndAMessageKeptAgainIsRecordedAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		cmd, origin := rejected("m-1", "one")
		_, err := s.QuarantineMessage(t.Context(), cmd, origin)
		p.must(err)
		discard := quarantine.Discard{Agency: "kent-police", ID: quarantine.ID(cmd.Agency, cmd.MessageSource, cmd.MessageID, cmd.SHA256).String()}
		p.clock.set(monday.Add(time.Hour))
		for i, request := range []string{"d-1", "d-1", "d-2"} {
			result, err := p.hub().DiscardQuarantined(t.Context(), discard, by("p-9", "operator", request))
			if err != nil || result.Repeated != (i > 0) {
				t.Fatalf("discard %d: %+v, %v", i, result, err)
			}
		}
		items, err := s.ListQuarantine(t.Context(), "kent-police")
		if err != nil || len(items) != 1 || !items[0].DiscardedAt.Equal(monday.Add(time.Hour)) {
			t.Fatalf("quarantine lists %+v, %v; want one item discarded", items, err)
		}
		// This service has folded the stream before the discard: it must not answer from what it remembers.
		for i := range 2 {
			result, err := s.QuarantineMessage(t.Context(), cmd, origin)
			if err != nil || result.Repeated != (i > 0) {
				t.Fatalf("rejected again %d: %+v, %v", i, result, err)
			}
		}
		if items, err = p.hub().ListQuarantine(t.Context(), "kent-police"); err != nil || len(items) != 1 || !items[0].DiscardedAt.IsZero() {
			t.Errorf("quarantine lists %+v, %v; want one item, kept again", items, err)
		}
		discard.Agency = "kent-schools"
		if _, err := s.DiscardQuarantined(t.Context(), discard, by("p-9", "operator", "d-3")); reason(err) != "NOT_QUARANTINED" {
			t.Errorf("another agency's: got %s, want NOT_QUARANTINED", reason(err))
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
