package hub_test

import (
	"strings"
	"testing"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/hubtest"
)

// Who wants to stay unknown (source 9 of the census) is named nowhere: not in the queue, the case file or the record. A message that says
// "anonymous" and has a name all the same is refused, name and all: it must not be for the hub to choose which of the two was meant.
func TestAnAnonymousReferrerStaysUnidentified(t *testing.T) {
	h := hubtest.Start(t)
	c := contact("kent-police")
	c.SourceCode, c.Anonymous = "9", true
	c.Referrer = &intakepb.Referrer{Name: "Wombatneighbour"}
	if r := rejected(t, send(t, h.Publisher("kent-police"), "contact", "m-1", c)); strings.Contains(r.String(), "Wombat") || len(r.GetViolations()) == 0 {
		t.Errorf("named and anonymous: %v, want a rejection that names the field and not the person", r)
	}
	c.Referrer = nil
	receipt := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-2", c))
	if row := onlyRow(t, h, receipt.GetPosition()); row.GetContactId() != receipt.GetContactId() {
		t.Errorf("the queue shows %v", row)
	}
	file, err := querypb.NewContactServiceClient(h.Conn("worker-1")).GetContact(h.Context(), &querypb.GetContactRequest{ContactId: receipt.GetContactId(), NotBefore: receipt.GetPosition()})
	if err != nil {
		t.Fatal(err)
	}
	received := file.GetCaseFile().GetReceived()
	if !received.GetAnonymous() || received.GetReferrer() != nil || received.GetSourceCode() != "9" {
		t.Errorf("the case file has anonymous %t, referrer %v, source %s", received.GetAnonymous(), received.GetReferrer(), received.GetSourceCode())
	}
	events, err := auditpb.NewAuditServiceClient(h.Conn("auditor-1")).ListEvents(h.Context(), &auditpb.ListEventsRequest{ContactId: receipt.GetContactId()})
	if err != nil || events.GetEvents()[0].GetData().GetFields()["referrer"] != nil {
		t.Errorf("on record is %v (%v), want no referrer", events, err)
	}
}
