package hub_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/hubtest"
)

// contact is one that breaks no rule.
func contact(agency string) *intakepb.Contact {
	return &intakepb.Contact{
		Agency: agency, Reference: "R-1", WorkType: "police-contact", SourceCode: "6", Children: []*intakepb.Child{child("Sam")},
		Referrer: &intakepb.Referrer{Name: "PC Example", Phones: []string{"01632 960000"}}, Reason: "Frightened and alone at night.",
		Consent:  &intakepb.ConsentStatement{Stance: "not-sought", WhyNotSought: "it could put the child at risk"},
		Occurred: &intakepb.Occurrence{Precision: "unknown"},
	}
}

func child(name string) *intakepb.Child {
	return &intakepb.Child{GivenName: name, FamilyName: "Example", DateOfBirth: "2019-05-04", Sex: "F"}
}

func openCase(number, status, team string, at time.Time) *intakepb.OpenCase {
	return &intakepb.OpenCase{Agency: "kent-social-care-cms", CaseNumber: number, Status: status, Team: team, ChangedAt: timestamppb.New(at)}
}

// message is a payload as a partner would send it, in JSON.
func message(t *testing.T, kind, id string, payload proto.Message) publisher.Message {
	t.Helper()
	data, err := protojson.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	return raw(kind, id, string(payload.ProtoReflect().Descriptor().FullName()), "application/json", data)
}

func raw(kind, id, typ, contentType string, data []byte) publisher.Message {
	return publisher.Message{Kind: kind, ID: id, Source: "https://partner.example/system", Type: typ, Time: hubtest.Monday, ContentType: contentType, Data: data}
}

func send(t *testing.T, p *publisher.Publisher, kind, id string, payload proto.Message) publisher.Answer {
	t.Helper()
	return sendRaw(t, p, message(t, kind, id, payload))
}

func sendRaw(t *testing.T, p *publisher.Publisher, m publisher.Message) publisher.Answer {
	t.Helper()
	answer, err := p.Send(t.Context(), m)
	if err != nil {
		t.Fatalf("send %s: %v", m.ID, err)
	}
	return answer
}

// accepted reads a receipt; anything else fails the test.
func accepted(t *testing.T, a publisher.Answer) *intakepb.Receipt {
	t.Helper()
	if a.Kind != publisher.KindReceipt {
		t.Fatalf("the answer is a %s, want a receipt: %s", a.Kind, a.Data)
	}
	r := &intakepb.Receipt{}
	decode(t, a, r)
	return r
}

// rejected reads a rejection; anything else fails the test.
func rejected(t *testing.T, a publisher.Answer) *intakepb.Rejection {
	t.Helper()
	if a.Kind != publisher.KindRejection {
		t.Fatalf("the answer is a %s, want a rejection: %s", a.Kind, a.Data)
	}
	r := &intakepb.Rejection{}
	decode(t, a, r)
	return r
}

func decode(t *testing.T, a publisher.Answer, into proto.Message) {
	t.Helper()
	var err error
	switch ct := a.Header.Get("content-type"); ct {
	case "application/json":
		err = protojson.Unmarshal(a.Data, into)
	case "application/protobuf":
		err = proto.Unmarshal(a.Data, into)
	default:
		err = errors.New("content type " + ct)
	}
	if err != nil {
		t.Fatalf("read the answer: %v", err)
	}
}

// request is a command's context with a request id of its own, the same for the same number.
func request(n int) *commandpb.CommandContext {
	return &commandpb.CommandContext{RequestId: fmt.Sprintf("00000000-0000-4000-8000-%012d", n)}
}

func list(t *testing.T, h *hubtest.Hub, notBefore string, filter *querypb.TriageQueueFilter) []*querypb.TriageQueueRow {
	t.Helper()
	resp, err := querypb.NewTriageQueueServiceClient(h.Conn("analyst-1")).ListTriageQueue(h.Context(), &querypb.ListTriageQueueRequest{NotBefore: notBefore, Filter: filter})
	if err != nil {
		t.Fatalf("list the queue: %v", err)
	}
	return resp.GetRows()
}

func onlyRow(t *testing.T, h *hubtest.Hub, notBefore string) *querypb.TriageQueueRow {
	t.Helper()
	rows := list(t, h, notBefore, nil)
	if len(rows) != 1 {
		t.Fatalf("%d rows in the queue, want 1: %v", len(rows), rows)
	}
	return rows[0]
}

// waitForRows watches the queue until it has shown so many contacts.
func waitForRows(t *testing.T, h *hubtest.Hub, n int) {
	t.Helper()
	stream, err := querypb.NewTriageQueueServiceClient(h.Conn("analyst-1")).WatchTriageQueue(h.Context(), &querypb.WatchTriageQueueRequest{})
	seen := map[string]bool{}
	for err == nil && len(seen) < n {
		var change *querypb.WatchTriageQueueResponse
		if change, err = stream.Recv(); err == nil && change.GetRow() != nil {
			seen[change.GetRow().GetContactId()] = true
		}
	}
	if err != nil {
		t.Fatalf("watch the queue: %v after %d of %d contacts", err, len(seen), n)
	}
}

// filesUnder reads every file at or below a path; a path that is not there has none.
func filesUnder(t *testing.T, root fs.FS, path string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(root, path, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() || !d.Type().IsRegular() {
			return err
		}
		files[p], err = fs.ReadFile(root, p)
		return err
	})
	if err != nil {
		t.Fatalf("read %s: %v", path, err)
	}
	return files
}
