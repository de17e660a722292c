package operatorapi_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	operatorpb "github.com/openmash/mash/proto/gen/mash/operator/v1"
	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/quarantine"
	"github.com/openmash/mash/services/operatorapi"
	"github.com/openmash/mash/services/rpc"
)

func (w *world) client() operatorpb.QuarantineServiceClient {
	return operatorpb.NewQuarantineServiceClient(w.conn)
}

func payload(number int) []byte { return fmt.Appendf(nil, `{"reason":"%s %d"`, canary, number) }

// reject does what intake does with a message that cannot be accepted: its bytes into the vault, the rest on record.
func (w *world) reject(t *testing.T, agency string, number int, keep bool) string {
	t.Helper()
	return w.rejectFrom(t, bus.InSubject(agency, "contact"), agency, number, keep)
}

// rejectFrom is reject of what came on a subject.
func (w *world) rejectFrom(t *testing.T, subject, agency string, number int, keep bool) string {
	t.Helper()
	sum := sha256.Sum256(payload(number))
	messageID := fmt.Sprintf("message-%d", number)
	id := quarantine.ID(agency, "urn:"+agency, messageID, sum[:]).String()
	if keep {
		header := map[string][]string{bus.HeaderID: {messageID}, bus.HeaderSource: {"urn:" + agency}, "mash-subject": {subject}}
		if kept, err := w.ring.Keep(t.Context(), agency, id, payload(number), header); err != nil || !kept {
			t.Fatalf("keep: %t, %v", kept, err)
		}
	}
	_, err := w.casework.QuarantineMessage(t.Context(), quarantine.Quarantine{
		Agency: agency, Kind: "contact", Reason: "INVALID_PAYLOAD", SHA256: sum[:], Size: uint64(len(payload(number))),
		Kept: keep, MessageID: messageID, MessageSource: "urn:" + agency,
	}, casework.Origin{Actor: "agency:" + agency, Role: string(access.AgencySystem), Agency: agency, RequestID: id, RequestHash: id})
	if err != nil {
		t.Fatal(err)
	}
	w.now.Pass(time.Minute)
	return id
}

