package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/eventstore"
)

// minutes tells an agency what was minuted, what was decided and who does what, with those of the statements that it may see (HUB-05).
func (m *meeting) minutes(agency string, issued *eventpb.MinutesIssued, considered []statement) *intakepb.StrategyMinutes {
	out := &intakepb.StrategyMinutes{
		MeetingId: m.proposed.GetMeetingId(), HubReference: m.proposed.GetHubReference(), Agency: agency, Version: issued.GetVersion(),
		HeldAt: m.concluded.GetHeldAt(),
	}
	out.Minutes, out.Erased = words(issued.GetMinutes(), "minutes", nil)
	for _, o := range m.concluded.GetOutcomes() {
		out.Outcomes = append(out.Outcomes, &intakepb.StrategyChildOutcome{
			ChildId: o.GetChildId(), Outcome: o.GetOutcome(), Mode: o.GetMode(), ConferenceDueAt: o.GetConference().GetDueAt(),
		})
	}
	for _, a := range m.concluded.GetActions() {
		out.Actions = append(out.Actions, m.action(a))
	}
	for _, s := range considered {
		shown, ok := s.shown(agency)
		switch {
		case ok && s.told.GetWords().GetErased() == nil:
			out.Considered = append(out.Considered, shown)
		case ok && !slices.Contains(out.Erased, "considered"):
			out.Erased = append(out.Erased, "considered")
		}
	}
	return out
}

// A statement is something that was considered: who told it, about which of the meeting's children, and under which handling it was then.
type statement struct {
	*eventpb.Considered
	told *eventpb.Statement
}

// shown gives the statement as the agency may see it. The handling that was recorded with the meeting has to allow it and so has the
// statement's own, whichever is stricter.
func (s statement) shown(agency string) (*intakepb.InformationStatement, bool) {
	view, ok := contact.Visible(s.GetAgency(), s.told, contact.Agency(agency))
	if !ok {
		return nil, false
	}
	then := view.Statement
	then.Handling = s.GetHandling()
	if view, ok = contact.Visible(s.GetAgency(), then, contact.Agency(agency)); !ok {
		return nil, false
	}
	seen, h := view.Statement, view.Statement.GetHandling()
	out := &intakepb.InformationStatement{
		Subjects: s.GetChildren(), Category: seen.GetCategory(), Words: seen.GetWords().GetOpen().GetText(), Kind: seen.GetKind(), Source: seen.GetSource(),
		NotToFamily: h.GetNotToFamily(), NotToAgencies: h.GetNotToAgencies(), ProtectSource: h.GetProtectSource(), PoliceCode: h.GetPoliceCode(),
		Conditions: h.GetConditions().GetOpen().GetText(),
	}
	if k := seen.GetKnown(); k != nil {
		out.Known = &intakepb.Occurrence{At: k.GetAt(), Precision: k.GetPrecision()}
	}
	return out, true
}

// considered reads what was considered from where it is on record: the contacts' streams, and the meeting's own. What was corrected since is
// left out, for what was wrong with it may have been its handling.
func (f *feed) considered(ctx context.Context, m *meeting) ([]statement, error) {
	shares := map[string]map[string]*eventpb.InformationShared{}
	var all []statement
	for _, c := range m.concluded.GetConsidered() {
		if c.GetContributionId() != "" {
			all = append(all, statement{c, m.contributions[c.GetContributionId()].GetStatement()})
			continue
		}
		if shares[c.GetContactId()] == nil {
			read, err := f.shares(ctx, c.GetContactId())
			if err != nil {
				return nil, err
			}
			shares[c.GetContactId()] = read
		}
		told := shares[c.GetContactId()][c.GetShareId()].GetStatements()
		if i := slices.IndexFunc(told, func(s *eventpb.Statement) bool { return s.GetStatementId() == c.GetStatementId() }); i >= 0 {
			all = append(all, statement{c, told[i]})
		}
	}
	return all, nil
}

// shares reads what was shared on a contact and stands uncorrected, by share id.
func (f *feed) shares(ctx context.Context, contactID string) (map[string]*eventpb.InformationShared, error) {
	all := map[string]*eventpb.InformationShared{}
	var corrected []string
	err := f.Store.Read(ctx, contact.Stream(contactID), 0, func(r eventstore.Recorded) error {
		if e, ok := r.Message.(*eventpb.InformationShared); ok {
			all[e.GetShareId()] = e
			corrected = append(corrected, e.GetCorrects())
		}
		return nil
	})
	if err != nil && !errors.Is(err, eventstore.ErrNoStream) {
		return nil, fmt.Errorf("read what a meeting considered: %w", orLater(err))
	}
	for _, id := range corrected {
		delete(all, id)
	}
	return all, nil
}

// largestMinutes leaves room below the largest message that the bus takes (1 MiB) for headers.
const largestMinutes = 1<<20 - 32<<10

// bounded leaves out of minutes what does not fit into a message, and says so: first what was considered, then the words of the actions,
// which the agencies that do them have by themselves. The rest fits, by the bounds of the commands that it was given with.
func bounded(m *intakepb.StrategyMinutes) *intakepb.StrategyMinutes {
	if fits(m) {
		return m
	}
	m.Considered, m.LeftOut = nil, append(m.LeftOut, "considered")
	if fits(m) {
		return m
	}
	for _, a := range m.GetActions() {
		a.Words = ""
	}
	m.LeftOut = append(m.LeftOut, "actions")
	return m
}

// fits looks at the form in which it is sent; what cannot be encoded is for encode to say.
func fits(m *intakepb.StrategyMinutes) bool {
	data, err := protojson.Marshal(m)
	return err != nil || len(data) <= largestMinutes
}
