package process_test

import (
	"fmt"
	"testing"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/hubtest/parts"
	"github.com/openmash/mash/services/process"
)

const health = "kent-health"

// tick is short, so that a test does not wait for a look at the clock.
const tick = 2 * time.Millisecond

func newProcess(p *parts.Parts) *process.Process {
	return process.New(process.Config{Store: p.Store, Casework: p.Casework(), Now: p.Clock.Now, Tick: tick, Logger: p.Log()})
}

// marker is the end of a test's story: when what comes of it is on record, whatever came before has been decided, too. A consent of another
// contact that ends at that time is the last thing that the processes have to do.
func marker(p *parts.Parts, at time.Time) {
	s := p.Triaged(fmt.Sprintf("marker-%d", at.Unix()))
	s.Consented(at, health)
	p.Clock.Set(at)
	parts.Await[*eventpb.ConsentExpired](p, s.Stream, 1)
}

func count[E any](p *parts.Parts, stream string) (n int) {
	for _, r := range p.Events(stream) {
		if _, ok := r.Message.(E); ok {
			n++
		}
	}
	return n
}

// A consent ends by itself at its time, and takes back what was asked with it.
func TestHUB02_AConsentEndsAtItsTime(t *testing.T) {
	p := parts.Start(t)
	p.Run(newProcess(p).Run)
	p.Run(newProcess(p).Run) // a second one, of another process
	ends := parts.Monday.Add(time.Hour)
	s := p.Triaged("m-1")
	s.Consented(ends, health)
	s.Asked(health)
	p.Clock.Set(ends)
	cancelled := parts.Await[*eventpb.InformationRequestCancelled](p, s.Stream, 1)[0]
	if cancelled.GetReasonCode() != "authority-ended" || cancelled.GetCause().GetId() != "c1" {
		t.Errorf("the question was taken back for %s of %s, want authority-ended of c1", cancelled.GetReasonCode(), cancelled.GetCause().GetId())
	}
	expired := parts.Await[*eventpb.ConsentExpired](p, s.Stream, 1)[0]
	if !expired.GetExpiredAt().AsTime().Equal(ends) {
		t.Errorf("it ended at %v, want %v", expired.GetExpiredAt().AsTime(), ends)
	}
	marker(p, ends.Add(24*time.Hour))
	if n, m := count[*eventpb.ConsentExpired](p, s.Stream), count[*eventpb.InformationRequestChased](p, s.Stream); n != 1 || m != 0 {
		t.Errorf("two processes recorded %d ends and %d chases, want 1 and none", n, m)
	}
}

// An override ends by itself; one that a review ended, or a manager declined, does not end again.
func TestHUB02_AnOverrideEndsAtItsTime(t *testing.T) {
	p := parts.Start(t)
	p.Run(newProcess(p).Run)
	ends := parts.Monday.Add(4 * time.Hour)
	s := p.Triaged("m-1")
	propose := contact.ProposeOverride{
		Scope: parts.Scope(health), ReasonCode: "would-prejudice-protection",
		Bases: []string{"uk-gdpr-6-1-e", "dpa-2018-sch1-para18-iii"},
	}
	for _, who := range []string{"his", "her", "our"} {
		propose.Risk = "By " + who + " account he will take her abroad if he hears of it."
		s.Do(access.SocialWorker, propose)
	}
	decide := contact.DecideOverride{OverrideID: "o1", Outcome: "approved", Reason: "The threat is credible.", ExpiresAt: ends}
	s.Do(access.TeamManager, decide)
	decide.OverrideID = "o2"
	s.Do(access.TeamManager, decide)
	s.Do(access.TeamManager, contact.DecideOverride{OverrideID: "o3", Outcome: "declined", Reason: "The risk is not shown."})
	s.Do(access.TeamManager, contact.ReviewOverride{OverrideID: "o2", Outcome: "ended", Reason: "Both parents agree now."})
	p.Clock.Set(ends)
	expired := parts.Await[*eventpb.OverrideExpired](p, s.Stream, 1)[0]
	if expired.GetOverrideId() != "o1" || !expired.GetExpiredAt().AsTime().Equal(ends) {
		t.Errorf("ended: %v", expired)
	}
	marker(p, ends.Add(24*time.Hour))
	if n := count[*eventpb.OverrideExpired](p, s.Stream); n != 1 {
		t.Errorf("%d overrides ended by themselves, want 1", n)
	}
}

