package auditapi_test

import (
	"context"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc"

	"github.com/openmash/mash/services/auditapi"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/hubtest/parts"
	"github.com/openmash/mash/services/rpc"
)

// monday is a Monday in opening hours.
var monday = parts.Monday

var wantError, anonymous = parts.WantError, parts.Anonymous

// canary stands for personal data: it is in every contact, and must come out to nobody but an auditor.
const canary = "Zebedee-Quillfeather"

// world is an audit service on loopback over a real, embedded store.
type world struct {
	parts *parts.Parts
	api   *parts.API
	conn  *grpc.ClientConn
	store *eventstore.Store
	log   *parts.Record
}

func people() []access.Person { return parts.People() }

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{log: &parts.Record{}}
	w.parts = parts.Start(t, parts.WithoutBus, parts.LogTo(w.log))
	w.store = w.parts.Store
	w.api = w.parts.Serve(people(), func(server *rpc.Server, _ *rpc.Tokens) error { return auditapi.Register(server, w.store) })
	w.conn = w.api.Conn
	return w
}

func (w *world) as(t testing.TB, person string) context.Context { return w.api.As(t, person) }

// appendUnknown writes what a hub of a later release would: our own Append refuses types that it does not know, so this
// goes through the official client.
func (w *world) appendUnknown(t *testing.T, stream string) {
	t.Helper()
	settings, err := esdb.ParseConnectionString(w.parts.Connection())
	if err != nil {
		t.Fatal(err)
	}
	client, err := esdb.NewClient(settings)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, err = client.AppendToStream(anonymous(t), stream, esdb.AppendToStreamOptions{}, esdb.EventData{
		EventType: "mash.event.v1.ContactForetold", ContentType: esdb.ContentTypeBinary, Metadata: []byte("{}"),
	})
	if err != nil {
		t.Fatal(err)
	}
}
