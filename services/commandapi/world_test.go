package commandapi_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/commandapi"
	"github.com/openmash/mash/services/domain/access"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/hubtest/parts"
	"github.com/openmash/mash/services/rpc"
)

// monday is a Monday in opening hours.
var monday = parts.Monday

var wantError, anonymous = parts.WantError, parts.Anonymous

// canary stands for personal data: it is in every contact and command, and must come out in no error and no log line.
const canary = "Zebedee-Quillfeather"

// world is a command service on loopback over a real casework and a real, embedded store.
type world struct {
	api      *parts.API
	conn     *grpc.ClientConn
	store    *eventstore.Store
	casework *casework.Service
	log      *parts.Record
}

func people() []access.Person {
	return parts.People(access.Person{ID: "manager-2", Role: access.TeamManager, Team: "front-door"})
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{log: &parts.Record{}}
	p := parts.Start(t, parts.WithoutBus, parts.LogTo(w.log))
	w.store, w.casework = p.Store, p.Casework()
	w.api = p.Serve(people(), func(server *rpc.Server, tokens *rpc.Tokens) error {
		return commandapi.Register(server, commandapi.Config{
			Casework: w.casework, Staff: tokens, Agencies: []string{"kent-health", "kent-police", "kent-schools"}, Partners: []string{"kent-health", "kent-police"},
			Sectors: map[string]string{"kent-health": "health", "kent-police": "police", "kent-schools": "education"},
		})
	})
	w.conn = w.api.Conn
	return w
}

func (w *world) as(t *testing.T, person string) context.Context { return w.api.As(t, person) }

// receive puts a contact on record and gives its id.
func (w *world) receive(t *testing.T, number int) string {
	t.Helper()
	message := fmt.Sprintf("message-%d", number)
	result, err := w.casework.ReceiveContact(t.Context(), contact.Receive{
		Agency: "kent-schools", Source: "urn:school:1", MessageID: message, Reference: "ref-1", WorkType: "public-call-or-email", SourceCode: "2A",
		Children: []contact.Child{{Person: &eventpb.Child{GivenName: canary, FamilyName: canary, Sex: "U"}}}, Anonymous: true,
		Reason: "seen alone at night, says " + canary, Consent: contact.Consent{Stance: practice.ConsentNotKnown},
	}, casework.Origin{Actor: "agency:kent-schools", Role: string(access.AgencySystem), Agency: "kent-schools", RequestID: message, RequestHash: message})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(result.Stream, "contact-")
}
