package auditapi

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The fields of google.protobuf.Struct, Value and ListValue, as struct.proto numbers them.
const (
	structFields protowire.Number = 1
	entryKey     protowire.Number = 1
	entryValue   protowire.Number = 2
	valueNull    protowire.Number = 1
	valueNumber  protowire.Number = 2
	valueString  protowire.Number = 3
	valueBool    protowire.Number = 4
	valueStruct  protowire.Number = 5
	valueList    protowire.Number = 6
	listValues   protowire.Number = 1
)

// appendPlain appends the Struct that a message's protobuf JSON is, encoded. A replay shows hundreds of events: to make the JSON and read
// it, or the Struct and marshal it, gives the same at several times the cost. Its errors are those of protojson, and may quote what they read.
func appendPlain(b []byte, m protoreflect.Message) ([]byte, error) {
	var err error
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		b, err = appendEntry(b, f.JSONName(), func(b []byte) ([]byte, error) { return appendField(b, f, v) })
		return err == nil
	})
	return b, err
}

// nested appends a field that holds what body appends, led by its length.
func nested(b []byte, field protowire.Number, body func([]byte) ([]byte, error)) ([]byte, error) {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	start := len(b)
	b, err := body(b)
	if err != nil {
		return nil, err
	}
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(len(b)-start))
	b = append(b, length[:n]...)
	copy(b[start+n:], b[start:len(b)-n])
	copy(b[start:], length[:n])
	return b, nil
}

// appendEntry appends a field of a Struct; value appends the Value's content.
func appendEntry(b []byte, key string, value func([]byte) ([]byte, error)) ([]byte, error) {
	return nested(b, structFields, func(b []byte) ([]byte, error) {
		b = protowire.AppendTag(b, entryKey, protowire.BytesType)
		return nested(protowire.AppendString(b, key), entryValue, value)
	})
}

func appendText(b []byte, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, valueString, protowire.BytesType), s)
}

func appendNumber(b []byte, n float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, valueNumber, protowire.Fixed64Type), math.Float64bits(n))
}

func appendBool(b []byte, yes bool) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, valueBool, protowire.VarintType), protowire.EncodeBool(yes))
}

func appendField(b []byte, f protoreflect.FieldDescriptor, v protoreflect.Value) ([]byte, error) {
	switch {
	case f.IsMap():
		return nested(b, valueStruct, func(b []byte) (_ []byte, err error) {
			v.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
				b, err = appendEntry(b, key.String(), func(b []byte) ([]byte, error) { return appendValue(b, f.MapValue(), value) })
				return err == nil
			})
			return b, err
		})
	case f.IsList():
		return nested(b, valueList, func(b []byte) (_ []byte, err error) {
			for i := 0; i < v.List().Len() && err == nil; i++ {
				b, err = nested(b, listValues, func(b []byte) ([]byte, error) { return appendValue(b, f, v.List().Get(i)) })
			}
			return b, err
		})
	}
	return appendValue(b, f, v)
}

func appendValue(b []byte, f protoreflect.FieldDescriptor, v protoreflect.Value) ([]byte, error) {
	switch f.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return appendMessage(b, v.Message())
	case protoreflect.StringKind:
		return appendText(b, v.String()), nil
	case protoreflect.BoolKind:
		return appendBool(b, v.Bool()), nil
	case protoreflect.BytesKind:
		return appendText(b, base64.StdEncoding.EncodeToString(v.Bytes())), nil
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return appendNumber(b, float64(v.Int())), nil
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return appendNumber(b, float64(v.Uint())), nil
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return appendText(b, strconv.FormatInt(v.Int(), 10)), nil
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return appendText(b, strconv.FormatUint(v.Uint(), 10)), nil
	case protoreflect.EnumKind:
		if known := f.Enum().Values().ByNumber(v.Enum()); known != nil {
			return appendText(b, string(known.Name())), nil
		}
		return appendNumber(b, float64(v.Enum())), nil
	}
	return nil, fmt.Errorf("%s is of kind %s, which no event has", f.FullName(), f.Kind()) // floats have words for what is no number
}

func appendMessage(b []byte, m protoreflect.Message) ([]byte, error) {
	if at, ok := m.Interface().(*timestamppb.Timestamp); ok && at.CheckValid() == nil {
		return appendText(b, stamp(at)), nil
	}
	if m.Descriptor().ParentFile().Package() == "google.protobuf" { // has a form of its own
		text, err := protojson.Marshal(m.Interface())
		if err != nil {
			return nil, err
		}
		value := &structpb.Value{}
		if err := value.UnmarshalJSON(text); err != nil {
			return nil, err
		}
		return proto.MarshalOptions{}.MarshalAppend(b, value)
	}
	return nested(b, valueStruct, func(b []byte) ([]byte, error) { return appendPlain(b, m) })
}

// stamp writes a time with as many digits as protobuf JSON does: none, three, six or nine.
func stamp(at *timestamppb.Timestamp) string {
	text := at.AsTime().Format("2006-01-02T15:04:05.000000000")
	text = strings.TrimSuffix(text, "000")
	text = strings.TrimSuffix(text, "000")
	return strings.TrimSuffix(text, ".000") + "Z"
}

// appendJSON appends the Struct that an object is, encoded.
func appendJSON(b, text []byte) ([]byte, error) {
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	return appendObject(b, fields)
}

func appendObject(b []byte, fields map[string]any) (_ []byte, err error) {
	for key, value := range fields {
		if b, err = appendEntry(b, key, func(b []byte) ([]byte, error) { return appendAny(b, value) }); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func appendAny(b []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return protowire.AppendVarint(protowire.AppendTag(b, valueNull, protowire.VarintType), 0), nil
	case string:
		return appendText(b, v), nil
	case float64:
		return appendNumber(b, v), nil
	case bool:
		return appendBool(b, v), nil
	case map[string]any:
		return nested(b, valueStruct, func(b []byte) ([]byte, error) { return appendObject(b, v) })
	case []any:
		return nested(b, valueList, func(b []byte) (_ []byte, err error) {
			for _, of := range v {
				if b, err = nested(b, listValues, func(b []byte) ([]byte, error) { return appendAny(b, of) }); err != nil {
					return nil, err
				}
			}
			return b, nil
		})
	}
	return nil, fmt.Errorf("%T is not of JSON", value)
}
