package strategymeeting_test

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"pgregory.net/rapid"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// events are one of each that a meeting's stream can hold: in the file of the
// contract whatever names its meeting first, and so is not a part of an event.
func events() []proto.Message {
	var all []proto.Message
	messages := eventpb.File_mash_event_v1_strategy_meeting_proto.Messages()
	for i := range messages.Len() {
		m := messages.Get(i)
		kind, err := protoregistry.GlobalTypes.FindMessageByName(m.FullName())
		if first := m.Fields().ByNumber(1); err == nil && first != nil && first.Name() == "meeting_id" {
			all = append(all, kind.New().Interface())
		}
	}
	return all
}

// anything fills a message with whatever the codec can produce, absent parts and
// unset times included.
func anything(t *rapid.T, m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if rapid.IntRange(0, 3).Draw(t, "leave out") == 0 || depth > 4 {
			continue
		}
		if !f.IsList() {
			m.Set(f, value(t, f, func() protoreflect.Value { return m.NewField(f) }, depth))
			continue
		}
		list := m.Mutable(f).List()
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list.Append(value(t, f, list.NewElement, depth))
		}
	}
}

func value(t *rapid.T, f protoreflect.FieldDescriptor, message func() protoreflect.Value, depth int) protoreflect.Value {
	words := []string{"", "s1", "s2", itself, earlier, "t1", "t2", "w1", "x1", "x2", "attending", "apologies", "meeting", "discussion", "kent-police", "kent-health",
		"police", "health", "social-care", "section-47", "section-47-continues", "section-47-ends", "assessment", "conference", "ended", "open", "completed", "single", "joint", "m-1"}
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.SampledFrom(words).Draw(t, string(f.Name())))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, string(f.Name())))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, string(f.Name())))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, string(f.Name())))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, string(f.Name())))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, string(f.Name())))
	default:
		v := message()
		anything(t, v.Message(), depth+1)
		return v
	}
}

func anyEvent(t *rapid.T) proto.Message {
	event := proto.Clone(rapid.SampledFrom(events()).Draw(t, "event"))
	anything(t, event.ProtoReflect(), 0)
	return event
}
