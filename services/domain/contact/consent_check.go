package contact

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact/authority"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// personForm is that of people's opaque ids.
var personForm = regexp.MustCompile(`^[A-Za-z0-9._:@/-]{1,128}$`)

// mostAgencies is how many organisations one scope may name: more than any
// authority has partners, and few enough to be read.
const mostAgencies = 200

// scope checks that a scope names something in each of its lists and nothing
// that is not published or, of children, not among those given. Nothing is
// implied: an empty list would cover nothing, however it was meant.
func (f *faults) scope(field string, s *eventpb.Scope, among []string, lists practice.Lists) {
	f.codes(field+".subjects", s.GetSubjects(), "HUB-02", in(among))
	f.listed(field+".purposes", s.GetPurposes(), "HUB-02", lists.Purposes)
	f.listed(field+".categories", s.GetCategories(), "HUB-02", lists.Categories)
	agencies := s.GetAgencies()
	f.Require(len(agencies) > 0 && len(agencies) <= mostAgencies, field+".agencies", "HUB-02", fmt.Sprintf("names no agency, or more than %d", mostAgencies))
	for i, agency := range agencies {
		at := fmt.Sprintf("%s.agencies[%d]", field, i)
		f.token(at, agency, wording.Agency)
		f.Require(!slices.Contains(agencies[:i], agency), at, "unique", "is there twice")
	}
}

func in(list []string) func(string) bool {
	return func(one string) bool { return slices.Contains(list, one) }
}

// bases checks lawful bases: published, and all of one regime, for what the
// police process for law enforcement has bases of its own.
func (f *faults) bases(field string, bases []string) {
	regimes := map[string]bool{}
	f.codes(field, bases, "published", func(basis string) bool {
		for _, regime := range practice.Regimes() {
			if practice.LawfulBases(regime).Has(basis) {
				regimes[regime] = true
				return true
			}
		}
		return false
	})
	f.Require(len(regimes) < 2, field, "regime", "mixes bases of two regimes of data protection law: record them apart")
}

// words checks a narrative; rule names what asks for it, and empty is none.
func (f *faults) words(field, text, rule string, needed bool, why string) {
	f.Require(!needed || wording.Said(text), field, rule, why)
	f.lines(field, text, 10_000)
}

func checkHolder(c RecordHolder, s State) error {
	var f faults
	f.Require(named(c.Holder.GetName()), "name", "SOT-07", "is empty")
	f.line("name", c.Holder.GetName(), 200)
	f.line("relationship", c.Holder.GetRelationship(), 100)
	f.phones("phones", c.Holder.GetPhones())
	f.one("basis", c.Basis, "SOT-07", c.Profile.Lists.HolderBases)
	if c.HolderID == "" || len(c.Subjects) > 0 {
		f.codes("subjects", c.Subjects, "SOT-07", s.isSubject)
	}
	f.Require(c.Basis != practice.ChildCompetent || len(c.Subjects) < 2, "subjects", "SOT-07", "a child decides for themselves and for nobody else")
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

func checkConsent(c RecordConsent, holder *eventpb.HolderRecorded) error {
	var f faults
	asked := oneOf(c.Stance, authority.Given, authority.Refused)
	f.Require(asked || oneOf(c.Stance, authority.NotSought, authority.CannotBeObtained), "stance", "SOT-07", "is not given, refused, not-sought or cannot-be-obtained")
	f.scope("scope", c.Scope, holder.GetSubjects(), c.Profile.Lists)
	f.asking(c, asked)
	f.words("reason", c.Reason, "KEN-25", !asked, "say why it was not sought, or why it cannot be obtained")
	if c.Stance == authority.Given || c.Evidence != "" {
		f.one("evidence", c.Evidence, "SOT-07", c.Profile.Lists.Evidence)
	}
	if !c.ExpiresAt.IsZero() {
		f.Require(c.Stance == authority.Given, "expires_at", "HUB-02", "only a given consent comes to an end")
		f.Require(c.ExpiresAt.After(c.Now) && timestamppb.New(c.ExpiresAt).IsValid(), "expires_at", "HUB-02", "is not in the future")
	}
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

// asking checks by whom, when and how a holder was asked: whole where they
// were, absent where nobody sought it, and what there is of a vain attempt.
func (f *faults) asking(c RecordConsent, asked bool) {
	if c.Stance == authority.NotSought {
		f.Require(c.AskedBy == "" && c.Asked == nil && c.How == "", "asked", "SOT-07", "nobody was asked where it was not sought")
		return
	}
	if asked || c.AskedBy != "" {
		f.token("asked_by", c.AskedBy, personForm)
	}
	if asked || c.How != "" {
		f.one("how", c.How, "SOT-07", c.Profile.Lists.Means)
	}
	f.Require(!asked || c.Asked != nil, "asked", "SOT-07", "say when they were asked")
	f.occurrence("asked", c.Asked, c.Now)
}

func checkWithdraw(c WithdrawConsent) error {
	var f faults
	f.Require(c.Withdrawn != nil, "withdrawn", "HUB-02", "say when they took it back")
	f.occurrence("withdrawn", c.Withdrawn, c.Now)
	f.one("how", c.How, "SOT-07", c.Profile.Lists.Means)
	f.words("reason", c.Reason, "HUB-02", false, "")
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

func checkEngagement(c RecordEngagement, holder *eventpb.HolderRecorded) error {
	var f faults
	f.codes("subjects", c.Subjects, "KEN-11", in(holder.GetSubjects()))
	f.one("service", c.Service, "KEN-11", c.Profile.Lists.Destinations)
	f.Require(oneOf(c.Agrees, "yes", "no", "undecided"), "agrees", "KEN-11", "is not yes, no or undecided")
	f.Require(c.Said != nil, "said", "KEN-11", "say when it was said")
	f.occurrence("said", c.Said, c.Now)
	f.words("reason", c.Reason, "KEN-11", c.Agrees == "no", "say what the refusal means for the concern, and for the parent's ability to meet needs")
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

// stamp gives a time as it is recorded; nil where there is none.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
