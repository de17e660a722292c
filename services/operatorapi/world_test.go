package operatorapi_test

import (
	"context"
	"testing"

	"google.golang.org/grpc"

	"github.com/openmash/mash/services/bus"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/hubtest/parts"
	"github.com/openmash/mash/services/keys"
	"github.com/openmash/mash/services/operatorapi"
	"github.com/openmash/mash/services/rpc"
)

var wantError, anonymous = parts.WantError, parts.Anonymous

// canary stands for personal data: it is in every message, and must come out in no answer and no log line.
const canary = "Zebedee-Quillfeather"

const police, schools = "kent-police", "kent-schools"

// world is the operator's services on loopback over a real casework, store, vault and nats-server.
type world struct {
	api      *parts.API
	conn     *grpc.ClientConn
	casework *casework.Service
	ring     *keys.Ring
	bus      *bus.Bus
	now      *parts.Clock
	shown    []operatorapi.Projection
	log      *parts.Record
}

func people() []access.Person {
	return parts.People(access.Person{ID: "operator-2", Role: access.Operator})
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{log: &parts.Record{}}
	p := parts.Start(t, parts.LogTo(w.log))
	w.casework, w.ring, w.bus, w.now = p.Casework(), p.Keys, p.Bus, p.Clock
	w.api = p.Serve(people(), func(server *rpc.Server, _ *rpc.Tokens) error {
		return operatorapi.Register(server, operatorapi.Config{
			Casework: w.casework, Vault: w.ring, Bus: w.bus, Agencies: []string{police, schools},
			Projections: func() []operatorapi.Projection { return w.shown },
		})
	})
	w.conn = w.api.Conn
	return w
}

func (w *world) as(t *testing.T, person string) context.Context { return w.api.As(t, person) }
