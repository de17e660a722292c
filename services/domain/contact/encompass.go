package contact

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
	"github.com/openmash/mash/services/domain/worktime"
)

// Abuse is an incident of domestic abuse as the police tell of it (KEN-20). Its words
// are for the child's school to read.
type Abuse struct {
	PoliceReference string
	// RiskGrade is a published code of practice.RiskGrades.
	RiskGrade               string
	Occurred                *eventpb.Occurrence
	Location, Circumstances string
	// Agreement is what the police heard of the family's; nothing rests on it.
	Agreement string
}

// Presence is what the police say of one child in an incident. The zero value: nothing.
type Presence struct {
	// Present and Alone are "yes", "no", "not-known" or empty.
	Present, Where, Voice, Alone string
}

// SchoolSetting names who is told of an incident that a child was in. Casework finds it in
// the registry; the zero value is nobody known.
type SchoolSetting struct {
	// Kind is practice.SettingSchool or practice.SettingHomeEducation.
	Kind, Agency string
}

// SettleEncompass settles a notification for which no setting was known.
type SettleEncompass struct {
	Setting
	NotificationID string
	// Outcome is practice.EncompassNotify, with Told, or practice.EncompassNotInScope,
	// with its reason.
	Outcome string
	Told    SchoolSetting
	Reason  string
}

// AcknowledgeEncompass says that the agency has a notification.
type AcknowledgeEncompass struct {
	Setting
	NotificationID, Agency string
}

func (c SettleEncompass) under(s Setting) Command      { c.Setting = s; return c }
func (c AcknowledgeEncompass) under(s Setting) Command { c.Setting = s; return c }

// Notification is whether one child's school is told of an incident.
type Notification struct {
	// Decided is what was decided last.
	Decided      *eventpb.EncompassDecided
	Acknowledged bool
	// Lapsed says that its time has passed is on record.
	Lapsed bool
}

// Open reports whether somebody still has to do something about it: find the school,
// or have it say that it knows.
func (n Notification) Open() bool {
	switch n.Decided.GetOutcome() {
	case practice.EncompassNoSetting:
		return true
	case practice.EncompassNotify:
		return !n.Acknowledged
	}
	return false
}

// The ages between which a child can be at school: reception begins in the school year
// in which a child is five, and the duty ends at eighteen.
const (
	youngest = 4
	oldest   = 18
)

// encompass decides for each child whether a school is told. It is a duty and asks no
// consent; it is due before the next school day begins, from when the hub had it.
func encompass(c Receive, how arrival) ([]proto.Message, error) {
	if c.DomesticAbuse == nil || c.Follows.Linked && c.Follows.SchoolsDecided {
		return nil, nil
	}
	due, err := c.Profile.BeforeSchool(how.at)
	if err != nil {
		return nil, fmt.Errorf("contact: %w", err)
	}
	var events []proto.Message
	for i, child := range c.Children {
		e := &eventpb.EncompassDecided{
			ContactId: how.id, NotificationId: "n" + strconv.Itoa(i+1), SubjectId: SubjectID(i), Outcome: practice.EncompassNoSetting,
			Due: clocks([]practice.DueTime{due})[0], Basis: practice.BasisEncompass,
		}
		if reason := outOfScope(child, worktime.DateOf(due.Start)); reason != "" {
			e.Outcome, e.Reason = practice.EncompassNotInScope, reason
		} else if child.School.Agency != "" {
			e.Outcome, e.Setting, e.Agency = practice.EncompassNotify, child.School.Kind, child.School.Agency
		}
		events = append(events, e)
	}
	return events, nil
}

// outOfScope gives why no school can be told of a child; empty where one can. A child
// who is at a school by its number is in scope at any age, and so is one whose age is
// not certain.
func outOfScope(child Child, today worktime.Date) string {
	if child.Unborn {
		return "unborn"
	}
	if child.Person.GetSchoolUrn() != "" {
		return ""
	}
	born, ok := parse(child.Person.GetDateOfBirth().GetValue())
	switch {
	case !ok:
		return ""
	case today.Before(years(born.first, youngest)):
		return "below-school-age"
	case !today.Before(years(born.last, oldest)):
		return "adult"
	}
	return ""
}

func years(d worktime.Date, n int) worktime.Date {
	return worktime.Date{Year: d.Year + n, Month: d.Month, Day: d.Day}
}

// domesticAbuse gives a checked incident as an event holds it.
func domesticAbuse(c Receive, about []string) *eventpb.DomesticAbuse {
	a := c.DomesticAbuse
	if a == nil {
		return nil
	}
	out := &eventpb.DomesticAbuse{
		PoliceReference: a.PoliceReference, RiskGrade: a.RiskGrade, Occurred: a.Occurred, Agreement: cmp.Or(a.Agreement, "not-known"),
		Location: wording.Narrative(a.Location, about), Circumstances: wording.Narrative(a.Circumstances, about),
	}
	for i, child := range c.Children {
		id, p := SubjectID(i), child.Incident
		out.Children = append(out.Children, &eventpb.AffectedChild{
			SubjectId: id, Present: cmp.Or(p.Present, "not-known"), SpokenToAlone: cmp.Or(p.Alone, "not-known"),
			Where: wording.Narrative(p.Where, []string{id}), Voice: wording.Narrative(p.Voice, []string{id}),
		})
	}
	return out
}

// notified folds what was decided about schools; false: the event is not of that.
func notified(s State, event proto.Message) (State, bool) {
	switch e := event.(type) {
	case *eventpb.EncompassDecided:
		list := slices.Clone(s.Encompass)
		if i := slices.IndexFunc(list, func(n Notification) bool { return n.Decided.GetNotificationId() == e.GetNotificationId() }); i >= 0 {
			list[i] = Notification{Decided: e}
		} else {
			list = append(list, Notification{Decided: e})
		}
		s.Encompass = list
	case *eventpb.EncompassAcknowledged:
		list := slices.Clone(s.Encompass)
		for i := range list {
			if list[i].Decided.GetNotificationId() == e.GetNotificationId() {
				list[i].Acknowledged = true
			}
		}
		s.Encompass = list
	case *eventpb.EncompassOverdue:
		list := slices.Clone(s.Encompass)
		for i := range list {
			list[i].Lapsed = list[i].Lapsed || list[i].Decided.GetNotificationId() == e.GetNotificationId()
		}
		s.Encompass = list
	default:
		return s, false
	}
	return s, true
}
