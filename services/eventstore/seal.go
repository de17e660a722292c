package eventstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/keys"
)

// aad is what a sealed part is bound to: its stream, the type of its event and its place in it, each led by its length.
// Sealed bytes that were moved to another stream, event or field do not open.
func aad(stream string, eventType protoreflect.FullName, path string) []byte {
	bound := make([]byte, 0, len(stream)+len(eventType)+len(path)+6)
	for _, s := range [...]string{stream, string(eventType), path} {
		bound = binary.AppendUvarint(bound, uint64(len(s)))
		bound = append(bound, s...)
	}
	return bound
}

// sealEvents returns copies of events with every open part sealed. The keys of all events are asked for at once.
func (s *Store) sealEvents(ctx context.Context, stream string, events []Event) ([]proto.Message, error) {
	sealed := make([]proto.Message, len(events))
	var requests []keys.Request
	var parts []sealedPart
	for i, e := range events {
		sealed[i] = proto.Clone(e.Message)
		m := sealed[i].ProtoReflect()
		eventType := m.Descriptor().FullName()
		err := s.plans.of(m.Descriptor()).walk(m, "", func(part protoreflect.Message, f *partFields, path string) error {
			if part.Has(f.sealed) {
				return errors.New("a part is sealed already, and not for this place")
			}
			if !part.Has(f.open) {
				return nil
			}
			request, err := requestFor(part, f)
			request.Owner, request.AAD = stream, aad(stream, eventType, path)
			requests, parts = append(requests, request), append(parts, sealedPart{part, f.sealed})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("seal %s: %w", eventType, err)
		}
	}
	return sealed, s.sealParts(ctx, parts, requests)
}

func requestFor(part protoreflect.Message, f *partFields) (keys.Request, error) {
	plaintext, err := marshalEvent(part.Get(f.open).Message().Interface())
	list := part.Get(f.about).List()
	about := make([]string, list.Len())
	for i := range about {
		about[i] = list.Get(i).String()
	}
	return keys.Request{About: about, Plaintext: plaintext}, err
}

// A sealedPart is a part and the field of it that takes the sealed bytes.
type sealedPart struct {
	part  protoreflect.Message
	field protoreflect.FieldDescriptor
}

func (s *Store) sealParts(ctx context.Context, parts []sealedPart, requests []keys.Request) error {
	if len(parts) == 0 {
		return nil
	}
	if s.config.Keys == nil {
		return errors.New("seal: the store was opened without keys")
	}
	answers, err := s.config.Keys.Seal(ctx, requests)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	for i, p := range parts {
		a := answers[i]
		sealed := &eventpb.Sealed{KeyId: a.KeyID, Algorithm: a.Algorithm, Ciphertext: a.Ciphertext}
		p.part.Set(p.field, protoreflect.ValueOfMessage(sealed.ProtoReflect()))
	}
	return nil
}

// OpenParts opens every sealed part of one event of a stream, in place. A part whose key was destroyed becomes erased.
func (s *Store) OpenParts(ctx context.Context, stream string, m proto.Message) error {
	var o opening
	if err := o.add(&s.plans, stream, m); err != nil {
		return err
	}
	return o.open(ctx, s.config.Keys)
}

// An opening gathers the sealed parts of many events, so that their keys are asked for at once.
type opening struct {
	parts    []protoreflect.Message
	fields   []*partFields
	requests []keys.OpenRequest
}

func (o *opening) add(plans *plans, stream string, event proto.Message) error {
	m := event.ProtoReflect()
	eventType := m.Descriptor().FullName()
	return plans.of(m.Descriptor()).walk(m, "", func(part protoreflect.Message, f *partFields, path string) error {
		if !part.Has(f.sealed) {
			return nil
		}
		sealed, ok := part.Get(f.sealed).Message().Interface().(*eventpb.Sealed)
		if !ok {
			return fmt.Errorf("%w: %s: the sealed part at %s is of an unknown kind", ErrMalformed, eventType, path)
		}
		o.parts, o.fields = append(o.parts, part), append(o.fields, f)
		o.requests = append(o.requests, keys.OpenRequest{
			KeyID: sealed.GetKeyId(), Algorithm: sealed.GetAlgorithm(),
			AAD: aad(stream, eventType, path), Ciphertext: sealed.GetCiphertext(),
		})
		return nil
	})
}

func (o *opening) open(ctx context.Context, ring *keys.Ring) error {
	if len(o.parts) == 0 {
		return nil
	}
	if ring == nil {
		return errors.New("open parts: the store was opened without keys")
	}
	answers, err := ring.Open(ctx, o.requests)
	if err != nil {
		return fmt.Errorf("open parts: %w", err)
	}
	for i, part := range o.parts {
		if err := put(part, o.fields[i], answers[i]); err != nil {
			return err
		}
	}
	return nil
}

// put replaces a sealed part by what it was opened to.
func put(part protoreflect.Message, f *partFields, answer keys.Opened) error {
	if e := answer.Erased; e != nil {
		erased := &eventpb.Erased{Authority: e.Authority, Reason: e.Reason}
		if !e.At.IsZero() {
			erased.ErasedAt = timestamppb.New(e.At)
		}
		part.Set(f.erased, protoreflect.ValueOfMessage(erased.ProtoReflect()))
		return nil
	}
	open := part.NewField(f.open)
	if err := proto.Unmarshal(answer.Plaintext, open.Message().Interface()); err != nil {
		return fmt.Errorf("%w: an opened part: %w", ErrMalformed, err)
	}
	part.Set(f.open, open)
	return nil
}
