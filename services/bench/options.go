package bench

import (
	"io"
	"time"
)

// Options say how to measure. The zero value of each means what its comment says.
type Options struct {
	// Rounds is how often everything is measured, by turns; 0 is 5.
	Rounds int
	// Quick measures far too little to judge by: it shows that everything works.
	Quick bool
	// Dir is where the hubs keep their data; empty is the system's temporary folder. Everything in it that this run made is deleted.
	Dir string
	// Profile takes a profile of the processor's use; nil: none. Its samples are labelled with the part that was being measured:
	// go tool pprof -tagfocus=measuring=hub. What the garbage collector and the scheduler do has no label.
	Profile io.Writer
	// Progress takes a line for each measurement; nil: none.
	Progress io.Writer
}

// A scale is how much is measured in one round.
type scale struct {
	warmUp     int           // contacts before a rate is taken
	contacts   int           // contacts of a rate
	rate       float64       // contacts a second of the watch
	settle     time.Duration // beginning of the watch that is not counted
	watch      time.Duration // how long the watch is counted
	week       int           // contacts of the largest week
	year       int           // contacts of the year, those that pass straight across not counted
	pages      int           // pages of the queue
	syncs      int           // syncs of the disk
	wholePages int           // rows a page when the whole queue is read
}

func (o Options) scale() scale {
	s := scale{
		warmUp: 1500, contacts: 8000, rate: 200, settle: 2 * time.Second, watch: 10 * time.Second, week: 1942,
		year: 83_000, pages: 500, syncs: 400, wholePages: 500,
	}
	if o.Quick {
		s.warmUp, s.contacts, s.settle, s.watch, s.week = 20, 100, 200*time.Millisecond, 500*time.Millisecond, 120
		s.year, s.pages, s.syncs, s.wholePages = 150, 20, 20, 50
	}
	return s
}

const (
	// inFlight is how many messages wait for their answers at once, over all agencies.
	inFlight = 128
	// seed chooses the payloads.
	seed = 21
)

// senders are the five agencies that most contacts come from.
func senders() []string {
	return []string{"kent-police", "kent-schools", "kent-social-care-cms", "kent-health", "kent-early-help"}
}

// monday is when hubs here begin: Monday 2 March 2026, 10:00, in opening hours and far from any clock change, so that the same
// contacts give the same events whenever it is measured.
var monday = time.Date(2026, time.March, 2, 10, 0, 0, 0, time.UTC)

// newYear is the first Monday of the year whose record is rebuilt. By monday all of it has passed.
var newYear = time.Date(2025, time.January, 6, 0, 0, 0, 0, time.UTC)
