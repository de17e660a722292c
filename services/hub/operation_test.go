package hub_test

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/domain/access"
	rules "github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/hubtest"
)

// An operation is one thing that somebody does to a contact, said twice: as the call that a program makes, and as the command that the rules
// know. Staff have a person and a call, agencies a message.
type operation struct {
	person string
	call   func(ctx context.Context, conn *grpc.ClientConn, c *commandpb.CommandContext, contactID string) (done, error)
	agency string
	told   *intakepb.Information
	cmd    rules.Command
}

// done is what every command answers.
type done interface {
	GetResult() *commandpb.CommandResult
}

// roles of those people whom operations name.
var roles = map[string]access.Role{
	"manager-1": access.TeamManager, "manager-2": access.TeamManager, "senior-1": access.SeniorPractitioner,
	"oncall-1": access.OnCallSeniorManager, "officer-1": access.FrontDoorOfficer, "analyst-1": access.Analyst, "auditor-1": access.Auditor, "operator-1": access.Operator,
	"worker-1": access.SocialWorker, "worker-2": access.SocialWorker, "worker-3": access.SocialWorker, "worker-4": access.SocialWorker,
}

// A part is what a scope covers. Its one child and purpose are the usual ones, unless it names others.
type part struct {
	agencies, categories []string
	subject, purpose     string
}

var (
	healthOnly = part{agencies: []string{"kent-health"}, categories: []string{"physical-health"}}
	schoolOnly = part{agencies: []string{"kent-schools"}, categories: []string{"education-and-attendance"}}
	both       = part{agencies: []string{"kent-health", "kent-schools"}, categories: []string{"education-and-attendance", "physical-health"}}
)

func (p part) sent() *commandpb.Scope {
	k := p.known()
	return &commandpb.Scope{Subjects: k.GetSubjects(), Purposes: k.GetPurposes(), Agencies: k.GetAgencies(), Categories: k.GetCategories()}
}

func (p part) known() *eventpb.Scope {
	return &eventpb.Scope{
		Subjects: []string{cmp.Or(p.subject, "s1")}, Purposes: []string{cmp.Or(p.purpose, "safeguarding-assessment")},
		Agencies: p.agencies, Categories: p.categories,
	}
}

var (
	sentWhen  = &commandpb.When{At: timestamppb.New(hubtest.Monday), Precision: "instant"}
	knownWhen = &eventpb.Occurrence{At: timestamppb.New(hubtest.Monday), Precision: "instant"}
	inADay    = hubtest.Monday.Add(24 * time.Hour)
)

func triaging(person, rating string) operation {
	return operation{person: person, cmd: rules.Triage{Rating: rating, Actions: []string{"agency-checks"}},
		call: func(ctx context.Context, conn *grpc.ClientConn, c *commandpb.CommandContext, id string) (done, error) {
			return commandpb.NewContactCommandServiceClient(conn).TriageContact(ctx, &commandpb.TriageContactRequest{
				Context: c, ContactId: id, Rating: rating, Actions: []string{"agency-checks"}})
		}}
}

func allocating(person, worker string) operation {
	return operation{person: person, cmd: rules.Allocate{Worker: worker},
		call: func(ctx context.Context, conn *grpc.ClientConn, c *commandpb.CommandContext, id string) (done, error) {
			return commandpb.NewContactCommandServiceClient(conn).AllocateContact(ctx, &commandpb.AllocateContactRequest{Context: c, ContactId: id, Worker: worker})
		}}
}

func holding(person string) operation {
	return operation{person: person, cmd: rules.RecordHolder{Holder: &eventpb.Holder{Name: "Jo Example"}, Subjects: []string{"s1"}, Basis: "mother"},
		call: func(ctx context.Context, conn *grpc.ClientConn, c *commandpb.CommandContext, id string) (done, error) {
			return commandpb.NewAuthorityCommandServiceClient(conn).RecordHolder(ctx, &commandpb.RecordHolderRequest{
				Context: c, ContactId: id, Name: "Jo Example", Subjects: []string{"s1"}, Basis: "mother"})
		}}
}

func consenting(person string, to part) operation {
	return operation{person: person, cmd: rules.RecordConsent{HolderID: "p1", Stance: "given", Scope: to.known(), AskedBy: person, Asked: knownWhen, How: "telephone", Evidence: "note-of-conversation"},
		call: func(ctx context.Context, conn *grpc.ClientConn, c *commandpb.CommandContext, id string) (done, error) {
			return commandpb.NewAuthorityCommandServiceClient(conn).RecordConsent(ctx, &commandpb.RecordConsentRequest{
				Context: c, ContactId: id, HolderId: "p1", Stance: "given", Scope: to.sent(), Asked: sentWhen, How: "telephone", Evidence: "note-of-conversation"})
		}}
}

