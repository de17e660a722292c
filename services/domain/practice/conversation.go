package practice

// How a professional's contact begins.
const (
	// BeginsWithConversation is Southampton's way: a worker takes the call, talks it
	// over with the caller and records the contact (SOT-01).
	BeginsWithConversation = "conversation"
	// BeginsInWriting is Kent's: requests come without a telephone discussion first,
	// unless a consultation is needed (KEN-12).
	BeginsInWriting = "writing"
)

// Beginnings are the published ways.
func Beginnings() CodeList {
	return CodeList{
		{BeginsWithConversation, "With a conversation that a worker records", "SOT-01"},
		{BeginsInWriting, "With a request in writing", "KEN-12"},
	}
}

// InPerson is the channel of those who met. Nobody owes a form afterwards: the
// source speaks of calls.
const InPerson = "in-person"

// Channels are the published ways to hold a conversation.
func Channels() CodeList {
	return CodeList{
		{"telephone", "By telephone", "SOT-01"},
		{"video", "By video call", "SOT-01"},
		{InPerson, "In person", "SOT-01"},
	}
}
