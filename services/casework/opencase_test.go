package casework_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/identifier"
	"github.com/openmash/mash/services/domain/identifier/number"
)

// Numbers in the ranges for tests.
const (
	nhs1, nhs2, nhs3 = "9990000018", "9990000026", "9990000034"
	upn1             = "B801200005001"
)

// on gives what the case-management system says of a case, minutes after ten.
func on(minutes int, caseNumber, nhs, team string) identifier.Record {
	return identifier.Record{
		Agency: "kent-social-care-cms", CaseNumber: caseNumber, NHSNumber: nhs, Open: team != "", Team: team,
		ChangedAt: monday.Add(time.Duration(minutes-60) * time.Minute),
	}
}

func (p *parts) record(s *casework.Service, id string, r identifier.Record) casework.Result {
	p.t.Helper()
	result, err := s.RecordOpenCase(p.t.Context(), r, casework.Origin{Actor: r.Agency, Agency: r.Agency, RequestID: id, RequestHash: hash(fmt.Sprint(r))})
	p.must(err)
	return result
}

// teams gives to whom a contact about a child with those numbers goes across.
func (p *parts) teams(s *casework.Service, children ...*eventpb.Child) string {
	p.t.Helper()
	m := message(fmt.Sprintf("look-%d", rand.Uint64()))
	m.Children = nil
	for _, child := range children {
		m.Children = append(m.Children, contact.Child{Person: child})
	}
	result, err := s.ReceiveContact(p.t.Context(), m, from(m, "look"))
	p.must(err)
	var all []string
	for _, event := range result.Events {
		if e, ok := event.(*eventpb.ContactPassedAcross); ok {
			for _, match := range e.GetMatches() {
				all = append(all, fmt.Sprintf("%s:%s by %s", match.GetSubjectId(), match.GetTeam(), strings.Join(match.GetMatchedOn(), "+")))
			}
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func child(nhs, upn, caseNumber string) *eventpb.Child {
	return &eventpb.Child{NhsNumber: nhs, Upn: upn, CaseNumber: caseNumber}
}

func TestKEN04_WhatIsOpenIsFoundByExactNumbers(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		r := on(0, "C1001", nhs1, "thanet-2")
		r.UPN = upn1
		p.record(s, "o-1", r)
		other := on(0, "C2002", nhs2, "maidstone-1")
		other.Agency = "medway-social-care"
		p.record(s, "o-2", other)
		for _, tc := range []struct {
			name     string
			children []*eventpb.Child
			want     string
		}{
			{"by NHS number, as it is printed", []*eventpb.Child{child("999 000 0018", "", "")}, "s1:thanet-2 by nhs_number"},
			{"by pupil number", []*eventpb.Child{child("", upn1, "")}, "s1:thanet-2 by upn"},
			{"by case number", []*eventpb.Child{child("", "", "C1001")}, "s1:thanet-2 by case_number"},
			{"by all of them, once", []*eventpb.Child{child(nhs1, upn1, "C1001")}, "s1:thanet-2 by nhs_number+upn+case_number"},
			{"a case number in small letters is another one", []*eventpb.Child{child("", "", "c1001")}, ""},
			{"nobody by another number", []*eventpb.Child{child(nhs3, "", "")}, ""},
			{"the sister who is open, not the brother", []*eventpb.Child{child(nhs3, "", ""), child(nhs1, "", "")}, "s2:thanet-2 by nhs_number"},
			{"two children open to two teams", []*eventpb.Child{child(nhs1, "", ""), child(nhs2, "", "")}, "s1:thanet-2 by nhs_number, s2:maidstone-1 by nhs_number"},
			{"one child open twice goes to both", []*eventpb.Child{child(nhs1, "", "C2002")}, "s1:maidstone-1 by case_number, s1:thanet-2 by nhs_number"},
			{"nobody without a number", []*eventpb.Child{{GivenName: "Amina", DateOfBirth: &eventpb.PartialDate{Value: "2017-05-04"}}}, ""},
		} {
			if got := p.teams(p.hub(), tc.children...); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
			}
		}
	})
}

func TestKEN04_AClosedCaseIsFoundNoMore(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		p.record(s, "o-1", on(0, "C1001", nhs1, "thanet-2"))
		p.record(s, "o-2", on(10, "C1001", nhs1, ""))
		if got := p.teams(s, child(nhs1, "", "C1001")); got != "" {
			t.Errorf("after it was closed: found %s", got)
		}
		p.record(s, "o-3", on(20, "C1001", nhs1, "thanet-3"))
		if got := p.teams(s, child(nhs1, "", "")); got != "s1:thanet-3 by nhs_number" {
			t.Errorf("after it was opened again: %q", got)
		}
	})
}

func TestKEN04_ACaseWithANewNumberIsNotFoundByTheOldOne(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		s := p.hub()
		p.record(s, "o-1", on(0, "C1001", nhs1, "thanet-2"))
		p.record(s, "o-2", on(10, "C1001", nhs2, "thanet-2"))
		if got := p.teams(s, child(nhs1, "", "")); got != "" {
			t.Errorf("by the old number: found %s", got)
		}
		if got := p.teams(s, child(nhs2, "", "")); got != "s1:thanet-2 by nhs_number" {
			t.Errorf("by the new number: %q", got)
		}
	})
}

