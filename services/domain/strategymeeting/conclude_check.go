package strategymeeting

import (
	"fmt"
	"slices"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/practice"
)

// checkConclude refuses a conclusion whose parts break a rule, naming all of them.
// Known are the enquiries that the meeting was proposed to follow: it was not held
// before those.
func checkConclude(c Conclude, present []*eventpb.Present, known []Enquiry, s State) error {
	var f faults
	f.Require(practice.MeetingForms().Has(c.Form), "form", "SOT-11", "is neither a meeting nor a discussion")
	f.held("held_at", c.HeldAt, c.Now)
	wrongYear := c.HeldAt.Before(c.Now.Add(-year)) // named already
	f.Require(wrongYear || !c.HeldAt.Before(s.Due.GetStartedAt().AsTime().Add(-beforeCall)), "held_at", "WT-03", "is more than a week before the meeting was called")
	for _, e := range known {
		f.Require(!c.HeldAt.Before(e.Start.GetStartedAt().AsTime()), "held_at", "WT-03", "is before the enquiries about "+e.Start.GetChildId()+" were started")
	}
	f.words("family_told", "WT-05", c.FamilyTold, 10_000)
	f.words("rationale", "WT-05", c.Rationale, 40_000)
	f.present(c, present, s)
	f.considered(c, s)
	f.outcomes(c, present, s)
	for i, d := range c.Dissents {
		field := fmt.Sprintf("dissents[%d]", i)
		f.Require(there(present, d.Agency), field+".agency", "WT-05", "was not there")
		f.children(field+".children", d.Children, s)
		f.words(field+".words", "WT-05", d.Words, 10_000)
	}
	f.actions(c, present, s)
	return f.refusal()
}

func (f *faults) present(c Conclude, present []*eventpb.Present, s State) {
	f.Require(len(c.Present) > 0, "present", "WT-04", "is empty")
	for i, p := range c.Present {
		field := fmt.Sprintf("present[%d]", i)
		named, known := s.attendee(p.AttendeeID)
		if p.AttendeeID != "" {
			f.Require(known, field+".attendee_id", "WT-04", "is nobody who was named")
			f.Require(!known || p.Agency == "" || p.Agency == named.Agency, field+".agency", "WT-04", "is not the agency of that attendee")
			twice := slices.ContainsFunc(c.Present[:i], func(other Present) bool { return other.AttendeeID == p.AttendeeID })
			f.Require(!twice, field+".attendee_id", "unique", "is there twice")
			continue
		}
		f.person(field+".person", p.Person)
		f.agency(field+".", p.Agency, present[i].GetSector(), practice.Sectors().Has)
		_, stands := s.attendee(p.Person.SubstituteFor)
		f.Require(p.Person.SubstituteFor == "" || stands, field+".person.substitute_for", "WT-04", "is nobody who was named")
	}
}

// considered checks that what was looked at is on record, with its handling, and
// about children of the meeting (HUB-05).
func (f *faults) considered(c Conclude, s State) {
	contacts := map[string]bool{}
	for _, child := range s.Children {
		contacts[child.GetContactId()] = child.GetContactId() != ""
	}
	for i, one := range c.Considered {
		field, ref := fmt.Sprintf("considered[%d]", i), one.Ref
		same := func(other Considered) bool {
			r := other.Ref
			return r.GetContactId() == ref.GetContactId() && r.GetShareId() == ref.GetShareId() && r.GetStatementId() == ref.GetStatementId() && r.GetContributionId() == ref.GetContributionId()
		}
		f.Require(!slices.ContainsFunc(c.Considered[:i], same), field, "unique", "is there twice")
		if ref.GetContributionId() != "" {
			_, known := s.contribution(ref.GetContributionId())
			f.Require(known && ref.GetContactId() == "", field+".contribution_id", "HUB-05", "is no contribution to this meeting")
			continue
		}
		f.Require(contacts[ref.GetContactId()], field+".contact_id", "HUB-05", "is no contact that the meeting is about")
		f.Require(ref.GetShareId() != "" && ref.GetStatementId() != "" && ref.GetAgency() != "" && ref.GetHandling() != nil, field, "HUB-05", "is no statement on record, with its handling")
		f.children(field+".children", ref.GetChildren(), s)
	}
}

