package hub_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	auditpb "github.com/openmash/mash/proto/gen/mash/audit/v1"
	commandpb "github.com/openmash/mash/proto/gen/mash/command/v1"
	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/agencies/publisher"
	"github.com/openmash/mash/services/domain"
	"github.com/openmash/mash/services/domain/access"
	rules "github.com/openmash/mash/services/domain/contact"
	"github.com/openmash/mash/services/domain/practice"
	"github.com/openmash/mash/services/hub"
	"github.com/openmash/mash/services/hubtest"
)

// A race is a record that two hubs serve at once, and all that was ever asked of them: afterwards an oracle says whether the history is one
// that some order of the calls allows.
type race struct {
	t     *testing.T
	hubs  []*hubtest.Hub
	clock *hub.DrivenClock
	from  map[string]*publisher.Publisher

	ticks atomic.Int64 // orders the beginnings and ends of calls
	mu    sync.Mutex
	calls map[string][]*asked // by contact
}

// asked is an operation as its caller saw it.
type asked struct {
	operation
	request      string // its id on record
	expected     *uint64
	now          time.Time
	began, ended int64
	reason       string // why it was refused; empty: it was done
}

// newRace starts so many hubs' APIs over one store; everything else runs once. With one hub nobody races: the oracle is of use all the same.
func newRace(t *testing.T, apis int) *race {
	base := hubtest.Start(t, func(c *hub.Config) {
		c.Roles = slices.DeleteFunc(hub.Roles(), func(r hub.Role) bool { return r == hub.RoleAPI })
	})
	a, r := base.Addresses(), &race{t: t, clock: base.Clock, from: map[string]*publisher.Publisher{}, calls: map[string][]*asked{}}
	for range apis {
		r.hubs = append(r.hubs, hubtest.Start(t, func(c *hub.Config) {
			c.Data, c.Roles, c.NATS, c.EventStore, c.Now = base.Config.Data, []hub.Role{hub.RoleAPI}, a.NATS, a.EventStore, base.Clock.Now
		}))
	}
	for _, agency := range []string{"kent-police", "kent-health", "kent-schools"} {
		r.from[agency] = base.PublisherAt(a.NATS, agency)
	}
	return r
}

// contact puts a contact of the police on record.
func (r *race) contact(messageID string) string {
	r.t.Helper()
	return accepted(r.t, send(r.t, r.from["kent-police"], "contact", messageID, contact("kent-police"))).GetContactId()
}

// all does operations one after the other, none of which may be refused.
func (r *race) all(id string, operations ...operation) {
	r.t.Helper()
	for _, o := range operations {
		if c := r.do(0, id, o, nil); c.reason != "" {
			r.t.Fatalf("%T: refused, %s", o.cmd, c.reason)
		}
	}
}

// do does one operation through one of the hubs, and keeps what became of it. An error that is no refusal fails the test.
func (r *race) do(through int, id string, o operation, expected *uint64) *asked {
	c := &asked{operation: o, expected: expected, now: r.clock.Now(), began: r.ticks.Add(1)}
	if o.agency != "" {
		r.tell(id, c)
	} else {
		r.ask(through, id, c)
	}
	c.ended = r.ticks.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[id] = append(r.calls[id], c)
	return c
}

func (r *race) ask(through int, id string, c *asked) {
	c.request = fmt.Sprintf("00000000-0000-4000-8000-%012d", c.began)
	h := r.hubs[through%len(r.hubs)]
	_, err := c.call(r.t.Context(), h.Conn(c.person), &commandpb.CommandContext{RequestId: c.request, ExpectedRevision: c.expected}, id)
	if err == nil {
		return
	}
	for _, d := range status.Convert(err).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			c.reason = info.GetReason()
		}
	}
	if c.reason == "" || c.reason == "UNAVAILABLE" || c.reason == "INTERNAL" {
		r.t.Errorf("%T of %s: %v", c.cmd, c.person, err)
	}
}

func (r *race) tell(id string, c *asked) {
	told := proto.CloneOf(c.told)
	told.ContactId = id
	m := message(r.t, "information", fmt.Sprintf("i-%d", c.began), told)
	c.request = rules.Key(c.agency, m.Source, m.ID)
	answer, err := r.from[c.agency].Send(r.t.Context(), m)
	switch {
	case err != nil:
		r.t.Errorf("%s tells: %v", c.agency, err)
	case answer.Kind == publisher.KindRejection:
		c.reason = rejected(r.t, answer).GetReason()
	}
}

// A deed is what one request added to the record.
type deed struct {
	request string
	role    access.Role
	actor   string
	now     *auditpb.RecordedEvent
	events  []proto.Message
}

// history reads a contact's record as an auditor gets it.
func (r *race) history(id string) []deed {
	r.t.Helper()
	answer, err := auditpb.NewAuditServiceClient(r.hubs[0].Conn("auditor-1")).ListEvents(r.hubs[0].Context(), &auditpb.ListEventsRequest{ContactId: id, PageSize: 1000})
	if err != nil || answer.GetNextPageToken() != "" {
		r.t.Fatalf("read the record: %v", err)
	}
	var all []deed
	for _, e := range answer.GetEvents() {
		field := func(name string) string { return e.GetMetadata().GetFields()[name].GetStringValue() }
		if n := len(all); n == 0 || all[n-1].request != field("requestId") {
			all = append(all, deed{request: field("requestId"), role: access.Role(field("role")), actor: field("actor"), now: e})
		}
		all[len(all)-1].events = append(all[len(all)-1].events, r.event(e))
	}
	return all
}

