// Package lawtest draws what the laws of the deciders are tried on: events of the contract, filled with whatever the codec can produce.
//
// It stands beside the deciders, for their tests alone; nothing on the way of a contact uses it. A drawn event keeps no rule: absent
// parts, unset times and numbers of any size are among what it gives. Histories that keep the rules come from commands, which each
// decider's own tests draw.
package lawtest

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"pgregory.net/rapid"
)

// deepest is how many messages stand in each other at the most.
const deepest = 4

// Kinds gives one of each event that a kind of stream can hold: in the files of the contract, whatever names in its first field what the
// stream is about ("contact_id"), and so is not a part of an event.
func Kinds(first protoreflect.Name, files ...protoreflect.FileDescriptor) []proto.Message {
	var all []proto.Message
	for _, file := range files {
		for i := range file.Messages().Len() {
			m := file.Messages().Get(i)
			kind, err := protoregistry.GlobalTypes.FindMessageByName(m.FullName())
			if f := m.Fields().ByNumber(1); err == nil && f != nil && f.Name() == first {
				all = append(all, kind.New().Interface())
			}
		}
	}
	return all
}

// Event draws one of some kinds and fills it.
func Event(t *rapid.T, kinds []proto.Message, words ...string) proto.Message {
	event := proto.Clone(rapid.SampledFrom(kinds).Draw(t, "event"))
	Fill(t, event, words...)
	return event
}

// Fill fills a message. Its texts are among the words, of which there has to be one: few enough, and events of one history meet each
// other.
func Fill(t *rapid.T, m proto.Message, words ...string) { fill(t, m.ProtoReflect(), words, 0) }

func fill(t *rapid.T, m protoreflect.Message, words []string, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if rapid.IntRange(0, 3).Draw(t, "leave out") == 0 || depth > deepest {
			continue
		}
		if !f.IsList() {
			m.Set(f, value(t, f, func() protoreflect.Value { return m.NewField(f) }, words, depth))
			continue
		}
		list := m.Mutable(f).List()
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list.Append(value(t, f, list.NewElement, words, depth))
		}
	}
}

func value(t *rapid.T, f protoreflect.FieldDescriptor, message func() protoreflect.Value, words []string, depth int) protoreflect.Value {
	name := string(f.Name())
	switch f.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.SampledFrom(words).Draw(t, name))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, name))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, name))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, name))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(rapid.Uint64().Draw(t, name))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, name))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, name))
	default: // a message: the contract has no other kinds
		v := message()
		fill(t, v.Message(), words, depth+1)
		return v
	}
}
