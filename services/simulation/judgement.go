package simulation

import (
	"hash/fnv"
	"math/rand/v2"

	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
)

// Ratings of urgency (KEN-03).
const (
	red   = "red"
	amber = "amber"
	green = "green"
)

// judgement is what the staff make of a contact. It follows from the seed and the contact alone, so that it is the same
// in every play, whoever comes to it and when.
type judgement struct {
	rating     string
	actions    []string
	directions string
	// second is the rating after a second look, with why; empty for most.
	second, why string
	// triager and worker choose who acts, and whom it goes to.
	triager, worker uint64
}

// odds are how often, in a hundred, work of a type is red or amber. Together about 8 and 30 of a week.
type odds struct{ red, amber int }

var oddsOf = map[string]odds{
	"section-47-discussion":              {34, 56},
	"domestic-abuse-notification":        {5, 34},
	"request-for-support":                {3, 27},
	"police-contact":                     {6, 34},
	"missing-person":                     {20, 50},
	"ambulance-contact":                  {8, 40},
	"nspcc-contact":                      {8, 40},
	"public-call-or-email":               {5, 26},
	"youth-justice":                      {3, 22},
	"juvenile-detention-certificate":     {20, 60},
	"adult-protection-or-mental-health":  {14, 50},
	"unaccompanied-asylum-seeking-child": {8, 72},
	"information-request":                {0, 4},
	"subject-access-request":             {0, 0},
}

// judge decides what is to be done about a contact of the queue.
func judge(seed uint64, row *querypb.TriageQueueRow) judgement {
	r := rand.New(rand.NewPCG(seed, hashOf(row.GetContactId())))
	j := judgement{triager: r.Uint64(), worker: r.Uint64()}
	chance := oddsOf[row.GetWorkType()]
	if row.GetUrgent() {
		chance = odds{85, 15}
	}
	switch x := r.IntN(100); {
	case x < chance.red:
		j.rating = red
		j.actions = append([]string{"strategy-discussion"}, some(r, 1, "agency-checks", "speak-to-professionals")...)
	case x < chance.red+chance.amber:
		j.rating = amber
		j.actions = some(r, 2, "agency-checks", "speak-to-family", "speak-to-professionals", "family-history")
	default:
		j.rating = green
		j.actions = some(r, 1, "family-history", "speak-to-referrer", "pass-to-early-help", "advice-to-referrer")
	}
	if r.IntN(100) < 30 {
		j.directions = directions[r.IntN(len(directions))]
	}
	if r.IntN(100) < 2 {
		j.actions, j.directions = append(j.actions, "other"), otherDirections[r.IntN(len(otherDirections))]
	}
	if r.IntN(100) < 5 {
		j.second, j.why = secondLook(r, j.rating)
	}
	return j
}

var directions = []string{
	"Speak with the referrer first; they have more than is written here.",
	"Check what is on record for all adults of the household before any call.",
	"Use an independent interpreter, not a member of the family.",
	"See whether the plan of last year was followed through.",
	"Ask the school what the child has said there.",
	"Call before three o'clock, and from a number that can be called back.",
}

var otherDirections = []string{
	"Ask the neighbouring authority for its file.",
	"Arrange for the child to be seen today with the worker they know.",
}

// secondLook is a rating with hindsight: most go up, as more is known.
func secondLook(r *rand.Rand, first string) (rating, why string) {
	up := map[string]string{green: amber, amber: red, red: amber}
	down := map[string]string{green: amber, amber: green, red: amber}
	if first == red || r.IntN(100) < 30 {
		return down[first], "The checks found that the child is safe for now and that others are already at work."
	}
	return up[first], "The referrer added on the telephone that it has happened before and that a younger child was there."
}

// some draws at least n of the codes, in their order.
func some(r *rand.Rand, n int, codes ...string) []string {
	n += r.IntN(2)
	var drawn []string
	for i, code := range codes {
		left := len(codes) - i
		if r.IntN(left) < n-len(drawn) {
			drawn = append(drawn, code)
		}
	}
	return drawn
}

func hashOf(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}
