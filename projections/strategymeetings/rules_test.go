package strategymeetings_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/strategymeetings"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// possible keeps of each meeting what the rules let happen: a call and an end once, an agency invited once and after the call, an answer
// after the end where there is one.
func possible(all []recordtest.Written) []recordtest.Written {
	seen := map[string]bool{}
	twice := func(stream, what string) bool {
		key := stream + what
		had := seen[key]
		seen[key] = true
		return had
	}
	return slices.DeleteFunc(slices.Clone(all), func(w recordtest.Written) bool {
		switch m := w.Message.(type) {
		case *eventpb.StrategyMeetingProposed:
			m.Enquiries = nil // what other meetings' records say of them is not in this one's state
		case *eventpb.StrategyMeetingMoved:
			return seen[w.Stream+"over"]
		case *eventpb.StrategyMeetingCalled:
			for _, i := range m.GetInvitees() {
				twice(w.Stream, i.GetAgency())
			}
			return seen[w.Stream+"over"] || twice(w.Stream, "called")
		case *eventpb.StrategyMeetingWidened:
			return seen[w.Stream+"over"] || !seen[w.Stream+"called"] || twice(w.Stream, m.GetInvitees()[0].GetAgency())
		case *eventpb.InvitationAnswered:
			m.AfterEnd = seen[w.Stream+"over"]
			return !seen[w.Stream+"called"]
		case *eventpb.StrategyMeetingConcluded, *eventpb.StrategyMeetingDeclined, *eventpb.StrategyMeetingCancelled:
			return twice(w.Stream, "over")
		case *eventpb.MinutesIssued:
			return m.GetVersion() != 1 || twice(w.Stream, "minutes")
		}
		return false
	})
}

// known says in words what the rules know of a meeting and lists show of it.
func known(s strategymeeting.State) string {
	var words []string
	add := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	add("%s %s at %v held %v moved %d minutes %d quorum %v", s.Stage, s.Form, s.At.UTC(), s.HeldAt.UTC(), s.Moved, len(s.Minutes), s.Quorum)
	for _, i := range s.Invitees {
		add("%s %s %q", i.Agency, i.Sector, i.Answer)
	}
	for _, a := range s.Actions {
		add("%s %s %s %v", a.ID, a.Agency, a.State, a.Due.GetDueAt().AsTime())
	}
	for _, e := range s.Enquiries {
		add("enquiry %s runs: %v", e.Start.GetChildId(), e.Ended == "")
	}
	if s.FollowUp != nil && !s.Followed && s.Stage == strategymeeting.StageConcluded {
		add("to be followed by %v", s.FollowUp.GetDueAt().AsTime())
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), "\n")
}

// shown says the same of what lists show.
func shown(r *strategymeetings.Row) string {
	var words []string
	add := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	at := func(t time.Time) time.Time { return t.UTC() }
	add("%s %s at %v held %v moved %d minutes %d quorum %v", r.State, r.Form, at(r.At), at(r.HeldAt), r.Moved, r.Minutes, r.Quorum)
	for _, p := range r.Parties {
		if p.Invited {
			add("%s %s %q", p.Agency, p.Sector, p.Answer)
		}
	}
	for _, a := range r.Actions {
		add("%s %s %s %v", a.ID, a.Agency, a.State, a.Due)
	}
	for _, q := range r.Enquiries {
		add("enquiry %s runs: %v", q.Child, q.Ended == "")
	}
	if c := r.NextDue(); r.State == strategymeetings.Concluded && c != nil {
		add("to be followed by %v", c.Due)
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), "\n")
}

// Rows and rules see each meeting alike, whatever happened to it, as far as both know of it.
func TestARowShowsWhatTheRulesKnow(t *testing.T) {
	store := recordtest.Store(t)
	looks := map[string]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		written := possible(recordtest.Meetings(rt, 4, 80))
		states := map[string]strategymeeting.State{}
		for _, w := range written {
			if id, ok := strings.CutPrefix(w.Stream, "strategymeeting-"); ok {
				var err error
				if states[id], err = strategymeeting.Evolve(states[id], w.Message); err != nil {
					rt.Fatal(err)
				}
			}
		}
		for _, r := range folded(rt, recordtest.Delivered(t, store, 1, written...)) {
			if got, want := shown(r), known(states[r.ID]); got != want {
				rt.Fatalf("shown:\n%s\nby the rules:\n%s", got, want)
			}
			looks[r.State+r.Form] = true
		}
	})
	if len(looks) < 6 {
		t.Errorf("meetings were seen in %d ways only: %v", len(looks), looks)
	}
}
