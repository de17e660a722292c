package outbox

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/agencies"
	"github.com/openmash/mash/services/eventstore"
)

// composing is a feed that composes from files in which nothing is sealed.
func composing(a agencies.Agency) *feed {
	return &feed{Outbox: &Outbox{Config: Config{Store: &eventstore.Store{}}}, agency: a}
}

// What was erased is named as erased, and what is left is still told.
func TestWhatWasErasedIsNamed(t *testing.T) {
	erased := &eventpb.Erased{Reason: "retention"}
	c := &file{
		received: &eventpb.ContactReceived{ContactId: "6f0a1d62-4c1e-5b0e-9f39-0a6d61736800", Subjects: []*eventpb.Subject{
			{SubjectId: "s1", Child: &eventpb.ChildPart{Part: &eventpb.ChildPart_Erased{Erased: erased}}},
			{SubjectId: "s2", Child: &eventpb.ChildPart{Part: &eventpb.ChildPart_Open{Open: &eventpb.Child{GivenName: "Kim"}}}},
			{SubjectId: "s3", Child: &eventpb.ChildPart{Part: &eventpb.ChildPart_Open{Open: &eventpb.Child{GivenName: "Lou"}}}},
		}},
		requests: map[string]*eventpb.InformationRequested{"r1": {
			RequestId: "r1", Questions: []*eventpb.Question{{Agency: health, Subjects: []string{"s1", "s2"}}},
			Question: &eventpb.NarrativePart{Part: &eventpb.NarrativePart_Erased{Erased: erased}},
		}},
		told: map[uint64]proto.Message{7: &eventpb.ReferrerAnswered{
			Level: "receipt", Response: &eventpb.NarrativePart{Part: &eventpb.NarrativePart_Erased{Erased: erased}},
		}},
	}
	f := composing(agencies.Agency{ID: health, Sector: agencies.Health})
	got, err := f.request(t.Context(), c, 6, notice{noticeRequest, "r1"})
	must(t, err)
	if want := []string{"s1", "question"}; !slices.Equal(got.GetErased(), want) {
		t.Errorf("erased are %v, want %v", got.GetErased(), want)
	}
	if len(got.GetSubjects()) != 2 || got.GetSubjects()[0].GetGivenName() != "" || got.GetSubjects()[1].GetGivenName() != "Kim" {
		t.Errorf("the children are %v, want s1 without a name and Kim", got.GetSubjects())
	}
	outcome, err := f.outcome(t.Context(), c, 7)
	must(t, err)
	if !outcome.GetErased() {
		t.Error("an erased response is not said to be erased")
	}
}

// HUB-05: whatever other agencies told, and whoever the referrer is, no message of ours holds a word of it.
func TestHUB05_NothingThatOthersToldGoesOut(t *testing.T) {
	const secret = "told in confidence"
	words := &eventpb.NarrativePart{Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: secret}}}
	received := &eventpb.ContactReceived{
		ContactId: "6f0a1d62-4c1e-5b0e-9f39-0a6d61736800", Reason: words, Agency: "kent-police", WorkType: "police-contact",
		Referrer: &eventpb.ReferrerPart{Part: &eventpb.ReferrerPart_Open{Open: &eventpb.Referrer{Name: secret}}},
		Subjects: []*eventpb.Subject{{SubjectId: "s1", Child: &eventpb.ChildPart{Part: &eventpb.ChildPart_Open{Open: &eventpb.Child{
			GivenName: "Kim", School: secret, CaseNumber: secret, Ethnicity: secret, NhsNumber: "9990000018", Upn: "H801200001001",
		}}}}},
	}
	c := newFile("contact-6f0a1d62-4c1e-5b0e-9f39-0a6d61736800")
	for i, e := range []proto.Message{
		received,
		&eventpb.OverrideProposed{Risk: words, ProposedBy: secret},
		&eventpb.InformationRequested{RequestId: "r1", Questions: []*eventpb.Question{
			{Agency: health, Subjects: []string{"s1"}, Authorities: []*eventpb.Authority{{Kind: "override", Id: secret}}},
			{Agency: secret, Subjects: []string{"s1"}, Categories: []string{secret}},
		}},
		&eventpb.InformationShared{ShareId: "i1", Agency: "kent-schools", Reason: words, Statements: []*eventpb.Statement{{Words: words}}},
		&eventpb.AnalysisRecorded{Analysis: words},
		&eventpb.ContactDecided{DecisionId: "d1", DecidedBy: secret, Rationale: words, Outcomes: []*eventpb.SubjectOutcome{
			{SubjectId: "s1", Outcome: "referral", Destination: secret, Steps: words},
		}},
		&eventpb.ReferrerAnswered{DecisionId: "d1", Level: "outcome"},
	} {
		c.take(eventstore.Recorded{Revision: uint64(i), Message: e})
	}
	f := composing(agencies.Agency{ID: health, Sector: agencies.Housing})
	request, err := f.request(t.Context(), c, 2, notice{noticeRequest, "r1"})
	must(t, err)
	outcome, err := f.outcome(t.Context(), c, 6)
	must(t, err)
	for _, m := range []proto.Message{request, c.cancellation(health, "r1"), outcome} {
		text := protojson.Format(m)
		for _, never := range []string{secret, "9990000018", "H801200001001"} {
			if strings.Contains(text, never) {
				t.Errorf("%T holds %q:\n%s", m, never, text)
			}
		}
	}
}
