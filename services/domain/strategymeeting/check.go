package strategymeeting

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/wording"
)

// faults is what is wrong with a command, with checks of its kinds of field.
type faults struct{ domain.Faults }

func (f faults) refusal() error {
	if len(f.Faults) == 0 {
		return nil
	}
	return &domain.Refusal{Reason: ReasonInvalidCommand, Message: "fields of the command broke a rule", Advice: "correct the fields that are named", Fields: f.Faults}
}

// words checks a narrative that has to say something: three characters beside
// blanks around them, as the published form of the messages has it.
func (f *faults) words(field, rule, text string, limit int) {
	f.Require(wording.Said(text), field, rule, "say it in words")
	f.text(field, text, limit)
}

// text checks what may be empty. Line ends and tabs are welcome, other control
// characters would split a table's row or a log's line; all scripts are welcome.
func (f *faults) text(field, text string, limit int) {
	control := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	f.Require(utf8.ValidString(text), field, "text.utf8", "is not UTF-8")
	f.Require(utf8.RuneCountInString(text) <= limit, field, "text.length", fmt.Sprintf("is longer than %d characters", limit))
	f.Require(!strings.ContainsFunc(wording.Lines(text), control), field, "text.control", "holds a control character")
}

// line checks words on one line.
func (f *faults) line(field, text string, limit int) {
	f.text(field, text, limit)
	f.Require(!strings.ContainsAny(text, "\r\n\t"), field, "text.control", "holds a control character")
}

// agency checks an agency's id and the sector that the registry gave for it, in
// the fields with that prefix.
func (f *faults) agency(prefix, agency, sector string, known func(string) bool) {
	f.Require(wording.Agency.MatchString(agency), prefix+"agency", "token", "is not an agency's id")
	f.Require(known(sector), prefix+"sector", "in-use", "is not a sector in use")
}

// children checks a list of the meeting's children; empty is for all of them.
func (f *faults) children(field string, ids []string, s State) {
	for i, id := range ids {
		f.Require(s.child(id), fmt.Sprintf("%s[%d]", field, i), "WT-05", "is no child of the meeting")
		f.Require(!slices.Contains(ids[:i], id), fmt.Sprintf("%s[%d]", field, i), "unique", "is there twice")
	}
}

// year bounds times that people type: what lies further away than that has the
// wrong year in it.
const year = 366 * 24 * time.Hour

// beforeCall is how long before its call a meeting may have been held. It is ours:
// a discussion of the evening before Christmas or Easter is recorded on the next
// working day, up to five days later, and called then. A time before that has a
// wrong date in it, and would set the conference clock of WT-03 by it.
const beforeCall = 7 * 24 * time.Hour

// held checks when something was held: not in the future, and not so long ago
// that the year must be wrong.
func (f *faults) held(field string, at, now time.Time) {
	f.Require(!at.After(now), field, "time.future", "is in the future")
	f.Require(!at.Before(now.Add(-year)), field, "time.past", "is more than a year ago")
}

// planned checks when something is to be held. What was held already, and could
// not be recorded before, has its time in the past.
func (f *faults) planned(field string, at, now time.Time) {
	f.Require(!at.After(now.Add(year)), field, "time.future", "is more than a year ahead")
	f.Require(!at.Before(now.Add(-year)), field, "time.past", "is more than a year ago")
}

var teamForm = regexp.MustCompile(`^([a-z0-9][a-z0-9-]{0,63})?$`)
