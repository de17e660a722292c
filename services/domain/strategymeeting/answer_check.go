package strategymeeting

import (
	"fmt"
	"slices"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// checkAnswer refuses what cannot be read as it was meant, so that its sender
// corrects it; never what is unwelcome.
func checkAnswer(c Answer, s State) error {
	var f faults
	f.agency("", c.Agency, c.Sector, practice.Sectors().Has)
	f.Require(c.Answer == Attending || c.Answer == Apologies, "answer", "WT-04", "is neither attending nor apologies")
	f.Require((c.Answer == Attending) == (len(c.Attendees) > 0), "attendees", "WT-04", "who attends is named; with apologies nobody is")
	f.Require(len(c.Attendees) <= 20, "attendees", "list.length", "are more than 20")
	f.text("reason", c.Reason, 4_000)
	for i, p := range c.Attendees {
		field := fmt.Sprintf("attendees[%d]", i)
		f.person(field, p)
		// Whom others have named is not an agency's to find out: one answer for
		// nobody of that id and for somebody else's.
		other, ok := s.attendee(p.SubstituteFor)
		f.Require(p.SubstituteFor == "" || ok && (other.Agency == c.Agency || !c.FromAgency), field+".substitute_for", "WT-04", "is nobody whom this agency named")
	}
	f.Require(len(c.Contributions) <= 100, "contributions", "list.length", "are more than 100")
	for i, statement := range c.Contributions {
		f.statement(fmt.Sprintf("contributions[%d]", i), statement, c, s)
	}
	return f.refusal()
}

func (f *faults) person(field string, p Person) {
	f.Require(wording.Visible(p.Name) != "", field+".name", "required", "is empty")
	f.Require(wording.Visible(p.Post) != "", field+".post", "required", "is empty")
	f.line(field+".name", p.Name, 200)
	f.line(field+".post", p.Post, 200)
	f.Require(len(p.Phones) <= 5, field+".phones", "list.length", "are more than 5")
	for _, phone := range p.Phones {
		f.Require(len(phone) <= 40 && wording.Phone.MatchString(phone), field+".phones", "phone", "hold one that is no telephone number")
	}
	f.Require(len(p.Email) <= 254 && wording.Email.MatchString(p.Email), field+".email", "email", "is no email address")
}

// statement checks a contribution as what is shared on a contact is checked, and
// its handling with it (HUB-05).
func (f *faults) statement(field string, st *eventpb.Statement, c Answer, s State) {
	f.Require(len(st.GetSubjects()) > 0, field+".subjects", "HUB-03", "are missing: say whom it is about")
	f.children(field+".subjects", st.GetSubjects(), s)
	f.Require(c.Profile.Lists.Categories.Has(st.GetCategory()), field+".category", "SOT-07", c.Profile.Lists.Categories.Refused())
	f.words(field+".words", "HUB-03", st.GetWords().GetOpen().GetText(), 40_000)
	f.Require(slices.Contains([]string{"fact", "opinion"}, st.GetKind()), field+".kind", "code", "is neither fact nor opinion")
	f.Require(slices.Contains([]string{"witnessed", "reported", "record", "assessment"}, st.GetSource()), field+".source", "code", "is not witnessed, reported, record or assessment")
	f.known(field+".known", st.GetKnown(), c.Now)
	h, conditions := st.GetHandling(), st.GetHandling().GetConditions().GetOpen().GetText()
	f.Require(slices.Contains([]string{"", "P", "C"}, h.GetPoliceCode()), field+".handling.police_code", "3x5x2", "is neither P nor C")
	f.Require((h.GetPoliceCode() == "C") == (wording.Visible(conditions) != ""), field+".handling.conditions", "3x5x2", "go with code C, and only with it")
	f.text(field+".handling.conditions", conditions, 4_000)
}

// skew is by how much an agency's clock may be ahead of the hub's.
const skew = 5 * time.Minute

// known checks when something became known or happened, as precise as its sender
// knows it.
func (f *faults) known(field string, o *eventpb.Occurrence, now time.Time) {
	if o == nil {
		return
	}
	f.Require(slices.Contains([]string{"instant", "day", "month", "unknown"}, o.GetPrecision()), field+".precision", "code", "is not instant, day, month or unknown")
	f.Require(o.GetAt() != nil || o.GetPrecision() == "unknown", field+".at", "required", "is missing, though its precision is given")
	f.Require(o.GetAt() == nil || o.GetAt().IsValid() && !o.GetAt().AsTime().After(now.Add(skew)), field+".at", "date.future", "is in the future, or no time that can be")
}
