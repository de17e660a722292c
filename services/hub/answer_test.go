package hub_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"

	"github.com/openmash/mash/services/hubtest"
)

// Health is asked about one of two children and answers without naming any: it has never heard of the other. The answer is about the child it was
// asked about, and about nobody else, its question waits no longer, and a correction of it is about the same child.
func TestHUB02_AnAnswerThatNamesNoChildIsAboutThoseWhoWereAskedAbout(t *testing.T) {
	h := hubtest.Start(t)
	ctx := h.Context()
	both := contact("kent-police")
	both.Children = append(both.Children, child("Kim"))
	id := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", both)).GetContactId()
	if _, err := commandpb.NewContactCommandServiceClient(h.Conn("manager-1")).TriageContact(ctx, &commandpb.TriageContactRequest{
		Context: request(1), ContactId: id, Rating: "red", Actions: []string{"agency-checks"},
	}); err != nil {
		t.Fatal(err)
	}
	worker := commandpb.NewAuthorityCommandServiceClient(h.Conn("worker-1"))
	holder, err := worker.RecordHolder(ctx, &commandpb.RecordHolderRequest{Context: request(2), ContactId: id, Name: "Jo", Subjects: []string{"s1", "s2"}, Basis: "mother"})
	if err != nil {
		t.Fatal(err)
	}
	scope := &commandpb.Scope{Subjects: []string{"s2"}, Purposes: []string{"safeguarding-assessment"}, Agencies: []string{"kent-health"}, Categories: []string{"physical-health"}}
	if _, err := worker.RecordConsent(ctx, &commandpb.RecordConsentRequest{
		Context: request(3), ContactId: id, HolderId: holder.GetHolderId(), Stance: "given", Scope: scope,
		Asked: &commandpb.When{At: timestamppb.New(hubtest.Monday), Precision: "instant"}, How: "telephone", Evidence: "none",
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := commandpb.NewInformationCommandServiceClient(h.Conn("worker-1")).RequestInformation(ctx, &commandpb.RequestInformationRequest{
		Context: request(4), ContactId: id, Mode: "targeted", Scope: scope, Question: "What is known of injuries?", Status: "triaged",
	}); err != nil {
		t.Fatal(err)
	}
	asked := receiveRequest(t, h, "kent-health")
	answer := &intakepb.Information{
		Agency: "kent-health", ContactId: id, RequestId: asked.GetRequestId(), Answer: "shared",
		Statements: []*intakepb.InformationStatement{{Category: "physical-health", Words: "Seen twice with bruises.", Kind: "fact", Source: "record"}},
	}
	first := accepted(t, send(t, h.Publisher("kent-health"), "information", "i-1", answer))
	answer.RequestId, answer.Corrects, answer.Statements[0].Words = "", first.GetShareIds()[0], "Seen once with a bruise."
	last := accepted(t, send(t, h.Publisher("kent-health"), "information", "i-2", answer))

	file, err := querypb.NewContactServiceClient(h.Conn("worker-1")).GetContact(ctx, &querypb.GetContactRequest{ContactId: id, NotBefore: last.GetPosition()})
	if err != nil {
		t.Fatal(err)
	}
	if got := file.GetCaseFile().GetRequests()[0].GetQuestions()[0].GetStanding(); got != "answered" {
		t.Errorf("the question stands %s, want answered", got)
	}
	for _, share := range file.GetCaseFile().GetShares() {
		if subjects := share.GetStatements()[0].GetSubjects(); share.GetUnsolicited() || !slices.Equal(subjects, []string{"s2"}) {
			t.Errorf("%s: unsolicited %t, about %v; want an answer about s2", share.GetShareId(), share.GetUnsolicited(), subjects)
		}
	}
}
