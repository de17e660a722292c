// Package scenario reads and runs the scenario files of the deciders: given what
// was done before, when a command is decided at a time, then these events or
// this refusal. People who know the work and write no programs can read the
// files and add to them.
//
// It stands beside the deciders, for their tests alone; nothing on the way of a
// contact uses it.
//
// # The form of a file
//
//	# A line that begins with # is a comment.
//	scenario: a team manager triages
//	given receive at Mon 2026-03-02 10:00
//	  work type: police-contact
//	when triage at Mon 2026-03-02 10:30 as team-manager
//	  rating: amber
//	then ContactTriaged
//	  rating: amber
//	  clocks[decision].due_at: Tue 2026-03-03 17:00
//
// Times are in the clock of Europe/London, with their weekday, which is checked:
// who reads a due time wants to see the weekend. Each given is a command that has
// to succeed. A then names an event and those of its fields that matter, by their
// names in the event's proto file, an entry of a list by what its first field
// says; "none" is what is empty or not there. Or it is a refusal, with every
// field that is at fault and the rule it broke:
//
//	then refused INVALID_CONTACT
//	  children[0].date_of_birth: date.future
//
// or "then nothing" for a command that adds nothing.
//
// # What a run guarantees
//
// The events are those that are named, in that order and no others. A refusal is
// that refusal, with its rule where the file names one. Every command is decided
// a second time on its own result, and has to add nothing or be refused.
package scenario

import (
	"bufio"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/openmash/mash/services/domain/worktime"
)

// Scenario is one case of a file.
type Scenario struct {
	// Name says what it shows, File and Line where it stands.
	Name, File string
	Line       int
	Given      []Step
	When       Step
	Then       []Outcome
}

// Step is a command: what, when, in what role, and its fields.
type Step struct {
	Line   int
	Verb   string
	At     time.Time
	Role   string
	Fields []Field
}

// Field is one line below a command, event or refusal.
type Field struct {
	Line        int
	Name, Value string
}

// Outcome is an event by its short name, a refusal by its reason, or neither for
// nothing.
type Outcome struct {
	Line                 int
	Event, Refusal, Rule string
	Fields               []Field
}

// Read reads the files that match the pattern, as fs.Glob has it. A file that is
// not in the form, or has no scenario, is an error that names its line; so is a
// pattern that no file matches.
func Read(fsys fs.FS, pattern string) ([]Scenario, error) {
	names, err := fs.Glob(fsys, pattern)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no scenario file matches %s", pattern)
	}
	var all []Scenario
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		p := parser{file: name}
		if err := p.parse(string(data)); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, p.line, err)
		}
		all = append(all, p.scenarios...)
	}
	return all, nil
}

type parser struct {
	file      string
	line      int
	scenarios []Scenario
	// fields is where the next field line goes; nil: nowhere.
	fields *[]Field
}

func (p *parser) parse(text string) error {
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		p.line++
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := p.take(line); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if len(p.scenarios) == 0 {
		return fmt.Errorf("there is no scenario in the file")
	}
	return p.finished()
}

func (p *parser) take(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "scenario:":
		if err := p.finished(); err != nil {
			return err
		}
		p.scenarios = append(p.scenarios, Scenario{Name: rest, File: p.file, Line: p.line})
		p.fields = nil
		return nil
	case "given", "when":
		return p.step(word, rest)
	case "then":
		return p.outcome(rest)
	}
	name, value, ok := strings.Cut(line, ":")
	// A time has a colon too: "whn open at …" is no field.
	if !ok || p.fields == nil || strings.Contains(name, " at ") {
		return fmt.Errorf("neither scenario, given, when, then nor a field of one: %q", line)
	}
	*p.fields = append(*p.fields, Field{p.line, strings.TrimSpace(name), strings.TrimSpace(value)})
	return nil
}

// finished refuses to leave a scenario that shows nothing.
func (p *parser) finished() error {
	if len(p.scenarios) == 0 {
		return nil
	}
	if last := p.scenarios[len(p.scenarios)-1]; last.When.Verb == "" || len(last.Then) == 0 {
		return fmt.Errorf("scenario %q has no when or no then", last.Name)
	}
	return nil
}

// step reads "triage at Mon 2026-03-02 10:30 as team-manager".
func (p *parser) step(word, rest string) error {
	if len(p.scenarios) == 0 {
		return fmt.Errorf("%s before the first scenario", word)
	}
	s := &p.scenarios[len(p.scenarios)-1]
	verb, when, ok := strings.Cut(rest, " at ")
	if !ok {
		return fmt.Errorf("%s without a time", word)
	}
	when, role, _ := strings.Cut(when, " as ")
	at, err := parseTime(when)
	if err != nil {
		return err
	}
	step := Step{Line: p.line, Verb: verb, At: at, Role: role}
	switch {
	case s.When.Verb != "":
		return fmt.Errorf("%s after the scenario's when", word)
	case word == "given":
		s.Given = append(s.Given, step)
		p.fields = &s.Given[len(s.Given)-1].Fields
	default:
		s.When = step
		p.fields = &s.When.Fields
	}
	return nil
}

// outcome reads "ContactTriaged", "refused REASON RULE" or "nothing".
func (p *parser) outcome(rest string) error {
	if len(p.scenarios) == 0 || p.scenarios[len(p.scenarios)-1].When.Verb == "" {
		return fmt.Errorf("then before a when")
	}
	s := &p.scenarios[len(p.scenarios)-1]
	o := Outcome{Line: p.line}
	words := strings.Fields(rest)
	switch {
	case len(words) == 1 && words[0] == "nothing":
	case len(words) >= 2 && len(words) <= 3 && words[0] == "refused":
		o.Refusal = words[1]
		o.Rule = strings.Join(words[2:], "")
	case len(words) == 1:
		o.Event = words[0]
	default:
		return fmt.Errorf("then names an event, a refusal with its reason, or nothing")
	}
	s.Then = append(s.Then, o)
	p.fields = &s.Then[len(s.Then)-1].Fields
	return nil
}

const layout = "Mon 2006-01-02 15:04"

func parseTime(text string) (time.Time, error) {
	zone, err := worktime.London()
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.ParseInLocation(layout, strings.TrimSpace(text), zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("a time looks like %q: %w", layout, err)
	}
	if !strings.HasPrefix(strings.TrimSpace(text), at.Format("Mon ")) {
		return time.Time{}, fmt.Errorf("%s is a %s", at.Format("2006-01-02"), at.Weekday())
	}
	return at, nil
}
