package contact

import (
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// Viewer is who would see a statement. The zero Viewer sees nothing.
type Viewer struct {
	kind   viewerKind
	agency string
}

type viewerKind int

const (
	viewerNobody viewerKind = iota
	viewerFamily
	viewerAgency
	viewerFrontDoor
)

// Family is the family of the children, or anyone who asks on their behalf.
func Family() Viewer { return Viewer{kind: viewerFamily} }

// Agency is an organisation, the one that shared the statement or another. One
// without an id is nobody.
func Agency(id string) Viewer {
	if id == "" {
		return Viewer{}
	}
	return Viewer{kind: viewerAgency, agency: id}
}

// FrontDoor are the staff of the hub who work on the contact or audit it.
func FrontDoor() Viewer { return Viewer{kind: viewerFrontDoor} }

// View is a statement as a viewer may see it.
type View struct {
	// Agency told it; empty where that would tell who the source is.
	Agency string
	// Statement is the viewer's own copy.
	Statement *eventpb.Statement
}

// Visible gives a statement that an agency shared as the viewer may see it; false
// where they may not (HUB-05). Whatever shows or sends a statement asks it.
//
//   - The front door and the sharing agency see all of it.
//   - Not to the family, not to agencies: hidden there.
//   - Source protected: another agency sees the words and about whom they are, and
//     neither who told, how it is known, when, nor in which category, which can
//     tell as much as a name. To the family it is hidden: they know the people
//     who could have told (ours).
//   - Police code C: its conditions are words that no program keeps, so it is
//     hidden from family and agencies until a person passes it on (ours).
//   - A statement without handling was never handled: it stays with the front
//     door and its sharer.
//
// It speaks of handling alone. Whether a consent or an override covers showing an
// agency anything is authority.State.Covers' to say (HUB-02), and both must allow
// it. It cannot see a source that the words themselves give away: to write them
// otherwise is the sharing agency's part.
func Visible(sharedBy string, statement *eventpb.Statement, v Viewer) (View, bool) {
	h := statement.GetHandling()
	own := v.kind == viewerAgency && v.agency == sharedBy
	switch {
	case statement == nil:
		return View{}, false
	case v.kind == viewerFrontDoor, own:
		return View{Agency: sharedBy, Statement: proto.CloneOf(statement)}, true
	case h == nil, h.GetPoliceCode() != "" && h.GetPoliceCode() != "P":
		return View{}, false
	case v.kind == viewerFamily && !h.GetNotToFamily() && !h.GetProtectSource(),
		v.kind == viewerAgency && !h.GetNotToAgencies() && !h.GetProtectSource():
		return View{Agency: sharedBy, Statement: proto.CloneOf(statement)}, true
	case v.kind == viewerAgency && !h.GetNotToAgencies():
		return View{Statement: withoutSource(statement)}, true
	}
	return View{}, false
}

func withoutSource(s *eventpb.Statement) *eventpb.Statement {
	return proto.CloneOf(&eventpb.Statement{
		StatementId: s.GetStatementId(), Subjects: s.GetSubjects(), Words: s.GetWords(), Kind: s.GetKind(),
		Handling: &eventpb.Handling{NotToFamily: s.GetHandling().GetNotToFamily(), ProtectSource: true},
	})
}
