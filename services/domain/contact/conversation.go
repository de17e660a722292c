package contact

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/practice"
)

// RecordConversation puts a contact on record that began as a conversation with a
// worker of the hub (SOT-01). Its Receive is what an agency's message would hold,
// but for the agency and the reference: a caller may speak for no agency.
type RecordConversation struct {
	Receive
	// Channel is a published code of practice.Channels.
	Channel string
	// HeldAt is when the conversation was. The authority had the contact then, so
	// the clocks start there and not when somebody came to write it down: WT-01
	// counts from receipt, and a worker who records in the morning what was told
	// at night gains no day by it.
	HeldAt time.Time
}

// NoteWrittenForm notes on a conversation's contact that its caller's agency has
// put it in writing, as another contact.
type NoteWrittenForm struct {
	Setting
	// Agency sent the form, which is the contact FormID about that many children.
	Agency, FormID string
	Children       int
}

func (c RecordConversation) under(s Setting) Command { c.Setting = s; return c }
func (c NoteWrittenForm) under(s Setting) Command    { c.Setting = s; return c }

// Following is what a message says that it puts in writing. Casework finds the
// conversation and asks its stream whether the form is to be linked.
type Following struct {
	// Named is the sender's name for it, ContactID what was found under it.
	Named, ContactID string
	// Linked says that the conversation's contact stands for both, SchoolsDecided that
	// it has had decided whether schools are told of an incident.
	Linked, SchoolsDecided bool
}

// KindWrittenForm marks a link that the hub made between a form and its conversation.
const KindWrittenForm = "written-form"

// ConversationID gives the uuid of a contact that began as a conversation, of the key
// that its recording has. No message has the same key: theirs begin with an agency,
// whoever the caller spoke for.
func ConversationID(source, id string) uuid.UUID { return ID("", source, id) }

// An arrival is how a contact came.
type arrival struct {
	id string
	// at is when the authority had it.
	at           time.Time
	conversation *eventpb.Conversation
}

func recordConversation(c RecordConversation, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ContactRecord); err != nil {
		return nil, err
	}
	if s.ID != "" {
		return nil, alreadyReceived()
	}
	if err := checkReceive(c.Receive, &c); err != nil {
		return nil, err
	}
	if err := writtenFirst(c); err != nil {
		return nil, err
	}
	form, err := formOf(c)
	if err != nil {
		return nil, err
	}
	return arrived(c.Receive, arrival{id: ConversationID(c.Source, c.MessageID).String(), at: c.HeldAt, conversation: &eventpb.Conversation{
		Channel: c.Channel, HeldAt: timestamppb.New(c.HeldAt), WrittenForm: form,
	}})
}

// writtenFirst keeps KEN-12 where the profile says that contacts begin in writing:
// a professional sends the request without a telephone discussion first, unless a
// consultation was needed. An emergency and a child protection concern are never
// turned away.
func writtenFirst(c RecordConversation) error {
	if c.Profile.Beginning != practice.BeginsInWriting || c.Agency == "" || c.Urgent || c.ChildProtection || c.Consultation.ID != "" {
		return nil
	}
	return refuse(ReasonWrittenFirst, "KEN-12", "requests of professionals come in writing here, without a telephone discussion first",
		"ask for a request for support in writing; where immediate safeguarding action is needed, or it is child protection, record that with it")
}

// formOf starts the clock under which the caller's agency puts a call in writing,
// where the profile has one. It runs from the call. Who sat in the same room, and
// who spoke for no agency, owes no form.
func formOf(c RecordConversation) (*eventpb.Clock, error) {
	clock := practice.Clock{Kind: practice.WrittenForm}
	if c.Agency == "" || c.Channel == practice.InPerson || !c.Profile.Has(clock) {
		return nil, nil
	}
	due, err := c.Profile.Due(clock, c.HeldAt)
	if err != nil {
		return nil, fmt.Errorf("contact: clock of a written form: %w", err)
	}
	return clocks([]practice.DueTime{due})[0], nil
}

// noteWrittenForm ends the wait for a form. Whether the form is linked is decided
// here, in the stream that knows it: one whose conversation was decided, or went
// across, has nobody left to read it and stays in the queue itself, and so does one
// that names more children than the caller spoke of.
func noteWrittenForm(c NoteWrittenForm, s State) ([]proto.Message, error) {
	if err := permitted(c.Setting, access.ContactSubmit); err != nil {
		return nil, err
	}
	if s.ID == "" || s.Channel == "" || s.Agency != c.Agency || s.ID == c.FormID {
		// One reason for all: another agency is not told what there is.
		return nil, refuse(ReasonNoConversation, "SOT-01", "there is no such conversation with this agency", "name it by the reference that was given on the telephone")
	}
	for _, form := range s.Forms {
		if form == c.FormID {
			return nil, nil
		}
	}
	return []proto.Message{&eventpb.WrittenFormReceived{
		ContactId: s.ID, FormContactId: c.FormID, ReceivedAt: timestamppb.New(c.Now),
		Linked:         s.DuplicateOf == "" && len(s.Queued) > 0 && c.Children <= len(s.Subjects),
		SchoolsDecided: len(s.Encompass) > 0,
		Late:           s.WrittenForm != nil && c.Now.After(s.WrittenForm.GetDueAt().AsTime()),
	}}, nil
}

// writtenForm is the link of a form to the conversation that it follows; nil where
// it stands by itself.
func writtenForm(c Receive, received *eventpb.ContactReceived) *eventpb.ContactLinkedAsDuplicate {
	if c.Follows.ContactID == "" || !c.Follows.Linked {
		return nil
	}
	return &eventpb.ContactLinkedAsDuplicate{
		ContactId: received.GetContactId(), DuplicateOf: c.Follows.ContactID, LinkedAt: timestamppb.New(c.Now), Kind: KindWrittenForm,
	}
}

// conversed folds what a contact's beginning says of its form.
func (s State) conversed(e *eventpb.ContactReceived) State {
	s.Channel, s.WrittenForm, s.Forms, s.FormLapsed = e.GetConversation().GetChannel(), e.GetConversation().GetWrittenForm(), nil, false
	return s
}
