package bench

import "fmt"

// A storeGoal is a goal of the event store, and where it holds.
type storeGoal struct {
	Goal
	fast  bool // on disks whose sync takes less than fastSync
	large bool // of a large store
}

// fastSync is how long a sync may take, in milliseconds, where the share of the empty server is a goal.
const fastSync = 0.2

// Names of the store's figures.
const (
	appendP99   = "append at 16 goroutines, p99"
	readShare   = "$all forwards, of the lesser of 100,000/s and 0.8 of the empty server"
	followShare = "catch-up, of the lesser of 100,000/s and 0.8 of the empty server"
	openClean   = "large store, open after a clean stop"
	openKilled  = "large store, open after a kill"
	idleMemory  = "large store, resident memory when idle"
	largeAppend = "large store, append rate of that at 100,000 events"
	largeRead   = "large store, read rate of that at 100,000 events"
)

// appendShare is the name of a figure at 16 and 64 goroutines, and stands beside at 1.
func appendShare(goroutines int) string {
	if goroutines == 1 {
		return "append at 1 goroutine, of the empty server"
	}
	return fmt.Sprintf("append at %d goroutines, of the empty server", goroutines)
}

func storeGoals() []storeGoal {
	const (
		appends = "official client append, 500 B events, synced: at 16 and 64 goroutines at least 0.65 of what the same client reaches against a " +
			"server that answers at once and stores nothing, where fsync takes under 0.2 ms; p99 at 16 goroutines under 10 ms"
		reads = "$all forwards and catch-up: at least 100,000 events a second on two cores, or 0.8 of what that empty server streams in the same run"
		large = "10 million events: open after a clean stop in under 2 s, after a kill in under 10 s; resident memory of an idle store under " +
			"300 MiB; append and read rates within 20 % of those at 100,000 events"
	)
	return []storeGoal{
		{Goal: Goal{Figure: appendShare(16), Words: appends, Sense: AtLeast, Bound: 0.65}, fast: true},
		{Goal: Goal{Figure: appendShare(64), Words: appends, Sense: AtLeast, Bound: 0.65}, fast: true},
		{Goal: Goal{Figure: appendP99, Words: appends, Sense: Under, Bound: 10, Unit: "ms"}},
		{Goal: Goal{Figure: readShare, Words: reads, Sense: AtLeast, Bound: 1}},
		{Goal: Goal{Figure: followShare, Words: reads, Sense: AtLeast, Bound: 1}},
		{Goal: Goal{Figure: openClean, Words: large, Sense: Under, Bound: 2, Unit: "s"}, large: true},
		{Goal: Goal{Figure: openKilled, Words: large, Sense: Under, Bound: 10, Unit: "s"}, large: true},
		{Goal: Goal{Figure: idleMemory, Words: large, Sense: Under, Bound: 300, Unit: "MiB"}, large: true},
		{Goal: Goal{Figure: largeAppend, Words: large, Sense: AtLeast, Bound: 0.8}, large: true},
		{Goal: Goal{Figure: largeRead, Words: large, Sense: AtLeast, Bound: 0.8}, large: true},
	}
}
