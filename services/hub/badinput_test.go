package hub_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
	operatorpb "github.com/openmash/mash/proto/gen/mash/operator/v1"
	querypb "github.com/openmash/mash/proto/gen/mash/query/v1"
	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/hubtest"
)

// What a sender sees of each kind of bad message: a rejection that names reason, field and rule. After each of them the next good message
// of the same sender still goes through, and the operator finds the bad one in quarantine.
func TestBadMessagesAreRejectedByName(t *testing.T) {
	h := hubtest.Start(t)
	police := h.Publisher("kent-police")
	const contactType = "mash.intake.v1.Contact"
	changed := func(change func(*intakepb.Contact)) publisher.Message {
		c := contact("kent-police")
		change(c)
		return message(t, "contact", "set below", c)
	}
	for _, bad := range []struct {
		name          string
		message       publisher.Message
		reason, field string
		rule          string
	}{
		{"malformed JSON", raw("contact", "", contactType, "application/json", []byte(`{"agency": "kent-police", "reference": `)), "INVALID_PAYLOAD", "", ""},
		{"malformed protobuf", raw("contact", "", contactType, "application/protobuf", []byte{0xff, 0xff, 0xff}), "INVALID_PAYLOAD", "", ""},
		{"an unknown field in JSON", raw("contact", "", contactType, "application/json", []byte(`{"agency": "kent-police", "colour": "red"}`)), "INVALID_PAYLOAD", "line 1, column 27", "unknown-field"},
		{"an unknown field in protobuf", raw("contact", "", contactType, "application/protobuf", []byte{0xc2, 0x3e, 0x01, 'x'}), "INVALID_PAYLOAD", "field 1000", "unknown-field"},
		{"an unknown field with a child's name", raw("contact", "", contactType, "application/json", []byte(`{"Sam": 1}`)), "INVALID_PAYLOAD", "line 1, column 2", "unknown-field"},
		{"a JSON name of a field", raw("contact", "", contactType, "application/json", []byte(`{"sourceCode": 6}`)), "INVALID_PAYLOAD", "source_code", "json"},
		{"a value of the wrong kind", raw("contact", "", contactType, "application/json", []byte(`{"urgent": "Sam Example"}`)), "INVALID_PAYLOAD", "urgent", "json"},
		{"an empty payload", raw("contact", "", contactType, "application/json", []byte(`{}`)), "WRONG_AGENCY", "agency", "agency"},
		{"another agency in the payload", changed(func(c *intakepb.Contact) { c.Agency = "kent-health" }), "WRONG_AGENCY", "agency", "agency"},
		{"an unknown kind", raw("gossip", "", contactType, "application/json", []byte(`{}`)), "UNKNOWN_KIND", "subject", "kind"},
		{"a kind that is not this agency's", message(t, "open-case", "", openCase("1", "open", "team", hubtest.Monday)), "UNKNOWN_KIND", "subject", "kind"},
		{"a type that is not the kind's", raw("contact", "", "mash.intake.v1.OpenCase", "application/json", []byte(`{}`)), "WRONG_TYPE", "ce-type", "ce-type"},
		{"an unknown content type", raw("contact", "", contactType, "text/plain", []byte(`Sam`)), "INVALID_HEADER", "content-type", "content-type"},
		{"structured mode", raw("contact", "", contactType, "application/cloudevents+json", []byte(`{}`)), "INVALID_HEADER", "content-type", "cloudevents"},
		{"a content type that is none", raw("contact", "", contactType, "json", []byte(`{}`)), "INVALID_HEADER", "content-type", "cloudevents"},
		{"an endless type", raw("contact", "", strings.Repeat("x", 600), "application/json", []byte(`{}`)), "INVALID_HEADER", "ce-type", "cloudevents"},
		{"no reason", changed(func(c *intakepb.Contact) { c.Reason = "" }), "INVALID_PAYLOAD", "reason", "string.min_len"},
		{"an unknown work type", changed(func(c *intakepb.Contact) { c.WorkType = "party" }), "INVALID_PAYLOAD", "work_type", "string.in"},
		{"no child", changed(func(c *intakepb.Contact) { c.Children = nil }), "INVALID_PAYLOAD", "children", "repeated.min_items"},
		{"consent not sought, and not why (SOT-02)", changed(func(c *intakepb.Contact) { c.Consent.WhyNotSought = "" }), "INVALID_PAYLOAD", "consent.why_not_sought", "SOT-02"},
		{"a request for support without a date of birth (KEN-02)", changed(func(c *intakepb.Contact) {
			c.WorkType, c.Consent.AgreesToEngage, c.Consent.FamilyKnows, c.Children[0].DateOfBirth = "request-for-support", "yes", "yes", ""
		}), "INVALID_PAYLOAD", "children[0].date_of_birth", "KEN-02.date_of_birth"},
		{"a second child without a name (KEN-02)", changed(func(c *intakepb.Contact) {
			c.WorkType, c.Consent.AgreesToEngage, c.Consent.FamilyKnows = "request-for-support", "yes", "yes"
			c.Children = append(c.Children, &intakepb.Child{DateOfBirth: "2021"})
		}), "INVALID_PAYLOAD", "children[1]", "KEN-02.who"},
		{"a child whose name is a blank (KEN-02)", changed(func(c *intakepb.Contact) {
			c.WorkType, c.Consent.AgreesToEngage, c.Consent.FamilyKnows = "request-for-support", "yes", "yes"
			c.Children[0].GivenName, c.Children[0].FamilyName = " ", ""
		}), "INVALID_CONTACT", "children[0]", "KEN-02"},
		{"a telephone number of blanks", changed(func(c *intakepb.Contact) { c.Referrer.Phones = []string{"   "} }), "INVALID_PAYLOAD", "referrer.phones[0]", "string.pattern"},
		{"a referrer whose name is a blank", changed(func(c *intakepb.Contact) { c.Referrer.Name = " " }), "INVALID_CONTACT", "referrer.name", "KEN-02"},
		{"the 30th of February", changed(func(c *intakepb.Contact) { c.Children[0].DateOfBirth = "2019-02-30" }), "INVALID_CONTACT", "children[0].date_of_birth", "date.real"},
		{"a birth in the future", changed(func(c *intakepb.Contact) { c.Children[0].DateOfBirth = "2031-01-01" }), "INVALID_CONTACT", "children[0].date_of_birth", "date.future"},
		{"a birth in another century", changed(func(c *intakepb.Contact) { c.Children[0].DateOfBirth = "1066-10-14" }), "INVALID_CONTACT", "children[0].date_of_birth", "date.past"},
		{"a thing that has not happened yet", changed(func(c *intakepb.Contact) {
			c.Occurred = &intakepb.Occurrence{At: timestamppb.New(hubtest.Monday.AddDate(0, 1, 0)), Precision: "instant"}
		}), "INVALID_CONTACT", "occurred.at", "date.future"},
		{"an NHS number with a wrong check digit", changed(func(c *intakepb.Contact) { c.Children[0].NhsNumber = "9990000001" }), "INVALID_CONTACT", "children[0].nhs_number", "NHS-number"},
		{"a control character in a name", changed(func(c *intakepb.Contact) { c.Children[0].GivenName = "Sam\x00" }), "INVALID_CONTACT", "children[0].given_name", "text.control"},
		{"a line break in a reference", changed(func(c *intakepb.Contact) { c.Reference = "R-1\r\nSubject: x" }), "INVALID_PAYLOAD", "reference", "string.pattern"},
	} {
		t.Run(bad.name, func(t *testing.T) {
			bad.message.ID = "bad: " + bad.name
			r := rejected(t, sendRaw(t, police, bad.message))
			if r.GetReason() != bad.reason || r.GetMessageId() != bad.message.ID || r.GetMessageSource() != bad.message.Source {
				t.Errorf("rejected %s of %s as %s, want %s", r.GetMessageId(), r.GetMessageSource(), r.GetReason(), bad.reason)
			}
			named := slices.ContainsFunc(r.GetViolations(), func(v *intakepb.FieldViolation) bool { return v.GetField() == bad.field && v.GetRule() == bad.rule })
			if bad.field == "" {
				named = len(r.GetViolations()) == 0 // what cannot be read has no fields
			}
			if !named {
				t.Errorf("violations = %v, want field %q and rule %q", r.GetViolations(), bad.field, bad.rule)
			}
			if strings.Contains(r.String(), "Sam") || r.GetAdvice() == "" || r.GetQuarantineId() == "" {
				t.Errorf("rejection = %v, want advice and a quarantine id, and nothing of what was sent", r)
			}
			// The same message again gets the same answer, and quarantine holds it once.
			if again := rejected(t, sendRaw(t, police, bad.message)); again.GetQuarantineId() != r.GetQuarantineId() {
				t.Errorf("sent again it is quarantined as %s, first as %s", again.GetQuarantineId(), r.GetQuarantineId())
			}
			accepted(t, send(t, police, "contact", "good after: "+bad.name, contact("kent-police")))
		})
	}
}

