// Package wording says what texts of commands may look like, and how they go on record: narratives, names, and what has a form.
//
// Deciders check with it what they are sent, before anything is decided. It knows no rule and refuses nothing: which text is too short
// or has no form is for the decider to say, with the field and the rule.
package wording

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// Forms that are the same wherever such a text stands.
var (
	Agency = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$`)
	Phone  = regexp.MustCompile(`^[+() -]*[0-9][0-9+() -]*$`)
	Email  = regexp.MustCompile(`^([^@\s]+@[^@\s]+)?$`) // may be left out
)

// Lines gives a narrative with line ends as one character: what was typed on some systems has two, which is no fault of the sender's.
func Lines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// Visible gives a text without what nobody can see around it: spaces of every kind, and characters such as the zero-width space, which
// are none by Unicode.
func Visible(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) })
}

// Said reports whether a narrative says anything: three characters, as the published form of the messages has it, beside blanks around
// them.
func Said(text string) bool { return utf8.RuneCountInString(Visible(text)) >= 3 }

// Narrative gives words as a part of an event that speaks of all those subjects; nil where there are none.
func Narrative(text string, about []string) *eventpb.NarrativePart {
	if text == "" {
		return nil
	}
	return &eventpb.NarrativePart{
		About: slices.Clone(about),
		Part:  &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: Lines(text)}},
	}
}
