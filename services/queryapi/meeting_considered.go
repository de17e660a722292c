package queryapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/openmash/mash/projections/casefile"
	"github.com/openmash/mash/projections/strategymeetings"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/contact"
)

// A considered statement, and where it is on record; the statement is nil where that has nothing of it.
type considered struct {
	at        *eventpb.Considered
	statement *eventpb.Statement
}

// gather finds the statements that a meeting considered: in the case files of the contacts that they were shared on, and among its own
// contributions.
func (s *meetings) gather(ctx context.Context, m *strategymeetings.Meeting) (all []considered, err error) {
	if len(m.Concluded.GetConsidered()) == 0 {
		return nil, nil
	}
	// What was considered was on record before the meeting concluded.
	if err := s.c.CaseFile.WaitFor(ctx, s.c.Store.PositionAt(m.Row.Position)); err != nil {
		return nil, err
	}
	files := map[string]*casefile.File{}
	for _, at := range m.Concluded.GetConsidered() {
		one := considered{at: at, statement: contribution(m, at)}
		if id := at.GetContactId(); id != "" {
			if files[id] == nil {
				if files[id], err = casefile.Get(ctx, s.c.DB, s.c.Store, id); err != nil {
					return nil, notTheMeeting(err)
				}
			}
			one.statement = shared(files[id], at)
		}
		all = append(all, one)
	}
	return all, nil
}

// notTheMeeting keeps the absence of a contact that was considered from being answered as that of the meeting.
func notTheMeeting(err error) error {
	if errors.Is(err, casefile.ErrNotFound) {
		return fmt.Errorf("a contact of a strategy meeting: %v", err)
	}
	return err
}

func contribution(m *strategymeetings.Meeting, at *eventpb.Considered) *eventpb.Statement {
	for _, a := range m.Answers {
		for _, c := range a.GetContributions() {
			if c.GetContributionId() == at.GetContributionId() {
				return c.GetStatement()
			}
		}
	}
	return nil
}

func shared(f *casefile.File, at *eventpb.Considered) *eventpb.Statement {
	for _, share := range f.Shares {
		for _, st := range share.GetStatements() {
			if share.GetShareId() == at.GetShareId() && st.GetStatementId() == at.GetStatementId() {
				return st
			}
		}
	}
	return nil
}

// considered is all that a meeting considered, in words.
func (s *meetings) considered(ctx context.Context, m *strategymeetings.Meeting) (shown []*querypb.ConsideredStatement, err error) {
	all, err := s.gather(ctx, m)
	for _, c := range all {
		shown = append(shown, inWords(c.at, c.statement))
	}
	return shown, err
}

// consideredBy is what one agency may see of it (HUB-05), and how many statements it may not. What may be told without its source comes
// last, without saying where it is on record: there it would have a name.
func (s *meetings) consideredBy(ctx context.Context, m *strategymeetings.Meeting, agency string) (shown []*querypb.ConsideredStatement, withheld uint32, err error) {
	all, err := s.gather(ctx, m)
	var unnamed []*querypb.ConsideredStatement
	for _, c := range all {
		view, ok := contact.Visible(c.at.GetAgency(), c.statement, contact.Agency(agency))
		switch {
		case !ok:
			withheld++
		case view.Agency == "":
			at := &eventpb.Considered{Handling: view.Statement.GetHandling(), Children: c.at.GetChildren()}
			unnamed = append(unnamed, inWords(at, view.Statement))
		case view.Agency == agency:
			shown = append(shown, inWords(c.at, view.Statement))
		default: // the contact that it was shared on is the front door's to know
			at := &eventpb.Considered{ContributionId: c.at.GetContributionId(), Agency: view.Agency, Handling: view.Statement.GetHandling(), Children: c.at.GetChildren()}
			shown = append(shown, inWords(at, view.Statement))
		}
	}
	return append(shown, unnamed...), withheld, err
}

func inWords(at *eventpb.Considered, s *eventpb.Statement) *querypb.ConsideredStatement {
	return &querypb.ConsideredStatement{
		Reference: at, Words: s.GetWords().GetOpen().GetText(), Kind: s.GetKind(), Erased: s.GetWords().GetErased() != nil,
	}
}
