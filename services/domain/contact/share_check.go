package contact

import (
	"fmt"

	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// checkShare refuses what cannot be read as it was meant, so that its sender
// corrects it; never what is unwelcome.
func checkShare(c ShareInformation, s State) error {
	var f faults
	f.token("agency", c.Agency, wording.Agency)
	f.Require(practice.Answers().Has(c.Answer), "answer", "SOT-07", "is not a published way to answer")
	tells := oneOf(c.Answer, AnswerShared, AnswerPartial)
	f.Require(!tells || len(c.Statements) > 0, "statements", "SOT-07", "are missing, though the answer tells something")
	f.Require(tells || len(c.Statements) == 0, "statements", "SOT-07", "are there, though the answer tells nothing")
	f.Require(c.Answer != AnswerWillNotShare || wording.Said(c.Reason), "reason", "SOT-07", "say why it is not shared")
	f.Require(c.RequestID != "" || c.Corrects != "" || len(c.Statements) > 0, "statements", "HUB-03", "are missing, and no request is answered")
	f.lines("reason", c.Reason, 10_000)
	if c.Corrects != "" {
		earlier, ok := s.share(c.Corrects)
		f.Require(ok && earlier.Agency == c.Agency, "corrects", "same-agency", "is nothing that this agency told")
	}
	f.Require(len(c.Statements) <= 500, "statements", "list.length", "are more than 500")
	for i, statement := range c.Statements {
		f.statement(fmt.Sprintf("statements[%d]", i), statement, c, s)
	}
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

func (f *faults) statement(field string, statement Statement, c ShareInformation, s State) {
	f.codes(field+".subjects", statement.Subjects, "HUB-03", s.isSubject)
	f.one(field+".category", statement.Category, "SOT-07", c.Profile.Lists.Categories)
	f.Require(wording.Said(statement.Words), field+".words", "required", "say what is known")
	f.lines(field+".words", statement.Words, 40_000)
	f.Require(oneOf(statement.Kind, "fact", "opinion"), field+".kind", "code", "is neither fact nor opinion")
	f.Require(oneOf(statement.Source, "witnessed", "reported", "record", "assessment"), field+".source", "code", "is not witnessed, reported, record or assessment")
	f.occurrence(field+".known", statement.Known, c.Now)
	f.handling(field+".handling", statement.Handling)
}

// handling keeps the police's 3x5x2: P may be shared as the law allows, C with
// conditions, which are then there to be kept.
func (f *faults) handling(field string, h Handling) {
	f.Require(oneOf(h.PoliceCode, "", "P", "C"), field+".police_code", "3x5x2", "is neither P nor C")
	f.Require((h.PoliceCode == "C") == wording.Said(h.Conditions), field+".conditions", "3x5x2", "go with code C, and only with it")
	f.lines(field+".conditions", h.Conditions, 4_000)
}
