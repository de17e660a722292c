package scenario

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/services/domain"
)

// Run runs every scenario of the files that match the pattern, each as a test of
// its own. Build makes a command of a step.
func Run[C, S any](t *testing.T, fsys fs.FS, pattern string, d domain.Decider[C, proto.Message, S], build func(Step) (C, error)) {
	t.Helper()
	scenarios, err := Read(fsys, pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scenarios {
		t.Run(s.Name, func(t *testing.T) { run(t, s, d, build) })
	}
}

func run[C, S any](t *testing.T, s Scenario, d domain.Decider[C, proto.Message, S], build func(Step) (C, error)) {
	state := d.Initial()
	for _, step := range s.Given {
		events, err := decide(t, s, d, build, step, state)
		if err != nil {
			t.Fatalf("%s:%d: given %s: %v", s.File, step.Line, step.Verb, err)
		}
		state = fold(t, s, d, state, events)
	}
	events, err := decide(t, s, d, build, s.When, state)
	check(t, s, events, err)
	if err != nil {
		return
	}
	state = fold(t, s, d, state, events)
	again, err := decide(t, s, d, build, s.When, state)
	if _, refused := errors.AsType[*domain.Refusal](err); !refused && (err != nil || len(again) > 0) {
		t.Errorf("%s:%d: decided a second time it gives %d events and error %v, want nothing or a refusal", s.File, s.When.Line, len(again), err)
	}
}

func decide[C, S any](t *testing.T, s Scenario, d domain.Decider[C, proto.Message, S], build func(Step) (C, error), step Step, state S) ([]proto.Message, error) {
	t.Helper()
	command, err := build(step)
	if err != nil {
		t.Fatalf("%s:%d: %s: %v", s.File, step.Line, step.Verb, err)
	}
	return d.Decide(command, state)
}

func fold[C, S any](t *testing.T, s Scenario, d domain.Decider[C, proto.Message, S], state S, events []proto.Message) S {
	t.Helper()
	for _, event := range events {
		next, err := d.Evolve(state, event)
		if err != nil {
			t.Fatalf("%s: fold %T: %v", s.File, event, err)
		}
		state = next
	}
	return state
}

func check(t *testing.T, s Scenario, events []proto.Message, err error) {
	t.Helper()
	first := s.Then[0]
	switch {
	case first.Refusal != "":
		checkRefusal(t, s, first, events, err)
		return
	case err != nil:
		t.Fatalf("%s:%d: got %v, want %s", s.File, first.Line, err, want(s))
	case first.Event == "" && len(events) > 0, first.Event != "" && len(events) != len(s.Then):
		t.Fatalf("%s:%d: got %s, want %s", s.File, first.Line, names(events), want(s))
	}
	for i, event := range events {
		checkEvent(t, s, s.Then[i], event)
	}
}

func checkRefusal(t *testing.T, s Scenario, o Outcome, events []proto.Message, err error) {
	t.Helper()
	refusal, ok := errors.AsType[*domain.Refusal](err)
	if !ok {
		t.Fatalf("%s:%d: got %s and error %v, want the refusal %s", s.File, o.Line, names(events), err, o.Refusal)
	}
	if refusal.Reason != o.Refusal || o.Rule != "" && refusal.Rule != o.Rule {
		t.Errorf("%s:%d: got the refusal %s %s, want %s %s", s.File, o.Line, refusal.Reason, refusal.Rule, o.Refusal, o.Rule)
	}
	if refusal.Message == "" || refusal.Advice == "" {
		t.Errorf("%s:%d: the refusal %s does not say what is wrong and what can be done", s.File, o.Line, refusal.Reason)
	}
	var got, want []string
	for _, f := range refusal.Fields {
		got = append(got, f.Field+": "+f.Rule)
	}
	for _, f := range o.Fields {
		want = append(want, f.Name+": "+f.Value)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s:%d: fields at fault\n got %s\nwant %s", s.File, o.Line, strings.Join(got, "; "), strings.Join(want, "; "))
	}
}

func checkEvent(t *testing.T, s Scenario, o Outcome, event proto.Message) {
	t.Helper()
	if got := string(event.ProtoReflect().Descriptor().Name()); got != o.Event {
		t.Errorf("%s:%d: got %s, want %s", s.File, o.Line, got, o.Event)
		return
	}
	got := Flatten(event)
	for _, f := range o.Fields {
		if value := lookup(got, f.Name); value != f.Value {
			t.Errorf("%s:%d: %s of %s:\n got %s\nwant %s", s.File, f.Line, f.Name, o.Event, value, f.Value)
		}
	}
}

// lookup gives the value of a field, "none" where there is none, and for a
// message or list that is there and was asked for as a whole what to ask for.
func lookup(fields map[string]string, name string) string {
	if value, ok := fields[name]; ok {
		return value
	}
	var below []string
	for path := range fields {
		if strings.HasPrefix(path, name+"[") || strings.HasPrefix(path, name+".") {
			below = append(below, path)
		}
	}
	if below == nil {
		return "none"
	}
	slices.Sort(below)
	return "something: " + strings.Join(below, ", ")
}

func names(events []proto.Message) string {
	if len(events) == 0 {
		return "nothing"
	}
	var all []string
	for _, event := range events {
		all = append(all, string(event.ProtoReflect().Descriptor().Name()))
	}
	return strings.Join(all, ", ")
}

func want(s Scenario) string {
	var all []string
	for _, o := range s.Then {
		all = append(all, o.Event)
	}
	if text := strings.Join(all, ", "); text != "" {
		return text
	}
	return "nothing"
}
