package intake_test

import (
	"slices"
	"testing"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/hubtest/parts"
	"github.com/openmash/mash/services/intake"
)

// A sharing agency sends what it makes of what it shared: by the hub's id of the contact or by its own reference, once however often it is
// sent, and as its own whatever it says. One that shared nothing, or names what others shared, is told which field.
func TestSOT09_AnAgencySendsItsAnalysis(t *testing.T) {
	p := begin(t)
	s := p.Triaged("m-1")
	s.Consented(time.Time{}, health)
	s.Asked(health)
	answer := told(health)
	answer.ContactId, answer.RequestId = s.ID, "r1"
	shared := receipt(t, send(t, p.Publisher(health), message(t, "information", "i-1", answer)))

	analysis := &intakepb.Analysis{Agency: health, ContactId: s.ID, Shares: shared.GetShareIds(), Analysis: "Two visits in a month are a worry.", SignificantHarm: "at-risk"}
	first := receipt(t, send(t, p.Publisher(health), message(t, "analysis", "a-1", analysis)))
	again := receipt(t, send(t, p.Publisher(health), message(t, "analysis", "a-1", analysis)))
	if first.GetContactId() != s.ID || first.GetOutcome() != "recorded" || !again.GetDuplicate() || again.GetEventId() != first.GetEventId() {
		t.Errorf("receipts %v and then %v, want one event on record", first, again)
	}
	recorded := parts.Await[*eventpb.AnalysisRecorded](p, s.Stream, 1)[0]
	if recorded.GetBy() != "agency" || recorded.GetAgency() != health || !slices.Equal(recorded.GetSubjects(), []string{"s1", "s2"}) || recorded.GetSignificantHarm() != "at-risk" {
		t.Errorf("on record is %v", recorded)
	}

	byReference := &intakepb.Analysis{Agency: police, Reference: "REF-m-1", Analysis: "We know of nothing else.", SignificantHarm: "none-found"}
	r := rejected(t, send(t, p.Publisher(police), message(t, "analysis", "a-2", byReference)), "INVALID_COMMAND")
	if len(r.GetViolations()) != 1 || r.GetViolations()[0].GetField() != "agency" {
		t.Errorf("an agency that shared nothing is told %v", r.GetViolations())
	}
	info := told(police)
	info.Reference = "REF-m-1"
	receipt(t, send(t, p.Publisher(police), message(t, "information", "i-2", info)))
	byReference.Shares = shared.GetShareIds()
	r = rejected(t, send(t, p.Publisher(police), message(t, "analysis", "a-3", byReference)), "INVALID_COMMAND")
	if len(r.GetViolations()) != 1 || r.GetViolations()[0].GetField() != "shares[0]" || r.GetViolations()[0].GetRule() != "HUB-05" {
		t.Errorf("an agency that names another's share is told %v", r.GetViolations())
	}
	byReference.Shares = nil
	receipt(t, send(t, p.Publisher(police), message(t, "analysis", "a-4", byReference)))

	// Nobody speaks for another agency.
	analysis.Agency = health
	rejected(t, send(t, p.Publisher(police), message(t, "analysis", "a-5", analysis)), intake.ReasonWrongAgency)
}