// inbound gives the next message of an agency's IN.
func (w *world) inbound(t *testing.T, agency string) bus.Delivery {
	t.Helper()
	delivered := make(chan bus.Delivery, 1)
	stop, err := w.bus.Subscribe(agency, 1, func(d bus.Delivery) {
		if err := d.AckSync(anonymous(t)); err != nil {
			t.Error(err)
		}
		delivered <- d
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	select {
	case d := <-delivered:
		return d
	case <-anonymous(t).Done():
		t.Fatal("nothing was put back")
		return bus.Delivery{}
	}
}

func TestListIsNewestFirstOverAllAgencies(t *testing.T) {
	w := newWorld(t)
	a, b, c := w.reject(t, police, 1, true), w.reject(t, schools, 2, false), w.reject(t, police, 3, true)
	for _, tc := range []struct {
		agency string
		want   []string
	}{{"", []string{c, b, a}}, {police, []string{c, a}}, {"kent-health", nil}} {
		var got []string
		request := &operatorpb.ListQuarantineRequest{Agency: tc.agency, PageSize: 1}
		for {
			answer, err := w.client().ListQuarantine(w.as(t, "operator"), request)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range answer.Messages {
				got = append(got, m.Quarantined.QuarantineId)
			}
			if request.PageToken = answer.NextPageToken; request.PageToken == "" {
				break
			}
			if len(got) == 1 && tc.agency == "" {
				w.reject(t, schools, 4, true) // newer than the page that was read, so it is on no later one
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("agency %q (-want +got):\n%s", tc.agency, diff)
		}
	}
}

func TestARetryPutsTheMessageBackAsItWas(t *testing.T) {
	w := newWorld(t)
	id := w.reject(t, police, 1, true)
	request := &operatorpb.RetryQuarantinedRequest{Agency: police, QuarantineId: strings.ToUpper(id), RequestId: uuid.NewString()}
	answer, err := w.client().RetryQuarantined(w.as(t, "operator"), request)
	if err != nil {
		t.Fatal(err)
	}
	if m := answer.Message; m.Retries != 1 || !m.Kept || !m.RetriedAt.AsTime().Equal(w.now.Now()) || m.Quarantined.QuarantineId != id {
		t.Errorf("got %v, want one retry now", m)
	}
	d := w.inbound(t, police)
	if string(d.Data) != string(payload(1)) || d.Subject != bus.InSubject(police, "contact") {
		t.Errorf("put back on %s: %d bytes, want those that were sent", d.Subject, len(d.Data))
	}
	if got := d.Header.Get(bus.HeaderID); got != "message-1" || d.Header.Get("mash-subject") != "" || d.Header.Get(bus.HeaderRetried) != id {
		t.Errorf("headers %v, want the sender's own, marked as put back", d.Header)
	}
	// The same request: nothing more on record, and the bytes are there again for intake, which knows them.
	again, err := w.client().RetryQuarantined(w.as(t, "operator"), request)
	if err != nil || !proto.Equal(again, answer) {
		t.Errorf("again: got %v, %v, want the first answer", again, err)
	}
	w.inbound(t, police)
	// Another request is another retry.
	request.RequestId = uuid.NewString()
	if more, err := w.client().RetryQuarantined(w.as(t, "operator"), request); err != nil || more.Message.Retries != 2 {
		t.Errorf("got %v, %v, want a second retry", more, err)
	}
	if log := w.log.String(); strings.Contains(log, canary) {
		t.Errorf("the log has personal data:\n%s", log)
	}
}

// wantKept lists what an agency's quarantine has and shows one message's state.
func (w *world) wantKept(t *testing.T, agency, id string, kept, discarded bool) {
	t.Helper()
	answer, err := w.client().ListQuarantine(w.as(t, "operator"), &operatorpb.ListQuarantineRequest{Agency: agency})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range answer.Messages {
		if m.Quarantined.QuarantineId == id {
			if m.Kept != kept || (m.DiscardedAt != nil) != discarded {
				t.Errorf("got kept %t, discarded at %v; want kept %t, discarded %t", m.Kept, m.DiscardedAt, kept, discarded)
			}
			return
		}
	}
	t.Errorf("%s is not listed", id)
}

// Once the message is on record, intake has taken its bytes away. Whoever did not hear the answer asks again, and is told
// that it is done; nobody can put back what is not there.
func TestARetryThatWasCarriedOutIsDone(t *testing.T) {
	w := newWorld(t)
	id := w.reject(t, police, 1, true)
	request := &operatorpb.RetryQuarantinedRequest{Agency: police, QuarantineId: id, RequestId: uuid.NewString()}
	if _, err := w.client().RetryQuarantined(w.as(t, "operator"), request); err != nil {
		t.Fatal(err)
	}
	w.inbound(t, police)
	if err := w.ring.Discard(t.Context(), police, id); err != nil { // intake's part
		t.Fatal(err)
	}
	w.wantKept(t, police, id, false, false)
	again, err := w.client().RetryQuarantined(w.as(t, "operator"), request)
	if err != nil || again.Message.Retries != 1 || again.Message.Kept {
		t.Errorf("the same request: got %v, %v, want the one retry", again, err)
	}
	request.RequestId = uuid.NewString()
	_, err = w.client().RetryQuarantined(w.as(t, "operator"), request)
	wantError(t, err, codes.FailedPrecondition, "PAYLOAD_NOT_KEPT")
	// Rejected after all, under the same id, it can be retried again.
	if w.reject(t, police, 1, true) != id {
		t.Fatal("the same message has another id")
	}
	if more, err := w.client().RetryQuarantined(w.as(t, "operator"), request); err != nil || more.Message.Retries != 2 {
		t.Errorf("kept again: got %v, %v, want a second retry", more, err)
	}
}

func TestADiscardGivesTheRoomBackAndKeepsTheRecord(t *testing.T) {
	w := newWorld(t)
	id, other := w.reject(t, police, 1, true), w.reject(t, police, 2, true)
	request := &operatorpb.DiscardQuarantinedRequest{Agency: police, QuarantineId: strings.ToUpper(id), RequestId: uuid.NewString()}
	first, err := w.client().DiscardQuarantined(w.as(t, "operator"), request)
	if err != nil || first.Message.Kept || !first.Message.DiscardedAt.AsTime().Equal(w.now.Now()) || first.Message.Quarantined.Reason != "INVALID_PAYLOAD" {
		t.Fatalf("got %v, %v, want it discarded now, its reason still there", first, err)
	}
	w.wantKept(t, police, id, false, true)
	w.wantKept(t, police, other, true, false)
	if held, err := w.ring.Held(t.Context(), police); err != nil || len(held) != 1 || !held[other] {
		t.Errorf("the vault holds %v, %v; want the other message alone", held, err)
	}
	for name, again := range map[string]*operatorpb.DiscardQuarantinedRequest{
		"the same request": request, "another request": {Agency: police, QuarantineId: id, RequestId: uuid.NewString()},
	} {
		if got, err := w.client().DiscardQuarantined(w.as(t, "operator"), again); err != nil || !proto.Equal(got, first) {
			t.Errorf("%s: got %v, %v, want the first answer", name, got, err)
		}
	}
	// The id of a discard is no other request's.
	_, err = w.client().RetryQuarantined(w.as(t, "operator"), &operatorpb.RetryQuarantinedRequest{Agency: police, QuarantineId: id, RequestId: request.RequestId})
	wantError(t, err, codes.AlreadyExists, rpc.ReasonRequestReused)
	_, err = w.client().RetryQuarantined(w.as(t, "operator"), &operatorpb.RetryQuarantinedRequest{Agency: police, QuarantineId: id, RequestId: uuid.NewString()})
	wantError(t, err, codes.FailedPrecondition, "PAYLOAD_NOT_KEPT")
	_, err = w.client().DiscardQuarantined(w.as(t, "operator"), &operatorpb.DiscardQuarantinedRequest{Agency: schools, QuarantineId: id, RequestId: uuid.NewString()})
	wantError(t, err, codes.NotFound, rpc.ReasonNotFound)
	// Sent and rejected again, it is kept again.
	w.reject(t, police, 1, true)
	w.wantKept(t, police, id, true, false)
}

func TestWhatAnOperatorIsRefused(t *testing.T) {
	w := newWorld(t)
	kept, lost := w.reject(t, police, 1, true), w.reject(t, police, 2, false)
	retry := func(person, agency, id, request string) error {
		_, err := w.client().RetryQuarantined(w.as(t, person), &operatorpb.RetryQuarantinedRequest{Agency: agency, QuarantineId: id, RequestId: request})
		return err
	}
	astray := w.rejectFrom(t, "mash.in.kent-police.contact", police, 3, true)
	others := w.rejectFrom(t, bus.InSubject(schools, "contact"), police, 4, true)
	used := uuid.NewString()
	if err := retry("operator", police, kept, used); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name   string
		err    error
		code   codes.Code
		reason string
	}{
		{"bytes that were not kept", retry("operator", police, lost, uuid.NewString()), codes.FailedPrecondition, "PAYLOAD_NOT_KEPT"},
		{"a subject that is none", retry("operator", police, astray, uuid.NewString()), codes.FailedPrecondition, operatorapi.ReasonNoWayBack},
		{"another agency's subject", retry("operator", police, others, uuid.NewString()), codes.FailedPrecondition, operatorapi.ReasonNoWayBack},
		{"another agency's message", retry("operator", schools, kept, uuid.NewString()), codes.NotFound, rpc.ReasonNotFound},
		{"no such message", retry("operator", police, uuid.NewString(), uuid.NewString()), codes.NotFound, rpc.ReasonNotFound},
		{"another's request id", retry("operator-2", police, kept, used), codes.AlreadyExists, rpc.ReasonRequestReused},
		{"an agency that is no name", retry("operator", "Kent.>", kept, uuid.NewString()), codes.InvalidArgument, rpc.ReasonInvalidFields},
		{"an id that is none", retry("operator", police, canary, uuid.NewString()), codes.InvalidArgument, rpc.ReasonInvalidFields},
	} {
		t.Run(tc.name, func(t *testing.T) { wantError(t, tc.err, tc.code, tc.reason) })
	}
	_, err := w.client().GetQuarantined(w.as(t, "operator"), &operatorpb.GetQuarantinedRequest{Agency: police, QuarantineId: uuid.NewString()})
	wantError(t, err, codes.NotFound, rpc.ReasonNotFound)
	// A retry that could not be carried out is not on record as one.
	for _, id := range []string{astray, others} {
		got, err := w.client().GetQuarantined(w.as(t, "operator"), &operatorpb.GetQuarantinedRequest{Agency: police, QuarantineId: id})
		if err != nil || got.GetMessage().GetRetries() != 0 || !got.GetMessage().GetKept() {
			t.Errorf("got %v, %v, want the message kept and not retried", got, err)
		}
	}
	got, err := w.client().GetQuarantined(w.as(t, "operator"), &operatorpb.GetQuarantinedRequest{Agency: police, QuarantineId: kept})
	if err != nil || got.Message.Quarantined.Reason != "INVALID_PAYLOAD" || got.Message.Retries != 1 {
		t.Errorf("got %v, %v, want the message with its one retry", got, err)
	}
}

func TestProjectionsAsTheyAre(t *testing.T) {
	w := newWorld(t)
	w.shown = []operatorapi.Projection{{Name: "triage", Version: 2, Position: "p", CaughtUp: true}, {Name: "casefile", Version: 1, Stopped: "unknown event"}}
	answer, err := operatorpb.NewProjectionServiceClient(w.conn).ListProjections(w.as(t, "operator"), &operatorpb.ListProjectionsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Projections) != 2 || answer.Projections[0].Name != "triage" || answer.Projections[0].Version != 2 || !answer.Projections[0].CaughtUp || answer.Projections[1].Stopped != "unknown event" {
		t.Errorf("got %v, want both as they were given", answer.Projections)
	}
}

func TestEveryMethodAgainstEveryRole(t *testing.T) {
	w := newWorld(t)
	id := uuid.NewString()
	projections := operatorpb.NewProjectionServiceClient(w.conn)
	for name, call := range map[string]struct {
		action access.Action
		do     func(context.Context) error
	}{
		"ListQuarantine": {access.QuarantineRead, func(ctx context.Context) error {
			_, err := w.client().ListQuarantine(ctx, &operatorpb.ListQuarantineRequest{})
			return err
		}},
		"GetQuarantined": {access.QuarantineRead, func(ctx context.Context) error {
			_, err := w.client().GetQuarantined(ctx, &operatorpb.GetQuarantinedRequest{Agency: police, QuarantineId: id})
			return err
		}},
		"RetryQuarantined": {access.QuarantineRetry, func(ctx context.Context) error {
			_, err := w.client().RetryQuarantined(ctx, &operatorpb.RetryQuarantinedRequest{Agency: police, QuarantineId: id, RequestId: id})
			return err
		}},
		"DiscardQuarantined": {access.QuarantineDiscard, func(ctx context.Context) error {
			_, err := w.client().DiscardQuarantined(ctx, &operatorpb.DiscardQuarantinedRequest{Agency: police, QuarantineId: id, RequestId: id})
			return err
		}},
		"ListProjections": {access.ProjectionsRead, func(ctx context.Context) error {
			_, err := projections.ListProjections(ctx, &operatorpb.ListProjectionsRequest{})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, call.do(anonymous(t)), codes.Unauthenticated, rpc.ReasonNoCredentials)
			for _, p := range people() {
				err := call.do(w.as(t, p.ID))
				if ok, _ := access.Can(p.Role, call.action); !ok {
					wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
				} else if err != nil && !strings.Contains(err.Error(), codes.NotFound.String()) {
					t.Errorf("%s: %v", p.ID, err)
				}
			}
		})
	}
}