// What lapsed while no process ran is recorded at the next start, with the time it was due; once, also when it starts again.
func TestWhatLapsedWhileTheHubWasDown(t *testing.T) {
	p := parts.Start(t)
	stop := p.Run(newProcess(p).Run)
	ends := parts.Monday.Add(time.Hour)
	s := p.Triaged("m-1")
	s.Consented(ends, health)
	s.Asked(health)
	stop()
	p.Clock.Set(ends.Add(48 * time.Hour))
	for start := range 2 {
		stop := p.Run(newProcess(p).Run)
		expired := parts.Await[*eventpb.ConsentExpired](p, s.Stream, 1)[0]
		if !expired.GetExpiredAt().AsTime().Equal(ends) {
			t.Errorf("it ended at %v, want %v", expired.GetExpiredAt().AsTime(), ends)
		}
		marker(p, ends.Add(time.Duration(49+start)*time.Hour))
		stop()
	}
	if n := count[*eventpb.ConsentExpired](p, s.Stream); n != 1 {
		t.Errorf("%d ends are on record, want 1", n)
	}
}

// An overdue agency is asked again each time that its answer is due anew, by however many processes, until there is an answer.
func TestSOT07_AnOverdueAnswerIsChasedOnceForEachDueTime(t *testing.T) {
	p := parts.Start(t)
	p.Run(newProcess(p).Run)
	p.Run(newProcess(p).Run)
	s := p.Triaged("m-1")
	s.Consented(time.Time{}, health, "kent-schools")
	s.Asked(health, "kent-schools")
	due := parts.Await[*eventpb.InformationRequested](p, s.Stream, 1)[0].GetQuestions()[0].GetDue().GetDueAt().AsTime()
	s.Do(access.AgencySystem, contact.ShareInformation{Agency: "kent-schools", RequestID: "r1", Answer: "nothing-known"})
	marker(p, due) // at its due time an answer is in time
	if n := count[*eventpb.InformationRequestChased](p, s.Stream); n != 0 {
		t.Fatalf("chased %d times at the due time, want none", n)
	}
	for times := range 3 {
		p.Clock.Set(due.Add(time.Second))
		chased := parts.Await[*eventpb.InformationRequestChased](p, s.Stream, times+1)[times]
		if chased.GetAgency() != health || !chased.GetDueAt().AsTime().Equal(due) || chased.GetTimes() != uint32(times+1) {
			t.Errorf("chase %d: %v", times+1, chased)
		}
		due = chased.GetDue().GetDueAt().AsTime()
		marker(p, due)
		if n := count[*eventpb.InformationRequestChased](p, s.Stream); n != times+1 {
			t.Fatalf("chased %d times, want %d", n, times+1)
		}
	}
	s.Do(access.AgencySystem, contact.ShareInformation{Agency: health, RequestID: "r1", Answer: "nothing-known"})
	marker(p, due.Add(72*time.Hour))
	if n := count[*eventpb.InformationRequestChased](p, s.Stream); n != 3 {
		t.Errorf("chased %d times after the answer, want 3", n)
	}
}

// A withdrawal in the very moment of the end: whichever is first, the question is taken back once.
func TestAnEndAndAWithdrawalAtOnce(t *testing.T) {
	p := parts.Start(t)
	ends := parts.Monday.Add(time.Hour)
	s := p.Triaged("m-1")
	s.Consented(ends, health)
	s.Asked(health)
	s.Withdrawn()
	p.Run(newProcess(p).Run)
	marker(p, ends.Add(time.Minute))
	if n, m := count[*eventpb.ConsentExpired](p, s.Stream), count[*eventpb.InformationRequestCancelled](p, s.Stream); n != 0 || m != 1 {
		t.Errorf("a withdrawn consent ended %d times by itself and took back %d questions, want 0 and 1", n, m)
	}
}
