package queryapi

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/projections/casefile"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/rpc"
)

// addConversation adds whether the conversation that a contact began with was put in writing, and how it stands with the children's schools.
func addConversation(file *querypb.CaseFile, f *casefile.File, now time.Time) {
	file.Encompass = notifications(f.Contact, now)
	if f.Received.GetConversation() == nil {
		return
	}
	file.WrittenForm = &querypb.WrittenForm{Received: f.Forms, Lapsed: f.Contact.FormLapsed}
	if awaited := f.Contact.WrittenForm; awaited != nil {
		file.WrittenForm.DueAt, file.WrittenForm.Overdue = awaited.GetDueAt(), now.After(awaited.GetDueAt().AsTime())
	}
}

// protectReferrer takes out who a private person is, for a caller who has no need to know.
func protectReferrer(file *querypb.CaseFile, caller rpc.Caller) {
	received := file.GetReceived()
	if received.GetReferrer() == nil || !practice.Individual(received.GetSourceCode()) || caller.May(access.ReferrerRead) {
		return
	}
	file.Received, _ = proto.Clone(received).(*eventpb.ContactReceived)
	file.Received.Referrer, file.ReferrerWithheld = nil, true
}
