package identifier_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/identifier"
	"github.com/openmash/mash/services/domain/scenario"
)

func TestKEN04_WhatIsOpenUnderANumber(t *testing.T) {
	scenario.Run(t, os.DirFS("testdata/scenarios"), "KEN-04*.txt", identifier.Decider(), build)
}

func build(s scenario.Step) (identifier.Entry, error) {
	if s.Verb != "record" {
		return identifier.Entry{}, fmt.Errorf("unknown command %q", s.Verb)
	}
	e := identifier.Entry{Now: s.At, Type: identifier.NHSNumber, Agency: "kent-social-care-cms", Reference: &eventpb.CaseReference{CaseNumber: "C1001"}}
	for _, f := range s.Fields {
		switch f.Name {
		case "number":
			if e.Type = f.Value; f.Value == "unknown" {
				e.Type, e.Reference = "", nil
			}
		case "agency":
			e.Agency = f.Value
		case "case":
			e.CaseID = f.Value
		case "open to":
			e.Open, e.Team = true, f.Value
		case "closed":
			e.Open, e.Team = false, ""
		case "changed":
			at, err := time.ParseInLocation("Mon 2006-01-02 15:04", f.Value, s.At.Location())
			if err != nil {
				return e, err
			}
			e.ChangedAt = at
		default:
			return e, fmt.Errorf("line %d: unknown field %q", f.Line, f.Name)
		}
	}
	return e, nil
}

// store is the streams of all numbers, without a store.
type store map[string]identifier.State

func (s store) state(stream string) identifier.State {
	if _, ok := s[stream]; !ok {
		s[stream] = identifier.Initial()
	}
	return s[stream]
}

func pseudonym(kind, value string) string { return kind + "-" + value }

