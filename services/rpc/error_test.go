package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/rpc"
)

// Each case goes over the wire: what is compared is what a client is told.
func TestErrorsAsAClientSeesThem(t *testing.T) {
	fields := []domain.FieldViolation{{Field: "subjects[0].date_of_birth", Rule: "KEN-02", Description: "is not a date"}}
	driver := errors.New(`pq: duplicate key "` + canary + `"`)
	for _, tc := range []struct {
		name     string
		err      error
		code     codes.Code
		reason   string
		metadata map[string]string
		fields   []string
	}{
		{"a rule's no", &domain.Refusal{Reason: "NOT_TRIAGED", Rule: "KEN-06", Message: "it is not triaged", Advice: "triage it"},
			codes.FailedPrecondition, "NOT_TRIAGED", map[string]string{"rule": "KEN-06"}, nil},
		{"a rule's no, wrapped", fmt.Errorf("decide: %w", &domain.Refusal{Reason: "NOT_TRIAGED"}), codes.FailedPrecondition, "NOT_TRIAGED", nil, nil},
		{"a rule's no to a role", &domain.Refusal{Reason: "TRIAGE_NOT_PERMITTED", Rule: "KEN-03"}, codes.PermissionDenied, "TRIAGE_NOT_PERMITTED",
			map[string]string{"rule": "KEN-03"}, nil},
		{"a rule's no to a role at this hour", &domain.Refusal{Reason: "ONLY_OUT_OF_HOURS"}, codes.PermissionDenied, "ONLY_OUT_OF_HOURS", nil, nil},
		{"a rule's no to a role in hours", &domain.Refusal{Reason: "ONLY_IN_HOURS"}, codes.PermissionDenied, "ONLY_IN_HOURS", nil, nil},
		{"a rule's no to fields", &domain.Refusal{Reason: "INVALID_CONTACT", Fields: fields}, codes.InvalidArgument, "INVALID_CONTACT",
			map[string]string{"rules": "KEN-02"}, []string{"subjects[0].date_of_birth is not a date KEN_02"}},
		{"conflict", rpc.RevisionChanged(3, 5), codes.Aborted, rpc.ReasonRevisionChanged,
			map[string]string{"expected_revision": "3", "actual_revision": "5"}, nil},
		{"not found", rpc.NotFound("contact"), codes.NotFound, rpc.ReasonNotFound, map[string]string{"resource": "contact"}, nil},
		{"reused", rpc.RequestReused(), codes.AlreadyExists, rpc.ReasonRequestReused, nil, nil},
		{"other store", rpc.OtherStore(), codes.FailedPrecondition, rpc.ReasonOtherStore, nil, nil},
		{"bad position", rpc.BadPosition("not_before"), codes.InvalidArgument, rpc.ReasonBadPosition, map[string]string{"rules": "position"},
			[]string{"not_before is not a position that the hub has given POSITION"}},
		{"unavailable", rpc.Unavailable(driver), codes.Unavailable, rpc.ReasonUnavailable, nil, nil},
		{"slow reader", rpc.SlowReader(), codes.ResourceExhausted, rpc.ReasonSlowReader, nil, nil},
		{"deadline", fmt.Errorf("read %s: %w", canary, context.DeadlineExceeded), codes.DeadlineExceeded, rpc.ReasonDeadline, nil, nil},
		{"cancelled", context.Canceled, codes.Canceled, rpc.ReasonCancelled, nil, nil},
		{"gRPC's own", status.Error(codes.ResourceExhausted, canary), codes.ResourceExhausted, rpc.ReasonTransport, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := start(t, services{get: func(context.Context) error { return tc.err }}, nil)
			err := getContact(r.as(t, "manager-1"), r)
			info, got := wantError(t, err, tc.code, tc.reason)
			if diff := cmp.Diff(tc.metadata, info.Metadata); diff != "" {
				t.Errorf("metadata (-want +got):\n%s", diff)
			}
			var named []string
			for _, f := range got {
				named = append(named, f.Field+" "+f.Description+" "+f.Reason)
			}
			if diff := cmp.Diff(tc.fields, named); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

// The client gets an id, the log has the same id and what failed, and neither has what the driver said.
func TestInternalErrorsKeepTheirTextInside(t *testing.T) {
	for name, tc := range map[string]struct {
		fail    func() error
		logged  string
		methods string
	}{
		"a driver's error":  {func() error { return fmt.Errorf("read the case file: %w", errors.New("value "+canary)) }, "read the case file: *errors.errorString", ""},
		"a driver's status": {func() error { return fmt.Errorf("append: %w", status.Error(codes.NotFound, canary)) }, "append: gRPC status NotFound", ""},
		"a failure with a name": {func() error {
			return fmt.Errorf("append: %w", fmt.Errorf("%w: %w", errors.New("the store is unavailable"), errors.New(canary)))
		},
			"append: the store is unavailable: *errors.errorString", ""},
		"a panic": {func() error { panic("saw " + canary) }, "panic with a string", "rpc_test.TestInternalErrorsKeepTheirTextInside"},
		"a runtime panic": {func() error {
			var m map[string]int
			m[canary]++ //lint:ignore SA5000 the panic is what is tested
			return nil
		}, "assignment to entry in nil map", "rpc_test.TestInternalErrorsKeepTheirTextInside"},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, services{get: func(context.Context) error { return tc.fail() }}, nil)
			info, _ := wantError(t, getContact(r.as(t, "manager-1"), r), codes.Internal, rpc.ReasonInternal)
			log := r.log.String()
			incident := info.Metadata["incident"]
			if incident == "" || !strings.Contains(log, incident) || !strings.Contains(log, "level=ERROR") {
				t.Errorf("incident %q is not an error in the log:\n%s", incident, log)
			}
			if !strings.Contains(log, tc.logged) && !strings.Contains(log, strings.ReplaceAll(tc.logged, `"`, `\"`)) {
				t.Errorf("the log does not say %q:\n%s", tc.logged, log)
			}
			if !strings.Contains(log, tc.methods) {
				t.Errorf("the log has no stack:\n%s", log)
			}
			if strings.Contains(log, canary) {
				t.Errorf("the log repeats what was sent:\n%s", log)
			}
		})
	}
}

