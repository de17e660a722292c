package hub_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/hubtest"
)

// A contact at 16:40 on the Thursday before Easter: refusal, override, four agencies that answer, a discussion by telephone that evening, a
// meeting after the holiday, joint enquiries, and the conference date, which counts from the discussion (WT-03).
func TestTheThursdayBeforeEaster(t *testing.T) {
	e := &easter{t: t, h: hubtest.Start(t), boxes: map[string]jetstream.Consumer{}}
	e.contactAndOverride()
	e.proposeAndCall()
	e.waiting()
	e.discussion()
	e.holiday()
	e.furtherMeeting()
	e.decisionAndConference()
	e.readBack()
}

// easter is a story around Easter 2026: Thursday 2 April, then Good Friday, the weekend and Easter Monday, when nobody counts working days.
// Times are London's, an hour ahead of UTC since 29 March.
type easter struct {
	t        *testing.T
	h        *hubtest.Hub
	requests int
	boxes    map[string]jetstream.Consumer
	contact  string // its uuid
	meeting  string // that of the first discussion
	called   string // the position of its call
	latest   string // that of the last thing that was done in it
}

func london(day int, clock string) time.Time {
	at, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, time.April, day, at.Hour()-1, at.Minute(), 0, 0, time.UTC)
}

// at moves the hub's clock.
func (e *easter) at(day int, clock string) { e.h.Clock.Advance(london(day, clock)) }

// ask is a request's context with an id of its own.
func (e *easter) ask() *commandpb.CommandContext { e.requests++; return request(e.requests) }

func (e *easter) must(what string, err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatalf("%s: %v", what, err)
	}
}

func (e *easter) contacts(who string) commandpb.ContactCommandServiceClient {
	return commandpb.NewContactCommandServiceClient(e.h.Conn(who))
}

func (e *easter) authority(who string) commandpb.AuthorityCommandServiceClient {
	return commandpb.NewAuthorityCommandServiceClient(e.h.Conn(who))
}

func (e *easter) information(who string) commandpb.InformationCommandServiceClient {
	return commandpb.NewInformationCommandServiceClient(e.h.Conn(who))
}

func (e *easter) meetings(who string) commandpb.StrategyMeetingCommandServiceClient {
	return commandpb.NewStrategyMeetingCommandServiceClient(e.h.Conn(who))
}

// says has an agency publish a message and gives its receipt.
func (e *easter) says(agency, kind, id string, payload proto.Message) *intakepb.Receipt {
	e.t.Helper()
	return accepted(e.t, send(e.t, e.h.Publisher(agency), kind, agency+"-"+id, payload))
}

// hears takes the next message that the hub has for an agency, and fails where it is of another kind.
func hears[M proto.Message](e *easter, agency string, into M) M {
	e.t.Helper()
	box := e.boxes[agency]
	if box == nil {
		key, err := nats.NkeyOptionFromSeed(filepath.Join(e.h.Config.Data, "creds", "agencies", agency+".nk"))
		e.must("seed", err)
		nc, err := nats.Connect(e.h.Addresses().NATS, key, nats.CustomInboxPrefix("_INBOX."+agency))
		e.must("connect", err)
		e.t.Cleanup(nc.Close)
		js, err := jetstream.New(nc)
		e.must("jetstream", err)
		box, err = js.Consumer(e.h.Context(), "OUT", "out")
		e.must("consumer", err)
		e.boxes[agency] = box
	}
	msg, err := box.Next(jetstream.FetchMaxWait(hubtest.Patience))
	e.must("a message for "+agency, err)
	e.must("acknowledge", msg.Ack())
	if want, got := string(into.ProtoReflect().Descriptor().FullName()), msg.Headers().Get("ce-type"); got != want {
		e.t.Fatalf("%s hears %s, want %s: %s", agency, got, want, msg.Data())
	}
	e.must("decode", protojson.Unmarshal(msg.Data(), into))
	return into
}

// partners are the four agencies of the story.
var partners = []string{"kent-police", "kent-health", "kent-schools", "kent-probation"}

