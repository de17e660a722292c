package strategymeeting

import (
	"cmp"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// conclude records how a meeting ended that was held: with its quorum (WT-04), an
// outcome for each child, what each agency does, and what the family is told
// (WT-05). Whoever records it chaired it; of two who do, the second is refused.
func conclude(c Conclude, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.MeetingConclude); err != nil {
		return nil, err
	}
	if err := atStage(StageCalled, s); err != nil {
		return nil, err
	}
	if c.Actor == "" {
		return nil, errNobodyActs
	}
	s.Enquiries = slices.DeleteFunc(slices.Clone(s.Enquiries), func(e Enquiry) bool { return slices.Contains(c.Ended, e.Start.GetChildId()) })
	since, known := s.startedSince(c), s.Enquiries
	s = s.carrying(since)
	present := s.present(c.Present)
	if err := checkConclude(c, present, known, s); err != nil {
		return nil, err
	}
	quorum, missing := quorate(s.Quorum, present)
	if len(missing) > 0 {
		return nil, quorumNotPresent(missing)
	}
	about := s.childIDs()
	e := &eventpb.StrategyMeetingConcluded{
		MeetingId: s.MeetingID, Form: c.Form, HeldAt: timestamppb.New(c.HeldAt), Present: present, Quorum: quorum, Absences: s.absences(present),
		Considered: s.considered(c.Considered), Dissents: dissents(c.Dissents, about), FamilyTold: wording.Narrative(c.FamilyTold, about),
		Rationale: wording.Narrative(c.Rationale, about), Chair: c.Actor, Enquiries: since,
	}
	if past(c.HeldAt, s.Due) {
		e.Lapses = []*eventpb.Lapse{{Kind: s.Due.GetKind(), DueAt: s.Due.GetDueAt()}}
	}
	for _, fill := range []func(Conclude, State, *eventpb.StrategyMeetingConcluded) error{outcomes, actions, ends} {
		if err := fill(c, s, e); err != nil {
			return nil, err
		}
	}
	return []proto.Message{e}, nil
}

// startedSince gives the enquiries that another meeting started after this one was
// proposed. They go on or end here, and start no second time: of two meetings about
// a child that know nothing of each other the conference clock of the first on
// record stands (WT-03), also where this one was held before that and is written
// down after it. When it was held is on record, and no clock of agencies that were
// told of it is moved.
func (s State) startedSince(c Conclude) []*eventpb.EnquiryStart {
	var since []*eventpb.EnquiryStart
	for _, e := range c.Enquiries {
		_, known := s.enquiry(e.GetChildId())
		if s.child(e.GetChildId()) && !known && e.GetMeetingId() != s.MeetingID {
			since = append(since, proto.CloneOf(e))
		}
	}
	return since
}

// contest adds an event to a meeting that is to be concluded, and nothing to
// another. All that it does is to move the stream on: a conclusion that was decided
// before it, on what was on record then, is not written at the revision it was
// decided at, and is decided again. So of two meetings that both have claimed to
// start enquiries about a child, one sees what the other has done.
func contest(c Contest, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.MeetingFollow); err != nil {
		return nil, err
	}
	if s.Stage != StageCalled {
		return nil, nil
	}
	return []proto.Message{&eventpb.EnquiriesContested{MeetingId: s.MeetingID, By: c.By}}, nil
}

// ends starts the clocks under which the minutes go out and, after a discussion by
// telephone on which enquiries rest, a meeting follows. Ours: where no enquiries
// run after it there is nothing that a meeting would have to follow.
func ends(c Conclude, s State, e *eventpb.StrategyMeetingConcluded) (err error) {
	if e.Minutes, err = clock(c.Setting, practice.Minutes, c.HeldAt); err != nil {
		return err
	}
	run := slices.ContainsFunc(c.Outcomes, func(o Outcome) bool {
		return o.Outcome == practice.EnquiriesStart || o.Outcome == practice.EnquiriesContinue
	})
	if c.Form == practice.FormDiscussion && run && c.Profile.Runs(practice.FollowUp) {
		e.FollowUp, err = clock(c.Setting, practice.FollowUp, c.HeldAt)
	}
	return err
}

