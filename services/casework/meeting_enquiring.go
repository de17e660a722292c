package casework

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/identifier"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// noteEnquiries notes a concluded meeting under the numbers of each child about
// whom enquiries run after it, so that a meeting about the child that comes by
// another contact, or by none, finds it (WT-03). Noted again it adds nothing.
func (s *Service) noteEnquiries(ctx context.Context, f *folded[strategymeeting.State]) error {
	for _, start := range f.state.Running() {
		for _, c := range f.state.Children {
			if c.GetChildId() != start.GetChildId() {
				continue
			}
			for _, stream := range s.streamsOf(c) {
				if err := s.noteEnquiry(ctx, stream, f); err != nil {
					return fmt.Errorf("casework: note the enquiries of a strategy meeting: %w", err)
				}
			}
		}
	}
	return nil
}

func (s *Service) noteEnquiry(ctx context.Context, stream string, f *folded[strategymeeting.State]) error {
	_, err := run(ctx, s, change[identifier.State]{
		evolution: identifiers(),
		stream:    stream,
		origin:    Origin{Actor: hubTells, Role: string(access.Hub), CorrelationID: f.state.MeetingID, CausationID: f.last.event.String()},
		byContent: true,
		decide: func(now time.Time, state identifier.State) ([]proto.Message, error) {
			return identifier.Note(f.state.MeetingID, now, state), nil
		},
	})
	return err
}

// enquiringBy gives the meetings that were noted under what names a child, or that
// have claimed to start enquiries about it, each once. That one is there says no
// more than where to look.
func (s *Service) enquiringBy(ctx context.Context, child *eventpb.MeetingChild) ([]string, error) {
	return s.lookedUp(ctx, child, identifier.State.Enquiring)
}

func (s *Service) lookedUp(ctx context.Context, child *eventpb.MeetingChild, of func(identifier.State) []string) ([]string, error) {
	var meetings []string
	for _, stream := range s.streamsOf(child) {
		f, err := identifiers().read(ctx, s.store, stream)
		if err != nil {
			return nil, fmt.Errorf("casework: look for enquiries that run: %w", err)
		}
		for _, id := range of(f.state) {
			if !slices.Contains(meetings, id) {
				meetings = append(meetings, id)
			}
		}
	}
	return meetings, nil
}

// streamsOf gives the streams that stand for a child: of each of its numbers, and
// of what its contact calls it, which is all there is of a child without a number.
func (s *Service) streamsOf(c *eventpb.MeetingChild) []string {
	var streams []string
	for _, n := range numbersOf(c) {
		streams = append(streams, identifier.Stream(s.pseudonym(n.Type, n.Value)))
	}
	if c.GetContactId() != "" {
		streams = append(streams, identifier.Stream(s.pseudonym(identifier.ContactChild, identifier.ChildOf(c.GetContactId(), c.GetSubjectId()))))
	}
	return streams
}

func numbersOf(c *eventpb.MeetingChild) []identifier.Number {
	p := c.GetChild().GetOpen()
	return identifier.Numbers(p.GetNhsNumber(), p.GetUpn(), p.GetCaseNumber())
}

// sameChild reports whether two meetings speak of one child: by its contact, or by
// the first of NHS number, pupil number and case number that both have. The case
// number decides last, and not against the dates of birth: two authorities may give
// the same one, and some give one to a family.
func sameChild(a, b *eventpb.MeetingChild) bool {
	if a.GetContactId() != "" && a.GetContactId() == b.GetContactId() {
		return a.GetSubjectId() == b.GetSubjectId()
	}
	of := numbersOf(b)
	for _, n := range numbersOf(a) {
		i := slices.IndexFunc(of, func(other identifier.Number) bool { return other.Type == n.Type })
		if i >= 0 {
			return of[i].Value == n.Value && (n.Type != identifier.CaseNumber || bornAlike(a, b))
		}
	}
	return false
}

// bornAlike reports whether two dates of birth can be of one child: of a date that
// is known in part, the part counts.
func bornAlike(a, b *eventpb.MeetingChild) bool {
	x, y := a.GetChild().GetOpen().GetDateOfBirth().GetValue(), b.GetChild().GetOpen().GetDateOfBirth().GetValue()
	return strings.HasPrefix(x, y) || strings.HasPrefix(y, x)
}
