package intake

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// support is a request for support that no rule of the schema objects to.
func support() *intakepb.Contact {
	return &intakepb.Contact{
		Agency: "kent-police", Reference: "R-1", WorkType: "request-for-support", SourceCode: "6", Reason: "A worry.",
		Children: []*intakepb.Child{{GivenName: "Sam", DateOfBirth: "2019-05-04"}, {GivenName: "Alex", DateOfBirth: "2021"}, {Unborn: true, ExpectedDateOfBirth: "2026-06"}},
		Referrer: &intakepb.Referrer{Name: "A Teacher", Phones: []string{"01632 960000"}},
		Consent:  &intakepb.ConsentStatement{Stance: "given", FamilyKnows: "yes", AgreesToEngage: "no"},
	}
}

func closedCase() *intakepb.OpenCase {
	return &intakepb.OpenCase{Agency: "kent-social-care-cms", CaseNumber: "C1", Status: "closed", ChangedAt: &timestamppb.Timestamp{Seconds: 1}}
}

// Every rule that compares fields says which of them a person has to look at, in the one child it is about.
func TestARuleOnAWholeMessageNamesItsFields(t *testing.T) {
	i, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	contact := func(change func(*intakepb.Contact)) proto.Message {
		c := support()
		change(c)
		return c
	}
	shown := map[string]bool{}
	for _, tt := range []struct {
		rule    string
		payload proto.Message
		want    []string
	}{
		{"KEN-02.contact_numbers", contact(func(c *intakepb.Contact) { c.Referrer.Phones = nil }), []string{"referrer.phones"}},
		{"KEN-02.date_of_birth", contact(func(c *intakepb.Contact) { c.Children[1].DateOfBirth = "" }), []string{"children[1].date_of_birth"}},
		{"KEN-02.date_of_birth", contact(func(c *intakepb.Contact) { c.Children[0].DateOfBirth, c.Children[2].ExpectedDateOfBirth = "", "" }),
			[]string{"children[0].date_of_birth", "children[2].date_of_birth"}},
		{"KEN-02.who", contact(func(c *intakepb.Contact) { c.Children[1].GivenName = "" }), []string{"children[1]"}},
		{"KEN-02.agrees_to_engage", contact(func(c *intakepb.Contact) { c.Consent.AgreesToEngage = "" }), []string{"consent.agrees_to_engage"}},
		{"KEN-02.family_knows", contact(func(c *intakepb.Contact) { c.Consent.FamilyKnows = "" }), []string{"consent.family_knows"}},
		{"KEN-02.referrer", contact(func(c *intakepb.Contact) { c.Anonymous = true }), []string{"referrer"}},
		{"SOT-02", contact(func(c *intakepb.Contact) { c.Consent.Stance = "not-sought" }), []string{"consent.why_not_sought"}},
		{"unborn.date_of_birth", contact(func(c *intakepb.Contact) { c.Children[2].DateOfBirth = "2026" }), []string{"children[2].date_of_birth"}},
		{"unborn.date_of_birth", contact(func(c *intakepb.Contact) { c.Children[1].ExpectedDateOfBirth = "2026-06" }), []string{"children[1].expected_date_of_birth"}},
		{"CIN-8750", contact(func(c *intakepb.Contact) { c.Children[2].Sex = "F" }), []string{"children[2].sex"}},
		{"KEN-04.team", func() proto.Message { c := closedCase(); c.Status = "open"; return c }(), []string{"team"}},
		{"HUB-03.contact", &intakepb.Information{Agency: "kent-police", Answer: "nothing-known"}, []string{"contact_id", "contact"}},
		{"answer.reason", &intakepb.Information{Agency: "kent-police", Reference: "R-1", Answer: "will-not-share"}, []string{"reason"}},
		{"answer.statements", &intakepb.Information{Agency: "kent-police", Reference: "R-1", Answer: "shared"}, []string{"statements"}},
		{"police_code.conditions", &intakepb.Information{Agency: "kent-police", Reference: "R-1", Answer: "shared", Statements: []*intakepb.InformationStatement{
			{Category: "police-and-offending", Words: "Known.", Kind: "fact", Source: "record", PoliceCode: "C"},
		}}, []string{"statements[0].conditions"}},
		{"SOT-09.contact", &intakepb.Analysis{Agency: "kent-police", Analysis: "At risk.", SignificantHarm: "at-risk"}, []string{"contact_id", "reference"}},
		{"answer.attendees", &intakepb.StrategyAttendance{Agency: "kent-police", MeetingId: "6f0a1d62-4c1e-5b0e-9f39-0a6d61736800", Answer: "attending"}, []string{"attendees"}},
	} {
		shown[tt.rule] = true
		var r *Rejected
		if err := i.validate(message{payload: tt.payload}); !errors.As(err, &r) {
			t.Errorf("%s: %v, want a rejection", tt.rule, err)
			continue
		}
		var got []string
		for _, v := range r.Violations {
			if v.Rule != tt.rule {
				t.Errorf("%s: breaks %s too", tt.rule, v.Rule)
			}
			got = append(got, v.Field)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s names %q, want %q", tt.rule, got, tt.want)
		}
	}
	for _, rule := range wholeMessageRules((&intakepb.Contact{}).ProtoReflect().Descriptor(), (&intakepb.OpenCase{}).ProtoReflect().Descriptor(),
		(&intakepb.Information{}).ProtoReflect().Descriptor(), (&intakepb.Analysis{}).ProtoReflect().Descriptor(), (&intakepb.OutcomeAcknowledgement{}).ProtoReflect().Descriptor(),
		(&intakepb.StrategyAttendance{}).ProtoReflect().Descriptor(), (&intakepb.StrategyActionResult{}).ProtoReflect().Descriptor(),
		(&intakepb.StrategyMinutesReceipt{}).ProtoReflect().Descriptor()) {
		if !shown[rule] {
			t.Errorf("no field is shown to be named for the rule %s", rule)
		}
	}
	for _, good := range []proto.Message{support(), closedCase()} {
		if err := i.validate(message{payload: good}); err != nil {
			t.Errorf("a good %T: %v", good, err)
		}
	}
}

