package quarantine_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/domain/quarantine"
	"github.com/openmash/mash/services/domain/scenario"
)

func TestScenarios(t *testing.T) {
	scenario.Run(t, os.DirFS("testdata/scenarios"), "*.txt", quarantine.Decider(), build)
}

func build(s scenario.Step) (quarantine.Command, error) {
	q := quarantine.Quarantine{
		Agency: "kent-police", Kind: "contact", Reason: "INVALID_PAYLOAD", Kept: true, MessageSource: "urn:kent-police:niche",
		Violations: []*eventpb.Violation{{Field: "children[0].date_of_birth", Rule: "date.real", Description: "is not a date that can be"}},
	}
	for _, f := range s.Fields {
		switch f.Name {
		case "agency":
			q.Agency = f.Value
		case "message":
			q.MessageID = f.Value
		case "bytes":
			sum := sha256.Sum256([]byte(f.Value))
			q.SHA256, q.Size = sum[:], uint64(len(f.Value))
		case "kept":
			q.Kept = f.Value == "yes"
		default:
			return nil, fmt.Errorf("line %d: unknown field %q", f.Line, f.Name)
		}
	}
	switch s.Verb {
	case "quarantine":
		return q.At(s.At), nil
	case "retry":
		return quarantine.Retry{Agency: q.Agency, ID: quarantine.ID(q.Agency, q.MessageSource, q.MessageID, q.SHA256).String(), Held: q.Kept}.At(s.At), nil
	case "discard":
		return quarantine.Discard{Agency: q.Agency, ID: quarantine.ID(q.Agency, q.MessageSource, q.MessageID, q.SHA256).String()}.At(s.At), nil
	}
	return nil, fmt.Errorf("unknown command %q", s.Verb)
}

// A person may retry more than once: each is on record, and casework's ledger
// keeps one request from counting twice.
func TestRetriesAreCounted(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	sum := sha256.Sum256([]byte("one"))
	d := quarantine.Decider()
	history, err := d.Decide(quarantine.Quarantine{Now: now, Agency: "a", Reason: "R", SHA256: sum[:], Kept: true}, d.Initial())
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 2; i++ {
		state, err := d.Fold(history...)
		if err != nil {
			t.Fatal(err)
		}
		added, err := d.Decide(quarantine.Retry{Agency: "a", ID: quarantine.ID("a", "", "", sum[:]).String(), Held: true, Now: now.Add(time.Duration(i) * time.Hour)}, state)
		if err != nil {
			t.Fatal(err)
		}
		history = append(history, added...)
	}
	items := listed(t, history...)
	if len(items) != 1 || items[0].Retries != 2 || !items[0].RetriedAt.Equal(now.Add(2*time.Hour)) {
		t.Errorf("got %+v, want one item retried twice", items)
	}
}

func listed(t *testing.T, history ...proto.Message) []quarantine.Item {
	t.Helper()
	var list quarantine.List
	for _, event := range history {
		if err := list.Fold(event); err != nil {
			t.Fatal(err)
		}
	}
	return list.Items()
}

// What was discarded and comes again is one item, kept again and with what was wrong with it last.
func TestADiscardedMessageThatComesAgainIsShownAsKept(t *testing.T) {
	rejected := func(id, reason string) proto.Message {
		return &eventpb.MessageQuarantined{QuarantineId: id, Reason: reason, Kept: true}
	}
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	history := []proto.Message{
		rejected("1", "A"), rejected("2", "A"), &eventpb.QuarantineDiscarded{QuarantineId: "1", DiscardedAt: timestamppb.New(at)},
		&eventpb.QuarantineDiscarded{QuarantineId: "3"}, &eventpb.QuarantineRetried{QuarantineId: "3"},
	}
	if items := listed(t, history...); len(items) != 2 || !items[0].DiscardedAt.Equal(at) || !items[1].DiscardedAt.IsZero() {
		t.Errorf("got %+v, want two items, the first discarded", items)
	}
	if items := listed(t, append(history, rejected("1", "B"))...); len(items) != 2 || !items[0].DiscardedAt.IsZero() || items[0].Quarantined.GetReason() != "B" {
		t.Errorf("got %+v, want two items, none discarded", items)
	}
}

// Ids are part of the stored form: the vault keeps bytes under them.
func TestIDsStayWhatTheyAre(t *testing.T) {
	sum := sha256.Sum256([]byte("one"))
	if got, want := quarantine.ID("kent-police", "urn:x", "m-1", sum[:]).String(), "5924b675-a086-5d1a-b1b1-f51d8dbb8bff"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if quarantine.ID("a", "b", "c", sum[:]) == quarantine.ID("a", "bc", "", sum[:]) {
		t.Error("two messages have one id")
	}
	if got := quarantine.Stream("kent-police"); got != "quarantine-kent-police" {
		t.Errorf("got stream %s", got)
	}
}

func TestWhatIsBrokenCanBeRecorded(t *testing.T) {
	sum := sha256.Sum256([]byte("one"))
	added, err := quarantine.Decide(quarantine.Quarantine{Agency: "a", Reason: "R", SHA256: sum[:], Kind: "\xff", MessageID: "\xfe", MessageSource: "\xc0"}, quarantine.Initial())
	if err != nil || len(added) != 1 {
		t.Fatalf("got %d events and %v, want one", len(added), err)
	}
	if _, err := proto.Marshal(added[0]); err != nil {
		t.Errorf("it cannot be stored: %v", err)
	}
}

func TestAnUnknownEventIsNeverSkipped(t *testing.T) {
	for _, event := range []proto.Message{nil, &eventpb.ContactReceived{}} {
		if _, err := quarantine.Evolve(quarantine.Initial(), event); err == nil {
			t.Errorf("%T was folded into a quarantine", event)
		}
		if err := new(quarantine.List).Fold(event); err == nil {
			t.Errorf("%T was listed", event)
		}
	}
}
