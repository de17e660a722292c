package rpc

import (
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
)

// No request has a map today; the first one that does must not send its keys, which are the sender's words, back.
func TestKeysOfMapsAreLeftOutOfFieldPaths(t *testing.T) {
	field := func(name string) *validate.FieldPathElement {
		e := &validate.FieldPathElement{}
		e.SetFieldName(name)
		return e
	}
	list, keyed := field("subjects"), field("names")
	list.SetIndex(3)
	keyed.SetStringKey("Zebedee")
	path := &validate.FieldPath{}
	path.SetElements([]*validate.FieldPathElement{list, keyed, field("text")})
	if got, want := fieldPath(path), "subjects[3].names[*].text"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
