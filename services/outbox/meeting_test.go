package outbox_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/hubtest/parts"
)

// at is when the meetings of these tests are held.
var at = parts.Monday.Add(6 * time.Hour)

// Who is invited is told what finds the child, when, where, and why as far as they may know; who is not hears nothing.
func TestSOT11_AgenciesAreInvited(t *testing.T) {
	p := parts.Start(t)
	p.Run(newOutbox(p).Run)
	m := p.Triaged("m-1").Meeting()
	m.Called("meeting", at, police, health)
	m.Do(access.SocialWorker, strategymeeting.Widen{Invitees: []strategymeeting.Invitee{{Agency: schools, Sector: "education"}}})
	for _, agency := range []struct {
		id, nhs, upn string
		required     bool
	}{{police, "", "", true}, {health, parts.NHSNumber, "", true}, {schools, "", parts.UPN, false}} {
		sent := p.Partner(agency.id).Next()
		if want := "mash.out." + agency.id + ".strategy-invitation.v1"; sent.Subject != want {
			t.Errorf("%s: the subject is %s, want %s", agency.id, sent.Subject, want)
		}
		got := parts.Decode(p, sent, &intakepb.StrategyInvitation{})
		want := &intakepb.StrategyInvitation{
			MeetingId: m.ID, HubReference: got.GetHubReference(), Agency: agency.id, Notice: "invitation", Form: "meeting", At: timestamppb.New(at),
			Place: "Room 2", Briefing: "An injury to a child.", Required: agency.required, Revision: got.GetRevision(),
			Children: []*intakepb.RequestSubject{{
				SubjectId: "s1", GivenName: "Amina", FamilyName: "Sample", DateOfBirth: "2017-05-04", NhsNumber: agency.nhs, Upn: agency.upn,
				Address: &intakepb.Address{Lines: []string{"1 Example Road"}, Postcode: "CT1 1AA"},
			}},
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" || len(got.GetHubReference()) < 9 {
			t.Errorf("%s is told (-want +got):\n%s", agency.id, diff)
		}
	}
	if out := p.Out("kent-housing"); len(out) != 0 {
		t.Errorf("an agency that is not invited has %d messages", len(out))
	}
}

// A meeting that was moved twice before anybody could be told is told of as it stands; a cancellation names it and nobody.
func TestSOT11_AMoveAndACancellationAreTold(t *testing.T) {
	p := parts.Start(t)
	m := p.Triaged("m-1").Meeting()
	m.Called("meeting", at, police, health)
	for i := range 2 {
		m.Do(access.SocialWorker, strategymeeting.Move{At: at.Add(time.Duration(i+1) * time.Hour), Form: "meeting", Reason: "The paediatrician is in theatre."})
	}
	p.Run(newOutbox(p).Run)
	partner := p.Partner(health)
	for _, notice := range []string{"invitation", "moved"} {
		got := parts.Decode(p, partner.Next(), &intakepb.StrategyInvitation{})
		if got.GetNotice() != notice || !got.GetAt().AsTime().Equal(at.Add(2*time.Hour)) || got.GetPlace() != "Room 2" {
			t.Errorf("got %v, want a %s for the time of the second move", got, notice)
		}
	}
	m.Do(access.TeamManager, strategymeeting.Cancel{Reason: "The injury is explained."})
	got := parts.Decode(p, partner.Next(), &intakepb.StrategyInvitation{})
	want := &intakepb.StrategyInvitation{MeetingId: m.ID, HubReference: got.GetHubReference(), Agency: health, Notice: "cancelled", Revision: got.GetRevision()}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("the cancellation (-want +got):\n%s", diff)
	}
	if out := p.Out(schools); len(out) != 0 {
		t.Errorf("an agency that was never invited has %d messages", len(out))
	}
}

// Nobody is invited to what is over already.
func TestAnInvitationToWhatIsOverIsWithheld(t *testing.T) {
	p := parts.Start(t)
	m := p.Triaged("m-1").Meeting()
	m.Called("meeting", at, police, health)
	m.Do(access.TeamManager, strategymeeting.Cancel{Reason: "The injury is explained."})
	p.Run(newOutbox(p).Run)
	if got := parts.Decode(p, p.Partner(health).Next(), &intakepb.StrategyInvitation{}); got.GetNotice() != "cancelled" {
		t.Errorf("the first word is a %s, want the cancellation alone", got.GetNotice())
	}
}

// concluded has a meeting held with the police and health, with an action of each and two of the police.
func concluded(p *parts.Parts, m *parts.Meeting, considered ...*eventpb.Considered) *parts.Meeting {
	m.Called("meeting", at, police, health)
	p.Clock.Set(at.Add(time.Hour))
	c := parts.Conclusion("meeting", at, police, health)
	for _, a := range []string{police, health, police} {
		c.Actions = append(c.Actions, strategymeeting.Action{Agency: a, Words: "For " + a + ".", DueAt: at.Add(48 * time.Hour)})
	}
	for _, ref := range considered {
		c.Considered = append(c.Considered, strategymeeting.Considered{Ref: ref})
	}
	m.Do(access.TeamManager, c)
	return m
}

