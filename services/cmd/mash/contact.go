package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// contactCmd shows one contact and does things with it.
type contactCmd struct {
	Show         contactShowCmd     `cmd:"" default:"withargs" help:"Show the case file of a contact."`
	Record       contactRecordCmd   `cmd:"" help:"Record a contact that began as a conversation (SOT-01)."`
	SettleSchool settleSchoolCmd    `cmd:"" help:"Have the school told of domestic abuse that was found, or say why none is (KEN-20)."`
	Triage       contactTriageCmd   `cmd:"" help:"Rate a contact and direct what is to be done (KEN-03)."`
	Rate         contactRateCmd     `cmd:"" help:"Change the rating of a contact, with the reason."`
	Allocate     contactAllocateCmd `cmd:"" help:"Give a contact to a named worker (KEN-06)."`
	Link         contactLinkCmd     `cmd:"" help:"Say that a contact tells of the same thing as another one."`
	Unlink       contactUnlinkCmd   `cmd:"" help:"Undo such a link."`

	Holder          holderCmd         `cmd:"" help:"Record somebody with parental responsibility."`
	Consent         consentRecordCmd  `cmd:"" help:"Record what a holder said, or why nobody was asked (SOT-07)."`
	Withdraw        withdrawCmd       `cmd:"" help:"Record that a consent was taken back (HUB-02)."`
	Engagement      engagementCmd     `cmd:"" help:"Record whether the family agrees to engage with a service (KEN-11)."`
	Basis           basisCmd          `cmd:"" help:"Record the lawful basis that is relied on."`
	ProposeOverride proposeCmd        `cmd:"" help:"Propose to go on without consent (SOT-08)."`
	DecideOverride  decideOverrideCmd `cmd:"" help:"Decide on an override that somebody else proposed (SOT-08, SOT-32, HUB-01)."`
	ReviewOverride  reviewCmd         `cmd:"" help:"Look at an approved override again."`
	AgencyOverride  agencyOverrideCmd `cmd:"" help:"Record that an agency goes on without consent (ROC-03)."`
	NotShare        notShareCmd       `cmd:"" help:"Record a decision not to share."`
	GoOn            goOnCmd           `cmd:"" help:"Record that the front door goes on despite a refusal (KEN-11)."`

	Request       requestCmd       `cmd:"" help:"Ask agencies what they know (SOT-07)."`
	CancelRequest cancelRequestCmd `cmd:"" help:"Take questions back."`
	Analyse       analyseCmd       `cmd:"" help:"Record an analysis (SOT-09)."`
	Decide        decideCmd        `cmd:"" help:"Decide, with the rationale (KEN-07)."`
	SignOff       signOffCmd       `cmd:"" help:"Sign a decision off, or give it back with --return."`
	Answer        answerCmd        `cmd:"" help:"Send the written response to the referrer (SOT-05)."`
	Reopen        reopenCmd        `cmd:"" help:"Take a decided contact up again."`
}

type contactShowCmd struct {
	clientFlags
	ID        string `arg:"" help:"The contact's uuid."`
	NotBefore string `help:"Wait until the case file shows this position." placeholder:"POSITION"`
}

// Run prints the case file.
func (c *contactShowCmd) Run(env *environment) error {
	return c.call(env, "worker-1", func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := querypb.NewContactServiceClient(conn).GetContact(ctx, &querypb.GetContactRequest{ContactId: c.ID, NotBefore: c.NotBefore})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSONLines(env.stdout, []proto.Message{resp.GetCaseFile()})
		}
		fmt.Fprintln(env.stdout, protojson.MarshalOptions{Multiline: true}.Format(resp.GetCaseFile()))
		return nil
	})
}

// requestFlags are those of whatever changes something that is on record.
type requestFlags struct {
	clientFlags
	RequestID string  `help:"UUID of the request: sent again with the same id, it is done once." placeholder:"UUID"`
	Expected  *uint64 `help:"Refuse if what it is about is no longer at this revision." placeholder:"REVISION"`
}

// commandFlags are those of every command on a contact.
type commandFlags struct {
	requestFlags
	ID string `arg:"" help:"The contact's uuid."`
}

func (f requestFlags) context() *commandpb.CommandContext {
	return requestContext(f.RequestID, f.Expected)
}

// requestContext makes the id of a request that was given none.
func requestContext(id string, expected *uint64) *commandpb.CommandContext {
	if id == "" {
		id = uuid.NewString()
	}
	return &commandpb.CommandContext{RequestId: id, ExpectedRevision: expected}
}

