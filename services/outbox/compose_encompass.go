package outbox

import (
	"context"
	"fmt"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/eventstore"
)

// encompass tells a school of one child and of the incident, in the words that the police wrote for it, and of nothing else: no brother or
// sister, no grade of risk, no reason of the contact (KEN-20). It rests on a duty and on no consent, so nothing withholds it.
func (f *feed) encompass(ctx context.Context, c *file, notification string) (*intakepb.EncompassNotification, error) {
	var decided *eventpb.EncompassDecided
	for _, n := range c.state.Encompass {
		if n.Decided.GetNotificationId() == notification {
			decided = n.Decided
		}
	}
	if decided == nil || c.received.GetDomesticAbuse() == nil {
		return nil, fmt.Errorf("%w: %s has no notification %s of an incident", eventstore.ErrMalformed, c.stream, notification)
	}
	about, err := opened(ctx, f.Store, c, incidentOf(c.received, decided.GetSubjectId()))
	if err != nil {
		return nil, err
	}
	return notificationOf(about, decided), nil
}

// unacknowledged tells it all again: a school that lost the first can act on the second. Nothing is sent to one that has acknowledged meanwhile.
func (f *feed) unacknowledged(ctx context.Context, c *file, notification string) (*outMessage, error) {
	for _, n := range c.state.Encompass {
		if n.Decided.GetNotificationId() == notification && (!n.Open() || n.Decided.GetAgency() != f.agency.ID) {
			return nil, nil
		}
	}
	out, err := f.encompass(ctx, c, notification)
	if err != nil {
		return nil, err
	}
	out.Notice = "reminder"
	return &outMessage{bus.KindEncompass, out}, nil
}

// incidentOf keeps of a receipt what is told of one child. A part opens in its place only: the others leave theirs empty.
func incidentOf(received *eventpb.ContactReceived, subject string) *eventpb.ContactReceived {
	a := received.GetDomesticAbuse()
	kept := &eventpb.ContactReceived{ContactId: received.GetContactId(), DomesticAbuse: &eventpb.DomesticAbuse{
		PoliceReference: a.GetPoliceReference(), Occurred: a.GetOccurred(), Location: a.GetLocation(), Circumstances: a.GetCircumstances(),
	}}
	for _, s := range received.GetSubjects() {
		if s.GetSubjectId() != subject {
			s = &eventpb.Subject{}
		}
		kept.Subjects = append(kept.Subjects, s)
	}
	for _, child := range a.GetChildren() {
		if child.GetSubjectId() != subject {
			child = &eventpb.AffectedChild{}
		}
		kept.DomesticAbuse.Children = append(kept.DomesticAbuse.Children, child)
	}
	return kept
}

func notificationOf(about *eventpb.ContactReceived, decided *eventpb.EncompassDecided) *intakepb.EncompassNotification {
	a := about.GetDomesticAbuse()
	out := &intakepb.EncompassNotification{
		ContactId: about.GetContactId(), NotificationId: decided.GetNotificationId(), Agency: decided.GetAgency(), Setting: decided.GetSetting(),
		PoliceReference: a.GetPoliceReference(), Occurred: &intakepb.Occurrence{At: a.GetOccurred().GetAt(), Precision: a.GetOccurred().GetPrecision()},
		DueAt: decided.GetDue().GetDueAt(), Notice: "notification",
	}
	words := func(field string, part *eventpb.NarrativePart) string {
		if part.GetErased() != nil {
			out.Erased = append(out.Erased, field)
		}
		return part.GetOpen().GetText()
	}
	out.Location, out.Circumstances = words("location", a.GetLocation()), words("circumstances", a.GetCircumstances())
	for _, s := range about.GetSubjects() {
		if s.GetSubjectId() == "" {
			continue
		}
		if s.GetChild().GetErased() != nil {
			out.Erased = append(out.Erased, "child")
		}
		child := s.GetChild().GetOpen()
		out.GivenName, out.FamilyName, out.DateOfBirth = child.GetGivenName(), child.GetFamilyName(), child.GetDateOfBirth().GetValue()
		out.SchoolUrn = child.GetSchoolUrn()
	}
	for _, child := range a.GetChildren() {
		if child.GetSubjectId() == "" {
			continue
		}
		out.Present, out.SpokenToAlone = child.GetPresent(), child.GetSpokenToAlone()
		out.Where, out.Voice = words("where", child.GetWhere()), words("voice", child.GetVoice())
	}
	return out
}
