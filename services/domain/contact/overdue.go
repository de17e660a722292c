package contact

import (
	"cmp"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
)

// LapseWrittenForm says that the time has passed by which a conversation was to be
// put in writing (SOT-01).
type LapseWrittenForm struct {
	Setting
	// DueAt is when it was due, as recorded.
	DueAt time.Time
}

// LapseNotification says that the time of a school's notification has passed
// (KEN-20).
type LapseNotification struct {
	Setting
	NotificationID string
	// DueAt is when it was due, as recorded.
	DueAt time.Time
}

func (c LapseWrittenForm) under(s Setting) Command  { c.Setting = s; return c }
func (c LapseNotification) under(s Setting) Command { c.Setting = s; return c }

// RemindAt is when it is on record that nobody has acknowledged a notification, or
// found whom to tell: its due time, or, of one that was sent after that, the next
// school day.
func RemindAt(e *eventpb.EncompassDecided) time.Time {
	return cmp.Or(e.GetAcknowledge(), e.GetDue()).GetDueAt().AsTime()
}

// lapseWrittenForm has the caller's agency reminded, once: a form that never comes is
// for a person to ask about. That the contact was decided meanwhile changes nothing.
// One that is linked as a duplicate stands for nothing of its own (ours): the form has
// often come, and did not say what it follows.
func lapseWrittenForm(c LapseWrittenForm, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ClockLapse); err != nil {
		return nil, err
	}
	due := s.WrittenForm.GetDueAt().AsTime()
	switch {
	case s.ID == "":
		return nil, notReceived()
	case s.WrittenForm == nil, s.FormLapsed, s.DuplicateOf != "":
		return nil, nil
	case !c.DueAt.Equal(due), !c.Now.After(due):
		return nil, notOverdue("SOT-01")
	}
	return []proto.Message{&eventpb.WrittenFormOverdue{ContactId: s.ID, Agency: s.Agency, DueAt: timestamppb.New(due)}}, nil
}

// lapseNotification has the agency reminded that was told; where nobody knows whom to
// tell, that is on record. The duty goes on whatever became of the contact.
func lapseNotification(c LapseNotification, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ClockLapse); err != nil {
		return nil, err
	}
	n, known := s.notification(c.NotificationID)
	due := RemindAt(n.Decided)
	switch {
	case s.ID == "":
		return nil, notReceived()
	case !known:
		return nil, notificationNotFound()
	case !n.Open(), n.Lapsed:
		return nil, nil
	case !c.DueAt.Equal(due), !c.Now.After(due):
		return nil, notOverdue("KEN-20")
	}
	return []proto.Message{&eventpb.EncompassOverdue{
		ContactId: s.ID, NotificationId: c.NotificationID, Agency: n.Decided.GetAgency(), DueAt: timestamppb.New(due),
	}}, nil
}

func notOverdue(rule string) error {
	return refuse(ReasonNotDue, rule, "its time has not passed", "name the due time that is on record, when it has passed")
}
