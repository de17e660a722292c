package contact

import (
	"fmt"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
	"github.com/openmash/mash/services/domain/worktime"
)

// checkReceive refuses a contact that breaks a rule, naming all of them. Its
// limits are those of the published messages. Conversation is nil for a message.
func checkReceive(c Receive, conversation *RecordConversation) error {
	schedule, err := c.Profile.Schedule()
	if err != nil {
		return fmt.Errorf("contact: %w", err)
	}
	var f faults
	if conversation != nil {
		f.conversation(*conversation)
	} else {
		f.token("agency", c.Agency, wording.Agency)
		f.token("reference", c.Reference, referenceForm)
	}
	f.envelope(c)
	f.consulted(c.Consultation)
	f.consent(c)
	today := worktime.DateOf(c.Now.In(schedule.Zone))
	f.Require(len(c.Children) >= 1 && len(c.Children) <= 20, "children", "KEN-02", "a contact is about 1 to 20 children")
	for i, child := range c.Children {
		f.child(fmt.Sprintf("children[%d]", i), child, today)
	}
	f.incident(c)
	f.referrer(c)
	f.Require(len(c.Household) <= 40, "household", "list.length", "has more than 40 members")
	for i, member := range c.Household {
		f.member(fmt.Sprintf("household[%d]", i), member, today)
	}
	f.occurrence("occurred", c.Occurred, c.Now)
	if c.WorkType == "request-for-support" {
		f.requestForSupport(c)
	}
	if err := f.refusal(ReasonInvalidContact, "fields of the contact broke a rule"); err != nil {
		return err
	}
	return checkMatches(c)
}

func (f *faults) envelope(c Receive) {
	f.Require(c.Source != "" && c.MessageID != "", "message_id", "required", "a message has a source and an id of its own")
	f.line("message_id", c.MessageID, 512)
	f.line("message_source", c.Source, 512)
	_, inUse := c.Profile.WorkType(c.WorkType)
	f.Require(inUse, "work_type", "KEN-16", "is not a work type in use")
	f.Require(c.Profile.Lists.ReferralSources.Has(c.SourceCode), "source_code", "CIN-8866", "is not a source of the census")
	f.Require(wording.Said(c.Reason), "reason", "KEN-02", "say what the worry is")
	f.lines("reason", c.Reason, 40_000)
}

// consent keeps SOT-02. "Not known" is an answer: a member of the public cannot
// say, and information about a child is never lost to a form (HUB-03).
func (f *faults) consent(c Receive) {
	f.Require(c.Profile.Lists.ConsentStances.Has(c.Consent.Stance), "consent.stance", "SOT-02", "say whether consent was sought")
	if c.Consent.Stance == practice.ConsentNotSought {
		f.Require(wording.Said(c.Consent.WhyNotSought), "consent.why_not_sought", "SOT-02",
			"where consent was not sought, say why seeking it would place the child at risk of significant harm")
	}
	f.lines("consent.why_not_sought", c.Consent.WhyNotSought, 4_000)
	f.Require(answer(c.Consent.FamilyKnows), "consent.family_knows", "KEN-02", "is not yes, no or not-known")
	f.Require(answer(c.Consent.AgreesToEngage), "consent.agrees_to_engage", "KEN-02", "is not yes, no or not-known")
}

func answer(text string) bool { return oneOf(text, "", "yes", "no", "not-known") }

func (f *faults) referrer(c Receive) {
	f.Require((c.Referrer != nil) != c.Anonymous, "referrer", "KEN-02", "name the referrer, or say that the referrer is anonymous, not both")
	if c.Referrer == nil {
		return
	}
	f.Require(named(c.Referrer.GetName()), "referrer.name", "KEN-02", "is empty")
	f.line("referrer.name", c.Referrer.GetName(), 200)
	f.line("referrer.role", c.Referrer.GetRole(), 200)
	f.Require(wording.Email.MatchString(c.Referrer.GetEmail()), "referrer.email", "form", "is not an email address")
	f.line("referrer.email", c.Referrer.GetEmail(), 254)
	f.phones("referrer.phones", c.Referrer.GetPhones())
}

