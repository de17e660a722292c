package auditapi

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
)

// size is proto.Size of an event as it is shown. By reflection, as proto.Size walks maps, it took as long as making the event.
func size(e *auditpb.RecordedEvent) int {
	data, metadata := e.Data, e.Metadata
	e.Data, e.Metadata = nil, nil
	n := proto.Size(e)
	e.Data, e.Metadata = data, metadata
	for _, s := range []*structpb.Struct{data, metadata} {
		if s != nil {
			n += tagged(structSize(s))
		}
	}
	return n
}

// tagged is the size of a field of so many bytes, with its tag and its length. All tags here take one byte.
func tagged(n int) int { return 1 + protowire.SizeBytes(n) }

func structSize(s *structpb.Struct) (n int) {
	for key, value := range s.GetFields() {
		n += tagged(tagged(len(key)) + tagged(valueSize(value)))
	}
	return n
}

func valueSize(v *structpb.Value) int {
	switch kind := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return tagged(len(kind.StringValue))
	case *structpb.Value_StructValue:
		return tagged(structSize(kind.StructValue))
	case *structpb.Value_ListValue:
		n := 0
		for _, of := range kind.ListValue.GetValues() {
			n += tagged(valueSize(of))
		}
		return tagged(n)
	case *structpb.Value_NumberValue:
		return 1 + 8
	case nil:
		return 0
	}
	return 1 + 1 // null, bool
}
