package generator

import (
	"math/rand/v2"
	"time"
)

// rhythm is when a sender sends: weights of the hours of a working day and of a day off, and of the days of the week.
// There is no published figure; the shapes are those of the services themselves.
type rhythm struct {
	workday, dayOff [24]int
	// days are weights from Monday to Sunday; a closed day counts as a Sunday.
	days [7]int
}

var (
	// roundTheClock is the police: never still, busiest in the evening, and at night at the weekend.
	roundTheClock = &rhythm{
		workday: [24]int{4, 3, 2, 2, 1, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 6, 6, 7, 7, 7, 7, 6, 5},
		dayOff:  [24]int{8, 8, 7, 5, 3, 2, 2, 2, 2, 3, 4, 4, 5, 5, 5, 5, 5, 6, 6, 7, 7, 8, 8, 8},
		days:    [7]int{14, 13, 13, 13, 14, 16, 17},
	}
	policeOffice = &rhythm{
		workday: [24]int{1, 1, 0, 0, 0, 0, 1, 4, 8, 10, 10, 10, 8, 9, 10, 10, 8, 5, 3, 3, 3, 2, 2, 1},
		dayOff:  [24]int{1, 1, 0, 0, 0, 0, 1, 3, 6, 8, 8, 8, 7, 7, 7, 7, 6, 5, 3, 3, 3, 2, 2, 1},
		days:    [7]int{17, 17, 17, 17, 17, 8, 7},
	}
	// night is custody: certificates of juvenile detention come from 22:00 to 06:00 (KEN-16).
	night = &rhythm{
		workday: [24]int{8, 8, 7, 6, 5, 3, 22: 5, 23: 7},
		dayOff:  [24]int{9, 9, 8, 7, 5, 3, 22: 5, 23: 7},
		days:    [7]int{13, 12, 12, 13, 15, 18, 17},
	}
	// outOfHours is what comes when the day services are shut (KEN-19).
	outOfHours = &rhythm{
		workday: [24]int{3, 2, 2, 2, 1, 1, 1, 17: 8, 18: 9, 19: 9, 20: 8, 21: 8, 22: 6, 23: 5},
		dayOff:  [24]int{3, 2, 2, 2, 1, 1, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 5, 5, 4},
		days:    [7]int{12, 12, 12, 12, 14, 19, 19},
	}
	// schoolHours has its peaks after registration and when the day ends; Friday afternoon is the busiest.
	schoolHours = &rhythm{
		workday: [24]int{7: 2, 8: 8, 9: 14, 10: 14, 11: 11, 12: 8, 13: 10, 14: 13, 15: 17, 16: 12, 17: 3, 18: 1},
		dayOff:  [24]int{10: 1, 11: 1, 18: 1},
		days:    [7]int{192, 192, 194, 200, 212, 4, 6},
	}
	officeHours = &rhythm{
		workday: [24]int{7: 1, 8: 6, 9: 13, 10: 15, 11: 14, 12: 10, 13: 11, 14: 13, 15: 14, 16: 13, 17: 4, 18: 1, 19: 1},
		dayOff:  [24]int{9: 1, 10: 2, 11: 2, 14: 1, 15: 1},
		days:    [7]int{196, 200, 198, 192, 190, 14, 10},
	}
	// emergency is A&E and the ambulance service: children come in the day and, after school, into the night.
	emergency = &rhythm{
		workday: [24]int{4, 3, 2, 2, 1, 1, 1, 2, 3, 5, 5, 6, 6, 6, 6, 7, 8, 9, 10, 10, 9, 8, 7, 5},
		dayOff:  [24]int{5, 4, 3, 3, 2, 1, 1, 2, 3, 5, 6, 7, 7, 7, 7, 7, 8, 8, 8, 9, 9, 8, 7, 6},
		days:    [7]int{15, 14, 14, 14, 14, 14, 15},
	}
	// evenings is the public: before work, at lunch, and most of all when the day is done.
	evenings = &rhythm{
		workday: [24]int{1, 0, 0, 0, 0, 0, 1, 2, 4, 5, 5, 5, 6, 5, 4, 5, 6, 8, 10, 11, 10, 8, 5, 2},
		dayOff:  [24]int{1, 1, 0, 0, 0, 0, 1, 1, 2, 4, 6, 7, 6, 5, 5, 5, 6, 7, 8, 8, 7, 6, 4, 2},
		days:    [7]int{15, 14, 14, 14, 14, 14, 15},
	}
)

// agenda is a rhythm laid over the seven days of one week.
type agenda struct {
	start   time.Time
	weights weights
}

// over lays the rhythm over the week that begins at that local midnight.
func (r *rhythm) over(start time.Time, closed func(time.Time) bool) agenda {
	a := agenda{start: start}
	for d := range 7 {
		day := start.AddDate(0, 0, d)
		weekday := (int(day.Weekday()) + 6) % 7
		if closed(day) {
			weekday = 6
		}
		hours := &r.workday
		if weekday >= 5 {
			hours = &r.dayOff
		}
		sum := 0
		for _, w := range hours {
			sum += w
		}
		for _, w := range hours {
			// The day's weight is shared among its hours, whatever they sum up to.
			a.weights = a.weights.add(w * r.days[weekday] * 1000 / sum)
		}
	}
	return a
}

// draw gives a time, to the second. The hour that a clock change leaves out becomes the one after it.
func (a agenda) draw(r *rand.Rand) time.Time {
	cell := a.weights.draw(r)
	y, m, d := a.start.Date()
	return time.Date(y, m, d+cell/24, cell%24, r.IntN(60), r.IntN(60), 0, a.start.Location())
}
