package intake

import (
	"errors"
	"time"

	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/casework"
)

const (
	// patience is how long a message may wait for the contact that it names: what two systems of one agency send at the same time can arrive
	// in any order, and a system that was down overnight sends in the morning.
	patience = 24 * time.Hour
	// longestPause bounds the time that a contact's arrival is not noticed by what waits for it.
	longestPause = 10 * time.Minute
)

// orGiveUp makes of a contact or meeting that is not known a rejection once the message has waited for it for a day. The time of the server
// that took the message is compared with the hub's clock; the sender's own time decides nothing.
func (i *Intake) orGiveUp(d bus.Delivery, err error) error {
	if !errors.Is(err, casework.ErrNotFound) || i.Now().Sub(d.Timestamp) < patience {
		return err
	}
	switch kindOf(d) {
	case agencies.KindStrategyAttendance, agencies.KindStrategyActionResult, agencies.KindStrategyMinutesReceipt:
		return reject(ReasonUnknownMeeting, "no strategy meeting by that id is on record", "check which meeting it is about, and send it with a new id")
	}
	return reject(ReasonUnknownContact, "no contact by that id or reference has arrived within a day",
		"check which contact it is about, and send it with a new id; with no contact named it opens one")
}

// pause is how long a message that is given back stays away. One that waits for its contact is tried less and less often, as its age grows;
// what fails for another reason is tried again soon.
func (i *Intake) pause(d bus.Delivery, err error) time.Duration {
	soon := backoff(d.NumDelivered)
	if !errors.Is(err, casework.ErrNotFound) {
		return soon
	}
	return min(max(soon, i.Now().Sub(d.Timestamp)/8), longestPause)
}
