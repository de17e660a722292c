package generator

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// What comes beside plain messages. No figure is published for any of it; these are ours.
const (
	// callEvery: one conversation by telephone for so many contacts that come as messages (SOT-01).
	callEvery = 40
	// consultEvery: one consultation for so many (KEN-12).
	consultEvery = 50
	// schoolKnown is how often, in a thousand, the police know a schoolchild's school by its number (KEN-20).
	schoolKnown = 800
)

// Talk is what reaches the front door by telephone: a member of staff records it.
type Talk struct {
	// At is when it is held, in office hours.
	At time.Time
	// ID follows from the content, as a step's does; Source is that of the caller's system, for the form that follows in writing.
	ID, Source string
	// Contact is what the caller of a conversation says, nil for a consultation. Its agency is empty for a member of the public.
	Contact *intakepb.Contact
	// Agency, Question, Advice and Recommendation are those of a consultation.
	Agency, Question, Advice, Recommendation string
}

// beside makes up what does not come as a plain message. It draws from a source of its own, and has families of its own, so that the messages
// of a week are the same with it and without, but for the incidents of notifications of domestic abuse.
type beside struct {
	rng   *rand.Rand
	calls *Generator
	// schools are the numbers of the registry's schools (deploy/agencies).
	schools []string
}

// heardFrom are the sources whose callers a worker listens to: individuals, schools, health visitors, practices and nurses.
var heardFrom = []string{"1A", "1B", "1D", "2A", "3A", "3B", "3C"}

func newBeside(o Options) (*beside, error) {
	calls := o
	calls.Beside, calls.Agencies, calls.Seed = false, []string{caseAgency, "kent-schools", "kent-health"}, o.Seed+1<<32
	g, err := New(calls)
	if err != nil {
		return nil, err
	}
	g.channels = slices.DeleteFunc(g.channels, func(c *channel) bool { return !slices.Contains(heardFrom, c.code) })
	g.pick = nil
	for _, c := range g.channels {
		g.pick = g.pick.add(c.share)
	}
	return &beside{rng: rand.New(rand.NewPCG(calls.Seed, 20)), calls: g, schools: []string{"999101", "999102", "999103"}}, nil
}

// talks makes up a week's, in order of time.
func (b *beside) talks(start time.Time, volume int, closed func(time.Time) bool) (all []Talk) {
	hours := officeHours.over(start, closed)
	for range max(1, volume/callEvery) {
		at := hours.draw(b.rng)
		s := b.calls.contact(b.calls.channels[b.calls.pick.draw(b.rng)], at)
		m, _ := s.Message.(*intakepb.Contact)
		if m.GetSourceCode()[0] == '1' {
			m.Agency = ""
		}
		all = append(all, Talk{At: at, ID: s.ID, Source: s.Source, Contact: m})
	}
	for range max(1, volume/consultEvery) {
		t := one(b.rng, consultations)
		t.At, t.Agency = hours.draw(b.rng), one(b.rng, []string{"kent-schools", "kent-schools", "kent-health", "kent-early-help"})
		t.ID = "consultation " + t.At.Format(time.RFC3339) + " " + strconv.FormatUint(b.rng.Uint64(), 36)
		all = append(all, t)
	}
	slices.SortStableFunc(all, func(a, b Talk) int { return a.At.Compare(b.At) })
	return all
}

var consultations = []Talk{
	{Question: "A boy of eight often comes without lunch and says that there is nothing at home. Is that a request?",
		Advice: "Speak with his mother first and offer the breakfast club; send a request if it goes on for two weeks.", Recommendation: "own-agency-steps"},
	{Question: "A girl has stopped taking part in sport and hides her arms. Her parents say that it is her age.",
		Advice: "See her with the school nurse this week. If there are marks, or she tells of any, send a request the same day.", Recommendation: "request-for-support"},
	{Question: "A mother missed three visits. The baby is well when seen. Do we need the family's agreement before we call you?",
		Advice: "Yes, unless asking would put the child at risk. Offer early help at the next visit, and write down what she answers.", Recommendation: "early-help"},
	{Question: "Two brothers are picked up late every Friday by different adults. Nobody has said that anything is wrong.",
		Advice: "Ask who may collect them and keep the list up to date. That alone is no concern for the front door.", Recommendation: "no-further-step"},
	{Question: "A pupil shows messages from a man whom she has never met. She will not have her father told.",
		Advice: "Send a request today, and keep what she showed you. Say to her what happens next.", Recommendation: "request-for-support"},
	{Question: "The parents separate, and their child's work has fallen off. They ask us where they can find help.",
		Advice: "Give them the family hub's number and offer to refer them with their agreement.", Recommendation: "early-help"},
}

// incident adds to a notification of domestic abuse what the police attended, in the words for the children's schools.
func (b *beside) incident(m *intakepb.Contact, kids []*kid) {
	if m.GetWorkType() != abuseNotice || m.GetSourceCode() != "6" {
		return
	}
	m.DomesticAbuse = &intakepb.DomesticAbuse{
		PoliceReference: "DA-" + m.GetReference(), RiskGrade: one(b.rng, []string{"standard", "medium", "medium", "high"}),
		Occurred: &intakepb.Occurrence{Precision: "unknown"}, Location: "At home", Circumstances: one(b.rng, circumstances),
		Agreement: one(b.rng, []string{"", "given", "refused", "not-sought"}),
	}
	if o := m.GetOccurred(); o != nil {
		m.DomesticAbuse.Occurred = o
	}
	for i, child := range m.GetChildren() {
		child.Incident = &intakepb.IncidentPresence{Present: one(b.rng, []string{"yes", "yes", "no", "not-known"}), SpokenToAlone: one(b.rng, []string{"", "yes", "no"})}
		if child.Incident.Present == "yes" {
			child.Incident.Where = one(b.rng, []string{"In the bedroom above", "In the same room", "On the stairs"})
		}
		if kids[i].school != "" && chance(b.rng, schoolKnown) {
			h := fnv.New32a()
			h.Write([]byte(kids[i].school))
			child.SchoolUrn = b.schools[h.Sum32()%uint32(len(b.schools))]
		}
	}
}

var circumstances = []string{
	"A quarrel between the adults of the home; officers attended and one of them left for the night.",
	"Neighbours called: shouting and a broken door. Officers spoke with both parents.",
	"A former partner came to the door and would not leave. He was taken away.",
	"The mother called while she was followed from room to room. Nobody needed a doctor.",
}