func TestADuplicateGetsItsFirstReceipt(t *testing.T) {
	h := hubtest.Start(t)
	police := h.Publisher("kent-police")
	first := accepted(t, send(t, police, "contact", "m-1", contact("kent-police")))
	h.Clock.Advance(hubtest.Monday.Add(49 * time.Hour)) // long after any window of NATS
	again := accepted(t, send(t, police, "contact", "m-1", contact("kent-police")))
	want := proto.CloneOf(first)
	want.Duplicate = true
	if !proto.Equal(again, want) {
		t.Errorf("second receipt = %v, want %v", again, want)
	}
	other := contact("kent-police")
	other.Reason = "Something else under the same id."
	if r := rejected(t, send(t, police, "contact", "m-1", other)); r.GetReason() != "MESSAGE_ID_REUSED" {
		t.Errorf("the same id with another payload: %v", r)
	}
	// Another system of the same agency may use the same id.
	m := message(t, "contact", "m-1", other)
	m.Source = "https://partner.example/other-system"
	if r := accepted(t, sendRaw(t, police, m)); r.GetContactId() == first.GetContactId() {
		t.Error("two systems' messages became one contact")
	}
}

func TestMessagesAboutACaseMayComeInAnyOrder(t *testing.T) {
	h := hubtest.Start(t)
	cms := h.Publisher("kent-social-care-cms")
	// Closed yesterday, opened last week: the older news comes last and changes nothing.
	accepted(t, send(t, cms, "open-case", "c-2", openCase("1234567", "closed", "", hubtest.Monday.Add(-24*time.Hour))))
	accepted(t, send(t, cms, "open-case", "c-1", openCase("1234567", "open", "ashford-cic", hubtest.Monday.Add(-7*24*time.Hour))))
	c := contact("kent-police")
	c.Children[0].CaseNumber = "1234567"
	if r := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", c)); r.GetOutcome() != "queued" {
		t.Errorf("outcome = %s, want queued: the case is closed", r.GetOutcome())
	}
	accepted(t, send(t, cms, "open-case", "c-3", openCase("1234567", "open", "ashford-cic", hubtest.Monday.Add(-time.Hour))))
	if r := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-2", c)); r.GetOutcome() != "passed-across" {
		t.Errorf("outcome = %s, want passed-across: the case is open again", r.GetOutcome())
	}
}