// wholeMessageRules gives the ids of the rules that stand on the messages and on those in them.
func wholeMessageRules(of ...protoreflect.MessageDescriptor) []string {
	var ids []string
	for len(of) > 0 {
		m := of[0]
		of = of[1:]
		rules, _ := proto.GetExtension(m.Options(), validate.E_Message).(*validate.MessageRules)
		for _, rule := range rules.GetCel() {
			ids = append(ids, rule.GetId())
		}
		for n := range m.Fields().Len() {
			if part := m.Fields().Get(n).Message(); part != nil {
				of = append(of, part)
			}
		}
	}
	return ids
}

// A telephone number has a digit: blanks and dashes reach nobody (KEN-02).
func TestATelephoneNumberHasADigit(t *testing.T) {
	i, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for phone, good := range map[string]bool{
		"   ": false, "+()": false, " - - ": false, "01": false, "999": true, "+44 (0)1632 960000": true, "(01632)": true, " 101": true,
		"0123456789012345678901234567890": false, "12a": false,
	} {
		c := support()
		c.Referrer.Phones = []string{phone}
		c.Household = []*intakepb.HouseholdMember{{Name: "A Parent", Phones: []string{phone}}}
		err := i.validate(message{payload: c})
		if (err == nil) != good {
			t.Errorf("%q: %v, want accepted %t", phone, err, good)
		}
		var r *Rejected
		if errors.As(err, &r) {
			for n, field := range []string{"referrer.phones[0]", "household[0].phones[0]"} {
				if !slices.ContainsFunc(r.Violations, func(v Violation) bool { return v.Field == field }) {
					t.Errorf("%q: case %d: %s is not named in %s", phone, n, field, fmt.Sprint(r.Violations))
				}
			}
		}
	}
}