// send connects, calls and prints the result.
func (f commandFlags) send(env *environment, usual string, call func(context.Context, commandpb.ContactCommandServiceClient) (*commandpb.CommandResult, error)) error {
	return f.over(env, usual, func(ctx context.Context, conn *grpc.ClientConn) (*commandpb.CommandResult, string, error) {
		result, err := call(ctx, commandpb.NewContactCommandServiceClient(conn))
		return result, "", err
	})
}

// over is send for any command service; made names what the command made, such as a consent's id.
func (f commandFlags) over(env *environment, usual string, call func(context.Context, *grpc.ClientConn) (result *commandpb.CommandResult, made string, err error)) error {
	return f.call(env, usual, func(ctx context.Context, conn *grpc.ClientConn) error {
		result, made, err := call(ctx, conn)
		if err != nil {
			return err
		}
		if f.JSON {
			return printJSONLines(env.stdout, []proto.Message{result})
		}
		return printResult(env, result, made)
	})
}

// printResult writes what a command came to, for people.
func printResult(env *environment, result *commandpb.CommandResult, made string) error {
	again := ""
	if result.GetRepeated() {
		again = " (done before)"
	}
	if made != "" {
		made += ": "
	}
	_, err := fmt.Fprintf(env.stdout, "%srevision %d, position %s%s\n", made, result.GetRevision(), result.GetPosition(), again)
	return err
}

type contactTriageCmd struct {
	commandFlags
	Rating     string   `required:"" help:"red, amber or green."`
	Action     []string `required:"" help:"What is to be done, as codes; \"other\" says it in --directions."`
	Directions string   `help:"Directions in words."`
	Team       string   `help:"The team it is for."`
}

// Run triages.
func (c *contactTriageCmd) Run(env *environment) error {
	return c.send(env, "manager-1", func(ctx context.Context, client commandpb.ContactCommandServiceClient) (*commandpb.CommandResult, error) {
		resp, err := client.TriageContact(ctx, &commandpb.TriageContactRequest{
			Context: c.context(), ContactId: c.ID, Rating: c.Rating, Actions: c.Action, Directions: c.Directions, Team: c.Team,
		})
		return resp.GetResult(), err
	})
}

type contactRateCmd struct {
	commandFlags
	Rating string `required:"" help:"red, amber or green."`
	Reason string `required:"" help:"Why it changes."`
}

// Run rates.
func (c *contactRateCmd) Run(env *environment) error {
	return c.send(env, "manager-1", func(ctx context.Context, client commandpb.ContactCommandServiceClient) (*commandpb.CommandResult, error) {
		resp, err := client.RateContact(ctx, &commandpb.RateContactRequest{Context: c.context(), ContactId: c.ID, Rating: c.Rating, Reason: c.Reason})
		return resp.GetResult(), err
	})
}

type contactAllocateCmd struct {
	commandFlags
	Worker string `required:"" help:"The worker's opaque id."`
	Team   string `help:"The worker's team."`
}

// Run allocates.
func (c *contactAllocateCmd) Run(env *environment) error {
	return c.send(env, "manager-1", func(ctx context.Context, client commandpb.ContactCommandServiceClient) (*commandpb.CommandResult, error) {
		resp, err := client.AllocateContact(ctx, &commandpb.AllocateContactRequest{Context: c.context(), ContactId: c.ID, Worker: c.Worker, Team: c.Team})
		return resp.GetResult(), err
	})
}

type contactLinkCmd struct {
	commandFlags
	DuplicateOf string `required:"" help:"The uuid of the contact that stays." placeholder:"UUID"`
	Reason      string `required:"" help:"Why they tell of the same thing."`
}

// Run links.
func (c *contactLinkCmd) Run(env *environment) error {
	return c.send(env, "manager-1", func(ctx context.Context, client commandpb.ContactCommandServiceClient) (*commandpb.CommandResult, error) {
		resp, err := client.LinkDuplicate(ctx, &commandpb.LinkDuplicateRequest{Context: c.context(), ContactId: c.ID, DuplicateOf: c.DuplicateOf, Reason: c.Reason})
		return resp.GetResult(), err
	})
}

type contactUnlinkCmd struct {
	commandFlags
	Reason string `required:"" help:"Why the link was wrong."`
}

// Run unlinks.
func (c *contactUnlinkCmd) Run(env *environment) error {
	return c.send(env, "manager-1", func(ctx context.Context, client commandpb.ContactCommandServiceClient) (*commandpb.CommandResult, error) {
		resp, err := client.UnlinkDuplicate(ctx, &commandpb.UnlinkDuplicateRequest{Context: c.context(), ContactId: c.ID, Reason: c.Reason})
		return resp.GetResult(), err
	})
}
