package outbox

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/openmash/mash/services/bus"
)

// hubSource is the ce-source of everything the hub sends.
const hubSource = "urn:mash:hub"

// An outMessage is a payload and the kind it travels under.
type outMessage struct {
	kind    string
	payload proto.Message
}

// encode gives headers and JSON, which every partner can read. The time is that of the event: a message made again is made the same.
func (m outMessage) encode(id string, at time.Time) (nats.Header, []byte, error) {
	data, err := protojson.Marshal(m.payload)
	if err != nil {
		return nil, nil, fmt.Errorf("encode an %s: %w", m.kind, err)
	}
	header, err := bus.Envelope{
		ID: id, Source: hubSource, Type: string(m.payload.ProtoReflect().Descriptor().FullName()), Time: at, ContentType: "application/json",
	}.Header()
	if err != nil {
		return nil, nil, fmt.Errorf("headers of an %s: %w", m.kind, err)
	}
	return header, data, nil
}
