package queryapi

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/projections/casefile"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/contact/authority"
)

// addAuthority adds what holders said and what managers decided, with how each stands now.
func addAuthority(file *querypb.CaseFile, f *casefile.File, now time.Time) {
	a := f.Contact.Authority
	file.Holders, file.Engagements = a.Holders, a.Engagements
	standing := map[string]string{}
	for _, account := range a.Accounts(nil, now) {
		standing[account.Kind+account.ID] = account.State
	}
	for _, c := range a.Consents {
		file.Consents = append(file.Consents, &querypb.ConsentEntry{
			Consent: c.Recorded, Standing: standing[authority.KindConsent+c.Recorded.GetConsentId()],
		})
	}
	for _, o := range a.Overrides {
		file.Overrides = append(file.Overrides, &querypb.OverrideEntry{
			Proposed: o.Proposed, Decided: o.Decided, Standing: standing[authority.KindOverride+o.Proposed.GetOverrideId()], ReviewAt: stampOf(o.ReviewAt),
		})
	}
}

// addInformation adds what was asked, told, made of it and decided.
func addInformation(file *querypb.CaseFile, f *casefile.File) {
	for i, r := range f.Contact.Requests {
		entry := &querypb.RequestEntry{Requested: f.Requests[i]}
		for _, q := range r.Questions {
			entry.Questions = append(entry.Questions, &querypb.QuestionEntry{
				Agency: q.Agency, Standing: q.Standing, DueAt: timestamppb.New(q.Due), Chased: q.Chased,
			})
		}
		file.Requests = append(file.Requests, entry)
	}
	for _, share := range f.Shares {
		file.Shares = append(file.Shares, forTheFrontDoor(share))
	}
	file.Analyses, file.Reopenings = f.Analyses, f.Reopened
	for _, d := range f.Decisions {
		file.Decisions = append(file.Decisions, &querypb.DecisionEntry{
			Decided: d.Decided, SignedOff: d.SignedOff, Returned: d.Returned, Answered: d.Answered, Acknowledged: d.Acknowledged,
		})
	}
}

// addMeetings adds the strategy meetings that the contact was told of.
func addMeetings(file *querypb.CaseFile, f *casefile.File) {
	file.WaitsForMeeting = f.WaitsForMeeting()
	for _, m := range f.Meetings {
		file.Meetings = append(file.Meetings, &querypb.ContactMeeting{MeetingId: m.ID, Awaited: m.Awaited, Settled: m.Settled})
	}
}

// forTheFrontDoor gives what an agency told as its statements' handling lets the front door see it (HUB-05): case files are its own.
func forTheFrontDoor(e *eventpb.InformationShared) *eventpb.InformationShared {
	shown := &eventpb.InformationShared{
		ContactId: e.GetContactId(), ShareId: e.GetShareId(), Agency: e.GetAgency(), RequestId: e.GetRequestId(), Answer: e.GetAnswer(),
		Reason: e.GetReason(), Authorities: e.GetAuthorities(), Unsolicited: e.GetUnsolicited(), AfterCancellation: e.GetAfterCancellation(),
		Corrects: e.GetCorrects(), Late: e.GetLate(),
	}
	for _, s := range e.GetStatements() {
		if view, ok := contact.Visible(e.GetAgency(), s, contact.FrontDoor()); ok {
			shown.Statements = append(shown.Statements, view.Statement)
		}
	}
	return shown
}
