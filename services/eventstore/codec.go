package eventstore

import (
	"fmt"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
)

// eventTypes are the messages of mash.event.v1 that are events, by full name: those that no other message holds. What
// they are made of (a Subject, a Clock) is never stored alone.
var eventTypes = sync.OnceValue(func() map[string]protoreflect.MessageType {
	pkg := eventpb.File_mash_event_v1_store_proto.Package()
	types := make(map[string]protoreflect.MessageType)
	held := make(map[string]bool)
	protoregistry.GlobalFiles.RangeFilesByPackage(pkg, func(file protoreflect.FileDescriptor) bool {
		for i := range file.Messages().Len() {
			md := file.Messages().Get(i)
			for k := range md.Fields().Len() {
				field := md.Fields().Get(k)
				child := field.Message()
				if field.IsMap() {
					child = field.MapValue().Message()
				}
				if child != nil && child != md {
					held[string(child.FullName())] = true
				}
			}
			if mt, err := protoregistry.GlobalTypes.FindMessageByName(md.FullName()); err == nil {
				types[string(md.FullName())] = mt
			}
		}
		return true
	})
	for name := range held {
		delete(types, name)
	}
	return types
})

// EventTypes lists the types of events there are, sorted.
func EventTypes() []string {
	var names []string
	for name := range eventTypes() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// NewMessage returns an empty event of a type, or ErrUnknownEvent.
func NewMessage(typeName string) (proto.Message, error) {
	mt, known := eventTypes()[typeName]
	if !known {
		return nil, fmt.Errorf("%w: %q", ErrUnknownEvent, typeName)
	}
	return mt.New().Interface(), nil
}

// marshalEvent is the stored form of an event: binary protobuf, the same bytes for the same event.
func marshalEvent(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}

// UnmarshalEvent reads an event from its stored form, with its parts as they are there. Its errors are ErrUnknownEvent and ErrMalformed.
func UnmarshalEvent(typeName string, data []byte) (proto.Message, error) {
	m, err := NewMessage(typeName)
	if err != nil {
		return nil, err
	}
	if err := proto.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMalformed, typeName, err)
	}
	return m, nil
}
