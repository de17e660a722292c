package intake

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	intakepb "github.com/openmash/mash/proto/gen/mash/intake/v1"
)

// The texts of a JSON reader quote what they cannot read; a rejection must not.
func TestARejectionNeverRepeatsThePayload(t *testing.T) {
	for _, payload := range []string{
		`{"reason": "Canary`, `{"urgent": "Canary"}`, `{"children": "Canary"}`, `{"children": [{"unborn": "Canary"}]}`, `{"agency": Canary}`, `{"Canary name": 1}`,
		`{"reason": "\ud800Canary"}`, `"Canary"`, `Canary`, `{"agency": "a"} Canary`, `{"occurred": {"at": "Canary"}}`,
		`{"Canary": 1}`, `{"children": [{"Canary": "x"}]}`, `{"CanaryExampleBorn20190504": null}`, `{"urgent": "(line 1:1): unknown field \"Canary\""}`,
	} {
		err := unmarshal("application/json", []byte(payload), &intakepb.Contact{})
		var r *Rejected
		if !errors.As(err, &r) {
			t.Errorf("%s: %v, want a rejection", payload, err)
			continue
		}
		all := r.Error() + r.Advice
		for _, v := range r.Violations {
			all += v.Field + v.Description
		}
		if strings.Contains(all, "Canary") {
			t.Errorf("%s is repeated in %q", payload, all)
		}
	}
}

// A field that is not ours is told by its place, one of ours by the name that the published schema has for it.
func TestAJSONFieldIsNamedAsInTheSchemaOrByItsPlace(t *testing.T) {
	for payload, want := range map[string]Violation{
		`{"agency": "a", "colour": "red"}`:                {Field: "line 1, column 17", Rule: "unknown-field"},
		"{\n  \"children\": [{\"pet\": 1}]}":              {Field: "line 2, column 17", Rule: "unknown-field"},
		`{"sourceCode": 6}`:                               {Field: "source_code", Rule: "json"},
		`{"source_code": 6}`:                              {Field: "source_code", Rule: "json"},
		`{"children": [{"interpreterNeeded": "sure"}]}`:   {Field: "interpreter_needed", Rule: "json"},
		`{"urgent": "unknown field \"x"}`:                 {Field: "urgent", Rule: "json"},
		`{"household": [{"parentalResponsibility": {}}]}`: {Field: "parental_responsibility", Rule: "json"},
	} {
		var r *Rejected
		if err := unmarshal("application/json", []byte(payload), &intakepb.Contact{}); !errors.As(err, &r) || len(r.Violations) != 1 {
			t.Errorf("%s: %v, want a rejection with one violation", payload, err)
			continue
		}
		if got := r.Violations[0]; got.Field != want.Field || got.Rule != want.Rule {
			t.Errorf("%s: %s breaks %s, want %s and %s", payload, got.Field, got.Rule, want.Field, want.Rule)
		}
	}
}

func TestUnknownFieldsAreFoundAtAnyDepth(t *testing.T) {
	deep := &intakepb.Contact{Agency: "kent-police", Children: []*intakepb.Child{{}, {Address: &intakepb.Address{}}}}
	deep.Children[1].Address.ProtoReflect().SetUnknown(protowire.AppendVarint(protowire.AppendTag(nil, 99, protowire.VarintType), 1))
	data, err := proto.Marshal(deep)
	if err != nil {
		t.Fatal(err)
	}
	err = unmarshal("application/protobuf", data, &intakepb.Contact{})
	var r *Rejected
	if !errors.As(err, &r) || !slices.ContainsFunc(r.Violations, func(v Violation) bool { return v.Field == "children[1].address.field 99" }) {
		t.Errorf("unmarshal = %v, want field 99 of children[1].address to be named", err)
	}
}

// Whatever comes is a payload or a rejection, and what is accepted as JSON says the same in binary.
func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"agency":"kent-police","children":[{"givenName":"Sam"}]}`), true)
	f.Add([]byte{0x0a, 0x01, 'x'}, false)
	f.Add([]byte(`{"consent":{"stance":"given"}}`), true)
	f.Fuzz(func(t *testing.T, data []byte, asJSON bool) {
		contentType := "application/protobuf"
		if asJSON {
			contentType = "application/json"
		}
		c := &intakepb.Contact{}
		if err := unmarshal(contentType, data, c); err != nil {
			if !isRejection(err) {
				t.Fatalf("%v is not a rejection", err)
			}
			return
		}
		text, err := protojson.Marshal(c)
		if err != nil {
			return // invalid UTF-8 in a binary payload is the validation rules' to refuse
		}
		back := &intakepb.Contact{}
		if err := unmarshal("application/json", text, back); err != nil || !proto.Equal(c, back) {
			t.Fatalf("accepted, and came back as %v, %v", back, err)
		}
	})
}
