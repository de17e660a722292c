package hub_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/identifier/number"
	"github.com/openmash/mash/services/hubtest"
)

// protected is what the police told, never to the family or another agency, with its source kept.
const protected = "Quokkaprotected"

// whoSees says which calls give the words of what agencies told, and under which action of the access table. Every other call gives them to
// nobody; one that is added to a service and gives them has to be written down here.
var whoSees = map[string]access.Action{
	"GetContact": access.ContactRead, "ListEvents": access.EventsRead, "ReplayContact": access.AuditReplay, "ReplayConsentDecision": access.AuditReplay,
}

// What one agency protects is seen by the front door and by auditors alone: every method of every service that reads, for every role, and
// nothing that is sent to any other agency. Agencies have no token for any of them.
func TestHUB05_WhatOneAgencyProtectsNoOtherSees(t *testing.T) {
	r := newRace(t, 1)
	id := r.family("m-1")
	r.all(id, triaging("manager-1", "amber"), holding("worker-1"), consenting("worker-1", part{
		agencies: []string{"kent-health", "kent-police", "kent-schools"}, categories: []string{"education-and-attendance", "physical-health", "police-and-offending"},
	}), asking("worker-1", part{agencies: []string{"kent-police"}, categories: []string{"police-and-offending"}}, "What is known?", triaged))
	tell := telling("kent-police", "r1", "police-and-offending", "An informant says "+protected).told
	tell.ContactId = id
	tell.Statements[0].NotToFamily, tell.Statements[0].NotToAgencies, tell.Statements[0].ProtectSource = true, true, true
	tell.Statements[0].PoliceCode, tell.Statements[0].Conditions = "C", "Not before "+protected+" is safe."
	accepted(t, send(t, r.from["kent-police"], "information", "i-1", tell))
	analysis := &intakepb.Analysis{Agency: "kent-police", ContactId: id, Shares: []string{"i1"}, Analysis: "If " + protected + " is right she is at risk.", SignificantHarm: "at-risk"}
	accepted(t, send(t, r.from["kent-police"], "analysis", "a-1", analysis))
	bad := proto.CloneOf(tell)
	bad.Statements[0].Category = "gossip"
	refusal := rejected(t, send(t, r.from["kent-police"], "information", "i-2", bad))
	// Others are asked afterwards, and told that they are not asked any more.
	r.all(id, asking("worker-1", healthOnly, "What is known of injuries?", triaged), asking("worker-1", schoolOnly, "How does she come to school?", triaged))
	r.nothingProtectedIsSent("request")
	r.all(id, cancelling("worker-1", "r2"), cancelling("worker-1", "r3"))
	r.nothingProtectedIsSent("cancellation")
	position := r.position(id)
	r.readEverything(t, map[string]string{
		"contact_id": id, "meeting_id": id, "decision_id": "r1", "quarantine_id": refusal.GetQuarantineId(), "agency": "kent-police", "not_before": position,
		"number": number.NewConsultation([8]byte{1, 2, 3}),
	})
	// The front door sees how it is to be handled, beside the words.
	file, err := querypb.NewContactServiceClient(r.hubs[0].Conn("worker-1")).GetContact(r.hubs[0].Context(), &querypb.GetContactRequest{ContactId: id, NotBefore: position})
	if err != nil {
		t.Fatal(err)
	}
	if h := file.GetCaseFile().GetShares()[0].GetStatements()[0].GetHandling(); !h.GetNotToAgencies() || !h.GetNotToFamily() || !h.GetProtectSource() || h.GetPoliceCode() != "C" {
		t.Errorf("the case file says of handling %v", h)
	}
}

// nothingProtectedIsSent reads the next message of the other agencies. A request that is cancelled before it is sent is never sent: each is
// waited for before the next thing happens.
func (r *race) nothingProtectedIsSent(notice string) {
	r.t.Helper()
	for _, agency := range []string{"kent-health", "kent-schools"} {
		if got := receiveRequest(r.t, r.hubs[0], agency); got.GetNotice() != notice || strings.Contains(got.String(), protected) {
			r.t.Errorf("%s is sent %v, want a %s", agency, got, notice)
		}
	}
}