func (r *race) event(e *auditpb.RecordedEvent) proto.Message {
	r.t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(e.GetType()))
	if err != nil {
		r.t.Fatal(err)
	}
	text, err := e.GetData().MarshalJSON()
	if err != nil {
		r.t.Fatal(err)
	}
	m := kind.New().Interface()
	if err := protojson.Unmarshal(text, m); err != nil {
		r.t.Fatalf("%s: %v", e.GetType(), err)
	}
	return m
}

// serial is the oracle: it takes the calls in the order in which the record has them, decides each with the rules alone on what the ones
// before it left, and wants exactly what is on record. A call that added nothing must have had its answer coming at some moment between its
// beginning and its end.
func (r *race) serial(id string) []deed {
	r.t.Helper()
	profile, err := practice.Builtin()
	if err != nil {
		r.t.Fatal(err)
	}
	deeds, calls := r.history(id), map[string]*asked{}
	for _, c := range r.calls[id] {
		calls[c.request] = c
	}
	states, latest := []rules.State{rules.Initial()}, int64(0)
	for i, d := range deeds {
		state := states[i]
		if c := calls[d.request]; c != nil {
			if c.ended < latest {
				r.t.Errorf("deed %d, %T, was over before one that the record has before it had begun", i, c.cmd)
			}
			latest = max(latest, c.began)
			r.redecide(profile, i, d, c, state)
			delete(calls, d.request)
		} else if own := ofTheHub(d); own != nil {
			r.redecide(profile, i, d, &asked{operation: operation{cmd: own}}, state)
		} else if i > 0 {
			r.t.Errorf("deed %d, %T by %s, was asked for by nobody", i, d.events[0], d.actor)
		}
		for _, e := range d.events {
			if state, err = rules.Evolve(state, e); err != nil {
				r.t.Fatal(err)
			}
		}
		states = append(states, state)
	}
	r.withoutTrace(profile, deeds, states, id, calls)
	return deeds
}

// ofTheHub gives the command with which the hub itself records what time brought about; nil: it was somebody else.
func ofTheHub(d deed) rules.Command {
	if d.role != access.Hub {
		return nil
	}
	switch e := d.events[0].(type) {
	case *eventpb.ConsentExpired:
		return rules.LapseConsent{ConsentID: e.GetConsentId()}
	case *eventpb.OverrideExpired:
		return rules.LapseOverride{OverrideID: e.GetOverrideId()}
	}
	return nil
}

// redecide decides what is on record again.
func (r *race) redecide(profile practice.Profile, i int, d deed, c *asked, state rules.State) {
	setting := rules.Setting{Now: d.now.GetRecordedAt().AsTime(), Profile: profile, Role: d.role, Actor: d.actor}
	want, err := rules.Decide(rules.Under(c.cmd, setting), state)
	switch {
	case err != nil:
		r.t.Errorf("deed %d is on record, and the rules refuse it there: %v", i, err)
	case !slices.EqualFunc(want, d.events, proto.Equal):
		r.t.Errorf("deed %d is on record as %v, the rules make of it %v", i, d.events, want)
	case c.reason != "":
		r.t.Errorf("deed %d is on record, and its caller was told %s", i, c.reason)
	case c.person != "" && (d.actor != c.person || d.role != roles[c.person]):
		r.t.Errorf("deed %d of %s is on record as of %s, %s", i, c.person, d.actor, d.role)
	}
}

// withoutTrace looks for the moment at which each of these calls would have had the answer that it had.
func (r *race) withoutTrace(profile practice.Profile, deeds []deed, states []rules.State, id string, calls map[string]*asked) {
	began, ended := map[string]int64{}, map[string]int64{}
	for _, c := range r.calls[id] {
		began[c.request], ended[c.request] = c.began, c.ended
	}
	for _, c := range calls {
		from, to := 0, 0
		for i, d := range deeds {
			if ended[d.request] < c.began { // what was there at the beginning, the contact itself too
				from = i + 1
			}
			if began[d.request] < c.ended {
				to = i + 1
			}
		}
		actor, role := c.person, roles[c.person]
		if c.agency != "" {
			actor, role = "agency:"+c.agency, access.AgencySystem
		}
		setting := rules.Setting{Now: c.now, Profile: profile, Role: role, Actor: actor}
		var possible []string
		for i := from; i <= to; i++ {
			possible = append(possible, answerAt(c, setting, deeds[:i], states[i]))
		}
		answered := cmp.Or(c.reason, "nothing to add")
		if answered == "INVALID_FIELDS" { // the edge's word, which comes first
			answered = "INVALID_COMMAND"
		}
		if !slices.Contains(possible, answered) {
			r.t.Errorf("%T was answered %q; by the rules it was, from its beginning to its end: %s", c.cmd, answered, strings.Join(possible, ", "))
		}
	}
}

// answerAt is what a call would have been answered at one moment.
func answerAt(c *asked, setting rules.Setting, before []deed, state rules.State) string {
	if c.expected != nil {
		last := uint64(0)
		for _, d := range before {
			last += uint64(len(d.events))
		}
		if last != *c.expected+1 { // the number of events is one above the last revision
			return "REVISION_CHANGED"
		}
	}
	events, err := rules.Decide(rules.Under(c.cmd, setting), state)
	refusal, ok := err.(*domain.Refusal)
	switch {
	case ok:
		return refusal.Reason
	case err != nil:
		return err.Error()
	case len(events) == 0:
		return "nothing to add"
	}
	return fmt.Sprintf("done (%T)", events[0])
}