// present gives who was there as the event has it: those who were named before as
// they are on record, the others with new ids.
func (s State) present(list []Present) []*eventpb.Present {
	var all []*eventpb.Present
	next := len(s.Attendees)
	for _, p := range list {
		if named, known := s.attendee(p.AttendeeID); known {
			one := &eventpb.Present{AttendeeId: named.ID, Agency: named.Agency, Sector: cmp.Or(named.Sector, p.Sector), SubstituteFor: named.SubstituteFor}
			all = append(all, one)
			continue
		}
		next++
		id := fmt.Sprintf("t%d", next)
		all = append(all, &eventpb.Present{
			AttendeeId: id, Agency: p.Agency, Sector: s.sector(p), Attendee: attendeePart(id, described(p.Person)), SubstituteFor: p.Person.SubstituteFor,
		})
	}
	return all
}

// sector gives an agency's sector as it was when it was invited, else as the
// registry has it now.
func (s State) sector(p Present) string {
	one, _ := s.invited(p.Agency)
	return cmp.Or(one.Sector, p.Sector)
}

// quorate gives by which agency each sector of the quorum was there, and the
// sectors that were not (WT-04). Only those who were there count: a substitute for
// their own agency's sector, whomever they stand in for, and apologies with a
// written contribution for none.
func quorate(quorum []string, present []*eventpb.Present) (members []*eventpb.QuorumMember, missing []string) {
	for _, sector := range quorum {
		i := slices.IndexFunc(present, func(p *eventpb.Present) bool { return p.GetSector() == sector })
		if i < 0 {
			missing = append(missing, sector)
			continue
		}
		members = append(members, &eventpb.QuorumMember{Sector: sector, Agency: present[i].GetAgency()})
	}
	return members, missing
}

// absences names the invited who were not there, and what they had said of it.
func (s State) absences(present []*eventpb.Present) []*eventpb.Absence {
	var all []*eventpb.Absence
	for _, i := range s.Invitees {
		if there(present, i.Agency) {
			continue
		}
		contributed := slices.ContainsFunc(s.Contributions, func(c Contribution) bool { return c.Agency == i.Agency })
		all = append(all, &eventpb.Absence{Agency: i.Agency, Sector: i.Sector, Apologies: i.Answer == Apologies, Contributed: contributed, Expected: i.Answer == Attending})
	}
	return all
}

func there(present []*eventpb.Present, agency string) bool {
	return slices.ContainsFunc(present, func(p *eventpb.Present) bool { return p.GetAgency() == agency })
}

// considered gives the references with the handling that each statement has at
// this moment (HUB-05).
func (s State) considered(list []Considered) []*eventpb.Considered {
	var all []*eventpb.Considered
	for _, one := range list {
		ref := proto.CloneOf(one.Ref)
		if c, ok := s.contribution(ref.GetContributionId()); ok {
			ref.Agency, ref.Handling, ref.Children = c.Agency, proto.CloneOf(c.Statement.GetHandling()), slices.Clone(c.Statement.GetSubjects())
		}
		all = append(all, ref)
	}
	return all
}

// contribution finds one by its id.
func (s State) contribution(id string) (Contribution, bool) {
	i := slices.IndexFunc(s.Contributions, func(c Contribution) bool { return c.ID == id })
	if i < 0 {
		return Contribution{}, false
	}
	return s.Contributions[i], true
}

func dissents(list []Dissent, all []string) []*eventpb.Dissent {
	var said []*eventpb.Dissent
	for _, d := range list {
		about := d.Children
		if len(about) == 0 {
			about = all
		}
		said = append(said, &eventpb.Dissent{Agency: d.Agency, Children: slices.Clone(d.Children), Words: wording.Narrative(d.Words, about)})
	}
	return said
}
