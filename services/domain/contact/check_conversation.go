package contact

import (
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// longestUnrecorded in days is how long ago a conversation may have been held when
// it is recorded (ours): late is on record as late, and a slip in the date must not
// make a contact that is years overdue.
const longestUnrecorded = 28

// conversation checks what a message does not have. A caller who speaks for no
// agency leaves it and its reference out.
func (f *faults) conversation(c RecordConversation) {
	f.Require(practice.Channels().Has(c.Channel), "channel", "SOT-01", "is not a published channel of a conversation")
	switch {
	case c.HeldAt.IsZero():
		f.Add("held_at", "required", "say when the conversation was held")
	case c.HeldAt.After(c.Now.Add(skew)):
		f.Add("held_at", "date.future", "is in the future")
	case c.HeldAt.Before(c.Now.AddDate(0, 0, -longestUnrecorded)):
		f.Add("held_at", "date.past", "is more than 28 days ago")
	}
	if c.Reference != "" {
		f.token("reference", c.Reference, referenceForm)
	}
	if c.Agency == "" {
		return
	}
	f.token("agency", c.Agency, wording.Agency)
	f.Require(!practice.Individual(c.SourceCode), "source_code", "KEN-15", "is that of a private person, and the caller spoke for an agency")
}