// record does what casework does with a message, up to its n-th append.
func (s store) record(t *rapid.T, r identifier.Record, appends int) {
	onCase := s.state(identifier.Stream(pseudonym(identifier.CaseNumber, r.CaseNumber)))
	for i, step := range identifier.Plan(r, onCase, pseudonym) {
		if i >= appends {
			return
		}
		added, err := identifier.Decide(step.Entry, s.state(step.Stream))
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range added {
			if s[step.Stream], err = identifier.Evolve(s[step.Stream], event); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (s store) open() string {
	var all []string
	for stream, state := range s {
		for _, c := range state.OpenCases() {
			all = append(all, stream+" "+c.Team)
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// Messages about one case, in any order, each delivered once or twice and cut
// off anywhere the first time, end where they would in order and whole.
func TestLawTheLatestChangeStandsHoweverMessagesArrive(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	numbers := []string{"", "9990000018", "9990000026", "9990000034"}
	rapid.Check(t, func(t *rapid.T) {
		var messages []identifier.Record
		for i := range rapid.IntRange(1, 6).Draw(t, "messages") {
			messages = append(messages, identifier.Record{
				Agency: "kent-social-care-cms", CaseNumber: "C1", NHSNumber: rapid.SampledFrom(numbers).Draw(t, "number"),
				Open: rapid.Bool().Draw(t, "open"), Team: fmt.Sprintf("team-%d", i), ChangedAt: start.Add(time.Duration(i) * time.Minute),
			})
		}
		inOrder, asTheyCame := store{}, store{}
		for _, m := range messages {
			inOrder.record(t, m, 99)
		}
		for _, m := range rapid.Permutation(messages).Draw(t, "order") {
			if rapid.Bool().Draw(t, "cut off") {
				asTheyCame.record(t, m, rapid.IntRange(0, 3).Draw(t, "after"))
			}
			asTheyCame.record(t, m, 99)
		}
		if got, want := asTheyCame.open(), inOrder.open(); got != want {
			t.Fatalf("open at the end:\n got %s\nwant %s", got, want)
		}
	})
}

// Of changes at the same time the same one stands at the end whatever the order
// of arrival: the one that package identifier's doc names.
func TestLawATieIsDecidedAlikeHoweverMessagesArrive(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	numbers := []string{"", "9990000018", "9990000026"}
	rapid.Check(t, func(t *rapid.T) {
		var messages []identifier.Record
		for range rapid.IntRange(2, 5).Draw(t, "messages") {
			m := identifier.Record{
				Agency: "kent-social-care-cms", CaseNumber: "C1", NHSNumber: rapid.SampledFrom(numbers).Draw(t, "number"),
				Open: rapid.Bool().Draw(t, "open"), ChangedAt: start.Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "changed")) * time.Minute),
			}
			if m.Open {
				m.Team = rapid.SampledFrom([]string{"ashford", "thanet"}).Draw(t, "team")
			}
			messages = append(messages, m)
		}
		stands := slices.MinFunc(messages, func(a, b identifier.Record) int {
			closed := func(r identifier.Record) int {
				if r.Open {
					return 0
				}
				return 1
			}
			return cmp.Or(b.ChangedAt.Compare(a.ChangedAt), cmp.Compare(closed(a), closed(b)), cmp.Compare(a.Team, b.Team), cmp.Compare(a.NHSNumber, b.NHSNumber))
		})
		asTheyCame, alone := store{}, store{}
		for _, m := range rapid.Permutation(messages).Draw(t, "order") {
			if rapid.Bool().Draw(t, "cut off") {
				asTheyCame.record(t, m, rapid.IntRange(0, 3).Draw(t, "after"))
			}
			asTheyCame.record(t, m, 99)
		}
		alone.record(t, stands, 99)
		if got, want := asTheyCame.open(), alone.open(); got != want {
			t.Fatalf("open at the end:\n got %s\nwant %s", got, want)
		}
	})
}

func TestLawAnyHistoryCanBeFoldedAndDecidedOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state, word := identifier.Initial(), rapid.SampledFrom([]string{"", "a", "b"})
		for range rapid.IntRange(0, 6).Draw(t, "events") {
			var err error
			state, err = identifier.Evolve(state, &eventpb.OpenCaseRecorded{
				CaseId: word.Draw(t, "case"), Agency: word.Draw(t, "agency"), Team: word.Draw(t, "team"),
				Open: rapid.Bool().Draw(t, "open"), Superseded: rapid.Bool().Draw(t, "superseded"),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := identifier.Decide(identifier.Entry{CaseID: word.Draw(t, "of"), Open: true}, state); err != nil {
			t.Fatal(err)
		}
	})
}

// A meeting is noted once, beside the cases that are open, which it leaves as they are.
func TestWT03_AMeetingIsNotedOnce(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	state, err := identifier.Evolve(identifier.Initial(), &eventpb.OpenCaseRecorded{CaseId: "c", Agency: "a", Open: true, Team: "thanet-1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, meeting := range []string{"first", "second", "first"} {
		for _, event := range identifier.Note(meeting, now, state) {
			if state, err = identifier.Evolve(state, event); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, want := state.Enquiring(), []string{"second", "first"}; !slices.Equal(got, want) {
		t.Errorf("noted are %v, want %v", got, want)
	}
	if got := state.OpenCases(); len(got) != 1 || got[0].Team != "thanet-1" {
		t.Errorf("open is %v, want the case of thanet-1", got)
	}
	if again := identifier.Note("second", now, state); len(again) != 0 {
		t.Errorf("noted again it adds %v", again)
	}
}

func TestAnUnknownEventIsNeverSkipped(t *testing.T) {
	for _, event := range []proto.Message{nil, &eventpb.ContactReceived{}} {
		if _, err := identifier.Evolve(identifier.Initial(), event); err == nil {
			t.Errorf("%T was folded into a number", event)
		}
	}
}

func TestARecordIsCheckedWhole(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	good := identifier.Record{Now: now, Agency: "kent-social-care-cms", CaseNumber: "C1001", NHSNumber: "999 000 0018", UPN: "B801200005001", Open: true, Team: "thanet-2", ChangedAt: now}
	if err := good.Check(); err != nil {
		t.Fatalf("a good record: %v", err)
	}
	for _, tc := range []struct {
		name, want string
		change     func(*identifier.Record)
	}{
		{"an open case without a team", "team KEN-04", func(r *identifier.Record) { r.Team = "" }},
		{"a team that is no code", "team token", func(r *identifier.Record) { r.Team = "Thanet 2\n" }},
		{"a wrong NHS number", "nhs_number NHS-number", func(r *identifier.Record) { r.NHSNumber = "9990000019" }},
		{"a wrong pupil number", "upn CIN-1510", func(r *identifier.Record) { r.UPN = "A801200005001" }},
		{"no case number", "case_number KEN-04", func(r *identifier.Record) { r.CaseNumber = "" }},
		{"no agency", "agency token", func(r *identifier.Record) { r.Agency = "" }},
		{"no time", "changed_at date.past", func(r *identifier.Record) { r.ChangedAt = time.Time{} }},
		{"a time to come, which would win for ever", "changed_at date.future", func(r *identifier.Record) { r.ChangedAt = now.AddDate(10, 0, 0) }},
	} {
		r := good
		tc.change(&r)
		refusal, ok := errors.AsType[*domain.Refusal](r.Check())
		if !ok || len(refusal.Fields) != 1 || refusal.Fields[0].Field+" "+refusal.Fields[0].Rule != tc.want {
			t.Errorf("%s: got %v, want %s", tc.name, refusal, tc.want)
		}
	}
}

func TestNumbersAreNamedInNormalForm(t *testing.T) {
	got := fmt.Sprint(identifier.Numbers("999 000 0018", "b801200005001", "C1001"))
	if want := "[{nhs_number 9990000018} {upn B801200005001} {case_number C1001}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := identifier.Numbers("9990000019", "x", ""); len(got) != 0 {
		t.Errorf("numbers that cannot be: got %v, want none", got)
	}
}

// Claims and notes are of meetings, each once; who has only claimed is asked last.
func TestWT03_WhoIsAskedWhetherEnquiriesRun(t *testing.T) {
	s, now := identifier.Initial(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	add := func(events []proto.Message) (n int) {
		for _, event := range events {
			var err error
			if s, err = identifier.Evolve(s, event); err != nil {
				t.Fatal(err)
			}
		}
		return len(events)
	}
	for i, tc := range []struct {
		decide func(string, time.Time, identifier.State) []proto.Message
		id     string
		want   int
	}{
		{identifier.Claim, "m-1", 1}, {identifier.Claim, "m-2", 1}, {identifier.Claim, "m-1", 0},
		{identifier.Note, "m-2", 1}, {identifier.Note, "m-3", 1}, {identifier.Note, "m-2", 0},
	} {
		if got := add(tc.decide(tc.id, now, s)); got != tc.want {
			t.Errorf("step %d adds %d events, want %d", i, got, tc.want)
		}
	}
	if got, want := s.Enquiring(), []string{"m-3", "m-2", "m-1"}; !slices.Equal(got, want) {
		t.Errorf("asked are %v, want %v", got, want)
	}
	if got, want := s.Claiming(), []string{"m-1", "m-2"}; !slices.Equal(got, want) {
		t.Errorf("claimed by %v, want %v", got, want)
	}
	if len(s.OpenCases()) != 0 {
		t.Errorf("cases are open: %v", s.OpenCases())
	}
}