// Thursday 16:40: the police tell of a child. The mother refuses, the on-call senior manager overrides, and four agencies answer.
func (e *easter) contactAndOverride() {
	e.t.Helper()
	e.at(2, "16:40")
	told := contact("kent-police")
	told.Children = append(told.Children, child("Kim"))
	e.contact = e.says("kent-police", "contact", "c-1", told).GetContactId()
	e.at(2, "16:55")
	_, err := e.contacts("manager-1").TriageContact(e.h.Context(), &commandpb.TriageContactRequest{
		Context: e.ask(), ContactId: e.contact, Rating: "red", Actions: []string{"agency-checks", "strategy-discussion"},
	})
	e.must("triage", err)
	_, err = e.contacts("manager-1").AllocateContact(e.h.Context(), &commandpb.AllocateContactRequest{Context: e.ask(), ContactId: e.contact, Worker: "worker-1"})
	e.must("allocate", err)
	scope := &commandpb.Scope{Subjects: []string{"s1", "s2"}, Purposes: []string{"safeguarding-assessment"}, Agencies: partners, Categories: []string{"physical-health", "police-and-offending"}}
	holder, err := e.authority("worker-1").RecordHolder(e.h.Context(), &commandpb.RecordHolderRequest{
		Context: e.ask(), ContactId: e.contact, Name: "Jo Example", Relationship: "mother", Subjects: []string{"s1", "s2"}, Basis: "mother",
	})
	e.must("holder", err)
	refusal, err := e.authority("worker-1").RecordConsent(e.h.Context(), &commandpb.RecordConsentRequest{
		Context: e.ask(), ContactId: e.contact, HolderId: holder.GetHolderId(), Stance: "refused", Scope: scope,
		Asked: &commandpb.When{At: timestamppb.New(london(2, "16:50")), Precision: "instant"}, How: "telephone", Reason: "She does not want the GP to know.",
	})
	e.must("refusal", err)
	proposal, err := e.authority("worker-1").ProposeOverride(e.h.Context(), &commandpb.ProposeOverrideRequest{
		Context: e.ask(), ContactId: e.contact, Scope: scope, ReasonCode: "would-prejudice-protection", Risk: "The partner would learn of it.",
		Bases: []string{"uk-gdpr-6-1-e", "dpa-2018-sch1-para18-iii"}, Despite: []string{refusal.GetConsentId()},
	})
	e.must("propose an override", err)
	e.at(2, "17:10")
	_, err = e.authority("oncall-1").DecideOverride(e.h.Context(), &commandpb.DecideOverrideRequest{
		Context: e.ask(), ContactId: e.contact, OverrideId: proposal.GetOverrideId(), Outcome: "approved", Reason: "The risk is credible.", ExpiresAt: timestamppb.New(london(3, "17:00")),
	})
	e.must("override", err)
	_, err = e.information("worker-1").RequestInformation(e.h.Context(), &commandpb.RequestInformationRequest{
		Context: e.ask(), ContactId: e.contact, Mode: "targeted", Scope: scope, Question: "What is known of injuries?", Status: "strategy-discussion",
	})
	e.must("ask", err)
	secret := map[string]bool{"kent-police": true} // what the police tell is not for other agencies
	for _, agency := range partners {
		asked := hears(e, agency, &intakepb.InformationRequest{})
		if asked.GetStatus() != "strategy-discussion" || asked.GetRequestId() == "" {
			e.t.Errorf("%s is asked %v", agency, asked)
		}
		e.says(agency, "information", "i-1", &intakepb.Information{Agency: agency, ContactId: e.contact, RequestId: asked.GetRequestId(), Answer: "shared",
			Statements: []*intakepb.InformationStatement{{Subjects: []string{"s1"}, Category: "physical-health", Words: "Told by " + agency + ".", Kind: "fact", Source: "record", NotToAgencies: secret[agency]}}})
	}
}

// Thursday evening: a worker proposes, the on-call senior manager calls a discussion by telephone; schools send apologies and write.
func (e *easter) proposeAndCall() {
	e.t.Helper()
	e.at(2, "17:40")
	proposed, err := e.meetings("worker-1").ProposeMeeting(e.h.Context(), &commandpb.ProposeMeetingRequest{
		Context: e.ask(), SignificantHarm: "present", Threshold: "Two bruises and no account of them.", BeforeDecision: true,
		Children: []*commandpb.ContactChild{{ContactId: e.contact, SubjectId: "s1"}, {ContactId: e.contact, SubjectId: "s2"}},
	})
	e.must("propose", err)
	if e.meeting = proposed.GetMeetingId(); proposed.GetOwnerTeam() != "front-door" {
		e.t.Errorf("a family that is open to nobody has its meeting at %s, want the front door (KEN-18)", proposed.GetOwnerTeam())
	}
	_, err = e.information("worker-1").DecideContact(e.h.Context(), &commandpb.DecideContactRequest{Context: e.ask(), ContactId: e.contact, Rationale: "It is clear already.", Outcomes: referred()})
	if status.Code(err) != codes.FailedPrecondition {
		e.t.Errorf("the contact is decided before its meeting: %v, want FAILED_PRECONDITION (KEN-23)", err)
	}
	e.at(2, "18:00")
	called, err := e.meetings("oncall-1").CallMeeting(e.h.Context(), &commandpb.CallMeetingRequest{
		Context: e.ask(), MeetingId: e.meeting, Form: "discussion", At: timestamppb.New(london(2, "18:30")), SignificantHarm: "present", Reasons: "The threshold is met.",
		Agencies: append([]string{"front-door"}, partners...), Briefing: "Injuries to a child.",
	})
	e.must("call", err)
	e.called = called.GetResult().GetPosition()
	for _, agency := range partners {
		invited := hears(e, agency, &intakepb.StrategyInvitation{})
		if invited.GetMeetingId() != e.meeting || invited.GetNotice() != "invitation" || len(invited.GetChildren()) != 2 || !invited.GetAt().AsTime().Equal(london(2, "18:30")) {
			e.t.Errorf("%s is invited by %v", agency, invited)
		}
		answer := &intakepb.StrategyAttendance{Agency: agency, MeetingId: e.meeting, Answer: "attending", Attendees: []*intakepb.StrategyAttendee{{Name: "One of " + agency, Post: "officer"}}}
		if agency == "kent-schools" {
			answer = &intakepb.StrategyAttendance{Agency: agency, MeetingId: e.meeting, Answer: "apologies", Reason: "It is the holidays.", Contributions: []*intakepb.InformationStatement{
				{Subjects: []string{"s1"}, Category: "education-and-attendance", Words: "Written by kent-schools.", Kind: "opinion", Source: "assessment", ProtectSource: true}}}
		}
		e.says(agency, "strategy-attendance", "a-1", answer)
	}
}

func referred() []*commandpb.SubjectOutcome {
	var all []*commandpb.SubjectOutcome
	for _, subject := range []string{"s1", "s2"} {
		all = append(all, &commandpb.SubjectOutcome{SubjectId: subject, Outcome: "referral", SupportLevel: 4, Destination: "childrens-social-work"})
	}
	return all
}
