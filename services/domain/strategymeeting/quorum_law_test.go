package strategymeeting_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/domain/strategymeeting"
)

// registered are the agencies of these laws, as a registry would have them.
var registered = []strategymeeting.Invitee{
	{Agency: "kent-social-care-cms", Sector: "social-care"}, {Agency: "kent-police", Sector: "police"}, {Agency: "kent-health", Sector: "health"},
	{Agency: "kent-mental-health", Sector: "health"}, {Agency: "kent-schools", Sector: "education"}, {Agency: "kent-housing", Sector: "housing"},
}

func sectorOf(agency string) string {
	i := slices.IndexFunc(registered, func(one strategymeeting.Invitee) bool { return one.Agency == agency })
	return registered[i].Sector
}

// Whatever agencies say, name, take back and send in writing, and however often the
// meeting is moved: it concludes when somebody of each sector of its quorum was
// there, and otherwise never.
func TestWT04_LawNoAttendanceConcludesWithoutTheQuorum(t *testing.T) {
	concluded, refused := 0, 0
	law := func(t *rapid.T) {
		p, err := practice.Builtin()
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "more") {
			p.Meetings.Quorum = []string{"education"}
		}
		now := at(t)
		setting := func(actor string) strategymeeting.Setting {
			return strategymeeting.Setting{Now: now, Profile: p, Role: access.TeamManager, Actor: actor}
		}
		state := step(t, strategymeeting.Initial(), strategymeeting.Under(wholeProposal(), setting("w-1")))
		call := wholeCall(now)
		call.Invitees = append(call.Invitees, registered[4])
		state = step(t, state, strategymeeting.Under(call, setting("m-1")))
		for range rapid.IntRange(0, 8).Draw(t, "answers") {
			now = now.Add(time.Minute)
			c := anyAnswer(t, pick(t, "agency", registered...))
			if rapid.IntRange(0, 4).Draw(t, "move") == 0 {
				c = strategymeeting.Move{At: now.Add(time.Hour), Form: practice.FormMeeting, Reason: "The room is taken."}
			}
			state = step(t, state, strategymeeting.Under(c, setting("m-1")))
		}
		there, present := anyPresence(t, state)
		c := wholeConclusion(now)
		c.Present = present
		c.Outcomes[0] = strategymeeting.Outcome{ChildID: "s1", Outcome: "assessment", Medical: "none", Protection: "none", OtherChildren: "none-known"}
		added, err := strategymeeting.Decide(strategymeeting.Under(c, setting("m-2")), state)
		want := there["social-care"] && there["health"] && there["police"] && (len(p.Meetings.Quorum) == 0 || there["education"])
		refusal, isRefusal := errors.AsType[*domain.Refusal](err)
		switch {
		case want != (err == nil):
			t.Fatalf("sectors %v of %v: got %v", slices.Sorted(maps.Keys(there)), p.Quorum(), err)
		case want:
			concluded++
			checkQuorum(t, added[0].(*eventpb.StrategyMeetingConcluded), there)
		case !isRefusal || len(present) > 0 && refusal.Reason != strategymeeting.ReasonQuorumNotPresent:
			t.Fatalf("sectors %v: got %v, want the quorum named", slices.Sorted(maps.Keys(there)), err)
		default:
			refused++
		}
	}
	for range 10 { // chance may leave out what the law is about once
		if rapid.Check(t, law); concluded > 0 && refused > 0 {
			break
		}
	}
	if concluded == 0 || refused == 0 {
		t.Errorf("%d meetings concluded and %d were refused: the law was not tried both ways", concluded, refused)
	}
}

// anyPresence draws who was there: people who had been named, and others, some of
// them in somebody's place. It gives the sectors of those people, by the registry.
func anyPresence(t *rapid.T, s strategymeeting.State) (map[string]bool, []strategymeeting.Present) {
	there, named := map[string]bool{}, map[string]bool{}
	var present []strategymeeting.Present
	for range rapid.IntRange(0, 6).Draw(t, "people") {
		if len(s.Attendees) > 0 && rapid.Bool().Draw(t, "was named") {
			a := pick(t, "who", s.Attendees...)
			if !named[a.ID] {
				present = append(present, strategymeeting.Present{AttendeeID: a.ID})
				named[a.ID], there[sectorOf(a.Agency)] = true, true
			}
			continue
		}
		agency := pick(t, "of", registered...)
		person := strategymeeting.Person{Name: "Cy", Post: "Officer"}
		if len(s.Attendees) > 0 {
			person.SubstituteFor = pick(t, "for", "", s.Attendees[0].ID)
		}
		present = append(present, strategymeeting.Present{Agency: agency.Agency, Sector: agency.Sector, Person: person})
		there[agency.Sector] = true
	}
	return there, present
}

// checkQuorum checks what the record says of the quorum: each sector by an agency
// of it that was there, and everybody else's absence.
func checkQuorum(t *rapid.T, e *eventpb.StrategyMeetingConcluded, there map[string]bool) {
	agencies := map[string]bool{}
	for _, p := range e.GetPresent() {
		agencies[p.GetAgency()] = true
		if p.GetSector() != sectorOf(p.GetAgency()) {
			t.Fatalf("%s was there for %s", p.GetAgency(), p.GetSector())
		}
	}
	for _, q := range e.GetQuorum() {
		if !agencies[q.GetAgency()] || sectorOf(q.GetAgency()) != q.GetSector() || !there[q.GetSector()] {
			t.Fatalf("%s makes the quorum for %s", q.GetAgency(), q.GetSector())
		}
	}
	for _, a := range e.GetAbsences() {
		if agencies[a.GetAgency()] {
			t.Fatalf("%s was there, and is named absent", a.GetAgency())
		}
	}
}