func TestValidationNamesEveryFieldAndRepeatsNone(t *testing.T) {
	r := start(t, services{}, nil)
	_, err := querypb.NewTriageQueueServiceClient(r.conn).ListTriageQueue(r.as(t, "manager-1"), &querypb.ListTriageQueueRequest{
		PageSize: -1,
		Filter:   &querypb.TriageQueueFilter{States: []string{"unrated", canary}, Teams: []string{strings.Repeat(canary, 10)}},
	})
	info, fields := wantError(t, err, codes.InvalidArgument, rpc.ReasonInvalidFields)
	got := map[string]string{}
	for _, f := range fields {
		got[f.Field] = f.Reason
		if f.Description == "" || !regexp.MustCompile(`^[A-Z][A-Z0-9_]+[A-Z0-9]$`).MatchString(f.Reason) {
			t.Errorf("%s: description %q, reason %q, want both, the reason UPPER_SNAKE", f.Field, f.Description, f.Reason)
		}
	}
	want := map[string]string{"filter.states[1]": "STRING_IN", "filter.teams[0]": "STRING_MAX_LEN", "page_size": "INT32_GTE"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if rules := info.Metadata["rules"]; strings.Count(rules, ",") != 2 || !strings.Contains(rules, "int32.gte") {
		t.Errorf("rules are %q, want the three rules' ids", rules)
	}
}

func TestAStreamsRequestIsValidated(t *testing.T) {
	r := start(t, services{}, nil)
	stream, err := querypb.NewTriageQueueServiceClient(r.conn).WatchTriageQueue(r.as(t, "manager-1"),
		&querypb.WatchTriageQueueRequest{ResumeFrom: strings.Repeat(canary, 20)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()
	_, fields := wantError(t, err, codes.InvalidArgument, rpc.ReasonInvalidFields)
	if len(fields) != 1 || fields[0].Field != "resume_from" {
		t.Errorf("got %v, want resume_from alone", fields)
	}
}

func TestPageTokensBelongToTheirRequest(t *testing.T) {
	first := &querypb.ListTriageQueueRequest{Filter: &querypb.TriageQueueFilter{Teams: []string{"a"}}, PageSize: 5, NotBefore: "p1"}
	token := rpc.PageToken(first, []byte("after 7"))
	next := &querypb.ListTriageQueueRequest{Filter: &querypb.TriageQueueFilter{Teams: []string{"a"}}, PageSize: 9, PageToken: token}
	if cursor, err := rpc.PageCursor(next, token); err != nil || string(cursor) != "after 7" {
		t.Errorf("the same list with another page size: got %q, %v, want its cursor", cursor, err)
	}
	if cursor, err := rpc.PageCursor(first, ""); cursor != nil || err != nil {
		t.Errorf("no token: got %q, %v, want the first page", cursor, err)
	}
	other := &querypb.ListTriageQueueRequest{Filter: &querypb.TriageQueueFilter{Teams: []string{"b"}}}
	for name, bad := range map[string]string{
		"another filter's": token, "not base64": "å", "cut": token[:10], "changed": token[:5] + string(token[5]^1) + token[6:], "padded": token + "==",
	} {
		request := next
		if name == "another filter's" {
			request = other
		}
		if _, err := rpc.PageCursor(request, bad); rpc.FromError(err).Reason != rpc.ReasonBadPageToken {
			t.Errorf("%s: got %v, want %s", name, err, rpc.ReasonBadPageToken)
		}
	}
	if got := []int{rpc.PageSize(0, 50, 500), rpc.PageSize(7, 50, 500), rpc.PageSize(9000, 50, 500)}; !cmp.Equal(got, []int{50, 7, 500}) {
		t.Errorf("page sizes %v, want 50, 7, 500", got)
	}
}
