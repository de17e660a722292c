package identifier

import (
	"cmp"
	"slices"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/identifier/number"
)

// Number is one number of a case or child, in normal form.
type Number struct{ Type, Value string }

// Numbers gives the numbers under which a child can be found, those that are
// empty or cannot be one left out: NHS number, unique pupil number, case number.
func Numbers(nhs, upn, caseNumber string) []Number {
	var numbers []Number
	if value, fault := number.NHS(nhs); fault == nil {
		numbers = append(numbers, Number{NHSNumber, value})
	}
	if value, fault := number.UPN(upn); fault == nil {
		numbers = append(numbers, Number{UPN, value})
	}
	if caseNumber != "" {
		numbers = append(numbers, Number{CaseNumber, caseNumber})
	}
	return numbers
}

// Step is an entry and the stream it is for.
type Step struct {
	Stream string
	Entry  Entry
}

// Plan says what a checked record means, given the state of its case number's
// stream: an entry for each number the case has or had, and the case number's
// own entry last. Pseudonym names a number.
//
// The entries of the other numbers follow from the later of the message and
// what is on record. So the plan of a late message puts right what an earlier
// attempt at it may have written, and is otherwise what is there already.
func Plan(r Record, onCase State, pseudonym func(kind, value string) string) []Step {
	caseID := pseudonym(CaseNumber, r.CaseNumber)
	mine, types, reference := r.numbers(pseudonym)
	message := standing{open: r.Open, changedAt: r.ChangedAt, identifiers: mine}
	if r.Open {
		message.team = r.Team
	}
	recorded := onCase.cases[caseKey{caseID, r.Agency}]
	latest, overtaken := message, late(message, recorded)
	if overtaken {
		latest = recorded
	}
	base := Entry{Now: r.Now, CaseID: caseID, Agency: r.Agency}
	var steps []Step
	for _, stream := range union(mine, recorded.identifiers) {
		entry := base
		entry.Type, entry.ChangedAt = types[stream], latest.changedAt
		if latest.open && slices.Contains(latest.identifiers, stream) {
			entry.Open, entry.Team = true, latest.team
		}
		if !overtaken && types[stream] != "" {
			entry.Reference = reference
		}
		steps = append(steps, Step{stream, entry})
	}
	own := base
	own.Type, own.Open, own.Team, own.ChangedAt = CaseNumber, message.open, message.team, message.changedAt
	own.Reference, own.Identifiers = reference, mine
	return append(steps, Step{Stream(caseID), own})
}

// numbers gives the streams of a record's numbers other than the case number,
// the type of each, and all of them as the case's reference.
func (r Record) numbers(pseudonym func(kind, value string) string) (streams []string, types map[string]string, reference *eventpb.CaseReference) {
	types, reference = map[string]string{}, &eventpb.CaseReference{CaseNumber: r.CaseNumber}
	for _, n := range Numbers(r.NHSNumber, r.UPN, "") {
		stream := Stream(pseudonym(n.Type, n.Value))
		types[stream] = n.Type
		streams = append(streams, stream)
		if n.Type == NHSNumber {
			reference.NhsNumber = n.Value
		} else {
			reference.Upn = n.Value
		}
	}
	return streams, types, reference
}

// late reports whether what is on record of a case goes before a message about
// it: it changed later. Of two changes at the same time the same one has to go
// first in whatever order they arrive: one that says open, as it is worse to
// leave a child who is open in the queue than to ask a team that has closed; of
// two that are open the smaller code of a team; then the numbers.
func late(message, recorded standing) bool {
	if order := message.changedAt.Compare(recorded.changedAt); order != 0 {
		return order < 0
	}
	if message.open != recorded.open {
		return recorded.open
	}
	return cmp.Or(cmp.Compare(message.team, recorded.team), slices.Compare(message.identifiers, recorded.identifiers)) > 0
}

func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}
