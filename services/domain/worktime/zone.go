package worktime

import (
	_ "embed"
	"fmt"
	"sync"
	"time"
)

// LondonZone is the name of the only zone that the bank holidays of England and
// Wales go with.
const LondonZone = "Europe/London"

// Europe/London of the IANA time zone database, release 2025c (public domain).
// time.LoadLocation would read whatever the machine has, or what ZONEINFO
// points to, and two machines could give two due times.
//
//go:embed data/europe-london.tzif
var londonData []byte

// London gives the clock of Europe/London from the embedded rules. Its error
// can only mean that this build carries a broken file.
func London() (*time.Location, error) { return loadLondon() }

var loadLondon = sync.OnceValues(func() (*time.Location, error) {
	zone, err := time.LoadLocationFromTZData(LondonZone, londonData)
	if err != nil {
		return nil, fmt.Errorf("embedded zone %s: %w", LondonZone, err)
	}
	return zone, nil
})
