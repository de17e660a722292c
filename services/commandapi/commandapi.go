// Package commandapi serves mash.command.v1: what staff do to a contact, and in strategy meetings.
//
// It is the first step of a worker's command (commandapi → casework → event store). It translates a request that rpc has
// authenticated, authorised and validated into a command of the rules, says who gave it, and translates what
// came of it back. It decides nothing: the rules do, with the state that casework read.
//
// # What is guaranteed
//
//   - The caller's person, role and team are in the metadata of every event that comes of a command.
//   - The same request (same request id, same person, same content) gets the first answer again, also when the contact has
//     moved on since, and also with another expected_revision; the same id with anything else is ALREADY_EXISTS. Only where
//     an agency or a person that it names has left the registry or the staff meanwhile is it refused like a new one.
//   - With expected_revision, a command is decided on exactly that revision or refused with ABORTED and the actual one.
//   - The position in an answer, given to a query as not_before, shows the command's result.
//
// It does not say whether a call that ended without an answer was done: the caller sends the same request again.
package commandapi

import (
	"context"
	"errors"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/consultation"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/rpc"
)

// Casework decides commands and puts what comes of them on record; it is a *casework.Service.
type Casework interface {
	RecordConversation(ctx context.Context, c contact.RecordConversation, o casework.Origin) (casework.Result, error)
	GiveConsultation(ctx context.Context, c consultation.Give, o casework.Origin) (casework.Result, error)
	HandleContact(ctx context.Context, contactID string, c contact.Command, o casework.Origin, expected *uint64) (casework.Result, error)
	ProposeMeeting(ctx context.Context, p casework.Proposal, o casework.Origin) (result casework.Result, meetingID string, err error)
	HandleMeeting(ctx context.Context, meetingID string, c strategymeeting.Command, o casework.Origin, expected *uint64) (casework.Result, error)
	RecordAnswer(ctx context.Context, meetingID string, c strategymeeting.Answer, o casework.Origin, expected *uint64) (casework.Result, error)
	ConcludeMeeting(ctx context.Context, meetingID string, c strategymeeting.Conclude, o casework.Origin, expected *uint64) (casework.Result, error)
}

// Staff knows the people of the authority by their opaque ids; it is a *rpc.Tokens until an identity provider takes its place.
type Staff interface {
	Person(id string) (rpc.Caller, bool)
}

// Config holds what the services work with.
type Config struct {
	Casework Casework
	// Staff says who can be given a contact.
	Staff Staff
	// Agencies are all of the registry: whom a caller can speak for.
	Agencies []string
	// Partners are the agencies that "all partners" means (SOT-07): the registry's.
	Partners []string
	// Sectors are those of the registry's agencies: a meeting's quorum goes by them (WT-04).
	Sectors map[string]string
}

// Register adds the services to the server. Who may call what is said here and nowhere else.
func Register(server *rpc.Server, c Config) error {
	s := service{casework: c.Casework, staff: c.Staff, agencies: c.Agencies, partners: c.Partners, sectors: c.Sectors}
	return errors.Join(registerContact(server, s), registerAuthority(server, s), registerInformation(server, s), registerMeeting(server, s),
		registerConsultation(server, s))
}

func registerContact(server *rpc.Server, s service) error {
	return server.Register(&commandpb.ContactCommandService_ServiceDesc, &s, map[string]access.Action{
		"RecordConversation": access.ContactRecord,
		"SettleEncompass":    access.EncompassSettle,
		"TriageContact":      access.ContactTriage,
		"RateContact":        access.ContactRate,
		"AllocateContact":    access.ContactAllocate,
		"LinkDuplicate":      access.ContactLink,
		"UnlinkDuplicate":    access.ContactLink,
	})
}

type service struct {
	commandpb.UnimplementedContactCommandServiceServer
	casework Casework
	staff    Staff
	agencies []string
	partners []string
	sectors  map[string]string
}

func (s *service) TriageContact(ctx context.Context, r *commandpb.TriageContactRequest) (*commandpb.TriageContactResponse, error) {
	result, err := s.handle(ctx, r, contact.Triage{
		Rating: r.GetRating(), Actions: r.GetActions(), Directions: r.GetDirections(), Team: r.GetTeam(),
	})
	return &commandpb.TriageContactResponse{Result: result}, err
}

func (s *service) RateContact(ctx context.Context, r *commandpb.RateContactRequest) (*commandpb.RateContactResponse, error) {
	result, err := s.handle(ctx, r, contact.Rate{Rating: r.GetRating(), Reason: r.GetReason()})
	return &commandpb.RateContactResponse{Result: result}, err
}

func (s *service) AllocateContact(ctx context.Context, r *commandpb.AllocateContactRequest) (*commandpb.AllocateContactResponse, error) {
	// A contact that is given to nobody is seen by nobody: a slip of the pen must not do that (KEN-06: a named worker).
	if worker, known := s.staff.Person(r.GetWorker()); !known || !worker.May(access.ContactHold) {
		return nil, rpc.Invalid(rpc.Violation{Field: "worker", Rule: "KEN-06", Description: "is nobody who can be given a contact"})
	}
	result, err := s.handle(ctx, r, contact.Allocate{Worker: r.GetWorker(), Team: r.GetTeam()})
	return &commandpb.AllocateContactResponse{Result: result}, err
}

func (s *service) LinkDuplicate(ctx context.Context, r *commandpb.LinkDuplicateRequest) (*commandpb.LinkDuplicateResponse, error) {
	result, err := s.handle(ctx, r, contact.Link{DuplicateOf: canonical(r.GetDuplicateOf()), Reason: r.GetReason()})
	return &commandpb.LinkDuplicateResponse{Result: result}, err
}

func (s *service) UnlinkDuplicate(ctx context.Context, r *commandpb.UnlinkDuplicateRequest) (*commandpb.UnlinkDuplicateResponse, error) {
	result, err := s.handle(ctx, r, contact.Unlink{Reason: r.GetReason()})
	return &commandpb.UnlinkDuplicateResponse{Result: result}, err
}
