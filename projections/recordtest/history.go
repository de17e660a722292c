package recordtest

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/contact"
)

// History draws the events of several contacts, mixed as they would come, with events of other streams among them.
func History(t *rapid.T, contacts, most int) []Written {
	var all []Written
	begun := map[int]bool{}
	for i := range rapid.IntRange(1, most).Draw(t, "events") {
		n := rapid.IntRange(0, contacts-1).Draw(t, "contact")
		id, at := ID(n), Monday.Add(time.Duration(i)*7*time.Minute)
		switch {
		case rapid.IntRange(0, 9).Draw(t, "elsewhere") == 0:
			all = append(all, Written{"quarantine-kent-police", &eventpb.QuarantineRetried{QuarantineId: id, RetriedAt: timestamppb.New(at)}})
		case !begun[n]:
			begun[n] = true
			all = append(all, Of(id, arrival(t, id, at))...)
		default:
			all = append(all, Of(id, next(t, id, at))...)
		}
	}
	return all
}

func arrival(t *rapid.T, id string, at time.Time) proto.Message {
	return Received(id, at, rapid.IntRange(1, 3).Draw(t, "children"), func(e *eventpb.ContactReceived) {
		e.Urgent = rapid.Bool().Draw(t, "urgent")
		e.Agency = rapid.SampledFrom([]string{"kent-police", "kent-health", "kent-schools"}).Draw(t, "agency")
		e.WorkType = rapid.SampledFrom([]string{"request-for-support", "missing-person"}).Draw(t, "work type")
		e.OutOfHours = rapid.Bool().Draw(t, "out of hours")
		if rapid.IntRange(0, 4).Draw(t, "clocks") == 0 {
			e.Clocks = nil
		}
	})
}

func next(t *rapid.T, id string, at time.Time) proto.Message {
	rating := rapid.SampledFrom([]string{"red", "amber", "green"}).Draw(t, "rating")
	lapse := &eventpb.Lapse{Kind: "triage", DueAt: timestamppb.New(at.Add(-time.Hour))}
	switch rapid.IntRange(0, 6).Draw(t, "event") {
	case 0:
		return Triaged(id, rating, at)
	case 1:
		return Rated(id, rating, at, lapse)
	case 2:
		return AllocatedTo(id, rapid.SampledFrom([]string{"w1", "w2", "w3"}).Draw(t, "worker"), at)
	case 3:
		return Linked(id, ID(0), at)
	case 4:
		return Unlinked(id, ID(0), at)
	case 5:
		return Across(id, at, contact.SubjectID(0))
	}
	return Across(id, at)
}

// Sample gives the same history for the same seed, of at least so many events.
func Sample(seed, contacts, least int) []Written {
	drawn := rapid.Custom(func(t *rapid.T) []Written { return History(t, contacts, 4*least) })
	for n := seed * 1000; ; n++ {
		if h := drawn.Example(n); len(h) >= least {
			return h
		}
	}
}
