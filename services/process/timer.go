package process

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
)

// A timer is a due time that something follows from.
type timer struct {
	// id is the contact's or the meeting's uuid.
	id string
	name
	due time.Time
	// after is a place before the event that it comes of: who reads on from there meets it again.
	after eventstore.Position
}

// A name tells the timers of one contact or meeting apart: the clock's kind, what it is of, and for a question the agency.
type name struct{ kind, of, agency string }

const (
	ofConsent  = "consent"
	ofOverride = "override"
	ofQuestion = "question"
	ofAction   = "action"
	// ofForm is that of a conversation, ofNotification that of a child's school.
	ofForm         = "written-form"
	ofNotification = "notification"
	// ofTelling is due at once: what is on record of a meeting has to be told to its contacts.
	ofTelling = "telling"
)

// clock is the name as it goes into the request's id and into logs.
func (n name) clock() string {
	return strings.TrimRight(n.kind+" "+n.of+" "+n.agency, " ")
}

// passed reports whether something follows at that time. A consent and an override are over at their time; an answer that comes at its due
// time is in time, and so is whatever else somebody does then.
func (t timer) passed(now time.Time) bool {
	switch t.kind {
	case ofQuestion, ofAction, ofForm, ofNotification:
		return now.After(t.due)
	}
	return !now.Before(t.due)
}

// stream is that of the contact or meeting it is of.
func (t timer) stream() string {
	if t.kind == ofAction || t.kind == ofTelling {
		return strategymeeting.Stream(t.id)
	}
	return contact.Stream(t.id)
}

// follow has casework decide what follows.
func (t timer) follow(ctx context.Context, c *casework.Service) (casework.Result, error) {
	switch t.kind {
	case ofAction:
		return c.HandleMeeting(ctx, t.id, strategymeeting.ActionLapsed{ActionID: t.of, DueAt: t.due}, t.origin(), nil)
	case ofTelling:
		return casework.Result{}, c.TellOfMeeting(ctx, t.id)
	}
	return c.HandleContact(ctx, t.id, t.command(), t.origin(), nil)
}

func (t timer) command() contact.Command {
	switch t.kind {
	case ofConsent:
		return contact.LapseConsent{ConsentID: t.of}
	case ofOverride:
		return contact.LapseOverride{OverrideID: t.of}
	case ofForm:
		return contact.LapseWrittenForm{DueAt: t.due}
	case ofNotification:
		return contact.LapseNotification{NotificationID: t.of, DueAt: t.due}
	}
	return contact.ChaseRequest{RequestID: t.of, Agency: t.agency, DueAt: t.due}
}

// space is the namespace of the ids of lapses. It is part of what is on record: another one would have lapses recorded twice.
var space = uuid.MustParse("0d7b2a35-1e0c-5f0b-8c41-70726f636573")

// origin makes the request's id of stream, clock and due time: the same lapse is known again, whoever records it.
func (t timer) origin() casework.Origin {
	key := t.stream() + "|" + t.clock() + "|" + t.due.UTC().Format(time.RFC3339Nano)
	sum := sha256.Sum256([]byte(key))
	return casework.Origin{
		Actor: "hub:process", Role: string(access.Hub),
		RequestID: uuid.NewSHA1(space, []byte(key)).String(), RequestHash: hex.EncodeToString(sum[:]),
	}
}