// outcomes checks that there is one for each child, and each its own: that
// enquiries start for one of three says nothing of the other two.
func (f *faults) outcomes(c Conclude, present []*eventpb.Present, s State) {
	for i, o := range c.Outcomes {
		field := fmt.Sprintf("outcomes[%d]", i)
		f.Require(s.child(o.ChildID), field+".child_id", "WT-05", "is no child of the meeting")
		twice := slices.ContainsFunc(c.Outcomes[:i], func(other Outcome) bool { return other.ChildID == o.ChildID })
		f.Require(!twice, field+".child_id", "unique", "is there twice")
		f.enquiries(field, o, s)
		f.safety(field, o, c, present, s)
	}
	for _, id := range s.childIDs() {
		decided := slices.ContainsFunc(c.Outcomes, func(o Outcome) bool { return o.ChildID == id })
		f.Require(decided, "outcomes", "WT-05", "lack "+id+": decide for every child")
	}
}

// enquiries checks whether section 47 enquiries start, go on or end (WT-05).
func (f *faults) enquiries(field string, o Outcome, s State) {
	e, carried := s.enquiry(o.ChildID)
	runs := carried && e.Ended == ""
	f.Require(practice.MeetingOutcomes().Has(o.Outcome), field+".outcome", "WT-05", "is not a published outcome")
	switch o.Outcome {
	case practice.EnquiriesContinue, practice.EnquiriesEnd:
		f.Require(runs, field+".outcome", "WT-05", "needs enquiries that an earlier meeting started")
	default:
		f.Require(!runs, field+".outcome", "WT-03", "does not say whether the enquiries that run go on or end")
	}
	mode := o.Mode == "" && o.Outcome != practice.EnquiriesStart
	if o.Outcome == practice.EnquiriesStart || o.Outcome == practice.EnquiriesContinue {
		mode = mode || practice.EnquiryModes().Has(o.Mode)
	}
	f.Require(mode, field+".mode", "WT-05", "is single or joint where enquiries start or go on, and empty elsewhere")
}

// safety checks medical, who sees the child and when, protection and the other
// children: answered for each child (WT-05).
func (f *faults) safety(field string, o Outcome, c Conclude, present []*eventpb.Present, s State) {
	f.Require(practice.Medicals().Has(o.Medical), field+".medical", "WT-05", "answer whether a medical is needed")
	f.Require(practice.Protections().Has(o.Protection), field+".protection", "WT-05", "answer whether immediate protection is needed")
	f.Require(practice.OtherChildren().Has(o.OtherChildren), field+".other_children", "WT-05", "answer for the other children of the household")
	f.Require((o.Medical == "none") == (o.MedicalBy == ""), field+".medical_by", "WT-05", "goes with a medical, and only with it")
	f.Require(o.MedicalBy == "" || s.party(o.MedicalBy, present), field+".medical_by", "WT-05", "takes no part in the meeting")
	f.Require(o.SeenBy != "" || o.Outcome != practice.EnquiriesStart, field+".seen_by", "WT-05", "say which agency sees the child where enquiries start")
	f.Require(o.SeenBy == "" || s.party(o.SeenBy, present), field+".seen_by", "WT-05", "takes no part in the meeting")
	if o.SeenBefore.IsZero() {
		return
	}
	f.Require(o.SeenBy != "", field+".seen_before", "WT-05", "goes with the agency that sees the child")
	f.Require(o.SeenBefore.After(c.HeldAt), field+".seen_before", "time.past", "is not after the meeting")
	latest, err := c.Profile.Due(practice.Clock{Kind: practice.ChildSeen}, c.HeldAt)
	f.Require(err == nil && (o.Outcome != practice.EnquiriesStart || !o.SeenBefore.After(latest.At)), field+".seen_before", "child-seen", "is later than the profile's time to see a child about whom enquiries start")
}

func (f *faults) actions(c Conclude, present []*eventpb.Present, s State) {
	for i, a := range c.Actions {
		field := fmt.Sprintf("actions[%d]", i)
		f.Require(s.party(a.Agency, present), field+".agency", "WT-05", "takes no part in the meeting: invite it first, or it would not hear of this")
		f.children(field+".children", a.Children, s)
		f.words(field+".words", "WT-05", a.Words, 10_000)
		f.Require(a.DueAt.After(c.HeldAt), field+".due_at", "time.past", "is not after the meeting")
		f.Require(!a.DueAt.After(c.HeldAt.Add(year)), field+".due_at", "time.future", "is more than a year after the meeting")
		named, known := s.attendee(a.Owner)
		mine := known && named.Agency == a.Agency || slices.ContainsFunc(present, func(p *eventpb.Present) bool { return p.GetAttendeeId() == a.Owner && p.GetAgency() == a.Agency })
		f.Require(a.Owner == "" || mine, field+".owner", "WT-05", "is nobody of that agency")
	}
}

// party reports whether an agency takes part: it is invited or was there.
func (s State) party(agency string, present []*eventpb.Present) bool {
	_, isInvited := s.invited(agency)
	return isInvited || there(present, agency)
}
