//go:build race

package embedded

// raceEnabled makes the longest tests take samples: the race detector also turns
// on Pebble's own checks, which makes every opening many times slower.
const raceEnabled = true
