package strategymeetings_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/openmash/mash/projections/recordtest"
	"github.com/openmash/mash/projections/rows"
	"github.com/openmash/mash/projections/strategymeetings"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// A meeting is read with its words open, in the order of the record; there is none without a proposal.
func TestAMeetingIsReadWithItsWordsOpen(t *testing.T) {
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		store, db := recordtest.Store(t), open()
		runner := recordtest.Run(t, store, db, strategymeetings.New())
		last := recordtest.Append(t, store, recordtest.OfMeeting(first,
			recordtest.MeetingProposed(first, contactID, 1), recordtest.MeetingCalled(first, "meeting", hit(4), three...), recordtest.MeetingWidened(first, "kent-schools"),
			recordtest.Comes(first, "kent-police", 1, recordtest.Statement(&eventpb.Handling{})), recordtest.MeetingMoved(first, hit(5), 1), recordtest.MeetingMoved(first, hit(6), 2),
			recordtest.MeetingConcluded(first, "meeting", hit(6), three, []string{"kent-schools"}, "section-47"), recordtest.MinutesIssued(first, 1, three...),
			recordtest.ConferenceHeld(first, day(9), "s1"), recordtest.ReviewHeld(first, day(90), 1, "s1"),
		)...)
		if err := runner.WaitFor(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		m, err := strategymeetings.Get(t.Context(), db, store, first)
		if err != nil {
			t.Fatal(err)
		}
		for name, e := range map[string]proto.Message{"proposal": m.Proposed, "call": m.Called, "move": m.Moved, "answer": m.Answers[0], "conclusion": m.Concluded, "minutes": m.Minutes[0]} {
			if b, err := protojson.Marshal(e); err != nil || !strings.Contains(string(b), recordtest.Secret) {
				t.Errorf("the %s is not open (%v)", name, err)
			}
		}
		if m.Moved.GetTimes() != 2 || len(m.Called.GetInvitees()) != 4 || m.Conference == nil || len(m.Reviews) != 1 || m.Live.Ordinal != last.Ordinal() {
			t.Errorf("moved %d times, %d invited, as of %d", m.Moved.GetTimes(), len(m.Called.GetInvitees()), m.Live.Ordinal)
		}
		if m.Row.Revision != 9 || m.Row.State != strategymeetings.Concluded {
			t.Errorf("its row is %s at revision %d", m.Row.State, m.Row.Revision)
		}
		if _, err := strategymeetings.Get(t.Context(), db, store, second); !errors.Is(err, strategymeetings.ErrNotFound) {
			t.Errorf("a meeting that is not there: %v", err)
		}
	})
}

// Rows that were folded live, in whatever batches came, are those of a rebuild, and nothing in the database's files is plaintext.
func TestARebuildEqualsTheLiveRows(t *testing.T) {
	drawn := rapid.Custom(func(t *rapid.T) []recordtest.Written { return recordtest.Meetings(t, 6, 400) })
	var written []recordtest.Written
	for seed := 1; len(written) < 150; seed++ {
		written = drawn.Example(seed)
	}
	if n := recordtest.Rebuilds(t, strategymeetings.New(), written); n < 100 {
		t.Errorf("%d rows: too few to show anything", n)
	}
}

// From one look at the changes to the next nothing is missed, also where one event changes two rows; and what changes with the clock alone
// is told, be it a meeting's or an action's.
func TestChangesAndPassing(t *testing.T) {
	store := recordtest.Store(t)
	recordtest.Databases(t, func(t *testing.T, open func() *rows.DB) {
		db, ctx := open(), t.Context()
		held := recordtest.MeetingConcluded(first, "meeting", hit(4), three, nil, "section-47")
		held.Actions = []*eventpb.MeetingAction{recordtest.ToDo("x1", "kent-health", hit(20))}
		recordtest.Refold(t, ctx, db, strategymeetings.New(), recordtest.Delivered(t, store, 1, slices.Concat(
			recordtest.OfMeeting(first, recordtest.MeetingProposed(first, contactID, 1), recordtest.MeetingCalled(first, "meeting", hit(4), three...), held),
			recordtest.OfMeeting(third, recordtest.MeetingProposed(third, contactID, 1), recordtest.MeetingCalled(third, "meeting", hit(6), three...)),
			recordtest.OfMeeting(second, recordtest.MeetingProposed(second, contactID, 1, recordtest.Follows(first, hit(4)))),
			recordtest.OfMeeting(first, recordtest.EnquiriesConcluded(first, "s1", "child-in-need")),
		)...), 3)
		check := func(what string, got []*strategymeetings.Row, err error, want ...string) {
			t.Helper()
			var ids []string
			for _, r := range got {
				ids = append(ids, r.ID)
			}
			slices.Sort(ids)
			slices.Sort(want)
			if err != nil || !slices.Equal(ids, want) {
				t.Errorf("%s: got %v, %v, want %v", what, ids, err, want)
			}
		}
		changes, _, err := strategymeetings.Changes(ctx, db, 0, 1)
		check("the first change", changes, err, third)
		changes, _, err = strategymeetings.Changes(ctx, db, changes[0].Position, 1)
		check("one change, of two rows", changes, err, first, second)
		if len(changes) == 2 && (changes[0].EnquiriesRunning() > 0 || changes[1].EnquiriesRunning() > 0) {
			t.Error("enquiries that ended run where they are carried")
		}
		changes, _, err = strategymeetings.Changes(ctx, db, changes[0].Position, 1)
		check("no more", changes, err)
		passing, _, err := strategymeetings.Passing(ctx, db, hit(20), hit(21))
		check("an action came to be overdue", passing, err, first)
		passing, _, err = strategymeetings.Passing(ctx, db, hit(30), hit(31))
		check("a meeting came to be overdue", passing, err, third)
		passing, _, err = strategymeetings.Passing(ctx, db, hit(31), hit(90))
		check("nothing passed", passing, err)
	})
}