func TestTextInAnyScript(t *testing.T) {
	h := hubtest.Start(t)
	police := h.Publisher("kent-police")
	for _, name := range []string{"Zoë Müller-Łukasiewicz", "محمد", "ਗੁਰਪ੍ਰੀਤ", "李小龍", "Олександра", "👩‍👧", "a" + strings.Repeat("\u0301", 20)} {
		c := contact("kent-police")
		c.Children[0].GivenName, c.Reason = name, name+"\n\n"+strings.Repeat(name+" ", 50)
		r := accepted(t, send(t, police, "contact", "script "+name, c))
		file, err := querypb.NewContactServiceClient(h.Conn("worker-1")).GetContact(h.Context(), &querypb.GetContactRequest{ContactId: r.GetContactId(), NotBefore: r.GetPosition()})
		if err != nil {
			t.Fatalf("case file: %v", err)
		}
		got := file.GetCaseFile().GetReceived()
		if got.GetSubjects()[0].GetChild().GetOpen().GetGivenName() != name || got.GetReason().GetOpen().GetText() != c.Reason {
			t.Errorf("%q came back as %q", name, got.GetSubjects()[0].GetChild().GetOpen().GetGivenName())
		}
	}
}

func TestWhatTheServerRefusesTheSenderSees(t *testing.T) {
	h := hubtest.Start(t)
	police := h.Publisher("kent-police")
	big := raw("contact", "m-big", "mash.intake.v1.Contact", "application/json", bytes.Repeat([]byte(" "), 300<<10))
	if _, err := police.Send(t.Context(), big); !errors.Is(err, publisher.ErrRefused) {
		t.Errorf("an oversized message: %v, want %v", err, publisher.ErrRefused)
	}
	for _, kind := range []string{"contact\r\nPUB x", "con.tact", "con tact", ">", "*"} {
		if _, err := police.Send(t.Context(), raw(kind, "m-2", "mash.intake.v1.Contact", "application/json", []byte("{}"))); err == nil {
			t.Errorf("kind %q was sent", kind)
		}
	}
	accepted(t, send(t, police, "contact", "m-3", contact("kent-police")))
}