// Each agency is told of its own actions, in a message for each; of one that was done meanwhile it hears nothing.
func TestWT05_EachAgencyIsToldWhatItHasToDo(t *testing.T) {
	p := parts.Start(t)
	m := concluded(p, p.Triaged("m-1").Meeting())
	// About another child: enquiries about the first run already.
	done := concluded(p, p.Triaged("m-2").MeetingAbout("s2"))
	done.Do(access.SocialWorker, strategymeeting.CloseAction{ActionID: "x3", Result: "completed"})
	p.Run(newOutbox(p).Run)
	partner := p.Partner(police)
	for _, want := range []struct{ meeting, action string }{{m.ID, "x1"}, {m.ID, "x3"}, {done.ID, "x1"}} {
		got := parts.Decode(p, partner.Next(), &intakepb.StrategyAction{})
		want := &intakepb.StrategyAction{
			MeetingId: want.meeting, ActionId: want.action, Agency: police, Children: []string{"s1"}, Words: "For kent-police.",
			DueAt: timestamppb.New(at.Add(48 * time.Hour)), Notice: "assigned",
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("an action (-want +got):\n%s", diff)
		}
	}
	p.Clock.Set(at.Add(49 * time.Hour))
	m.Do(access.Hub, strategymeeting.ActionLapsed{ActionID: "x1", DueAt: at.Add(48 * time.Hour)})
	if got := parts.Decode(p, partner.Next(), &intakepb.StrategyAction{}); got.GetNotice() != "overdue" || got.GetActionId() != "x1" {
		t.Errorf("after the due time it is told %v, want that x1 is overdue", got)
	}
}

// Minutes hold the words that everybody may read, and of what was considered what this agency may see.
func TestHUB05_MinutesHoldWhatAnAgencyMaySee(t *testing.T) {
	p := parts.Start(t)
	s := p.Triaged("m-1")
	s.Shared(police, "Seen by officers twice.", nil)
	s.Shared(police, "From an intercepted call.", &eventpb.Handling{NotToAgencies: true})
	s.Shared(schools, "An aunt told the teacher.", &eventpb.Handling{ProtectSource: true})
	s.Shared(health, "Seen with bruises.", &eventpb.Handling{NotToFamily: true})
	s.Do(access.AgencySystem, contact.ShareInformation{Agency: health, Answer: "shared", Corrects: "i4", Statements: []contact.Statement{{
		Subjects: []string{"s1"}, Category: "physical-health", Kind: "fact", Source: "record", Words: "Seen once with a bruise.",
	}}})
	var refs []*eventpb.Considered
	for _, share := range []string{"i1", "i2", "i3", "i4", "i5"} {
		refs = append(refs, &eventpb.Considered{ContactId: s.ID, ShareId: share})
	}
	m := concluded(p, s.Meeting(), refs...)
	m.Do(access.SocialWorker, strategymeeting.IssueMinutes{Words: "The injuries were discussed."})
	m.Do(access.SocialWorker, strategymeeting.IssueMinutes{Words: "The injuries and the calls were discussed."})
	p.Run(newOutbox(p).Run)
	for agency, want := range map[string][]string{
		police: {"Seen by officers twice.", "From an intercepted call.", "An aunt told the teacher.", "Seen once with a bruise."},
		health: {"Seen by officers twice.", "An aunt told the teacher.", "Seen once with a bruise."},
	} {
		got := minutes(p, agency)
		if got.GetVersion() != 2 || got.GetMinutes() != "The injuries and the calls were discussed." || !got.GetHeldAt().AsTime().Equal(at) {
			t.Errorf("%s has version %d, %q of %v", agency, got.GetVersion(), got.GetMinutes(), got.GetHeldAt().AsTime())
		}
		var words []string
		for _, c := range got.GetConsidered() {
			words = append(words, c.GetWords())
			if c.GetProtectSource() && (c.GetSource() != "" || c.GetCategory() != "") {
				t.Errorf("%s can tell the source of %v", agency, c)
			}
		}
		if !slices.Equal(words, want) {
			t.Errorf("%s sees %q, want %q", agency, words, want)
		}
		if len(got.GetOutcomes()) != 1 || got.GetOutcomes()[0].GetMode() != "joint" || got.GetOutcomes()[0].GetConferenceDueAt() == nil || len(got.GetActions()) < 3 {
			t.Errorf("%s is told of outcomes %v and %d actions", agency, got.GetOutcomes(), len(got.GetActions()))
		}
	}
}

// minutes takes messages until it has an agency's minutes.
func minutes(p *parts.Parts, agency string) *intakepb.StrategyMinutes {
	partner := p.Partner(agency)
	for {
		if sent := partner.Next(); sent.Subject == "mash.out."+agency+".strategy-minutes.v1" {
			return parts.Decode(p, sent, &intakepb.StrategyMinutes{})
		}
	}
}
