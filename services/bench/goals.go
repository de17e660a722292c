package bench

// A Sense says on which side of its bound a figure is good.
type Sense string

// The senses.
const (
	AtLeast Sense = "at least"
	AtMost  Sense = "at most"
	Under   Sense = "under"
)

// A Goal is what a figure should come to. Raise one here as soon as it is met with room to spare.
type Goal struct {
	// Figure is its name, as it is shown and as --check names it.
	Figure string `json:"figure"`
	// Words are those of the issue that set it.
	Words string  `json:"words"`
	Sense Sense   `json:"sense"`
	Bound float64 `json:"bound"`
	// Unit is empty for a ratio.
	Unit string `json:"unit,omitempty"`
	// EveryRound judges by the worst round instead of the median: a contact lost once is lost.
	EveryRound bool `json:"every_round,omitempty"`
}

// Names of the figures.
const (
	intakeThroughput = "intake throughput"
	visibleP50       = "publish to visible, p50"
	visibleP99       = "publish to visible, p99"
	largestWeek      = "largest week, contacts astray"
	rebuildRate      = "rebuild of the triage projection"
	queuePageP50     = "page of the queue, p50"
	queuePageP99     = "page of the queue, p99"
	teamPageP50      = "page of a team's queue, p50"
	teamPageP99      = "page of a team's queue, p99"
	commandP50       = "command on a contact of 200 events, p50"
	commandP99       = "command on a contact of 200 events, p99"
	replayP50        = "replay of a decision among a million events, p50"
	replayP99        = "replay of a decision among a million events, p99"
	deliveredP99     = "event recorded to message with the agency, p99"
)

const (
	wordsVisible = "publish to row visible on a watch at 200 contacts a second: p50 under 10 ms, p99 under 50 ms"
	wordsPage    = "a page of the queue under 10 ms at that size"
	wordsCommand = "decide and append a command on a contact with 200 events: p50 under 5 ms and p99 under 15 ms at 16 concurrent callers on 16 " +
		"contacts (folded states may be kept, guarded by the expected revision)"
	wordsReplay = "replay of one decision in a store of 1 million events: under 10 ms"
)

// Goals are all goals, in the order of the issue.
func Goals() []Goal {
	return []Goal{
		{Figure: intakeThroughput, Sense: AtLeast, Bound: 0.5,
			Words: "publish to receipt, 128 in flight over 5 agencies, the demo's payloads, projections on: at least 0.5 of " +
				"1/(1/J + 1/E), where J is JetStream SyncAlways publishing alone and E the official client's append alone, " +
				"both at 128 in flight in the same run"},
		{Figure: visibleP50, Sense: Under, Bound: 10, Unit: "ms", Words: wordsVisible},
		{Figure: visibleP99, Sense: Under, Bound: 50, Unit: "ms", Words: wordsVisible},
		{Figure: largestWeek, Sense: AtMost, Bound: 0, Unit: "contacts", EveryRound: true,
			Words: "Kent's largest week (1,942 contacts) end to end, nothing lost, every receipt's event in $all exactly once"},
		{Figure: rebuildRate, Sense: AtLeast, Bound: 0.4,
			Words: "rebuild of the triage projection from a year of Kent (83,000 contacts, at least six events each, closed ones " +
				"included): at least 0.4 of the rate at which the official client reads $all with no projection"},
		{Figure: queuePageP50, Sense: Under, Bound: 10, Unit: "ms", Words: wordsPage},
		{Figure: queuePageP99, Sense: Under, Bound: 10, Unit: "ms", Words: wordsPage},
		{Figure: teamPageP50, Sense: Under, Bound: 10, Unit: "ms", Words: wordsPage},
		{Figure: teamPageP99, Sense: Under, Bound: 10, Unit: "ms", Words: wordsPage},
		{Figure: commandP50, Sense: Under, Bound: 5, Unit: "ms", Words: wordsCommand},
		{Figure: commandP99, Sense: Under, Bound: 15, Unit: "ms", Words: wordsCommand},
		{Figure: deliveredP99, Sense: Under, Bound: 50, Unit: "ms",
			Words: "outbox: event recorded to message with the agency, p99 under 50 ms at 200 a second"},
		{Figure: replayP50, Sense: Under, Bound: 10, Unit: "ms", Words: wordsReplay},
		{Figure: replayP99, Sense: Under, Bound: 10, Unit: "ms", Words: wordsReplay},
	}
}
