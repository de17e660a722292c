package intake

import (
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/domain/contact"
)

// What is about one contact is in one lane: its opening, however often it is sent, and what names it.
func TestOneContactHasOneLane(t *testing.T) {
	id := contact.ID("kent-police", "urn:a", "m-1").String()
	upper := "6F0A1D62-4C1E-5B0E-9F39-0A6D61736800"
	for _, c := range []struct {
		name    string
		message bus.Delivery
		want    string
	}{
		{"the contact", delivery(t, "contact", "m-1", &intakepb.Contact{}), id},
		{"what opens a contact", delivery(t, "information", "m-1", &intakepb.Information{Contact: &intakepb.Contact{}}), id},
		{"an answer", delivery(t, "information", "m-2", &intakepb.Information{ContactId: id}), id},
		{"an answer with a reference beside the id", delivery(t, "information", "m-2", &intakepb.Information{ContactId: id, Reference: "R"}), id},
		{"an analysis", delivery(t, "analysis", "m-3", &intakepb.Analysis{ContactId: id}), id},
		{"an analysis with a reference", delivery(t, "analysis", "m-3", &intakepb.Analysis{Reference: "R"}), "reference R"},
		{"an acknowledgement", delivery(t, "outcome-acknowledgement", "m-3", &intakepb.OutcomeAcknowledgement{ContactId: id}), id},
		{"an id in capitals", delivery(t, "information", "m-4", &intakepb.Information{ContactId: upper}), "6f0a1d62-4c1e-5b0e-9f39-0a6d61736800"},
		{"a reference", delivery(t, "information", "m-5", &intakepb.Information{Reference: "R"}), "reference R"},
		{"an attendance", delivery(t, "strategy-attendance", "m-6", &intakepb.StrategyAttendance{MeetingId: upper}), "6f0a1d62-4c1e-5b0e-9f39-0a6d61736800"},
		{"an action's result", delivery(t, "strategy-action-result", "m-7", &intakepb.StrategyActionResult{MeetingId: id}), id},
		{"a receipt of minutes", delivery(t, "strategy-minutes-receipt", "m-8", &intakepb.StrategyMinutesReceipt{MeetingId: id}), id},
		{"what cannot be read", bus.Delivery{Agency: "kent-police", Subject: bus.InSubject("kent-police", "information"), Data: []byte("{")}, ""},
	} {
		if got := laneKey(c.message); got != c.want {
			t.Errorf("%s is in lane %q, want %q", c.name, got, c.want)
		}
	}
}

func delivery(t *testing.T, kind, id string, payload proto.Message) bus.Delivery {
	t.Helper()
	data, err := protojson.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	header, err := bus.Envelope{ID: id, Source: "urn:a", Type: "t", Time: time.Unix(1, 0), ContentType: "application/json"}.Header()
	if err != nil {
		t.Fatal(err)
	}
	return bus.Delivery{Agency: "kent-police", Subject: bus.InSubject("kent-police", kind), Header: header, Data: data}
}
