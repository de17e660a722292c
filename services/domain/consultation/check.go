package consultation

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/identifier/number"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

const (
	// skew is how far another clock may be ahead of the hub's.
	skew = 5 * time.Minute
	// longestUnrecorded in days: as for conversations (ours).
	longestUnrecorded = 28
	mostWords         = 10_000
)

var referenceForm = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._/-]{0,63})?$`)

// faults is what is wrong with a command, with checks of its kinds of field.
type faults struct{ domain.Faults }

// check names all that is wrong with a consultation, and repeats none of it.
func check(c Give) error {
	var f faults
	written, fault := number.Consultation(c.Number)
	f.Require(fault == nil && written == c.Number, "number", "KEN-12", "is not a consultation's number as it is written")
	f.Require(wording.Agency.MatchString(c.Agency), "agency", "token", "is not an agency's id")
	f.Require(referenceForm.MatchString(c.Reference), "reference", "token", "is not a reference")
	f.Require(practice.Channels().Has(c.Channel), "channel", "SOT-01", "is not a published channel of a conversation")
	f.past("held_at", c.HeldAt, c.Now)
	f.Require(practice.Leads().Has(c.Lead), "lead", "KEN-12", "is not a published answer to whether the safeguarding lead was consulted")
	if c.Lead == practice.LeadConsulted {
		f.past("lead_consulted_at", c.LeadAt, c.HeldAt)
	}
	f.Require(practice.Recommendations().Has(c.Recommendation), "recommendation", "KEN-12", "is not a published recommendation")
	f.words("question", c.Question)
	f.words("advice", c.Advice)
	if len(f.Faults) == 0 {
		return nil
	}
	return &domain.Refusal{Reason: ReasonInvalid, Rule: "KEN-12", Message: "fields of the consultation broke a rule", Advice: "correct the fields that are named", Fields: f.Faults}
}

// past checks a time that is at the latest by, and not long before it.
func (f *faults) past(field string, at, by time.Time) {
	f.Require(!at.IsZero(), field, "required", "is missing")
	if at.IsZero() {
		return
	}
	f.Require(!at.After(by.Add(skew)), field, "date.future", "is later than it can be")
	f.Require(!at.Before(by.AddDate(0, 0, -longestUnrecorded)), field, "date.past", fmt.Sprintf("is more than %d days before", longestUnrecorded))
}

func (f *faults) words(field, text string) {
	text = wording.Lines(text)
	f.Require(wording.Said(text), field, "KEN-12", "says nothing")
	f.Require(utf8.ValidString(text), field, "text.utf8", "is not UTF-8")
	f.Require(utf8.RuneCountInString(text) <= mostWords, field, "text.length", "is longer than 10,000 characters")
	control := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	f.Require(!strings.ContainsFunc(text, control), field, "text.control", "holds a control character")
}
