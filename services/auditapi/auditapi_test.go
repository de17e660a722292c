package auditapi_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/auditapi"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/strategymeeting"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/rpc"
)

func (w *world) list(ctx context.Context, r *auditpb.ListEventsRequest) (*auditpb.ListEventsResponse, error) {
	return auditpb.NewAuditServiceClient(w.conn).ListEvents(ctx, r)
}

func (w *world) append(t *testing.T, id string, messages ...proto.Message) {
	t.Helper()
	for _, m := range messages {
		_, err := w.store.Append(t.Context(), contact.Stream(id), eventstore.AnyRevision(), eventstore.Metadata{
			CorrelationID: id, Actor: "manager-1", Role: string(access.TeamManager), Team: "front-door", RequestID: uuid.NewString(),
			RequestHash: "00", RecordedAt: monday, Profile: "built-in@1",
		}, eventstore.Event{ID: uuid.New(), Message: m})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func received(id string) proto.Message {
	return &eventpb.ContactReceived{
		ContactId: id, Agency: "kent-schools", Children: 1, ReceivedAt: timestamppb.New(monday),
		Reason: &eventpb.NarrativePart{About: []string{"s1"}, Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: "seen alone, says " + canary}}},
	}
}

func rated(id, rating string) proto.Message {
	return &eventpb.ContactRated{ContactId: id, Rating: rating, RatedAt: timestamppb.New(monday)}
}

func TestAnAuditorReadsTheRecord(t *testing.T) {
	w, id := newWorld(t), uuid.NewString()
	w.append(t, id, received(id), rated(id, "red"))
	answer, err := w.list(w.as(t, "auditor"), &auditpb.ListEventsRequest{ContactId: strings.ToUpper(id)})
	if err != nil {
		t.Fatal(err)
	}
	if len(answer.Events) != 2 || answer.NextPageToken != "" {
		t.Fatalf("got %d events and the token %q, want both events on the last page", len(answer.Events), answer.NextPageToken)
	}
	first, second := answer.Events[0], answer.Events[1]
	if first.Type != "mash.event.v1.ContactReceived" || first.Stream != contact.Stream(id) || first.Revision != 0 || second.Revision != 1 {
		t.Errorf("got %s %s %d, then %d", first.Type, first.Stream, first.Revision, second.Revision)
	}
	if _, err := w.store.ParseToken(first.Position); err != nil {
		t.Errorf("the position %q: %v", first.Position, err)
	}
	if !first.RecordedAt.AsTime().Equal(monday) {
		t.Errorf("recorded at %s, want %s", first.RecordedAt.AsTime(), monday)
	}
	reason := first.Data.GetFields()["reason"].GetStructValue().GetFields()["open"].GetStructValue().GetFields()["text"].GetStringValue()
	if !strings.Contains(reason, canary) {
		t.Errorf("the reason is not opened: %v", first.Data)
	}
	meta := first.Metadata.GetFields()
	for name, want := range map[string]string{"actor": "manager-1", "role": "team-manager", "team": "front-door", "$correlationId": id, "profile": "built-in@1"} {
		if got := meta[name].GetStringValue(); got != want {
			t.Errorf("metadata %s is %q, want %q", name, got, want)
		}
	}
	if log := w.log.String(); strings.Contains(log, canary) {
		t.Errorf("the log has personal data:\n%s", log)
	}
}

// The data is the JSON of the message: it reads back into the same message.
func TestDataReadsBackIntoTheEvent(t *testing.T) {
	w, id := newWorld(t), uuid.NewString()
	w.append(t, id, rated(id, "amber"))
	answer, err := w.list(w.as(t, "auditor"), &auditpb.ListEventsRequest{ContactId: id})
	if err != nil {
		t.Fatal(err)
	}
	text, err := answer.Events[0].Data.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]any
	if err := json.Unmarshal(text, &back); err != nil || back["rating"] != "amber" || back["contactId"] != id {
		t.Errorf("got %s (%v), want the event's JSON form", text, err)
	}
}

// A page ends, the contact goes on, and no event is missed or shown twice.
func TestPagesWhileTheContactGoesOn(t *testing.T) {
	w, id := newWorld(t), uuid.NewString()
	w.append(t, id, received(id), rated(id, "red"), rated(id, "amber"), rated(id, "green"))
	request := &auditpb.ListEventsRequest{ContactId: id, FromRevision: 1, PageSize: 2}
	var revisions []uint64
	for pages := 0; ; pages++ {
		answer, err := w.list(w.as(t, "auditor"), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range answer.Events {
			revisions = append(revisions, e.Revision)
		}
		if request.PageToken = answer.NextPageToken; request.PageToken == "" {
			break
		}
		if pages == 0 {
			w.append(t, id, rated(id, "red"))
		}
	}
	if want := []uint64{1, 2, 3, 4}; len(revisions) != 4 || revisions[0] != want[0] || revisions[1] != want[1] || revisions[2] != want[2] || revisions[3] != want[3] {
		t.Errorf("got the revisions %v, want %v", revisions, want)
	}
}

func TestAPageFitsIntoAnAnswer(t *testing.T) {
	w, id := newWorld(t), uuid.NewString()
	long := &eventpb.NarrativePart{About: []string{"s1"}, Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: strings.Repeat("ß", 200_000)}}}
	const events = 8 // of 400 kB each, more than one answer holds
	for range events {
		w.append(t, id, &eventpb.ContactRated{ContactId: id, Rating: "red", Reason: long})
	}
	seen, request := 0, &auditpb.ListEventsRequest{ContactId: id}
	for pages := 1; ; pages++ {
		answer, err := w.list(w.as(t, "auditor"), request)
		if err != nil {
			t.Fatalf("page %d: %v", pages, err)
		}
		seen += len(answer.Events)
		if request.PageToken = answer.NextPageToken; request.PageToken == "" {
			if pages == 1 || seen != events {
				t.Errorf("%d events on %d pages, want %d on more than one", seen, pages, events)
			}
			return
		}
	}
}

