package auditapi

import (
	"fmt"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A shape says how messages of one type are shown, so that descriptors are not asked anew for every field of every event.
type shape struct {
	stamp  bool // the message is a time
	fields map[protowire.Number]*fieldShape
}

type fieldShape struct {
	key     string // its name in JSON
	kind    protoreflect.Kind
	list    bool
	message *shape
}

// shapes keeps shapes by type. A shape depends on nothing but the type.
type shapes struct{ byType sync.Map } // protoreflect.FullName → *shape

func (s *shapes) of(md protoreflect.MessageDescriptor) (*shape, error) {
	if found, ok := s.byType.Load(md.FullName()); ok {
		return found.(*shape), nil
	}
	made, err := makeShape(md, make(map[protoreflect.FullName]*shape))
	if err == nil {
		s.byType.Store(md.FullName(), made)
	}
	return made, err
}

// makeShape fails at what no event has: forms of protobuf JSON beyond these are not worth their code before one is needed. A message that
// holds its own type leads back to the shape being made.
func makeShape(md protoreflect.MessageDescriptor, making map[protoreflect.FullName]*shape) (*shape, error) {
	if found, ok := making[md.FullName()]; ok {
		return found, nil
	}
	s := &shape{stamp: md.FullName() == "google.protobuf.Timestamp", fields: make(map[protowire.Number]*fieldShape)}
	if s.stamp {
		return s, nil
	}
	if md.ParentFile().Package() == "google.protobuf" {
		return nil, fmt.Errorf("%s has a form of its own, which is not known here", md.FullName())
	}
	making[md.FullName()] = s
	for i := range md.Fields().Len() {
		field := md.Fields().Get(i)
		f := &fieldShape{key: field.JSONName(), kind: field.Kind(), list: field.IsList()}
		switch {
		case field.IsMap(), field.IsPacked(), !shown(f.kind):
			return nil, fmt.Errorf("%s is of a kind that no event has", field.FullName())
		case f.kind == protoreflect.MessageKind:
			var err error
			if f.message, err = makeShape(field.Message(), making); err != nil {
				return nil, err
			}
		}
		s.fields[field.Number()] = f
	}
	return s, nil
}

func shown(kind protoreflect.Kind) bool {
	switch kind {
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind, protoreflect.BoolKind, protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		return true
	}
	return false
}
