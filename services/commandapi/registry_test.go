package commandapi_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
)

// An agency that the registry does not have is named to the caller and nothing is recorded: a consent would cover nobody, and a question would
// wait for an answer that cannot come.
func TestSOT07_AnAgencyThatNobodyKnowsIsNotPutIntoAScope(t *testing.T) {
	w := newWorld(t)
	id := w.receive(t, 1)
	ctx := w.as(t, "social-worker")
	authority, information := commandpb.NewAuthorityCommandServiceClient(w.conn), commandpb.NewInformationCommandServiceClient(w.conn)
	holder, err := authority.RecordHolder(ctx, &commandpb.RecordHolderRequest{Context: asked(), ContactId: id, Name: "Jo", Subjects: []string{"s1"}, Basis: "mother"})
	if err != nil {
		t.Fatal(err)
	}
	scope := func(agencies ...string) *commandpb.Scope {
		return &commandpb.Scope{Subjects: []string{"s1"}, Purposes: []string{"safeguarding-assessment"}, Agencies: agencies, Categories: []string{"physical-health"}}
	}
	misspelt := scope("kent-health", "kent-heatlh")
	calls := map[string]func() error{
		"consent": func() error {
			_, err := authority.RecordConsent(ctx, &commandpb.RecordConsentRequest{
				Context: asked(), ContactId: id, HolderId: holder.GetHolderId(), Stance: "given", Scope: misspelt,
				Asked: &commandpb.When{At: timestamppb.New(monday), Precision: "instant"}, How: "telephone", Evidence: "none",
			})
			return err
		},
		"override": func() error {
			_, err := authority.ProposeOverride(ctx, &commandpb.ProposeOverrideRequest{
				Context: asked(), ContactId: id, Scope: misspelt, ReasonCode: "cannot-be-given", Risk: "The child would not be safe.", Bases: []string{"uk-gdpr-6-1-e"},
			})
			return err
		},
		"request": func() error {
			_, err := information.RequestInformation(ctx, &commandpb.RequestInformationRequest{
				Context: asked(), ContactId: id, Mode: "targeted", Scope: misspelt, Question: "What is known?", Status: "triaged",
			})
			return err
		},
		"not to share": func() error {
			_, err := authority.DecideNotToShare(ctx, &commandpb.DecideNotToShareRequest{Context: asked(), ContactId: id, Scope: misspelt, Reason: "not needed"})
			return err
		},
	}
	for name, call := range calls {
		err := call()
		wantError(t, err, codes.InvalidArgument, "INVALID_FIELDS")
		if fields := violated(err); fields != "scope.agencies[1]" {
			t.Errorf("%s: names %q, want scope.agencies[1]", name, fields)
		}
	}
	// The schools are in the registry, and answer nothing: they can be covered, and cannot be asked.
	_, err = information.RequestInformation(ctx, &commandpb.RequestInformationRequest{
		Context: asked(), ContactId: id, Mode: "targeted", Scope: scope("kent-schools"), Question: "What is known?", Status: "triaged",
	})
	wantError(t, err, codes.InvalidArgument, "INVALID_FIELDS")
	_, err = authority.RecordAgencyOverride(ctx, &commandpb.RecordAgencyOverrideRequest{
		Context: asked(), ContactId: id, Agency: "kent-heatlh", ReasonCode: "raises-risk", Consulted: "line manager", Reason: "it would be known",
	})
	wantError(t, err, codes.InvalidArgument, "INVALID_FIELDS")
}

// Who is refused a code is told which ones there are.
func TestSOT07_ARefusedCodeComesWithThoseInUse(t *testing.T) {
	w := newWorld(t)
	_, err := commandpb.NewAuthorityCommandServiceClient(w.conn).RecordHolder(w.as(t, "social-worker"), &commandpb.RecordHolderRequest{
		Context: asked(), ContactId: w.receive(t, 1), Name: "Jo", Subjects: []string{"s1"}, Basis: "father",
	})
	wantError(t, err, codes.InvalidArgument, "INVALID_COMMAND")
	if fields := violated(err); fields != "basis" || !strings.Contains(fmt.Sprint(status.Convert(err).Details()), "father-married, father-registered") {
		t.Errorf("names %s, %v; want the basis, and the bases in use", fields, status.Convert(err).Details())
	}
}

// The codes are told once: a long list of wrong ones must not become an answer that clients refuse to read.
func TestTheCodesInUseAreToldOnce(t *testing.T) {
	w := newWorld(t)
	_, err := commandpb.NewAuthorityCommandServiceClient(w.conn).DecideNotToShare(w.as(t, "social-worker"), &commandpb.DecideNotToShareRequest{
		Context: asked(), ContactId: w.receive(t, 1), Reason: "not needed", Scope: &commandpb.Scope{
			Subjects: []string{"s1"}, Purposes: []string{"safeguarding-assessment"}, Agencies: []string{"kent-health"}, Categories: []string{"health", "illness"},
		},
	})
	wantError(t, err, codes.InvalidArgument, "INVALID_COMMAND")
	if fields := violated(err); fields != "scope.categories[0] scope.categories[1]" || strings.Count(fmt.Sprint(status.Convert(err).Details()), "physical-health") != 1 {
		t.Errorf("names %s, %v; want both categories, and those in use once", fields, status.Convert(err).Details())
	}
}

// violated gives the fields that an error names.
func violated(err error) string {
	var fields []string
	for _, d := range status.Convert(err).Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				fields = append(fields, v.GetField())
			}
		}
	}
	return strings.Join(fields, " ")
}
