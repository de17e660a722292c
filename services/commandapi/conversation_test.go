package commandapi_test

import (
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/rpc"
)

// conversation is a call from somebody of an agency, or of none.
func conversation(c *commandpb.CommandContext, agency string) *commandpb.RecordConversationRequest {
	return &commandpb.RecordConversationRequest{
		Context: c, Channel: "telephone", HeldAt: timestamppb.New(monday), Agency: agency, WorkType: "public-call-or-email", SourceCode: "1B",
		Children: []*intakepb.Child{{GivenName: canary}}, Referrer: &intakepb.Referrer{Name: canary}, Reason: canary,
		Consent: &intakepb.ConsentStatement{Stance: "not-known"},
	}
}

// SOT-01: the same request is one contact, whatever became of its answer; another person's copy of it, and another content, are not it.
func TestSOT01_AConversationIsRecordedOnce(t *testing.T) {
	w := newWorld(t)
	c := asked()
	first, err := w.client().RecordConversation(w.as(t, "social-worker"), conversation(c, ""))
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.client().RecordConversation(w.as(t, "social-worker"), conversation(c, ""))
	if err != nil || !again.GetResult().GetRepeated() || again.GetContactId() != first.GetContactId() || again.GetResult().GetEventId() != first.GetResult().GetEventId() {
		t.Errorf("sent again: %v, %v; want the first answer %v", again, err, first)
	}
	_, err = w.client().RecordConversation(w.as(t, "front-door-officer"), conversation(c, ""))
	wantError(t, err, codes.AlreadyExists, rpc.ReasonRequestReused)
	other := conversation(c, "")
	other.Urgent = true
	_, err = w.client().RecordConversation(w.as(t, "social-worker"), other)
	wantError(t, err, codes.AlreadyExists, rpc.ReasonRequestReused)
	if first.GetWrittenFormDueAt() != nil || first.GetHubReference() == "" {
		t.Errorf("answer = %v, want a reference to tell the caller, and no form of a member of the public", first)
	}
}

// What is wrong is named by its field, and nobody's words are repeated.
func TestSOT01_WhatIsWrongWithAConversationIsNamed(t *testing.T) {
	w := newWorld(t)
	r := conversation(asked(), "")
	r.HeldAt = timestamppb.New(monday.AddDate(0, -2, 0))
	_, err := w.client().RecordConversation(w.as(t, "social-worker"), r)
	wantError(t, err, codes.InvalidArgument, contact.ReasonInvalidContact)
	r = conversation(asked(), "")
	seen := uint64(0)
	r.Context.ExpectedRevision = &seen
	_, err = w.client().RecordConversation(w.as(t, "social-worker"), r)
	wantError(t, err, codes.InvalidArgument, rpc.ReasonInvalidFields)
}
