package contact

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// RecordAnalysis is what an agency, the worker or the manager makes of what was
// shared: its impact on the child, the right help, the right time (SOT-09).
type RecordAnalysis struct {
	Setting
	// Agency is the sharing agency whose analysis it is, which a worker may
	// write down for it; empty: the analysis is the actor's, as a manager or a
	// worker by their role.
	Agency   string
	Subjects []string
	// Shares are what was looked at, by share id.
	Shares []string
	// Words are the analysis, in words.
	Words string
	// Harm is "present", "at-risk" or "none-found", and always answered (SOT-10).
	Harm string
}

func (c RecordAnalysis) under(s Setting) Command { c.Setting = s; return c }

// Whose an analysis is, published.
const (
	ByAgency  = "agency"
	ByWorker  = "worker"
	ByManager = "manager"
)

// Analysis is what somebody made of what was shared.
type Analysis struct {
	ID, By, Agency   string
	Subjects, Shares []string
	Harm             string
	content          [sha256.Size]byte
}

func analysed(e *eventpb.AnalysisRecorded) Analysis {
	return Analysis{
		ID: e.GetAnalysisId(), By: e.GetBy(), Agency: e.GetAgency(), Subjects: e.GetSubjects(), Shares: e.GetShares(),
		Harm: e.GetSignificantHarm(), content: analysisContent(e),
	}
}

func analysisContent(e *eventpb.AnalysisRecorded) [sha256.Size]byte {
	return digest(&eventpb.AnalysisRecorded{
		By: e.GetBy(), Agency: e.GetAgency(), Subjects: e.GetSubjects(), Shares: e.GetShares(), Analysis: e.GetAnalysis(),
		SignificantHarm: e.GetSignificantHarm(),
	})
}

// recordAnalysis adds one; the very same again adds nothing. Whose it is follows
// from the actor's role, never from what the command says of itself.
//
// What an agency sends itself is taken whatever has become of the contact, as
// all that it tells is (HUB-03): no decision rests on it, and it may be what has
// somebody take the contact up again. Naming no children, it is about all.
func recordAnalysis(c RecordAnalysis, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.AnalysisRecord); err != nil {
		return nil, err
	}
	if c.Role == access.AgencySystem {
		if s.ID == "" {
			return nil, notReceived()
		}
		if len(c.Subjects) == 0 {
			c.Subjects = s.Subjects
		}
	} else if err := inQueue(s); err != nil {
		return nil, err
	}
	if err := checkAnalysis(c, s); err != nil {
		return nil, err
	}
	e := &eventpb.AnalysisRecorded{
		ContactId: s.ID, AnalysisId: fmt.Sprintf("a%d", len(s.Analyses)+1), By: c.by(), Agency: c.Agency,
		Subjects: slices.Clone(c.Subjects), Shares: slices.Clone(c.Shares), Analysis: wording.Narrative(c.Words, c.Subjects), SignificantHarm: c.Harm,
	}
	content := analysisContent(e)
	if slices.ContainsFunc(s.Analyses, func(a Analysis) bool { return a.content == content }) {
		return nil, nil
	}
	return []proto.Message{e}, nil
}

func (c RecordAnalysis) by() string {
	switch {
	case c.Agency != "" || c.Role == access.AgencySystem:
		return ByAgency
	case c.Role == access.TeamManager || c.Role == access.OnCallSeniorManager:
		return ByManager
	}
	return ByWorker
}

func checkAnalysis(c RecordAnalysis, s State) error {
	var f faults
	about := s.isQueued
	if c.Role == access.AgencySystem {
		about = func(subject string) bool { return slices.Contains(s.Subjects, subject) }
	}
	f.codes("subjects", c.Subjects, "SOT-09", about)
	f.Require(wording.Said(c.Words), "analysis", "SOT-09", "say what it means for the child, the right help and the right time")
	f.lines("analysis", c.Words, 40_000)
	f.Require(practice.HarmFindings().Has(c.Harm), "significant_harm", "SOT-10", "answer whether significant harm is present, a risk, or neither was found")
	if c.by() == ByAgency {
		sharing := slices.ContainsFunc(s.Shares, func(one Share) bool { return one.Agency == c.Agency })
		f.Require(sharing, "agency", "SOT-09", "has shared nothing")
	}
	for i, id := range c.Shares {
		field := fmt.Sprintf("shares[%d]", i)
		one, ok := s.share(id)
		if c.Role == access.AgencySystem {
			// In one answer: which ids others have is not an agency's to find out.
			f.Require(ok && one.Agency == c.Agency, field, "HUB-05", "is nothing that this agency shared")
			f.Require(!slices.Contains(c.Shares[:i], id), field, "unique", "is there twice")
			continue
		}
		f.Require(ok, field, "SOT-09", "is not on record")
		f.Require(!slices.Contains(c.Shares[:i], id), field, "unique", "is there twice")
		f.Require(!ok || c.by() != ByAgency || one.shownTo(c.Agency), field, "HUB-05", "is not for that agency to see")
	}
	return f.refusal(ReasonInvalidCommand, invalidCommand)
}

// shownTo reports whether handling lets an agency see all that was told.
func (one Share) shownTo(agency string) bool {
	return !slices.ContainsFunc(one.Handlings, func(h *eventpb.Handling) bool {
		view, ok := Visible(one.Agency, &eventpb.Statement{Handling: h}, Agency(agency))
		return !ok || view.Agency == ""
	})
}

// looked reports whether a worker or manager has looked at what was told.
func (s State) looked(share string) bool {
	return slices.ContainsFunc(s.Analyses, func(a Analysis) bool { return a.By != ByAgency && slices.Contains(a.Shares, share) })
}

// checkLooked refuses to decide over information that neither the worker nor the
// manager has looked at (SOT-09), and names it. What stands corrected is looked
// at in its correction; an answer that tells nothing needs no analysis.
func checkLooked(s State, subjects []string) error {
	var f faults
	for _, one := range s.Shares {
		about := slices.ContainsFunc(one.Subjects, func(subject string) bool { return slices.Contains(subjects, subject) })
		if (about || one.Corrects != "") && !s.corrected(one.ID) && !s.looked(one.ID) {
			f.Add("shares["+one.ID+"]", "SOT-09", "was looked at in no worker's and no manager's analysis")
		}
	}
	if len(f.Faults) == 0 {
		return nil
	}
	return &domain.Refusal{Reason: ReasonNotAnalysed, Rule: "SOT-09", Message: "something that was shared has not been analysed",
		Advice: "record an analysis of what is named, and decide then", Fields: f.Faults}
}

// harm gives what was last found about significant harm to a child: by the
// manager where a manager said, else by the worker; empty: nobody said.
func (s State) harm(subject string) string {
	found := map[string]string{}
	for _, a := range s.Analyses {
		if slices.Contains(a.Subjects, subject) {
			found[a.By] = a.Harm
		}
	}
	return cmp.Or(found[ByManager], found[ByWorker])
}