func (f *faults) phones(field string, phones []string) {
	f.Require(len(phones) <= 10, field, "list.length", "has more than 10 numbers")
	for i, phone := range phones {
		f.Require(len(phone) >= 3 && len(phone) <= 30 && wording.Phone.MatchString(phone), fmt.Sprintf("%s[%d]", field, i), "form", "is not a telephone number")
	}
}

func (f *faults) member(field string, m *eventpb.HouseholdMember, today worktime.Date) {
	f.Require(named(m.GetName()), field+".name", "KEN-02", "is empty")
	f.line(field+".name", m.GetName(), 200)
	f.line(field+".relationship", m.GetRelationship(), 100)
	f.Require(oneOf(m.GetParentalResponsibility(), "", "yes", "no", "unknown"), field+".parental_responsibility", "code", "is not yes, no or unknown")
	f.phones(field+".phones", m.GetPhones())
	f.birth(field+".date_of_birth", m.GetDateOfBirth().GetValue(), today)
}

// skew is how far a sender's clock may be ahead of the hub's.
const skew = 5 * time.Minute

// occurrence checks when it happened, as the sender tells it. No clock starts
// there, so a late message is welcome; one from the future cannot be true.
func (f *faults) occurrence(field string, o *eventpb.Occurrence, now time.Time) {
	if o == nil {
		return
	}
	f.Require(oneOf(o.GetPrecision(), "instant", "day", "month", "unknown"), field+".precision", "code", "is not instant, day, month or unknown")
	at := o.GetAt()
	switch {
	case at == nil:
		f.Require(o.GetPrecision() == "unknown", field+".at", "required", "is missing, though its precision is given")
	case !at.IsValid():
		f.Add(field+".at", "date.real", "is not a time that can be")
	case at.AsTime().After(now.Add(skew)):
		f.Add(field+".at", "date.future", "is in the future")
	case at.AsTime().Before(now.AddDate(-longestLife, 0, 0)):
		f.Add(field+".at", "date.past", fmt.Sprintf("is more than %d years ago", longestLife))
	}
}

// requestForSupport keeps KEN-02: the one form is complete. Other work is taken
// as it comes, for a police officer at the scene has no form.
func (f *faults) requestForSupport(c Receive) {
	reachable := len(c.Referrer.GetPhones()) > 0
	for _, member := range c.Household {
		reachable = reachable || len(member.GetPhones()) > 0
	}
	f.Require(reachable, "referrer.phones", "KEN-02", "a request for support needs a telephone number of the referrer or of someone in the household")
	for i, child := range c.Children {
		field, person := fmt.Sprintf("children[%d]", i), child.Person
		f.Require(child.Unborn || named(person.GetGivenName()) || named(person.GetFamilyName()), field, "KEN-02", "a request for support names every child who is born")
		f.Require(person.GetDateOfBirth().GetValue() != "" || person.GetExpectedDateOfBirth().GetValue() != "", field+".date_of_birth", "KEN-02",
			"a request for support needs a date of birth, or an expected one, for every child")
	}
	f.Require(c.Consent.AgreesToEngage != "", "consent.agrees_to_engage", "KEN-02", "a request for support says whether the family agrees to engage")
	f.Require(c.ChildProtection || c.Consent.FamilyKnows != "", "consent.family_knows", "KEN-02",
		"a request for support says whether the family knows of it, unless it is child protection")
}

// checkMatches guards against a caller's mistake, which is no sender's fault: a
// match for a child who is not there would let the contact leave the queue.
func checkMatches(c Receive) error {
	for _, match := range c.OpenMatches {
		known := false
		for i := range c.Children {
			known = known || match.GetSubjectId() == SubjectID(i)
		}
		if !known {
			return fmt.Errorf("contact: an open case was matched to subject %q, which the contact does not have", match.GetSubjectId())
		}
	}
	return nil
}
