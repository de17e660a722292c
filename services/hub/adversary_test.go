package hub_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/hubtest"
)

// Everybody here wants what they may not have, through the real parts: a person with a token, or an agency with its credentials. What they get
// on record is weighed by the oracle of the races, so that a "no" in the answer is a "no" in the record, too.

// family puts a contact about two children on record.
func (r *race) family(messageID string) string {
	r.t.Helper()
	c := contact("kent-police")
	c.Children = append(c.Children, child("Alex"))
	return accepted(r.t, send(r.t, r.from["kent-police"], "contact", messageID, c)).GetContactId()
}

// refused does an operation that has to be refused for that reason.
func (r *race) refused(id string, o operation, reason string) {
	r.t.Helper()
	if c := r.do(0, id, o, nil); c.reason != reason {
		r.t.Errorf("%T by %s%s: answered %q, want %s", o.cmd, o.person, o.agency, c.reason, reason)
	}
}

// last gives the last event of one kind in a history.
func last[E proto.Message](deeds []deed) (found E) {
	for _, d := range deeds {
		for _, e := range d.events {
			if e, ok := e.(E); ok {
				found = e
			}
		}
	}
	return found
}

// openQuestions are those that wait for an answer now.
func (r *race) openQuestions(id string) []string {
	r.t.Helper()
	answer, err := auditpb.NewAuditServiceClient(r.hubs[0].Conn("auditor-1")).ReplayContact(r.hubs[0].Context(), &auditpb.ReplayContactRequest{
		ContactId: id, AsOf: &auditpb.ReplayContactRequest_Revision{Revision: uint64(len(r.events(id)) - 1)},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.GetOpenQuestions()
}

func (r *race) events(id string) (all []proto.Message) {
	for _, d := range r.history(id) {
		all = append(all, d.events...)
	}
	return all
}

// Who proposed an override decides it through no role, at no hour, and with nobody else's request.
func TestHUB01_TheProposerDecidesThroughNoRole(t *testing.T) {
	r := newRace(t, 1)
	id := r.family("m-1")
	r.all(id, triaging("manager-1", "red"), proposing("manager-1", healthOnly, "He has threatened them before."))
	for _, outcome := range []string{"approved", "declined"} {
		r.refused(id, overriding("manager-1", "o1", outcome), "PROPOSER_MAY_NOT_DECIDE")
	}
	for _, person := range []string{"worker-1", "senior-1", "officer-1", "analyst-1", "auditor-1", "operator-1"} {
		r.refused(id, overriding(person, "o1", "approved"), "ROLE_NOT_PERMITTED")
	}
	r.refused(id, overriding("oncall-1", "o1", "approved"), "ONLY_OUT_OF_HOURS") // SOT-08
	// The request of another manager, repeated by the proposer under its id, is not answered as if it were theirs.
	approve := r.do(0, id, overriding("manager-2", "o1", "approved"), nil)
	_, err := approve.call(t.Context(), r.hubs[0].Conn("manager-1"), &commandpb.CommandContext{RequestId: approve.request}, id)
	if status.Code(err) != codes.AlreadyExists {
		t.Errorf("a copy of another's request: %v, want ALREADY_EXISTS", err)
	}
	decided := last[*eventpb.OverrideDecided](r.serial(id))
	if decided.GetDecidedBy() != "manager-2" || decided.GetRole() != "team-manager" {
		t.Errorf("decided by %s as %s, want manager-2 as team-manager", decided.GetDecidedBy(), decided.GetRole())
	}
}

// Out of hours the override is the on-call senior manager's, whoever is awake (SOT-32).
func TestSOT32_OutOfHoursNoTeamManagerDecides(t *testing.T) {
	r := newRace(t, 1)
	id := r.family("m-1")
	r.all(id, triaging("manager-1", "red"))
	r.clock.Advance(hubtest.Monday.Add(11 * time.Hour)) // 21:00
	r.all(id, proposing("worker-4", healthOnly, "He has threatened them before."))
	r.refused(id, overriding("manager-2", "o1", "approved"), "ONLY_IN_HOURS")
	r.all(id, overriding("oncall-1", "o1", "approved"))
	if e := last[*eventpb.OverrideDecided](r.serial(id)); !e.GetOutOfHours() || e.GetRule() != "SOT-32" {
		t.Errorf("on record is %v, want it out of hours by SOT-32", e)
	}
}

// An override that is over allows nothing from that moment on, whether or not its end is on record yet.
func TestHUB02_AnOverrideThatIsOverAllowsNothing(t *testing.T) {
	r := newRace(t, 1)
	id := r.family("m-1")
	r.all(id, triaging("manager-1", "amber"), proposing("worker-1", healthOnly, "He has threatened them before."),
		overriding("manager-2", "o1", "approved"), asking("worker-1", healthOnly, "What is known of injuries?", triaged))
	r.clock.Advance(inADay)
	r.refused(id, asking("worker-1", healthOnly, "And since then?", triaged), "OVERRIDE_EXPIRED")
	r.refused(id, overriding("manager-1", "o1", "approved"), "OVERRIDE_ALREADY_DECIDED")
	r.serial(id)
}

// A consent, and then an override, for one thing is none for more of it: each way of widening is refused, and names what is not covered.
func TestHUB02_ASecondRequestWidensNothing(t *testing.T) {
	r := newRace(t, 1)
	id := r.family("m-1")
	r.all(id, triaging("manager-1", "amber"), holding("worker-1"), consenting("worker-1", healthOnly), asking("worker-1", healthOnly, "What is known of injuries?", triaged))
	wider := []part{
		both,
		{agencies: []string{"kent-schools"}, categories: []string{"physical-health"}},
		{agencies: []string{"kent-health"}, categories: []string{"physical-health", "mental-health"}},
		{agencies: []string{"kent-health"}, categories: []string{"physical-health"}, subject: "s2"},
		{agencies: []string{"kent-health"}, categories: []string{"physical-health"}, purpose: "early-help"},
	}
	for i, scope := range wider {
		r.refused(id, asking("worker-1", scope, fmt.Sprintf("And more of %d?", i), triaged), "NOT_COVERED")
	}
	r.refused(id, asking("worker-1", part{categories: []string{"physical-health"}}, "All of you?", triaged), "INVALID_FIELDS")

	r.all(id, proposing("worker-1", schoolOnly, "He has threatened them before."))
	r.refused(id, overriding("manager-2", "o1", "approved", both), "INVALID_COMMAND")
	for _, scope := range append(wider, schoolOnly) {
		r.refused(id, overriding("manager-2", "o1", "narrowed", scope), "INVALID_COMMAND")
	}
	r.all(id, overriding("manager-2", "o1", "approved"), asking("worker-1", schoolOnly, "How does she come to school?", triaged))
	r.refused(id, asking("worker-1", part{agencies: []string{"kent-schools"}, categories: []string{"education-and-attendance", "domestic-abuse"}}, "And at home?", triaged), "NOT_COVERED")
	r.serial(id)
}

// An answer to a request that was put to another agency is kept (HUB-03), as what nobody asked for: under no authority, and the agency that
// was asked is still waited for.
func TestHUB03_AnAnswerToAnotherAgencysRequest(t *testing.T) {
	r := newRace(t, 1)
	id := r.family("m-1")
	r.all(id, triaging("manager-1", "amber"), holding("worker-1"), consenting("worker-1", healthOnly), asking("worker-1", healthOnly, "What is known of injuries?", triaged),
		telling("kent-schools", "r1", "physical-health", "She came with a bruise."))
	e := last[*eventpb.InformationShared](r.serial(id))
	if !e.GetUnsolicited() || len(e.GetAuthorities()) != 0 || e.GetRequestId() != "" {
		t.Errorf("on record is %v, want it unsolicited, under no authority and for no request", e)
	}
	if open := r.openQuestions(id); !slices.Equal(open, []string{"r1/kent-health"}) {
		t.Errorf("still open are %v, want health's question", open)
	}
	// Nor does an agency correct what another told.
	correction := telling("kent-health", "", "physical-health", "She did not.")
	correction.told.Corrects = "i1"
	if c := r.do(0, id, correction, nil); c.reason != "INVALID_COMMAND" {
		t.Errorf("a correction of what another agency told: %q, want INVALID_COMMAND", c.reason)
	}
}

// An answer that comes when the question was taken back is kept, marked, with the authority that it was asked under.
func TestHUB03_AnAnswerAfterTheCancellation(t *testing.T) {
	r := newRace(t, 1)
	id := r.family("m-1")
	r.all(id, triaging("manager-1", "amber"), holding("worker-1"), consenting("worker-1", both),
		asking("worker-1", healthOnly, "What is known of injuries?", triaged), asking("worker-1", schoolOnly, "How does she come to school?", triaged),
		cancelling("worker-1", "r1"), telling("kent-health", "r1", "physical-health", "Seen twice with bruises."),
		withdrawing("worker-1", "c1"), telling("kent-schools", "r2", "education-and-attendance", "She comes late."))
	for i, want := range []string{"r1", "r2"} {
		var shares []*eventpb.InformationShared
		for _, e := range r.events(id) {
			if e, ok := e.(*eventpb.InformationShared); ok {
				shares = append(shares, e)
			}
		}
		e := shares[i]
		if !e.GetAfterCancellation() || e.GetRequestId() != want || len(e.GetAuthorities()) != 1 || e.GetAuthorities()[0].GetId() != "c1" {
			t.Errorf("the answer to %s is on record as %v, want it after the cancellation, under c1", want, e)
		}
	}
	r.refused(id, asking("worker-1", healthOnly, "And since?", triaged), "CONSENT_WITHDRAWN")
	r.serial(id)
}

// The same answer is on record once: sent again, under its id or another, it gets the event and the share that say it, and another answer under
// its id is refused.
func TestTheSameAnswerTwice(t *testing.T) {
	r := newRace(t, 1)
	id := r.family("m-1")
	r.all(id, triaging("manager-1", "amber"), holding("worker-1"), consenting("worker-1", healthOnly), asking("worker-1", healthOnly, "What is known of injuries?", triaged))
	health := r.from["kent-health"]
	tell := func(messageID, words string) *intakepb.Information {
		told := telling("kent-health", "r1", "physical-health", words).told
		told.ContactId = id
		return told
	}
	first := accepted(t, send(t, health, "information", "i-1", tell("i-1", "Seen twice.")))
	for _, messageID := range []string{"i-1", "i-2"} {
		again := accepted(t, send(t, health, "information", messageID, tell(messageID, "Seen twice.")))
		if !again.GetDuplicate() || again.GetEventId() != first.GetEventId() || !slices.Equal(again.GetShareIds(), []string{"i1"}) {
			t.Errorf("sent again as %s it gets %v, want what the first receipt says: %v", messageID, again, first)
		}
	}
	if r := rejected(t, send(t, health, "information", "i-1", tell("i-1", "Seen three times."))); r.GetReason() != "MESSAGE_ID_REUSED" {
		t.Errorf("another answer under its id: %v, want MESSAGE_ID_REUSED", r)
	}
	shares := 0
	for _, e := range r.events(id) {
		if _, ok := e.(*eventpb.InformationShared); ok {
			shares++
		}
	}
	if shares != 1 {
		t.Errorf("%d shares are on record, want 1", shares)
	}
}

// R (AB and CD) v Haringey [2013] EWHC 416 (Admin): agencies were told of an enquiry that nobody had decided to make. A request says of the
// case what is on record, and nothing graver.
func TestHaringey_ARequestWithAStatusThatIsNotOnRecord(t *testing.T) {
	r := newRace(t, 1)
	id := r.family("m-1")
	r.all(id, triaging("manager-1", "amber"), holding("worker-1"), consenting("worker-1", healthOnly))
	for _, stated := range []string{"section-47", "strategy-discussion"} {
		r.refused(id, asking("worker-1", healthOnly, "What is known of injuries?", stated), "STATUS_NOT_ON_RECORD")
	}
	r.refused(id, asking("worker-1", healthOnly, "What is known of injuries?", "enquiry"), "INVALID_COMMAND")
	r.all(id, asking("worker-1", healthOnly, "What is known of injuries?", triaged))
	r.serial(id)
	if got := receiveRequest(t, r.hubs[0], "kent-health"); got.GetStatus() != triaged || !slices.Equal(got.GetAuthority(), []string{"consent"}) {
		t.Errorf("health is told of status %q and authority %v, want what is on record", got.GetStatus(), got.GetAuthority())
	}
}