func withdrawing(person, consent string) operation {
	return operation{person: person, cmd: rules.WithdrawConsent{ConsentID: consent, Withdrawn: knownWhen, How: "telephone"},
		call: func(ctx context.Context, conn *grpc.ClientConn, c *commandpb.CommandContext, id string) (done, error) {
			return commandpb.NewAuthorityCommandServiceClient(conn).WithdrawConsent(ctx, &commandpb.WithdrawConsentRequest{
				Context: c, ContactId: id, ConsentId: consent, Withdrawn: sentWhen, How: "telephone"})
		}}
}

// proposing goes past the refusals that it names.
func proposing(person string, scope part, risk string, despite ...string) operation {
	bases := []string{"uk-gdpr-6-1-e", "dpa-2018-sch1-para18-iii"}
	return operation{person: person, cmd: rules.ProposeOverride{Scope: scope.known(), ReasonCode: "would-prejudice-protection", Risk: risk, Bases: bases, Despite: despite},
		call: func(ctx context.Context, conn *grpc.ClientConn, c *commandpb.CommandContext, id string) (done, error) {
			return commandpb.NewAuthorityCommandServiceClient(conn).ProposeOverride(ctx, &commandpb.ProposeOverrideRequest{
				Context: c, ContactId: id, Scope: scope.sent(), ReasonCode: "would-prejudice-protection", Risk: risk, Bases: bases, Despite: despite})
		}}
}

// overriding decides an override; what is declined has no end, and only what is narrowed has a scope.
func overriding(person, override, outcome string, to ...part) operation {
	cmd := rules.DecideOverride{OverrideID: override, Outcome: outcome, Reason: "The risk was weighed."}
	var ends *timestamppb.Timestamp
	if outcome != "declined" {
		cmd.ExpiresAt, ends = inADay, timestamppb.New(inADay)
	}
	var scope *commandpb.Scope
	if len(to) > 0 {
		cmd.Scope, scope = to[0].known(), to[0].sent()
	}
	return operation{person: person, cmd: cmd,
		call: func(ctx context.Context, conn *grpc.ClientConn, c *commandpb.CommandContext, id string) (done, error) {
			return commandpb.NewAuthorityCommandServiceClient(conn).DecideOverride(ctx, &commandpb.DecideOverrideRequest{
				Context: c, ContactId: id, OverrideId: override, Outcome: outcome, Scope: scope, Reason: "The risk was weighed.", ExpiresAt: ends})
		}}
}

func asking(person string, of part, words, status string) operation {
	scope := of.known()
	cmd := rules.RequestInformation{Mode: "targeted", Purposes: scope.GetPurposes(), Words: words, Status: status}
	for _, agency := range of.agencies {
		cmd.Questions = append(cmd.Questions, rules.Ask{Agency: agency, Subjects: scope.GetSubjects(), Categories: of.categories})
	}
	return operation{person: person, cmd: cmd,
		call: func(ctx context.Context, conn *grpc.ClientConn, c *commandpb.CommandContext, id string) (done, error) {
			return commandpb.NewInformationCommandServiceClient(conn).RequestInformation(ctx, &commandpb.RequestInformationRequest{
				Context: c, ContactId: id, Mode: "targeted", Scope: of.sent(), Question: words, Status: status})
		}}
}

func cancelling(person, request string) operation {
	return operation{person: person, cmd: rules.CancelRequest{RequestID: request, Reason: "not-needed"},
		call: func(ctx context.Context, conn *grpc.ClientConn, c *commandpb.CommandContext, id string) (done, error) {
			return commandpb.NewInformationCommandServiceClient(conn).CancelRequest(ctx, &commandpb.CancelRequestRequest{
				Context: c, ContactId: id, InformationRequestId: request, ReasonCode: "not-needed"})
		}}
}

// telling is an agency's answer to a request, or what it volunteers where request is empty.
func telling(agency, request, category, words string) operation {
	return operation{agency: agency,
		told: &intakepb.Information{Agency: agency, RequestId: request, Answer: "shared", Statements: []*intakepb.InformationStatement{
			{Subjects: []string{"s1"}, Category: category, Words: words, Kind: "fact", Source: "record"},
		}},
		cmd: rules.ShareInformation{Agency: agency, RequestID: request, Answer: "shared", Statements: []rules.Statement{
			{Subjects: []string{"s1"}, Category: category, Words: words, Kind: "fact", Source: "record"},
		}}}
}

// status of a contact that was triaged.
const triaged = practice.StatusTriaged
