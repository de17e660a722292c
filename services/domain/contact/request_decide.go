package contact

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/wording"
)

// requestInformation asks, where all that is asked is covered at this moment and
// the agencies are told of the case what the record has. Answers are due by the
// partners' clock of the rating the contact has now; a later rating changes no
// question that was asked.
func requestInformation(c RequestInformation, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.InformationRequest); err != nil {
		return nil, err
	}
	if err := inQueue(s); err != nil {
		return nil, err
	}
	if s.Rating == "" {
		return nil, notTriaged("KEN-06")
	}
	if err := checkRequest(c, s); err != nil {
		return nil, err
	}
	if err := checkStatus(c.Status, s); err != nil {
		return nil, err
	}
	authorities, err := s.cover(c)
	if err != nil {
		return nil, err
	}
	if err := checkRepeated(c, s); err != nil {
		return nil, err
	}
	due, err := dueClock(c.Setting, practice.Partners, s.Rating)
	if err != nil {
		return nil, err
	}
	return []proto.Message{requestOf(c, s, authorities, due)}, nil
}

// requestOf gives the event; authorities are those of each question.
func requestOf(c RequestInformation, s State, authorities [][]*eventpb.Authority, due *eventpb.Clock) *eventpb.InformationRequested {
	e := &eventpb.InformationRequested{
		ContactId: s.ID, RequestId: fmt.Sprintf("r%d", len(s.Requests)+1), Mode: c.Mode, Purposes: slices.Clone(c.Purposes), Status: c.Status,
	}
	var about []string
	for i, ask := range c.Questions {
		e.Questions = append(e.Questions, &eventpb.Question{
			Agency: ask.Agency, Subjects: slices.Clone(ask.Subjects), Categories: slices.Clone(ask.Categories),
			Authorities: authorities[i], Due: due,
		})
		about = append(about, ask.Subjects...)
	}
	slices.Sort(about)
	e.Question = wording.Narrative(c.Words, slices.Compact(about))
	return e
}

// dueClock starts one clock at the moment of the command.
func dueClock(c Setting, kind practice.Kind, rating string) (*eventpb.Clock, error) {
	due, err := c.Profile.Due(practice.Clock{Kind: kind, Rating: rating}, c.Now)
	if err != nil {
		return nil, fmt.Errorf("contact: %w", err)
	}
	return clocks([]practice.DueTime{due})[0], nil
}

// checkRepeated refuses what an agency was asked already and has not answered: a
// second request is no way of chasing. Words are compared where they are still
// readable, for two questions of one category can differ.
func checkRepeated(c RequestInformation, s State) error {
	var f faults
	for i, ask := range c.Questions {
		for _, r := range s.Requests {
			for _, q := range r.Questions {
				same := q.Waits() && q.Agency == ask.Agency && sameSet(q.Subjects, ask.Subjects) && sameSet(q.Categories, ask.Categories)
				if same && sameSet(r.Purposes, c.Purposes) && r.Words == wording.Lines(c.Words) {
					f.Add(fmt.Sprintf("questions[%d]", i), r.ID, "was put to "+ask.Agency+" already, and its answer has not come")
				}
			}
		}
	}
	if len(f.Faults) == 0 {
		return nil
	}
	return alreadyAsked(f.Faults)
}

func sameSet(a, b []string) bool {
	contains := func(list []string) func(string) bool {
		return func(one string) bool { return !slices.Contains(list, one) }
	}
	return !slices.ContainsFunc(a, contains(b)) && !slices.ContainsFunc(b, contains(a))
}

// cancelRequest takes questions back. An agency that answers all the same is
// still heard (HUB-03).
func cancelRequest(c CancelRequest, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.InformationRequest); err != nil {
		return nil, err
	}
	if s.ID == "" {
		return nil, notReceived()
	}
	var f faults
	f.Require(oneOf(c.Reason, "not-needed", "made-in-error"), "reason", "code", "is neither not-needed nor made-in-error")
	if err := f.refusal(ReasonInvalidCommand, invalidCommand); err != nil {
		return nil, err
	}
	agencies, err := waiting(s, c.RequestID, c.Agencies)
	if err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.InformationRequestCancelled{
		ContactId: s.ID, RequestId: c.RequestID, Agencies: agencies, ReasonCode: c.Reason,
	}}, nil
}

// waiting gives the agencies whose answers a request still waits for: of those
// that are named, all of whom must be, or of all.
func waiting(s State, request string, named []string) ([]string, error) {
	i := slices.IndexFunc(s.Requests, func(r Request) bool { return r.ID == request })
	if i < 0 {
		return nil, questionNotFound()
	}
	var all []string
	for _, q := range s.Requests[i].Questions {
		if q.Waits() {
			all = append(all, q.Agency)
		}
	}
	if len(named) == 0 {
		named = all
	}
	var f faults
	for i, agency := range named {
		f.Require(slices.Contains(all, agency), fmt.Sprintf("agencies[%d]", i), "waiting", "was not asked, or nothing is awaited from it")
		f.Require(!slices.Contains(named[:i], agency), fmt.Sprintf("agencies[%d]", i), "unique", "is there twice")
	}
	if len(named) == 0 || len(f.Faults) > 0 {
		return nil, questionClosed(f.Faults)
	}
	return slices.Clone(named), nil
}

// chaseRequest asks again. To ask again is to ask: it takes what asking took. One
// that was chased for that due time already adds nothing.
func chaseRequest(c ChaseRequest, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.InformationChase); err != nil {
		return nil, err
	}
	q, ok := s.question(c.RequestID, c.Agency)
	switch {
	case s.ID == "":
		return nil, notReceived()
	case !ok:
		return nil, questionNotFound()
	case c.DueAt.Before(q.Due):
		return nil, nil
	case !q.Waits():
		return nil, questionClosed(nil)
	case c.DueAt.After(q.Due) || !c.Now.After(q.Due):
		return nil, questionNotDue()
	}
	if refusal := s.lost(c.RequestID, q, c.Now); refusal != nil {
		return nil, refusal
	}
	due, err := dueClock(c.Setting, practice.Chase, s.Rating)
	if err != nil {
		return nil, err
	}
	return []proto.Message{&eventpb.InformationRequestChased{
		ContactId: s.ID, RequestId: c.RequestID, Agency: c.Agency,
		DueAt: timestamppb.New(q.Due), Times: q.Chased + 1, Due: due,
	}}, nil
}
