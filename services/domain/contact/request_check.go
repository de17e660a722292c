package contact

import (
	"fmt"
	"slices"

	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// checkRequest refuses a request whose form breaks a rule, naming all of it.
func checkRequest(c RequestInformation, s State) error {
	var f faults
	f.Require(oneOf(c.Mode, "targeted", "full"), "mode", "SOT-07", "is neither targeted nor full")
	f.Require(len(c.Questions) > 0, "questions", "SOT-07", "ask at least one agency")
	f.Require(wording.Said(c.Words), "question", "SOT-07", "say in words what is asked")
	f.lines("question", c.Words, 10_000)
	f.listed("purposes", c.Purposes, "SOT-07", c.Profile.Lists.Purposes)
	f.one("status", c.Status, "Haringey", practice.Statuses())
	for i, ask := range c.Questions {
		field := fmt.Sprintf("questions[%d]", i)
		f.token(field+".agency", ask.Agency, wording.Agency)
		twice := slices.ContainsFunc(c.Questions[:i], func(other Ask) bool { return other.Agency == ask.Agency })
		f.Require(!twice, field+".agency", "unique", "is asked twice: put all of it into one question")
		f.codes(field+".subjects", ask.Subjects, "HUB-02", s.isQueued)
		f.listed(field+".categories", ask.Categories, "SOT-07", c.Profile.Lists.Categories)
	}
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

// codes checks a list that must name something, each once.
func (f *faults) codes(field string, list []string, rule string, known func(string) bool) {
	f.each(field, list, rule, known, func() string { return "is not one that can be named here" })
}

// listed is codes for those of a published list, which it names.
func (f *faults) listed(field string, codes []string, rule string, list practice.CodeList) {
	f.each(field, codes, rule, list.Has, func() string { return f.notOf(list) })
}

// one checks a code of a published list.
func (f *faults) one(field, code, rule string, list practice.CodeList) {
	if !list.Has(code) {
		f.Add(field, rule, f.notOf(list))
	}
}

// notOf names what could have been said, once: a long list of wrong codes must
// not make an answer that a client refuses to read.
func (f *faults) notOf(list practice.CodeList) string {
	why := list.Refused()
	if slices.ContainsFunc(f.Faults, func(v domain.FieldViolation) bool { return v.Description == why }) {
		return "is none of the codes in use, which are named above"
	}
	return why
}

func (f *faults) each(field string, list []string, rule string, known func(string) bool, why func() string) {
	f.Require(len(list) > 0, field, rule, "is empty")
	for i, code := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		if !known(code) {
			f.Add(at, rule, why())
		}
		f.Require(!slices.Contains(list[:i], code), at, "unique", "is there twice")
	}
}

func (s State) isQueued(subject string) bool { return slices.Contains(s.Queued, subject) }

func (s State) isSubject(subject string) bool { return slices.Contains(s.Subjects, subject) }