// The agency reads its answers by itself here: a retry has one that nobody waits for, and only who takes it knows when the retry is over.
func TestQuarantinedMessagesCanBeRetried(t *testing.T) {
	h := hubtest.Start(t)
	police := newRawSender(t, h, "kent-police")
	c := contact("kent-police")
	c.Children[0].DateOfBirth = "2026-03-20" // not born yet, today
	payload, err := protojson.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	sendIt := func() publisher.Answer {
		t.Helper()
		return police.send(t, "mash.in.kent-police.contact.v1", goodHeader("m-1"), payload)
	}
	r := rejected(t, sendIt())
	client := operatorpb.NewQuarantineServiceClient(h.Conn("operator-1"))
	listed, err := client.ListQuarantine(h.Context(), &operatorpb.ListQuarantineRequest{})
	if err != nil || len(listed.GetMessages()) != 1 || !listed.GetMessages()[0].GetQuarantined().GetKept() {
		t.Fatalf("quarantine = %v, %v; want the one message, kept", listed.GetMessages(), err)
	}
	retry := func(n int) (*operatorpb.QuarantinedMessage, error) {
		resp, err := client.RetryQuarantined(h.Context(), &operatorpb.RetryQuarantinedRequest{
			Agency: "kent-police", QuarantineId: r.GetQuarantineId(), RequestId: request(n).GetRequestId(),
		})
		return resp.GetMessage(), err
	}
	// Rejected again, it is where it was.
	if m, err := retry(1); err != nil || m.GetRetries() != 1 {
		t.Fatalf("retry: %v, %v", m, err)
	}
	if again := rejected(t, police.next(t)); again.GetQuarantineId() != r.GetQuarantineId() {
		t.Errorf("retried and rejected again it is quarantined as %s, first as %s", again.GetQuarantineId(), r.GetQuarantineId())
	}
	if m := quarantined(t, h, r.GetQuarantineId()); !m.GetKept() {
		t.Errorf("retried and rejected again: %v, want it kept", m)
	}
	h.Clock.Advance(hubtest.Monday.AddDate(0, 1, 0)) // now it can be true
	if m, err := retry(2); err != nil || m.GetRetries() != 2 {
		t.Fatalf("retry: %v, %v", m, err)
	}
	waitForRows(t, h, 1)
	// Messages with one key are handled in order: when this one has its receipt, the retry is over, and not only answered.
	accepted(t, police.next(t))
	if again := accepted(t, sendIt()); !again.GetDuplicate() {
		t.Errorf("sent again after the retry: %v, want the first receipt", again)
	}
	// On record, it takes none of its agency's room; the same request again is done, another has nothing to put back.
	if m := quarantined(t, h, r.GetQuarantineId()); m.GetKept() || m.GetRetries() != 2 {
		t.Errorf("retried and on record: %v, want it kept no longer", m)
	}
	if m, err := retry(2); err != nil || m.GetRetries() != 2 || m.GetKept() {
		t.Errorf("the same request again: %v, %v; want it done", m, err)
	}
	if _, err := retry(3); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("another request: %v, want FAILED_PRECONDITION", err)
	}
}