// An event of a later release is not skipped: what stands before it is shown, and the list ends there with its reason.
func TestAnEventOfALaterReleaseEndsTheList(t *testing.T) {
	w, id := newWorld(t), uuid.NewString()
	w.append(t, id, received(id), rated(id, "red"))
	w.appendUnknown(t, contact.Stream(id))
	w.append(t, id, rated(id, "green"))
	answer, err := w.list(w.as(t, "auditor"), &auditpb.ListEventsRequest{ContactId: id})
	if err != nil || len(answer.Events) != 2 || answer.NextPageToken == "" {
		t.Fatalf("got %d events, the token %q and %v, want the two before it and a next page", len(answer.GetEvents()), answer.GetNextPageToken(), err)
	}
	_, err = w.list(w.as(t, "auditor"), &auditpb.ListEventsRequest{ContactId: id, PageToken: answer.NextPageToken})
	wantError(t, err, codes.FailedPrecondition, auditapi.ReasonUnknownEvent)
}

func TestWhatAnAuditorIsRefused(t *testing.T) {
	w, id := newWorld(t), uuid.NewString()
	w.append(t, id, received(id), rated(id, "red"))
	first, err := w.list(w.as(t, "auditor"), &auditpb.ListEventsRequest{ContactId: id, PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		request *auditpb.ListEventsRequest
		code    codes.Code
		reason  string
	}{
		{"no such contact", &auditpb.ListEventsRequest{ContactId: uuid.NewString()}, codes.NotFound, rpc.ReasonNotFound},
		{"not an id", &auditpb.ListEventsRequest{ContactId: canary}, codes.InvalidArgument, rpc.ReasonInvalidFields},
		{"a negative page", &auditpb.ListEventsRequest{ContactId: id, PageSize: -1}, codes.InvalidArgument, rpc.ReasonInvalidFields},
		{"another contact's token", &auditpb.ListEventsRequest{ContactId: uuid.NewString(), PageToken: first.NextPageToken}, codes.InvalidArgument, rpc.ReasonBadPageToken},
		{"a made-up token", &auditpb.ListEventsRequest{ContactId: id, PageToken: canary}, codes.InvalidArgument, rpc.ReasonBadPageToken},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := w.list(w.as(t, "auditor"), tc.request)
			wantError(t, err, tc.code, tc.reason)
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the error repeats what was sent: %v", err)
			}
		})
	}
}

func TestOnlyAuditorsReadTheRecord(t *testing.T) {
	w, id := newWorld(t), uuid.NewString()
	w.append(t, id, received(id))
	_, err := w.list(anonymous(t), &auditpb.ListEventsRequest{ContactId: id})
	wantError(t, err, codes.Unauthenticated, rpc.ReasonNoCredentials)
	for _, p := range people() {
		_, err := w.list(w.as(t, p.ID), &auditpb.ListEventsRequest{ContactId: id})
		if ok, _ := access.Can(p.Role, access.EventsRead); !ok {
			wantError(t, err, codes.PermissionDenied, rpc.ReasonRoleMayNot)
		} else if err != nil {
			t.Errorf("%s: %v", p.ID, err)
		}
	}
}

// A strategy meeting's record is read as a contact's is, with when it was held beside when that was recorded.
func TestAnAuditorReadsTheRecordOfAMeeting(t *testing.T) {
	w, id := newWorld(t), uuid.NewString()
	held := monday.Add(-3 * time.Hour)
	for _, m := range []proto.Message{
		&eventpb.StrategyMeetingProposed{MeetingId: id, Threshold: &eventpb.NarrativePart{About: []string{"s1"}, Part: &eventpb.NarrativePart_Open{Open: &eventpb.Narrative{Text: canary}}}},
		&eventpb.StrategyMeetingConcluded{MeetingId: id, Form: "discussion", HeldAt: timestamppb.New(held)},
	} {
		if _, err := w.store.Append(t.Context(), strategymeeting.Stream(id), eventstore.AnyRevision(), eventstore.Metadata{RecordedAt: monday}, eventstore.Event{ID: uuid.New(), Message: m}); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := w.list(w.as(t, "auditor"), &auditpb.ListEventsRequest{MeetingId: strings.ToUpper(id)})
	if err != nil || len(answer.GetEvents()) != 2 {
		t.Fatalf("%d events, %v", len(answer.GetEvents()), err)
	}
	first, second := answer.GetEvents()[0], answer.GetEvents()[1]
	if !strings.Contains(first.GetData().String(), canary) || first.GetStream() != strategymeeting.Stream(id) {
		t.Errorf("the proposal is not the open one of its stream: %v", first)
	}
	if !second.GetOccurred().GetAt().AsTime().Equal(held) || !second.GetRecordedAt().AsTime().Equal(monday) {
		t.Errorf("held %v, recorded %v", second.GetOccurred(), second.GetRecordedAt())
	}
	_, err = w.list(w.as(t, "auditor"), &auditpb.ListEventsRequest{MeetingId: uuid.NewString()})
	wantError(t, err, codes.NotFound, rpc.ReasonNotFound)
	for _, r := range []*auditpb.ListEventsRequest{{}, {MeetingId: id, ContactId: id}, {MeetingId: canary}} {
		_, err := w.list(w.as(t, "auditor"), r)
		wantError(t, err, codes.InvalidArgument, rpc.ReasonInvalidFields)
	}
}
