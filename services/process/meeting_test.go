package process_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/hubtest/parts"
	"github.com/openmash/mash/services/process"
)

// held has a meeting concluded in the hour before the clock's, with two actions of the police that are due at that time.
func held(p *parts.Parts, messageID string, due time.Time) *parts.Meeting {
	at := parts.Monday
	m := p.Triaged(messageID).Meeting()
	m.Called("meeting", at, "kent-police", health)
	conclusion := parts.Conclusion("meeting", at, "kent-police", health)
	for _, words := range []string{"Speak to the neighbour.", "Look for earlier reports."} {
		conclusion.Actions = append(conclusion.Actions, strategymeeting.Action{Agency: "kent-police", Words: words, DueAt: due})
	}
	m.Do(access.TeamManager, conclusion)
	return m
}

// An action that is not done in time is overdue once, however many processes look; one that was done is not.
func TestWT05_AnActionIsOverdueOnce(t *testing.T) {
	p := parts.Start(t)
	p.Run(newProcess(p).Run)
	p.Run(newProcess(p).Run)
	due := parts.Monday.Add(4 * time.Hour)
	m := held(p, "m-1", due)
	m.Do(access.SocialWorker, strategymeeting.CloseAction{ActionID: "x1", Result: "completed", Words: "Done."})
	marker(p, due) // what is done at its due time is done in time
	if n := count[*eventpb.MeetingActionOverdue](p, m.Stream); n != 0 {
		t.Fatalf("%d actions are overdue at their due time, want none", n)
	}
	p.Clock.Set(due.Add(time.Second))
	overdue := parts.Await[*eventpb.MeetingActionOverdue](p, m.Stream, 1)[0]
	if overdue.GetActionId() != "x2" || overdue.GetAgency() != "kent-police" || !overdue.GetDueAt().AsTime().Equal(due) {
		t.Errorf("overdue: %v, want x2 of kent-police", overdue)
	}
	marker(p, due.Add(12*time.Hour))
	if n := count[*eventpb.MeetingActionOverdue](p, m.Stream); n != 1 {
		t.Errorf("%d times overdue, want 1", n)
	}
}

// What became overdue while no process ran is recorded at the next start; a start after that adds nothing.
func TestWT05_AnActionThatBecameOverdueWhileTheHubWasDown(t *testing.T) {
	p := parts.Start(t)
	due := parts.Monday.Add(4 * time.Hour)
	m := held(p, "m-1", due)
	p.Clock.Set(due.Add(48 * time.Hour))
	for start := range 2 {
		stop := p.Run(newProcess(p).Run)
		parts.Await[*eventpb.MeetingActionOverdue](p, m.Stream, 3) // both, and that the child is seen within a day
		marker(p, due.Add(time.Duration(49+start)*time.Hour))
		stop()
	}
	if n := count[*eventpb.MeetingActionOverdue](p, m.Stream); n != 3 {
		t.Errorf("%d actions are overdue, want 3", n)
	}
}

// A contact that casework could not tell of its meeting hears of it from the record.
func TestKEN23_AContactHearsOfItsMeetingFromTheRecord(t *testing.T) {
	p := parts.Start(t)
	s := p.Triaged("m-1")
	m := p.Recorded(s.ID) // as a hub leaves it that was killed between two appends
	if n := count[*eventpb.StrategyMeetingAwaited](p, s.Stream); n != 0 {
		t.Fatalf("the contact knows of the meeting already, %d times", n)
	}
	p.Run(newProcess(p).Run)
	p.Run(newProcess(p).Run)
	awaited := parts.Await[*eventpb.StrategyMeetingAwaited](p, s.Stream, 1)[0]
	if awaited.GetMeetingId() != m.ID || awaited.GetStage() != "proposed" || !awaited.GetBeforeDecision() {
		t.Errorf("the contact was told %v", awaited)
	}
	m.Called("discussion", parts.Monday, "kent-police", health)
	m.Do(access.TeamManager, parts.Conclusion("discussion", parts.Monday, "kent-police", health))
	settled := parts.Await[*eventpb.StrategyMeetingSettled](p, s.Stream, 1)[0]
	if settled.GetHow() != "concluded" || len(settled.GetOutcomes()) != 1 || settled.GetOutcomes()[0].GetOutcome() != "section-47" {
		t.Errorf("the contact was told %v", settled)
	}
	m.Do(access.TeamManager, strategymeeting.ConcludeEnquiries{ChildID: "s1", Outcome: "no-further-action", Rationale: "The injury is explained."})
	marker(p, parts.Monday.Add(time.Hour))
	if a, n := count[*eventpb.StrategyMeetingAwaited](p, s.Stream), count[*eventpb.StrategyMeetingSettled](p, s.Stream); a != 2 || n != 2 {
		t.Errorf("it was told to wait %d times and that it is over %d times, want proposed and called, concluded and enquiries ended", a, n)
	}
}

// A meeting is told of at once and without a clock: the log names no lapse for it, and the one that there is.
func TestKEN23_TellingOfAMeetingIsNoLapseInTheLog(t *testing.T) {
	p := parts.Start(t)
	var log lines
	p.Run(process.New(process.Config{Store: p.Store, Casework: p.Casework(), Now: p.Clock.Now, Tick: tick, Logger: slog.New(slog.NewTextHandler(&log, nil))}).Run)
	s := p.Triaged("m-1")
	p.Recorded(s.ID)
	parts.Await[*eventpb.StrategyMeetingAwaited](p, s.Stream, 1)
	marker(p, parts.Monday.Add(time.Hour))
	marker(p, parts.Monday.Add(2*time.Hour)) // the first one's line is written before the second lapses
	text := log.text()
	if !strings.Contains(text, "a due time has passed") || !strings.Contains(text, "consent") {
		t.Errorf("the log does not name the consent that ended:\n%s", text)
	}
	if strings.Contains(text, "telling") || strings.Contains(text, "due=0001") {
		t.Errorf("the log names a lapse where a contact was told of its meeting:\n%s", text)
	}
}

// lines gathers a log that a running process writes.
type lines struct {
	mu      sync.Mutex
	written bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written.String()
}
