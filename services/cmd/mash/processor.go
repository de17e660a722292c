package main

import (
	"os"
	"runtime"
)

// threadsForSyncs is how many threads may wait for the disk beside those that
// compute.
const threadsForSyncs = 2

// makeRoomForSyncs lets more threads run Go code at once than there are cores.
// A thread that waits for a sync keeps its place among them until the runtime
// takes it away, and the store and NATS sync all the time: on two cores the hub
// was left with one of them, and answers waited behind it. Whoever sets
// GOMAXPROCS is followed.
func makeRoomForSyncs() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + threadsForSyncs)
	}
}
