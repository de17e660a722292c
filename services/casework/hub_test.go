package casework_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/casework"
	"github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/eventstore"
	"github.com/openmash/mash/services/eventstore/embedded"
	"github.com/openmash/mash/services/keys"
)

// parts are the real parts that casework works with, in one folder, which
// outlives them: what is stopped can be started again.
type parts struct {
	t      *testing.T
	dir    string
	forget bool
	clock  *clock

	ring   *keys.Ring
	server *embedded.Store
	served chan error
	store  *eventstore.Store
}

// clock is the hub's: it stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
	// then is called once, when the time is asked for next: after a stream was
	// read, and before anything is written.
	then func()
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	now, then := c.now, c.then
	c.then = nil
	c.mu.Unlock()
	if then != nil {
		then()
	}
	return now
}

// meanwhile has something happen between a read and its append.
func (c *clock) meanwhile(then func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.then = then
}

func (c *clock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// monday is ten in the morning of a working day.
var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// everywhere runs a test over the embedded store as it is, and without its index
// of event ids, as on a cluster.
func everywhere(t *testing.T, test func(*testing.T, *parts)) {
	for _, forget := range []bool{false, true} {
		t.Run(fmt.Sprintf("ids forgotten %t", forget), func(t *testing.T) {
			p := &parts{t: t, dir: t.TempDir(), forget: forget, clock: &clock{now: monday}}
			p.start()
			t.Cleanup(p.stop)
			test(t, p)
		})
	}
}

func (p *parts) start() {
	p.t.Helper()
	ctx, logger := context.Background(), slog.New(slog.DiscardHandler)
	var err error
	p.ring, err = keys.Open(ctx, keys.Config{DSN: "sqlite:" + filepath.Join(p.dir, "keys.db"), MasterKeyFile: filepath.Join(p.dir, "master"), Logger: logger})
	p.must(err)
	p.server, err = embedded.Open(embedded.Options{Dir: filepath.Join(p.dir, "store"), ForgetEventIDs: p.forget, Logger: logger})
	p.must(err)
	socket := filepath.Join(p.dir, "es.sock")
	listener, err := net.Listen("unix", socket)
	p.must(err)
	p.served = make(chan error, 1)
	server, served := p.server, p.served
	go func() { served <- server.Serve(listener) }()
	p.store, err = eventstore.Open(ctx, eventstore.Config{Socket: socket, Keys: p.ring, Now: p.clock.Now, Logger: logger})
	p.must(err)
}

func (p *parts) stop() {
	p.t.Helper()
	p.must(p.store.Close())
	p.must(p.server.Close())
	p.must(<-p.served)
	p.must(p.ring.Close())
}

func (p *parts) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// hub is one more process's casework over the same store.
func (p *parts) hub() *casework.Service {
	p.t.Helper()
	profile, err := practice.Builtin()
	p.must(err)
	return casework.New(casework.Config{
		Store: p.store, Pseudonym: p.ring.Pseudonym, Profile: profile, Now: p.clock.Now, Logger: slog.New(slog.DiscardHandler),
	})
}

// events gives what is on record in a stream.
func (p *parts) events(stream string) []eventstore.Recorded {
	p.t.Helper()
	var all []eventstore.Recorded
	err := p.store.Read(p.t.Context(), stream, 0, func(r eventstore.Recorded) error {
		all = append(all, r)
		return nil
	})
	p.must(err)
	return all
}

func message(id string) contact.Receive {
	return contact.Receive{
		Agency: "kent-police", Source: "urn:kent-police:niche", MessageID: id, Reference: "46/" + id,
		WorkType: "police-contact", SourceCode: "6",
		Children: []contact.Child{{Person: &eventpb.Child{GivenName: "Amina", DateOfBirth: &eventpb.PartialDate{Value: "2017-05-04"}, NhsNumber: "999 000 0018"}}},
		Referrer: &eventpb.Referrer{Name: "PC 4711", Phones: []string{"01622 690690"}},
		Reason:   "Found alone at home at night.",
		Consent:  contact.Consent{Stance: "not-known"},
	}
}

func (p *parts) received(s *casework.Service, id string) (contactID string, result casework.Result) {
	p.t.Helper()
	m := message(id)
	result, err := s.ReceiveContact(p.t.Context(), m, from(m, "first"))
	p.must(err)
	return contact.ID(m.Agency, m.Source, m.MessageID).String(), result
}

// from is the origin of an agency's message with that payload.
func from(m contact.Receive, payload string) casework.Origin {
	return casework.Origin{
		Actor: m.Agency + ":niche", Role: "agency-system", Agency: m.Agency,
		RequestID: contact.Key(m.Agency, m.Source, m.MessageID), RequestHash: hash(payload),
	}
}

// by is the origin of a command of staff.
func by(actor, role, request string) casework.Origin {
	return casework.Origin{Actor: actor, Role: role, Team: "front-door", RequestID: request, RequestHash: hash(request)}
}

func manager(request string) casework.Origin { return by("p-1", "team-manager", request) }

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func triage(rating string) contact.Triage {
	return contact.Triage{Rating: rating, Actions: []string{"agency-checks"}}
}
