package contact

import (
	"fmt"
	"slices"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// checkOutcomes refuses a decision whose parts break a rule, naming all of them.
func checkOutcomes(c DecideContact, s State) error {
	var f faults
	f.Require(wording.Said(c.Rationale), "rationale", "KEN-07", "say what the decision is drawn from")
	f.lines("rationale", c.Rationale, 40_000)
	for i, o := range c.Outcomes {
		field := fmt.Sprintf("outcomes[%d]", i)
		twice := slices.ContainsFunc(c.Outcomes[:i], func(other Outcome) bool { return other.Subject == o.Subject })
		f.Require(s.isQueued(o.Subject), field+".subject_id", "KEN-07", "is no child in the queue")
		f.Require(!twice, field+".subject_id", "unique", "is there twice")
		f.lines(field+".steps", o.Steps, 10_000)
		f.outcome(field, o, c.Profile, s)
	}
	for _, subject := range s.Queued {
		decided := slices.ContainsFunc(c.Outcomes, func(o Outcome) bool { return o.Subject == subject })
		f.Require(decided, "outcomes", "KEN-07", "lack "+subject+": decide for every child in the queue")
	}
	for i, id := range c.Shares {
		_, ok := s.share(id)
		f.Require(ok, fmt.Sprintf("shares[%d]", i), "KEN-07", "is not on record")
		f.Require(!ok || !s.corrected(id), fmt.Sprintf("shares[%d]", i), "corrected", "was corrected: rest on what stands in its place")
	}
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

// outcome keeps KEN-01: support at level 3 and above is a service's, and below it
// the answer is advice on support at level 2. A family may decline help that no
// concern forces on them (KEN-11, ROC-10), so level 3 with advice takes a recorded
// no. Ours: no further action is for level 1 alone, where there is nothing to
// advise.
func (f *faults) outcome(field string, o Outcome, p practice.Profile, s State) {
	f.Require(practice.Outcomes().Has(o.Outcome), field+".outcome", "KEN-07", "is not a published outcome")
	f.Require(o.Level >= practice.LowestLevel && o.Level <= practice.HighestLevel, field+".support_level", "KEN-01", "is not 1, 2, 3 or 4")
	switch o.Outcome {
	case practice.OutcomeReferral, practice.OutcomeEarlyHelp:
		f.destination(field, o, p, s)
	case practice.OutcomeAdvice:
		f.Require(o.Destination == "", field+".destination", "SOT-04", "is nowhere: the answer is advice")
		f.Require(wording.Said(o.Steps), field+".steps", "SOT-04", "say which steps were agreed with the referrer")
		declined := o.Level == practice.ServiceLevel && s.engages(o.Subject, "", "no")
		f.Require(o.Level < practice.ServiceLevel || declined, field+".support_level", "KEN-01",
			"is one at which a service helps; advice is the answer below it, or where a family at level 3 declines")
	case practice.OutcomeNone:
		f.Require(o.Destination == "", field+".destination", "SOT-04", "is nowhere: there is no further action")
		f.Require(o.Level == practice.LowestLevel, field+".support_level", "KEN-01", "is one at which there is at least advice")
	}
}

func (f *faults) destination(field string, o Outcome, p practice.Profile, s State) {
	service, ok := practice.ServiceAt(o.Destination)
	ok = ok && p.Lists.Destinations.Has(o.Destination)
	f.Require(ok && service.Takes(o.Outcome), field+".destination", "SOT-04", "is no destination in use for that outcome")
	if !ok {
		return
	}
	f.Require(o.Level >= service.Least, field+".support_level", "KEN-01", "is below what the destination takes: the answer is advice on level 2 support")
	f.Require(o.Level <= service.Most, field+".support_level", "KEN-17", "is above what the destination takes")
	agreed := o.Outcome != practice.OutcomeEarlyHelp || s.engages(o.Subject, o.Destination, "yes")
	f.Require(agreed, field+".outcome", "KEN-11",
		"needs the family's recorded agreement to engage with that service; where the concern warrants it, refer without")
}

// engages reports whether, of those who were asked whether they agree to engage
// with a service for a child, somebody last said that; service empty: with any.
// One holder's yes is enough and another's no does not undo it (ours): who says
// yes can take the help up.
func (s State) engages(subject, service, answer string) bool {
	type asked struct{ holder, service string }
	last := map[asked]string{}
	for _, e := range s.Authority.Engagements {
		if slices.Contains(e.GetSubjects(), subject) && (service == "" || e.GetService() == service) {
			last[asked{e.GetHolderId(), e.GetService()}] = e.GetAgrees()
		}
	}
	for _, said := range last {
		if said == answer {
			return true
		}
	}
	return false
}

// checkFindings refuses outcomes that what was analysed speaks against: something
// that nobody looked at (SOT-09), or significant harm, present or a risk, that
// would get less than a referral (SOT-10). The second is ours: who sees it
// otherwise records an analysis that says so. Then come the enquiries that run.
func checkFindings(outcomes []*eventpb.SubjectOutcome, s State) error {
	var subjects []string
	var f faults
	for i, o := range outcomes {
		subjects = append(subjects, o.GetSubjectId())
		harm := oneOf(s.harm(o.GetSubjectId()), "present", "at-risk")
		f.Require(!harm || o.GetOutcome() == practice.OutcomeReferral, fmt.Sprintf("outcomes[%d].outcome", i), "SOT-10", "is less than a referral, and significant harm was found or is a risk")
	}
	if err := checkLooked(s, subjects); err != nil {
		return err
	}
	if len(f.Faults) == 0 {
		return checkEnquiries(outcomes, s)
	}
	return &domain.Refusal{Reason: ReasonHarmFound, Rule: "SOT-10", Message: "the analysis finds significant harm, or a risk of it, and the outcome is less than a referral",
		Advice: "refer the child, or record an analysis that says why there is none", Fields: f.Faults}
}

// checkManagerLooked keeps the manager's part of SOT-09: about each child about
// whom something was shared there is an analysis by a manager.
func checkManagerLooked(d Decision, s State) error {
	var f faults
	for i, o := range d.Outcomes {
		shared := slices.ContainsFunc(s.Shares, func(one Share) bool { return slices.Contains(one.Subjects, o.GetSubjectId()) })
		analysed := slices.ContainsFunc(s.Analyses, func(a Analysis) bool {
			return a.By == ByManager && slices.Contains(a.Subjects, o.GetSubjectId())
		})
		f.Require(!shared || analysed, fmt.Sprintf("outcomes[%d].subject_id", i), "SOT-09", "has no analysis by a manager, and information about the child was shared")
	}
	if len(f.Faults) == 0 {
		return nil
	}
	return &domain.Refusal{Reason: ReasonNotAnalysed, Rule: "SOT-09", Message: "a manager has not analysed what was shared",
		Advice: "record a manager's analysis for the children that are named, and sign off then", Fields: f.Faults}
}
