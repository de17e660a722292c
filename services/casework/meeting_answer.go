package casework

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// ReasonSubstituteUnknown refuses a substitute for nobody, published.
const ReasonSubstituteUnknown = "SUBSTITUTE_FOR_UNKNOWN"

// AnswerMeeting records an agency's own answer to an invitation. An agency knows
// its people by name and not by the meeting's ids: whom somebody stands in for is
// named, and found here among those whom the same agency named before. A statement
// that names no children is about all of the meeting's. Errors are as those of
// HandleMeeting.
func (s *Service) AnswerMeeting(ctx context.Context, meetingID string, cmd strategymeeting.Answer, o Origin) (Result, error) {
	return s.changeMeeting(ctx, meetingID, o, meetingChange{about: cmd, decide: func(now time.Time, state strategymeeting.State) ([]proto.Message, error) {
		whole := cmd
		var err error
		if whole.Attendees, err = substitutes(cmd, state); err != nil {
			return nil, err
		}
		whole.Contributions = aboutAll(cmd.Contributions, state)
		return s.decidingMeeting(whole, o)(now, state)
	}})
}

// RecordAnswer records what staff wrote down of an agency's answer. They know whom
// somebody stands in for by the meeting's id; a statement that names no children is
// about all of them here, too. Expected and errors are as those of HandleMeeting.
func (s *Service) RecordAnswer(ctx context.Context, meetingID string, cmd strategymeeting.Answer, o Origin, expected *uint64) (Result, error) {
	return s.changeMeeting(ctx, meetingID, o, meetingChange{about: cmd, expected: expected, decide: func(now time.Time, state strategymeeting.State) ([]proto.Message, error) {
		whole := cmd
		whole.Contributions = aboutAll(cmd.Contributions, state)
		return s.decidingMeeting(whole, o)(now, state)
	}})
}

// aboutAll gives the statements, those that name no children about all of the
// meeting's.
func aboutAll(statements []*eventpb.Statement, m strategymeeting.State) []*eventpb.Statement {
	var all []*eventpb.Statement
	for _, st := range statements {
		if len(st.GetSubjects()) == 0 {
			st = proto.CloneOf(st)
			st.Subjects = childIDs(m)
		}
		all = append(all, st)
	}
	return all
}

func childIDs(m strategymeeting.State) []string {
	var ids []string
	for _, c := range m.Children {
		ids = append(ids, c.GetChildId())
	}
	return ids
}

// substitutes gives the attendees with the ids of those whom they stand in for.
func substitutes(cmd strategymeeting.Answer, m strategymeeting.State) ([]strategymeeting.Person, error) {
	people := slices.Clone(cmd.Attendees)
	var missing []domain.FieldViolation
	for i, p := range people {
		if p.SubstituteFor == "" {
			continue
		}
		// The last of that name: people of one name are told apart by nobody.
		at := -1
		for j, a := range m.Attendees {
			if a.Agency == cmd.Agency && named(a.Part) == p.SubstituteFor {
				at = j
			}
		}
		if at < 0 {
			missing = append(missing, domain.FieldViolation{Field: fmt.Sprintf("attendees[%d].substitute_for", i), Rule: "WT-04",
				Description: "is nobody whom this agency has named for the meeting before"})
			continue
		}
		people[i].SubstituteFor = m.Attendees[at].ID
	}
	if len(missing) > 0 {
		return nil, &domain.Refusal{Reason: ReasonSubstituteUnknown, Rule: "WT-04", Message: "somebody stands in for a person who was not named for the meeting",
			Advice: "name the person as they were named before, or leave it out", Fields: missing}
	}
	return people, nil
}

func named(p *eventpb.AttendeePart) string { return p.GetOpen().GetName() }
