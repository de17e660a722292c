package contact

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// The refusals of what schools are told.
const (
	ReasonNotificationNotFound = "NOTIFICATION_NOT_FOUND"
	ReasonNotificationSettled  = "NOTIFICATION_SETTLED"
)

func (s State) notification(id string) (Notification, bool) {
	i := slices.IndexFunc(s.Encompass, func(n Notification) bool { return n.Decided.GetNotificationId() == id })
	if i < 0 {
		return Notification{}, false
	}
	return s.Encompass[i], true
}

func notificationNotFound() error {
	return refuse(ReasonNotificationNotFound, "KEN-20", "there is no such notification", "check the contact and the notification's id")
}

// settleEncompass has a school told that was not known at first, or says why none is.
// What was sent is not taken back: a school that has learnt of a child cannot unlearn
// it. The contact may have been decided or gone across since; the duty goes on.
func settleEncompass(c SettleEncompass, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.EncompassSettle); err != nil {
		return nil, err
	}
	n, ok := s.notification(c.NotificationID)
	switch {
	case s.ID == "":
		return nil, notReceived()
	case !ok:
		return nil, notificationNotFound()
	case n.Decided.GetOutcome() != practice.EncompassNoSetting:
		return nil, refuse(ReasonNotificationSettled, "KEN-20", "it was decided whether this child's school is told", "look at the case file")
	}
	if err := checkSettle(c); err != nil {
		return nil, err
	}
	e := &eventpb.EncompassDecided{
		ContactId: s.ID, NotificationId: c.NotificationID, SubjectId: n.Decided.GetSubjectId(), Outcome: c.Outcome, Setting: c.Told.Kind, Agency: c.Told.Agency,
		Due: n.Decided.GetDue(), Basis: n.Decided.GetBasis(), Words: wording.Narrative(c.Reason, []string{n.Decided.GetSubjectId()}),
		Late: c.Now.After(n.Decided.GetDue().GetDueAt().AsTime()),
	}
	if c.Outcome == practice.EncompassNotInScope {
		e.Reason = "decided"
	}
	if e.Late && c.Outcome == practice.EncompassNotify {
		// The time is past that an agency could be reminded at: it has until the next school day to say that it knows (ours).
		due, err := c.Profile.BeforeSchool(c.Now)
		if err != nil {
			return nil, fmt.Errorf("contact: %w", err)
		}
		e.Acknowledge = clocks([]practice.DueTime{due})[0]
	}
	return []proto.Message{e}, nil
}

func checkSettle(c SettleEncompass) error {
	var f faults
	switch c.Outcome {
	case practice.EncompassNotify:
		f.Require(oneOf(c.Told.Kind, practice.SettingSchool, practice.SettingHomeEducation), "setting", "KEN-20", "say whether it is a school or the officer for children educated at home")
		f.token("agency", c.Told.Agency, wording.Agency)
	case practice.EncompassNotInScope:
		f.Require(c.Told == SchoolSetting{}, "agency", "KEN-20", "nobody is told, and an agency is named")
		f.Require(wording.Said(c.Reason), "reason", "KEN-20", "say why no school is told")
	default:
		f.Add("outcome", "KEN-20", "is neither notify nor not-in-scope")
	}
	f.lines("reason", c.Reason, 10_000)
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

// acknowledgeEncompass notes that the school has it, once.
func acknowledgeEncompass(c AcknowledgeEncompass, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.EncompassAcknowledge); err != nil {
		return nil, err
	}
	n, ok := s.notification(c.NotificationID)
	switch {
	case s.ID == "":
		return nil, notReceived()
	case !ok || n.Decided.GetOutcome() != practice.EncompassNotify || n.Decided.GetAgency() != c.Agency:
		// One reason for all: another agency is not told what there is.
		return nil, notificationNotFound()
	case n.Acknowledged:
		return nil, nil
	}
	return []proto.Message{&eventpb.EncompassAcknowledged{
		ContactId: s.ID, NotificationId: c.NotificationID, Agency: c.Agency, Late: c.Now.After(n.Decided.GetDue().GetDueAt().AsTime()),
	}}, nil
}
