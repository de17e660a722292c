package hub_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// at does operations at the same time, in turn through one hub and the other.
func (r *race) at(id string, operations ...operation) []*asked {
	calls := make([]*asked, len(operations))
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i, o := range operations {
		all.Go(func() {
			<-begin
			calls[i] = r.do(i, id, o, nil)
		})
	}
	close(begin)
	all.Wait()
	return calls
}

// kinds counts deeds by what they are.
func kinds(deeds []deed) map[string]int {
	all := map[string]int{}
	for _, d := range deeds {
		for _, e := range d.events {
			all[string(e.ProtoReflect().Descriptor().Name())]++
		}
	}
	return all
}

// A consent is withdrawn while agencies are being asked under it: each question was asked before the withdrawal, and is then taken back with
// it, or is refused.
func TestHUB02_AConsentIsWithdrawnWhileAgenciesAreAsked(t *testing.T) {
	r := newRace(t, 2)
	asked := 0
	for round := range 8 {
		id := r.contact(fmt.Sprintf("m-%d", round))
		r.all(id, triaging("manager-1", "amber"), holding("worker-1"), consenting("worker-1", both))
		// In every round the withdrawal stands elsewhere in the queue for the contact.
		operations := slices.Insert([]operation{
			asking("worker-2", healthOnly, "What is known of injuries?", triaged), asking("worker-3", schoolOnly, "How does she come to school?", triaged),
			asking("worker-4", both, "Anything else?", triaged), asking("manager-1", healthOnly, "Which surgery?", triaged),
		}, round%5, withdrawing("worker-1", "c1"))
		r.at(id, operations...)
		deeds := r.serial(id)
		asked += kinds(deeds)["InformationRequested"]
		withdrawn := false
		open := map[string]bool{}
		for _, d := range deeds {
			for _, e := range d.events {
				switch e := e.(type) {
				case *eventpb.ConsentWithdrawn:
					withdrawn = true
				case *eventpb.InformationRequested:
					if withdrawn {
						t.Errorf("round %d: %s is asked after the withdrawal", round, e.GetRequestId())
					}
					open[e.GetRequestId()] = true
				case *eventpb.InformationRequestCancelled:
					delete(open, e.GetRequestId())
				}
			}
		}
		if !withdrawn || len(open) > 0 {
			t.Errorf("round %d: withdrawn %t, and still open are %v", round, withdrawn, open)
		}
	}
	t.Logf("%d of 32 questions came before the withdrawal", asked)
}

// Two managers decide one override at once, while somebody waits to ask under it.
func TestHUB01_TwoManagersDecideOneOverrideAtOnce(t *testing.T) {
	r := newRace(t, 2)
	won := map[string]int{}
	for round := range 8 {
		id := r.contact(fmt.Sprintf("m-%d", round))
		r.all(id, triaging("manager-1", "amber"), proposing("worker-1", healthOnly, "He has threatened them before."))
		first, second := overriding("manager-1", "o1", "approved"), overriding("manager-2", "o1", "declined")
		if round%2 == 1 {
			first, second = second, first
		}
		calls := r.at(id, first, second, asking("worker-2", healthOnly, "What is known of injuries?", triaged))
		deeds := r.serial(id)
		counts := kinds(deeds)
		if counts["OverrideDecided"] != 1 || (calls[0].reason == "") == (calls[1].reason == "") {
			t.Errorf("round %d: %d decisions, the managers were told %q and %q", round, counts["OverrideDecided"], calls[0].reason, calls[1].reason)
		}
		for _, d := range deeds {
			if e, ok := d.events[0].(*eventpb.OverrideDecided); ok {
				won[e.GetOutcome()]++
				if e.GetOutcome() == "declined" && counts["InformationRequested"] > 0 {
					t.Errorf("round %d: health was asked under an override that was declined", round)
				}
			}
		}
	}
	t.Logf("decided: %v", won)
}

// Ten people work on one contact at once, and agencies answer: whatever they do, the record is one that some order of it allows.
func TestTenWorkersOnOneContact(t *testing.T) {
	r := newRace(t, 2)
	people := []string{"manager-1", "manager-2", "senior-1", "worker-1", "worker-2", "worker-3", "worker-4", "worker-1", "", ""}
	total := map[string]int{}
	for round := range uint64(3) {
		id := r.contact(fmt.Sprintf("m-%d", round))
		r.all(id, holding("worker-1"))
		if round > 0 {
			r.all(id, triaging("senior-1", "green"))
		}
		var all sync.WaitGroup
		for i, person := range people {
			all.Go(func() {
				dice := rand.New(rand.NewPCG(round, uint64(i)))
				for n := range 8 {
					var expected *uint64
					if seen := uint64(dice.IntN(30)); person != "" && dice.IntN(8) == 0 {
						expected = &seen
					}
					r.do(i, id, anything(dice, person, fmt.Sprintf("%d/%d", i, n)), expected)
				}
			})
		}
		all.Wait()
		for kind, n := range kinds(r.serial(id)) {
			total[kind] += n
		}
	}
	t.Logf("on record: %v", total)
	for _, kind := range []string{"ContactTriaged", "ConsentRecorded", "ConsentWithdrawn", "OverrideProposed", "InformationRequested", "InformationShared"} {
		if total[kind] == 0 {
			t.Errorf("no %s is in any history: too little happened to show anything", kind)
		}
	}
}

// anything is what this person may think of doing; an agency where there is no person.
func anything(dice *rand.Rand, person, note string) operation {
	pick := func(prefix string) string { return fmt.Sprintf("%s%d", prefix, 1+dice.IntN(3)) }
	scope := []part{healthOnly, schoolOnly, both}[dice.IntN(3)]
	if person == "" {
		agency := []string{"kent-health", "kent-schools"}[dice.IntN(2)]
		return telling(agency, []string{"", "r1", "r2"}[dice.IntN(3)], []string{"education-and-attendance", "physical-health"}[dice.IntN(2)], "Known, says "+note)
	}
	operations := []operation{
		consenting(person, both), consenting(person, scope), withdrawing(person, pick("c")),
		proposing(person, scope, "He has threatened them, says "+note), proposing(person, scope, "He has threatened them, says "+note, pick("c")),
		asking(person, scope, "What is known? asks "+note, triaged), asking(person, scope, "What is known? asks "+note, triaged), cancelling(person, pick("r")),
	}
	if roles[person] == roles["manager-1"] || roles[person] == roles["senior-1"] {
		operations = append(operations, triaging(person, "amber"), triaging(person, "red"), allocating(person, "worker-2"))
	}
	if roles[person] == roles["manager-1"] {
		operations = append(operations, overriding(person, pick("o"), "approved"), overriding(person, pick("o"), "approved"), overriding(person, pick("o"), "declined"))
	}
	return operations[dice.IntN(len(operations))]
}
