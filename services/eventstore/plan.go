package eventstore

import (
	"strconv"
	"sync"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// A plan says where in messages of one type the parts are that are sealed, so that a message is not searched anew each
// time. A part is a message with a oneof "part" of open, sealed and erased.
type plan struct {
	part  *partFields // the message is a part itself
	steps []step      // fields that lead to parts
	done  bool        // false while it is being made
}

type step struct {
	field protoreflect.FieldDescriptor
	// path is the field's number: it goes into what sealed bytes are bound to, and names may be changed.
	path string
	next *plan
}

type partFields struct {
	about, open, sealed, erased protoreflect.FieldDescriptor
}

// plans caches plans by type. A plan depends on nothing but the type.
type plans struct{ byType sync.Map } // protoreflect.FullName → *plan

func (p *plans) of(md protoreflect.MessageDescriptor) *plan {
	if found, ok := p.byType.Load(md.FullName()); ok {
		return found.(*plan)
	}
	made := makePlan(md, make(map[protoreflect.FullName]*plan))
	p.byType.Store(md.FullName(), made)
	return made
}

// makePlan leaves out fields that lead nowhere. A message that holds its own type leads back to the plan being made.
func makePlan(md protoreflect.MessageDescriptor, making map[protoreflect.FullName]*plan) *plan {
	if found, ok := making[md.FullName()]; ok {
		return found
	}
	p := &plan{part: partOf(md)}
	making[md.FullName()] = p
	if p.part != nil {
		p.done = true
		return p
	}
	for i := range md.Fields().Len() {
		field := md.Fields().Get(i)
		child := field.Message()
		if field.IsMap() {
			child = field.MapValue().Message()
		}
		if child == nil {
			continue
		}
		next := makePlan(child, making)
		if !next.done || next.part != nil || len(next.steps) > 0 {
			p.steps = append(p.steps, step{field: field, path: "." + strconv.Itoa(int(field.Number())), next: next})
		}
	}
	p.done = true
	return p
}

func partOf(md protoreflect.MessageDescriptor) *partFields {
	part := md.Oneofs().ByName("part")
	if part == nil {
		return nil
	}
	f := &partFields{
		about:  md.Fields().ByName("about"),
		open:   part.Fields().ByName("open"),
		sealed: part.Fields().ByName("sealed"),
		erased: part.Fields().ByName("erased"),
	}
	if f.about == nil || f.open == nil || f.sealed == nil || f.erased == nil {
		return nil
	}
	return f
}

// A visit is what is done with a part and its path: numbers of fields and indexes, from the event down.
type visit func(part protoreflect.Message, f *partFields, path string) error

// walk visits every part in m that is there.
func (p *plan) walk(m protoreflect.Message, path string, visit visit) error {
	if p.part != nil {
		return visit(m, p.part, path)
	}
	for _, s := range p.steps {
		if !m.Has(s.field) {
			continue
		}
		if err := s.walk(m.Get(s.field), path+s.path, visit); err != nil {
			return err
		}
	}
	return nil
}

func (s step) walk(v protoreflect.Value, path string, visit visit) (err error) {
	switch {
	case s.field.IsList():
		list := v.List()
		for i := 0; i < list.Len() && err == nil; i++ {
			err = s.next.walk(list.Get(i).Message(), path+"["+strconv.Itoa(i)+"]", visit)
		}
	case s.field.IsMap():
		v.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
			err = s.next.walk(value.Message(), path+"["+strconv.Quote(key.String())+"]", visit)
			return err == nil
		})
	default:
		err = s.next.walk(v.Message(), path, visit)
	}
	return err
}
