package generator

import (
	"math"
	"math/rand/v2"
	"time"
)

// byMonth is each month's share of a year's referrals, January first: England 2023-24, in tenths of a percent. It dips in
// April, August and December, when schools are on holiday.
var byMonth = [12]float64{88, 82, 84, 70, 90, 94, 83, 71, 87, 90, 90, 73}

const (
	allMonths = 1002 // the published shares are rounded
	aYear     = Mean * 365.25 / 7
	// spread is the standard deviation of a week around its month's mean: with it the least and the most of KEN-21 occur.
	spread = 0.08
)

// volumeOf draws the number of contacts in the week that begins then.
func volumeOf(start time.Time, r *rand.Rand) int {
	mean := 0.0
	for d := range 7 {
		y, m, _ := start.AddDate(0, 0, d).Date()
		days := time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
		mean += aYear * byMonth[m-1] / allMonths / float64(days)
	}
	n := int(math.Round(mean * (1 + spread*r.NormFloat64())))
	return min(max(n, Least), Most)
}