// Whatever the order in which they arrive, the latest change is what stands.
func TestKEN04_TheLaterChangeWinsInAnyOrder(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		order := []int{0, 1, 2, 3}
		random := rand.New(rand.NewPCG(7, 7))
		for round := range 10 {
			random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			s, number := p.hub(), fmt.Sprintf("C%d", round)
			first, second, third := nhsNumber(3*round), nhsNumber(3*round+1), nhsNumber(3*round+2)
			changes := []identifier.Record{
				on(0, number, first, "thanet-1"), on(10, number, second, "thanet-2"), on(20, number, first, ""), on(30, number, third, "thanet-3"),
			}
			for _, i := range order {
				p.record(s, fmt.Sprintf("o-%d-%d", round, i), changes[i])
			}
			for _, tc := range []struct {
				by   string
				who  *eventpb.Child
				want string
			}{
				{"case number", child("", "", number), "s1:thanet-3 by case_number"},
				{"first number", child(first, "", ""), ""},
				{"second number", child(second, "", ""), ""},
				{"third number", child(third, "", ""), "s1:thanet-3 by nhs_number"},
			} {
				if got := p.teams(s, tc.who); got != tc.want {
					t.Errorf("in the order %v, by %s: got %q, want %q", order, tc.by, got, tc.want)
				}
			}
		}
	})
}

// nhsNumber gives one of a row of NHS numbers from the range for tests.
func nhsNumber(n int) string {
	for i := 999_000_000; ; i++ {
		for check := range 10 {
			text := fmt.Sprintf("%09d%d", i, check)
			if _, fault := number.NHS(text); fault == nil {
				if n == 0 {
					return text
				}
				n--
			}
		}
	}
}

func TestAnOpenCaseIsRecordedOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		first := p.record(p.hub(), "o-1", on(0, "C1001", nhs1, "thanet-2"))
		late := p.record(p.hub(), "o-0", on(-10, "C1001", nhs2, "thanet-1"))
		for _, tc := range []struct {
			name string
			want casework.Result
			r    identifier.Record
			id   string
		}{
			{"the message again", first, on(0, "C1001", nhs1, "thanet-2"), "o-1"},
			{"the late message again", late, on(-10, "C1001", nhs2, "thanet-1"), "o-0"},
		} {
			got := p.record(p.hub(), tc.id, tc.r)
			if !got.Repeated || got.EventID != tc.want.EventID || got.Revision != tc.want.Revision {
				t.Errorf("%s: got %+v, want %+v repeated", tc.name, got, tc.want)
			}
		}
		events := p.events(first.Stream)
		if len(events) != 2 || !events[1].Message.(*eventpb.OpenCaseRecorded).GetSuperseded() {
			t.Errorf("%d events, want two of which the second is superseded", len(events))
		}
		_, err := p.hub().RecordOpenCase(t.Context(), on(5, "C1001", nhs1, ""), casework.Origin{RequestID: "o-1", RequestHash: hash("another")})
		if _, ok := errors.AsType[*casework.ReusedError](err); !ok {
			t.Errorf("the id for another message: got %v, want a ReusedError", err)
		}
	})
}

// Messages about one case, handled at the same time by two hubs.
func TestKEN04_ConcurrentChangesEndWithTheLatest(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		numbers := []string{nhs1, nhs2, nhs3}
		at(p, 2, 6, func(i int, s *casework.Service) {
			p.record(s, fmt.Sprintf("o-%d", i), on(i, "C1001", numbers[i%3], fmt.Sprintf("team-%d", i)))
		})
		s := p.hub()
		for i, nhs := range numbers {
			want := ""
			if i == 2 {
				want = "s1:team-5 by nhs_number"
			}
			if got := p.teams(s, child(nhs, "", "")); got != want {
				t.Errorf("by number %d: got %q, want %q", i, got, want)
			}
		}
		if got := p.teams(s, child("", "", "C1001")); got != "s1:team-5 by case_number" {
			t.Errorf("by case number: %q", got)
		}
	})
}

func TestAnOpenCaseThatCannotBeIsRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, p *parts) {
		r := on(0, "C 1001", "9990000019", "")
		r.Open, r.UPN, r.ChangedAt = true, "A801200005001", monday.Add(time.Hour)
		_, err := p.hub().RecordOpenCase(t.Context(), r, casework.Origin{RequestID: "o-1"})
		refusal, ok := errors.AsType[*domain.Refusal](err)
		if !ok || refusal.Reason != identifier.ReasonInvalidOpenCase {
			t.Fatalf("got %v, want a refusal", err)
		}
		var fields []string
		for _, f := range refusal.Fields {
			fields = append(fields, f.Field+" "+f.Rule)
		}
		want := "case_number KEN-04, nhs_number NHS-number, upn CIN-1510, team KEN-04, changed_at date.future"
		if got := strings.Join(fields, ", "); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
		if strings.Contains(refusal.Error(), "9990000019") {
			t.Error("the refusal repeats a number")
		}
	})
}