// position is one from which on every reader has the whole contact.
func (r *race) position(id string) string {
	r.t.Helper()
	answer, err := commandpb.NewContactCommandServiceClient(r.hubs[0].Conn("manager-1")).AllocateContact(r.hubs[0].Context(), &commandpb.AllocateContactRequest{
		Context: request(1_000_000), ContactId: id, Worker: "worker-1"})
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.GetResult().GetPosition()
}

// readEverything calls whatever reads, as everybody, and looks for the protected words in the answers.
func (r *race) readEverything(t *testing.T, arguments map[string]string) {
	t.Helper()
	people := append(sorted(roles), "")
	methods, found := 0, map[string]bool{}
	eachMethod(func(m protoreflect.MethodDescriptor) {
		name := string(m.Name())
		if !slices.ContainsFunc([]string{"Get", "List", "Watch", "Replay", "Report", "Verify"}, func(verb string) bool { return strings.HasPrefix(name, verb) }) {
			if m.ParentFile().Package() != "mash.operator.v1" {
				t.Errorf("%s: a method that reads begins with a verb that this test does not know", name)
			}
			return
		}
		methods++
		for _, person := range people {
			text, err := r.read(t, m, person, arguments)
			if c := status.Code(err); c == codes.InvalidArgument {
				t.Errorf("%s: this test does not know how to ask it: %v", name, err)
			}
			may, _ := access.Can(roles[person], whoSees[name])
			sees := strings.Contains(text, protected)
			if sees && !may {
				t.Errorf("%s shows %q what the police protect", name, person)
			}
			if !sees && may {
				t.Errorf("%s does not show %s what they work with: %v", name, person, err)
			}
			if sees {
				found[name] = true
			}
		}
	})
	if methods < 10 || len(found) != len(whoSees) {
		t.Errorf("%d methods were asked, and the words came from %v; want at least 10, and %v", methods, found, whoSees)
	}
}

// eachMethod walks the services that read, as the published schema has them.
func eachMethod(fn func(protoreflect.MethodDescriptor)) {
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if !slices.Contains([]protoreflect.FullName{"mash.query.v1", "mash.audit.v1", "mash.operator.v1"}, f.Package()) {
			return true
		}
		for i := range f.Services().Len() {
			for n := range f.Services().Get(i).Methods().Len() {
				fn(f.Services().Get(i).Methods().Get(n))
			}
		}
		return true
	})
}

// read calls a method with what its request has room for, and gives the answer as text; of a watch, all until it has caught up.
func (r *race) read(t *testing.T, m protoreflect.MethodDescriptor, person string, arguments map[string]string) (string, error) {
	t.Helper()
	in := dynamicpb.NewMessage(m.Input())
	if m.Input().Fields().ByName("contact_id") != nil {
		arguments = maps.Clone(arguments)
		delete(arguments, "meeting_id") // the record of one or of the other
	}
	for i := range m.Input().Fields().Len() {
		switch f := m.Input().Fields().Get(i); {
		case f.Kind() == protoreflect.StringKind && !f.IsList() && arguments[string(f.Name())] != "":
			in.Set(f, protoreflect.ValueOfString(arguments[string(f.Name())]))
		case f.Name() == "since":
			in.Set(f, protoreflect.ValueOfMessage(timestamppb.New(hubtest.Monday.Add(-time.Hour)).ProtoReflect()))
		case f.Name() == "recorded_by":
			in.Set(f, protoreflect.ValueOfMessage(timestamppb.New(hubtest.Monday.Add(time.Hour)).ProtoReflect()))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), hubtest.Patience)
	defer cancel()
	conn, method := r.hubs[0].Conn(person), "/"+string(m.Parent().FullName())+"/"+string(m.Name())
	out := dynamicpb.NewMessage(m.Output())
	if !m.IsStreamingServer() {
		err := conn.Invoke(ctx, method, in, out)
		return protojson.Format(out), err
	}
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, method)
	if err == nil {
		err = stream.SendMsg(in)
	}
	if err == nil {
		err = stream.CloseSend()
	}
	text := ""
	for err == nil {
		if err = stream.RecvMsg(out); err == nil {
			text += protojson.Format(out)
		}
		if f := m.Output().Fields().ByName("caught_up"); f != nil && out.Has(f) {
			break
		}
	}
	return text, err
}

func sorted(people map[string]access.Role) []string {
	var all []string
	for person := range people {
		all = append(all, person)
	}
	slices.Sort(all)
	return all
}
