package intake

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"regexp"
	"slices"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// unmarshal reads a payload by its content type. What the hub does not know is refused and not dropped: a field that is silently lost could
// be the one that mattered.
func unmarshal(contentType string, data []byte, into proto.Message) error {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return rejectContentType()
	}
	switch media {
	case "application/json":
		if err := protojson.Unmarshal(data, into); err != nil {
			return rejectJSON(err, into.ProtoReflect().Descriptor())
		}
	case "application/protobuf", "application/x-protobuf":
		if err := proto.Unmarshal(data, into); err != nil {
			return reject(ReasonInvalidPayload, "the payload is not a protobuf message of the type that ce-type names", "check the payload against the published schema")
		}
		if path, found := unknownField(into.ProtoReflect(), ""); found {
			return reject(ReasonInvalidPayload, "the payload has a field that this version of the hub does not know", "send only fields of the published schema",
				violation(path, "unknown-field", "is not in the published schema"))
		}
	default:
		return rejectContentType()
	}
	return nil
}

func rejectContentType() error {
	return reject(ReasonInvalidHeader, "the content type is not accepted", "send application/json or application/protobuf",
		violation("content-type", "content-type", "is neither application/json nor application/protobuf"))
}

// The texts of protojson hold pieces of the payload, so only what is known to be harmless is taken from them: where it is, and the name of
// a field of ours. What a sender calls a field that we do not have can be anything, a name of a child too: it is never repeated. Each
// expression is tied to the start of the text, as a piece of the payload could read like the rest of one.
var (
	jsonPlace   = regexp.MustCompile(`line (\d+):(\d+)`)
	jsonUnknown = regexp.MustCompile(`^proto:.\(line \d+:\d+\): unknown field `)
	jsonField   = regexp.MustCompile(`^proto:.\(line \d+:\d+\): invalid value for [a-z0-9]+ field ([A-Za-z_][A-Za-z0-9_]{0,63}): `)
)

func rejectJSON(err error, of protoreflect.MessageDescriptor) error {
	text, where := err.Error(), "an unknown place"
	if m := jsonPlace.FindStringSubmatch(text); m != nil {
		where = fmt.Sprintf("line %s, column %s", m[1], m[2])
	}
	var fields []Violation
	if jsonUnknown.MatchString(text) {
		fields = append(fields, violation(where, "unknown-field", "is a field that is not in the published schema"))
	}
	if m := jsonField.FindStringSubmatch(text); m != nil {
		name, _ := protoName(of, m[1], nil)
		fields = append(fields, violation(cmp.Or(name, where), "json", "has a value of the wrong kind"))
	}
	return reject(ReasonInvalidPayload, "the payload is not the JSON form of the type that ce-type names: it breaks off at "+where,
		"check the payload against the published schema", fields...)
}

// protoName gives the name that the published schema has for a field of a message, or of those in it, that JSON calls otherwise: a sender
// finds a field under one name, whatever is wrong with it.
func protoName(of protoreflect.MessageDescriptor, json string, seen []protoreflect.FullName) (string, bool) {
	if slices.Contains(seen, of.FullName()) {
		return "", false
	}
	if f := of.Fields().ByJSONName(json); f != nil {
		return string(f.Name()), true
	}
	seen = append(seen, of.FullName())
	for i := range of.Fields().Len() {
		if m := of.Fields().Get(i).Message(); m != nil {
			if name, ok := protoName(m, json, seen); ok {
				return name, true
			}
		}
	}
	return "", false
}

// unknownField finds the first field that a binary payload has and the schema has not.
func unknownField(m protoreflect.Message, path string) (string, bool) {
	if len(m.GetUnknown()) > 0 {
		number, _, _ := protowire.ConsumeTag(m.GetUnknown())
		return fmt.Sprintf("%sfield %d", path, number), true
	}
	found := ""
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.Message() == nil {
			return true
		}
		if f.IsList() {
			for n := range v.List().Len() {
				if p, ok := unknownField(v.List().Get(n).Message(), fmt.Sprintf("%s%s[%d].", path, f.Name(), n)); ok {
					found = p
					return false
				}
			}
			return true
		}
		if p, ok := unknownField(v.Message(), fmt.Sprintf("%s%s.", path, f.Name())); ok {
			found = p
			return false
		}
		return true
	})
	return found, found != ""
}
