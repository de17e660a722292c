package identifier

import (
	"cmp"
	"regexp"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/identifier/number"
	"github.com/openmash/mash/services/domain/wording"
)

// Decide says what an entry adds to its stream. What is on record already adds
// nothing, nor does the end of a case that was never open under this number.
func Decide(c Entry, s State) ([]proto.Message, error) {
	key := caseKey{c.CaseID, c.Agency}
	recorded, known := s.cases[key]
	entry := standing{open: c.Open, team: c.Team, changedAt: c.ChangedAt, identifiers: c.Identifiers}
	if !known && !c.Open && c.Type != CaseNumber {
		return nil, nil
	}
	if known && recorded.equal(entry) || slices.ContainsFunc(s.late[key], entry.equal) {
		return nil, nil
	}
	event := &eventpb.OpenCaseRecorded{
		IdentifierType: cmp.Or(c.Type, s.kind),
		CaseId:         c.CaseID,
		Agency:         c.Agency,
		Open:           c.Open,
		Team:           c.Team,
		ChangedAt:      timestamppb.New(c.ChangedAt),
		Superseded:     known && supersedes(recorded, entry, cmp.Or(c.Type, s.kind)),
		Identifiers:    c.Identifiers,
		ReceivedAt:     timestamppb.New(c.Now),
	}
	if c.Reference != nil {
		event.Reference = &eventpb.CaseReferencePart{
			About: []string{c.CaseID},
			Part:  &eventpb.CaseReferencePart_Open{Open: c.Reference},
		}
	}
	return []proto.Message{event}, nil
}

// supersedes reports whether what is on record under a number of that type goes
// before an entry. Under the case number entries are what messages say. Under the
// others they follow from the case number's stream (Plan), where a tie is
// decided: of two entries of one time the one that comes last is right there.
func supersedes(recorded, entry standing, kind string) bool {
	if kind == CaseNumber {
		return late(entry, recorded)
	}
	return entry.changedAt.Before(recorded.changedAt)
}

// ReasonInvalidOpenCase is the published reason of the refusal of a record.
const ReasonInvalidOpenCase = "INVALID_OPEN_CASE"

var (
	caseForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9/-]{0,31}$`)
	teamForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
)

// skew is how far a sender's clock may be ahead of the hub's. A change from
// further in the future would win over every true one until then.
const skew = 5 * time.Minute

// Check refuses a record that breaks a rule, naming every field at fault.
func (r Record) Check() error {
	var f domain.Faults
	f.Require(wording.Agency.MatchString(r.Agency), "agency", "token", "is not an agency's code")
	f.Require(caseForm.MatchString(r.CaseNumber), "case_number", "KEN-04", "is not a case number")
	if _, fault := number.NHS(r.NHSNumber); r.NHSNumber != "" && fault != nil {
		f.Add("nhs_number", fault.Rule, fault.Description)
	}
	if _, fault := number.UPN(r.UPN); r.UPN != "" && fault != nil {
		f.Add("upn", fault.Rule, fault.Description)
	}
	f.Require(!r.Open || r.Team != "", "team", "KEN-04", "an open case names the team it is open to")
	f.Require(r.Team == "" || teamForm.MatchString(r.Team), "team", "token", "is not a team's code")
	f.Require(r.ChangedAt.Year() >= 1900, "changed_at", "date.past", "is missing, or before 1900")
	f.Require(!r.ChangedAt.After(r.Now.Add(skew)), "changed_at", "date.future", "is in the future")
	if len(f) == 0 {
		return nil
	}
	return &domain.Refusal{
		Reason:  ReasonInvalidOpenCase,
		Message: "fields of the open case broke a rule",
		Advice:  "correct the fields that are named",
		Fields:  f,
	}
}
