package scenario

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/openmash/mash/services/domain/worktime"
)

// Flatten gives an event as lines: a path and what stands there, in words. Empty
// text is "none", true and false are "yes" and "no", and an open part shows what
// is in it in its own place.
func Flatten(event proto.Message) map[string]string {
	fields := map[string]string{}
	flatten(fields, "", event.ProtoReflect())
	return fields
}

func flatten(to map[string]string, path string, m protoreflect.Message) {
	descriptors := m.Descriptor().Fields()
	for i := range descriptors.Len() {
		field := descriptors.Get(i)
		name := strings.TrimPrefix(path+"."+string(field.Name()), ".")
		if of := field.ContainingOneof(); of != nil && of.Name() == "part" {
			name = path
		}
		value := m.Get(field)
		switch {
		case field.IsList() && field.Message() != nil:
			flattenList(to, name, value.List())
		case field.IsList():
			to[name] = joined(value.List(), field)
		case field.Message() == nil:
			to[name] = text(field, value)
		case m.Has(field) && field.Message().FullName() == "google.protobuf.Timestamp":
			to[name] = instant(value.Message().Interface())
		case m.Has(field):
			flatten(to, name, value.Message())
		}
	}
}

// flattenList names an entry by its first field: clocks[decision].
func flattenList(to map[string]string, name string, list protoreflect.List) {
	seen := map[string]int{}
	for i := range list.Len() {
		entry := list.Get(i).Message()
		key := entry.Get(entry.Descriptor().Fields().Get(0)).String()
		if seen[key]++; seen[key] > 1 {
			key = fmt.Sprintf("%s %d", key, seen[key])
		}
		flatten(to, name+"["+key+"]", entry)
	}
}

func joined(list protoreflect.List, field protoreflect.FieldDescriptor) string {
	var all []string
	for i := range list.Len() {
		all = append(all, text(field, list.Get(i)))
	}
	if all == nil {
		return "none"
	}
	return strings.Join(all, ", ")
}

func text(field protoreflect.FieldDescriptor, value protoreflect.Value) string {
	switch field.Kind() {
	case protoreflect.BoolKind:
		if value.Bool() {
			return "yes"
		}
		return "no"
	case protoreflect.BytesKind:
		return fmt.Sprintf("%x", value.Bytes())
	}
	if text := value.String(); text != "" {
		return strings.ReplaceAll(text, "\n", "⏎")
	}
	return "none"
}

func instant(m proto.Message) string {
	stamp, ok := m.(*timestamppb.Timestamp)
	zone, err := worktime.London()
	if !ok || err != nil {
		return "a time that cannot be shown"
	}
	at := stamp.AsTime().In(zone)
	if at.Second() != 0 {
		return at.Format("Mon 2006-01-02 " + time.TimeOnly)
	}
	return at.Format(layout)
}
