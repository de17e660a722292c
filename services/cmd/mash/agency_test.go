package main

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/openmash/mash/proto/gen/mash/intake/v1"
	"github.com/openmash/mash/services/agencies"
)

// Whatever an agency may publish can be sent by hand, under the name of a message that there is.
func TestEveryKindHasItsType(t *testing.T) {
	for _, kind := range agencies.Kinds() {
		if _, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(types[kind])); err != nil {
			t.Errorf("kind %s has the type %q: %v", kind, types[kind], err)
		}
	}
}
