package queryapi

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/casefile"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/rpc"
)

// contacts is ContactService.
type contacts struct {
	querypb.UnimplementedContactServiceServer
	c Config
}

// GetContact answers a contact's case file, with the parts about people opened.
func (s *contacts) GetContact(ctx context.Context, req *querypb.GetContactRequest) (*querypb.GetContactResponse, error) {
	if _, err := s.c.await(ctx, s.c.CaseFile, req.GetNotBefore(), "not_before"); err != nil {
		return nil, s.c.failed(ctx, err)
	}
	f, err := casefile.Get(ctx, s.c.DB, s.c.Store, req.GetContactId())
	if err != nil {
		return nil, s.c.failed(ctx, err)
	}
	asOf, err := s.c.asOf(f.Live)
	if err != nil {
		return nil, err
	}
	file := fileOf(f, s.c.Now())
	protectReferrer(file, rpc.CallerFrom(ctx))
	return &querypb.GetContactResponse{CaseFile: file, AsOf: asOf}, nil
}

func fileOf(f *casefile.File, now time.Time) *querypb.CaseFile {
	file := &querypb.CaseFile{
		ContactId: f.Contact.ID, HubReference: f.HubReference(), State: f.State(), Received: f.Received, PassedAcross: f.PassedAcross,
		Rating: f.Contact.Rating, Triage: f.Triage, Ratings: f.Ratings, Allocations: f.Allocations, Duplicates: f.Duplicates,
		Team: f.Contact.Team, Worker: f.Contact.Worker, Clocks: f.Clocks(), Lapses: f.Lapses, Revision: f.Revision,
	}
	for _, l := range f.Links {
		link := &querypb.DuplicateLink{DuplicateOf: l.Made.GetDuplicateOf(), Reason: l.Made.GetReason(), LinkedAt: l.Made.GetLinkedAt()}
		if l.Undone != nil {
			link.UnlinkedAt, link.UnlinkReason = l.Undone.GetUnlinkedAt(), l.Undone.GetReason()
		}
		file.Links = append(file.Links, link)
	}
	for _, h := range f.History {
		file.History = append(file.History, &querypb.HistoryEntry{
			Revision: h.Revision, EventType: h.EventType, Actor: h.Actor, Role: h.Role, RecordedAt: timestamppb.New(h.RecordedAt),
		})
	}
	addConversation(file, f, now)
	addAuthority(file, f, now)
	addInformation(file, f)
	addMeetings(file, f)
	return file
}
