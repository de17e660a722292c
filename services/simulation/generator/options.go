package generator

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"
	_ "time/tzdata" // a machine that has nothing but the binary has no zones either

	"github.com/google/uuid"

	"github.com/openmash/mash/deploy/seed"
)

// Contacts a week (KEN-21).
const (
	Least = 1100
	Mean  = 1604
	Most  = 1942
)

// Options say what to make up.
type Options struct {
	// Seed chooses among all weeks that could have been.
	Seed uint64
	// Start is in the first day of the first week, as Europe/London reckons days. Weeks begin at its midnight.
	Start time.Time
	// Volume is the number of contacts in each week; 0 draws it, by the month, between Least and Most.
	Volume int
	// Agencies restricts the senders to these, their shares kept in proportion; empty: all. Open cases come from the
	// case-management system only if it is among them.
	Agencies []string
	// Closed reports days on which offices and schools are shut although it is no weekend; nil: none.
	Closed func(day time.Time) bool
	// Beside adds what does not come as a plain message: the incidents of notifications of domestic abuse, and what is said by telephone.
	Beside bool
	// Words is a folder like deploy/seed; nil: that one.
	Words fs.FS
}

// A Generator makes up one week after another. It is not safe for concurrent use.
type Generator struct {
	rng      *rand.Rand
	zone     *time.Location
	next     time.Time // start of the next week
	volume   int
	closed   func(time.Time) bool
	words    *words
	channels []*channel
	pick     weights

	numbers  numbers
	recent   ring[*telling] // contacts of the last two days
	families ring[*family]  // families seen lately
	cases    caseload
	beside   *beside // nil without Options.Beside
	initial  bool    // the initial load of open cases is still to come
	text     []byte
}

// New reads the words and makes a generator that begins at the start. Errors name the option, or the file and line.
func New(o Options) (*Generator, error) {
	if o.Start.IsZero() {
		return nil, errors.New("generator: start is missing")
	}
	if o.Volume < 0 {
		return nil, errors.New("generator: volume is negative")
	}
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("generator: %w", err)
	}
	if o.Words == nil {
		o.Words = seed.Files()
	}
	w, err := loadWords(o.Words)
	if err != nil {
		return nil, fmt.Errorf("generator: %w", err)
	}
	channels := channelsOf(o.Agencies)
	if len(channels) == 0 {
		return nil, fmt.Errorf("generator: no contact comes from any of %q", o.Agencies)
	}
	if o.Closed == nil {
		o.Closed = func(time.Time) bool { return false }
	}
	y, m, d := o.Start.In(zone).Date()
	g := &Generator{
		rng: rand.New(rand.NewPCG(o.Seed, uint64(o.Start.Unix()))), zone: zone, next: time.Date(y, m, d, 0, 0, 0, 0, zone),
		volume: o.Volume, closed: o.Closed, words: w, channels: channels, initial: sends(o.Agencies, caseAgency),
		recent: newRing[*telling](60), families: newRing[*family](4000),
	}
	g.numbers = newNumbers(g.rng, o.Start.In(zone).Year())
	g.cases.feed = g.initial
	for _, c := range channels {
		g.pick = g.pick.add(c.share)
	}
	if o.Beside {
		if g.beside, err = newBeside(o); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// namespace of the steps' ids.
var namespace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://openmash.example/simulation"))
