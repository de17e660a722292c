package auditapi

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// plain gives a message as the Struct that its protobuf JSON is. Writing the text and reading it again would give the same, at several
// times the cost, and a replay shows hundreds of events. Its errors are those of protojson, and may quote what they read.
func plain(m protoreflect.Message) (*structpb.Struct, error) {
	s := &structpb.Struct{Fields: make(map[string]*structpb.Value)}
	var failed error
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		s.Fields[f.JSONName()], failed = plainField(f, v)
		return failed == nil
	})
	return s, failed
}

func plainField(f protoreflect.FieldDescriptor, v protoreflect.Value) (_ *structpb.Value, err error) {
	switch {
	case f.IsMap():
		s := &structpb.Struct{Fields: make(map[string]*structpb.Value)}
		v.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			s.Fields[key.String()], err = plainValue(f.MapValue(), value)
			return err == nil
		})
		return structpb.NewStructValue(s), err
	case f.IsList():
		list := &structpb.ListValue{Values: make([]*structpb.Value, v.List().Len())}
		for i := range list.Values {
			if list.Values[i], err = plainValue(f, v.List().Get(i)); err != nil {
				return nil, err
			}
		}
		return structpb.NewListValue(list), nil
	}
	return plainValue(f, v)
}

func plainValue(f protoreflect.FieldDescriptor, v protoreflect.Value) (*structpb.Value, error) {
	switch f.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return plainMessage(v.Message())
	case protoreflect.StringKind:
		return structpb.NewStringValue(v.String()), nil
	case protoreflect.BoolKind:
		return structpb.NewBoolValue(v.Bool()), nil
	case protoreflect.BytesKind:
		return structpb.NewStringValue(base64.StdEncoding.EncodeToString(v.Bytes())), nil
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return structpb.NewNumberValue(float64(v.Int())), nil
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return structpb.NewNumberValue(float64(v.Uint())), nil
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return structpb.NewStringValue(strconv.FormatInt(v.Int(), 10)), nil
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return structpb.NewStringValue(strconv.FormatUint(v.Uint(), 10)), nil
	case protoreflect.EnumKind:
		if known := f.Enum().Values().ByNumber(v.Enum()); known != nil {
			return structpb.NewStringValue(string(known.Name())), nil
		}
		return structpb.NewNumberValue(float64(v.Enum())), nil
	}
	return nil, fmt.Errorf("%s is of kind %s, which no event has", f.FullName(), f.Kind()) // floats have words for what is no number
}

func plainMessage(m protoreflect.Message) (*structpb.Value, error) {
	if at, ok := m.Interface().(*timestamppb.Timestamp); ok && at.CheckValid() == nil {
		return structpb.NewStringValue(stamp(at)), nil
	}
	if m.Descriptor().ParentFile().Package() == "google.protobuf" { // has a form of its own
		text, err := protojson.Marshal(m.Interface())
		if err != nil {
			return nil, err
		}
		value := &structpb.Value{}
		return value, value.UnmarshalJSON(text)
	}
	s, err := plain(m)
	return structpb.NewStructValue(s), err
}

// stamp writes a time with as many digits as protobuf JSON does: none, three, six or nine.
func stamp(at *timestamppb.Timestamp) string {
	text := at.AsTime().Format("2006-01-02T15:04:05.000000000")
	text = strings.TrimSuffix(text, "000")
	text = strings.TrimSuffix(text, "000")
	return strings.TrimSuffix(text, ".000") + "Z"
}

// plainJSON reads an object.
func plainJSON(text []byte) (*structpb.Struct, error) {
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	return structpb.NewStruct(fields)
}