func quarantined(t *testing.T, h *hubtest.Hub, id string) *operatorpb.QuarantinedMessage {
	t.Helper()
	got, err := operatorpb.NewQuarantineServiceClient(h.Conn("operator-1")).GetQuarantined(h.Context(), &operatorpb.GetQuarantinedRequest{Agency: "kent-police", QuarantineId: id})
	if err != nil {
		t.Fatalf("quarantine: %v", err)
	}
	return got.GetMessage()
}

// What an operator discards makes room, and the agency's next bad message is kept.
func TestADiscardedMessageIsKeptAgainWhenItComesAgain(t *testing.T) {
	h := hubtest.Start(t)
	police := h.Publisher("kent-police")
	bad := contact("kent-police")
	bad.Reason = ""
	id := rejected(t, send(t, police, "contact", "m-1", bad)).GetQuarantineId()
	client := operatorpb.NewQuarantineServiceClient(h.Conn("operator-1"))
	answer, err := client.DiscardQuarantined(h.Context(), &operatorpb.DiscardQuarantinedRequest{Agency: "kent-police", QuarantineId: id, RequestId: request(1).GetRequestId()})
	if err != nil || answer.GetMessage().GetKept() || !answer.GetMessage().GetDiscardedAt().AsTime().Equal(hubtest.Monday) {
		t.Fatalf("discard: %v, %v; want it discarded now", answer, err)
	}
	if again := rejected(t, send(t, police, "contact", "m-1", bad)).GetQuarantineId(); again != id {
		t.Fatalf("sent again it is %s, first it was %s", again, id)
	}
	if m := quarantined(t, h, id); !m.GetKept() || m.GetDiscardedAt() != nil {
		t.Errorf("sent again: %v, want it kept", m)
	}
}

// Nothing about people may be found in what the hub leaves on the disk, in its record and its read models, or in its log.
func TestNothingAboutPeopleIsReadableOnDisk(t *testing.T) {
	var log bytes.Buffer
	h := hubtest.Start(t, hubtest.LogTo(&log))
	const canary = "Qzxvbnm"
	c := contact("kent-police")
	c.Children[0].GivenName, c.Children[0].FamilyName, c.Reason, c.Referrer.Name = canary, canary, "a worry about "+canary, canary
	c.Consent.WhyNotSought = canary + " is in danger"
	c.Household = []*intakepb.HouseholdMember{{Name: canary}}
	receipt := accepted(t, send(t, h.Publisher("kent-police"), "contact", "m-1", c))
	onlyRow(t, h, receipt.GetPosition())
	c.WorkType = canary
	rejected(t, send(t, h.Publisher("kent-police"), "contact", "m-2", c))
	h.Stop()
	for _, dir := range []string{"eventstore", "readmodel.db", "readmodel.db-wal", "keys"} {
		for path, data := range filesUnder(t, os.DirFS(h.Config.Data), dir) {
			if bytes.Contains(data, []byte(canary)) {
				t.Errorf("%s holds a name in the clear", path)
			}
		}
	}
	if strings.Contains(log.String(), canary) {
		t.Error("the log holds a name")
	}
}
