package contact

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/wording"
)

// faults is what is wrong with a command, with checks of its kinds of field.
type faults struct{ domain.Faults }

func (f faults) refusal(reason, message string) error {
	if len(f.Faults) == 0 {
		return nil
	}
	return &domain.Refusal{Reason: reason, Message: message, Advice: "correct the fields that are named", Fields: f.Faults}
}

// token checks a field that is a code or an opaque id.
func (f *faults) token(field, text string, form *regexp.Regexp) {
	f.Require(form.MatchString(text), field, "token", "is not a code or reference in the form that is published for it")
}

// line checks words on one line; limit is in characters. Control characters are
// refused, as they would split a table's row or a log's line; all scripts are
// welcome.
func (f *faults) line(field, text string, limit int) {
	f.text(field, text, limit, func(rune) bool { return false })
}

// lines checks a narrative, which may have line ends and tabs.
func (f *faults) lines(field, text string, limit int) {
	f.text(field, wording.Lines(text), limit, func(r rune) bool { return r == '\n' || r == '\t' })
}

func (f *faults) text(field, text string, limit int, welcome func(rune) bool) {
	control := func(r rune) bool { return unicode.IsControl(r) && !welcome(r) }
	switch {
	case !utf8.ValidString(text):
		f.Add(field, "text.utf8", "is not UTF-8")
	case utf8.RuneCountInString(text) > limit:
		f.Add(field, "text.length", fmt.Sprintf("is longer than %d characters", limit))
	case strings.ContainsFunc(text, control):
		f.Add(field, "text.control", "holds a control character")
	}
}

// named reports whether a name is one; some have a single character.
func named(text string) bool { return wording.Visible(text) != "" }

func oneOf(text string, codes ...string) bool { return slices.Contains(codes, text) }

var (
	referenceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$`)
	caseForm      = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9/-]{0,31})?$`)
	codeForm      = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
)

const invalidCommand = "fields of the command broke a rule"

func checkTriage(c Triage) error {
	var f faults
	f.one("rating", c.Rating, "KEN-03", c.Profile.Lists.Ratings)
	f.Require(len(c.Actions) > 0, "actions", "KEN-03", "a triage directs at least one action")
	for i, action := range c.Actions {
		field := fmt.Sprintf("actions[%d]", i)
		f.one(field, action, "KEN-03", c.Profile.Lists.TriageActions)
		f.Require(!slices.Contains(c.Actions[:i], action), field, "KEN-03", "is there twice")
	}
	if slices.Contains(c.Actions, "other") {
		f.Require(wording.Said(c.Directions), "directions", "KEN-03", "say in words what is to be done where an action is other")
	}
	f.lines("directions", c.Directions, 10_000)
	if c.Team != "" {
		f.token("team", c.Team, codeForm)
	}
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

func checkRate(c Rate) error {
	var f faults
	f.one("rating", c.Rating, "KEN-03", c.Profile.Lists.Ratings)
	f.reason(c.Reason, "KEN-03")
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

func checkAllocate(c Allocate) error {
	var f faults
	f.token("worker", c.Worker, codeForm)
	if c.Team != "" {
		f.token("team", c.Team, codeForm)
	}
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

func checkReason(reason string) error {
	var f faults
	f.reason(reason, "reason")
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

func (f *faults) reason(text, rule string) {
	f.Require(wording.Said(text), "reason", rule, "say why")
	f.lines("reason", text, 10_000)
}
