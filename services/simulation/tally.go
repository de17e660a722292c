package simulation

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/simulation/generator"
)

// Report is what came of a play. It holds ids and counts, nothing about people.
type Report struct {
	// From and To are the first midnight and the last.
	From, To time.Time
	// Elapsed is on the machine's clock.
	Elapsed time.Duration
	// Agencies are the senders, the one with most contacts first.
	Agencies []AgencyCount
	// Outcomes counts receipts of contacts by what became of them; Ratings counts triages by rating.
	Outcomes, Ratings map[string]int
	// Receipts are all of them, in the order of the steps.
	Receipts []Receipt
	// Rejections are messages that the hub will not take. There should be none.
	Rejections []Rejection
	// Replies counts what agencies sent in answer to the hub, by kind: acknowledgements of schools, and forms that follow a conversation.
	Replies map[string]int
	// Commands counts what the staff did, by Verb; Repeated those of them that had been done before this play.
	Commands map[string]int
	Repeated int
	// Refusals counts commands that a rule or a change in between refused, by published reason.
	Refusals map[string]int
	// Position is that of the last answer to a command or receipt of a contact: a query not before it shows nearly all of the play.
	Position string
	// Receipt is from publishing to the receipt, Command from a call to its answer, on the machine's clock.
	Receipt, Command Latency
}

// AgencyCount is what one agency sent and what became of it.
type AgencyCount struct {
	Agency                             string
	Contacts, OpenCases                int
	Queued, PassedAcross, PartlyPassed int
	Rejected                           int
}

// Receipt is the hub's word that a message is on record, with what the generator expected.
type Receipt struct {
	Agency, Source, ID, Kind     string
	ContactID, EventID, Position string
	Outcome, Expected            string
	// Duplicate: the hub had the message before.
	Duplicate bool
}

// Rejection names a message that was not accepted, and the fields and rules.
type Rejection struct {
	Agency, Source, ID, Kind, Reason string
	// Violations are "field: rule".
	Violations []string
}

// Latency sums up durations.
type Latency struct{ P50, P95, Max time.Duration }

// Unexpected gives the receipts with another outcome than the generator expected of the rules. A play that is begun again
// has none, as the first receipts come again; one that is begun on the data of another play may have.
func (r Report) Unexpected() []Receipt {
	return slices.DeleteFunc(slices.Clone(r.Receipts), func(r Receipt) bool { return r.Outcome == r.Expected })
}

// tally is the report in the making. Commands come from many goroutines.
type tally struct {
	told     func(Receipt) // is told of each receipt, one at a time
	mu       sync.Mutex
	r        Report
	agencies map[string]*AgencyCount
	contacts map[string]Receipt // by the id of the step
	receipts []time.Duration
	commands []time.Duration
	position string // of the last answer
}

func newTally(told func(Receipt)) *tally {
	if told == nil {
		told = func(Receipt) {}
	}
	return &tally{
		told:     told,
		r:        Report{Outcomes: map[string]int{}, Ratings: map[string]int{}, Commands: map[string]int{}, Refusals: map[string]int{}, Replies: map[string]int{}},
		agencies: map[string]*AgencyCount{}, contacts: map[string]Receipt{},
	}
}

func (t *tally) week(w generator.Week) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.r.From.IsZero() {
		t.r.From = w.Start
	}
	t.r.To = w.End
}

func (t *tally) agency(step generator.Step) *AgencyCount {
	a := t.agencies[step.Agency]
	if a == nil {
		a = &AgencyCount{Agency: step.Agency}
		t.agencies[step.Agency] = a
	}
	if step.Kind == generator.KindContact {
		a.Contacts++
	} else {
		a.OpenCases++
	}
	return a
}

// answer notes the hub's word on a step.
func (t *tally) answer(a answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	count := t.agency(a.step)
	if a.rejection != nil {
		t.r.Rejections = append(t.r.Rejections, rejectionOf(a.step, a.rejection))
		count.Rejected++
		return
	}
	r := receiptOf(a.step, a.receipt)
	t.r.Receipts = append(t.r.Receipts, r)
	t.told(r)
	t.receipts = append(t.receipts, a.took)
	if a.step.Kind != generator.KindContact {
		return
	}
	t.position = r.Position
	t.contacts[a.step.ID] = r
	t.r.Outcomes[r.Outcome]++
	switch r.Outcome {
	case generator.Queued:
		count.Queued++
	case generator.PassedAcross:
		count.PassedAcross++
	case generator.PartlyPassed:
		count.PartlyPassed++
	}
}

// replied notes the hub's word on a reply.
func (t *tally) replied(a answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.rejection != nil {
		t.r.Rejections = append(t.r.Rejections, rejectionOf(a.step, a.rejection))
		return
	}
	t.told(receiptOf(a.step, a.receipt))
	t.r.Replies[a.step.Kind]++
}

// receiptOf sets what the hub said beside what the generator expected.
func receiptOf(step generator.Step, m *intakepb.Receipt) Receipt {
	return Receipt{
		Agency: step.Agency, Source: step.Source, ID: step.ID, Kind: step.Kind, ContactID: m.GetContactId(), EventID: m.GetEventId(),
		Position: m.GetPosition(), Outcome: m.GetOutcome(), Expected: step.Outcome, Duplicate: m.GetDuplicate(),
	}
}

// rejectionOf keeps fields and rules, which hold nothing of the message.
func rejectionOf(step generator.Step, m *intakepb.Rejection) Rejection {
	r := Rejection{Agency: step.Agency, Source: step.Source, ID: step.ID, Kind: step.Kind, Reason: m.GetReason()}
	for _, v := range m.GetViolations() {
		r.Violations = append(r.Violations, v.GetField()+": "+v.GetRule())
	}
	return r
}

// done notes a command that the hub answered.
func (t *tally) done(verb Verb, rating, position string, repeated bool, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.r.Commands[string(verb)]++
	t.commands = append(t.commands, took)
	t.position = position
	if repeated {
		t.r.Repeated++
	}
	if verb == Triage {
		t.r.Ratings[rating]++
	}
}

func (t *tally) refused(reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.r.Refusals[reason]++
}

func (t *tally) answered() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.r.Receipts) + len(t.r.Rejections)
}

// contact gives the receipt of a contact's step.
func (t *tally) contact(step string) (Receipt, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.contacts[step]
	return r, ok
}

// lastPosition is that of the latest answer: who reads from there on sees nearly all that was done, and needs no more.
func (t *tally) lastPosition() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.position
}

// report gives what is there so far; the tally goes on.
func (t *tally) report() Report {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.r
	for _, id := range slices.Sorted(maps.Keys(t.agencies)) {
		r.Agencies = append(r.Agencies, *t.agencies[id])
	}
	slices.SortStableFunc(r.Agencies, func(a, b AgencyCount) int { return cmp.Compare(b.Contacts, a.Contacts) })
	r.Position = t.position
	r.Receipt, r.Command = latencyOf(t.receipts), latencyOf(t.commands)
	return r
}

// latencyOf takes the nearest ranks, so that each figure is one that was measured.
func latencyOf(all []time.Duration) Latency {
	if len(all) == 0 {
		return Latency{}
	}
	sorted := slices.Sorted(slices.Values(all))
	at := func(percent int) time.Duration { return sorted[(len(sorted)-1)*percent/100] }
	return Latency{P50: at(50), P95: at(95), Max: sorted[len(sorted)-1]}
}
