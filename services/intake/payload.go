package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"regexp"

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
			return rejectJSON(err)
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
// a field that our schema does not have.
var (
	jsonPlace   = regexp.MustCompile(`line (\d+):(\d+)`)
	jsonUnknown = regexp.MustCompile(`unknown field "([A-Za-z_][A-Za-z0-9_]{0,63})"`)
	jsonField   = regexp.MustCompile(`invalid value for [a-z0-9]+ field ([A-Za-z_][A-Za-z0-9_]{0,63}):`)
)

func rejectJSON(err error) error {
	where := "somewhere"
	if m := jsonPlace.FindStringSubmatch(err.Error()); m != nil {
		where = fmt.Sprintf("at line %s, column %s", m[1], m[2])
	}
	var fields []Violation
	if m := jsonUnknown.FindStringSubmatch(err.Error()); m != nil {
		fields = append(fields, violation(m[1], "unknown-field", "is not in the published schema"))
	}
	if m := jsonField.FindStringSubmatch(err.Error()); m != nil {
		fields = append(fields, violation(m[1], "json", "has a value of the wrong kind"))
	}
	return reject(ReasonInvalidPayload, "the payload is not the JSON form of the type that ce-type names: it breaks off "+where,
		"check the payload against the published schema", fields...)
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
