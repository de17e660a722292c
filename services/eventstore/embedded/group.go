package embedded

import (
	"bytes"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
)

// A group is a persistent subscription: the server keeps the place, hands events
// to whichever consumer has room, and takes them back when they are not
// acknowledged. Delivery is at least once and, after a retry, out of order.
//
// One goroutine per group (run) reads the log, hands out, parks and writes
// checkpoints; consumers come, acknowledge and go under the same lock.
type group struct {
	s      *Store
	cfg    groupConfig
	filter *filter

	mu        sync.Mutex
	consumers []*consumer
	turn      int                   // round robin
	queue     []*message            // waiting, first out first
	inflight  map[[16]byte]*message // with a consumer; ids are unique here
	parking   []*message            // on their way to the parked stream
	unparked  []*message            // cannot get there: they wait to be delivered again
	bytes     int                   // of all these together
	next      uint64                // revision or position to read next
	resumed   uint64                // where a restart would begin, as last written
	settled   int32                 // events dealt with since then
	written   time.Time             // when that was
	total     int64
	replay    replay
	ended     bool // dropped; nobody may join any more
	placeless bool // its checkpoint stream has been ended
	parkless  bool // its parked stream has been ended, which was logged

	kick chan struct{} // something changed
	stop chan struct{}
	done chan struct{}
}

// message is one event in the hands of a group.
type message struct {
	event, link *record
	at          uint64 // its place in the source
	retries     int32
	owner       *consumer
	deadline    time.Time
	reason      string // why it is being parked
	replayed    bool   // it comes from the parked stream, not from the source
	bucket      uint32 // of the pinned strategies, from 1 on; 0 until it is asked for
}

func (m *message) original() *record {
	if m.link != nil {
		return m.link
	}
	return m.event
}

// bytes is about what it keeps in memory.
func (m *message) bytes() (n int) {
	for _, r := range []*record{m.event, m.link} {
		if r != nil {
			n += r.size()
		}
	}
	return n + messageOverhead
}

// messageOverhead is a message without what its event says, rounded up.
const messageOverhead = 512

// delivery is a message as it goes out. The message itself stays with the group,
// which may count a retry while the consumer is still being sent to.
type delivery struct {
	event, link *record
	retries     int32
}

// consumer is one connection. Its channel has room for all that it may hold, so
// handing out never waits for it.
type consumer struct {
	out     chan delivery
	room    int
	held    int
	total   int64
	dropped chan struct{}
	peer    string
}

func newGroup(s *Store, cfg groupConfig) (*group, error) {
	g := &group{
		s: s, cfg: cfg, inflight: map[[16]byte]*message{}, next: cfg.Start, resumed: cfg.Start, written: time.Now(),
		kick: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	if f := cfg.Filter; f != nil {
		var err error
		if g.filter, err = newFilter(f.ByType, f.Prefixes, f.Regex); err != nil {
			return nil, err
		}
	}
	if err := g.loadCheckpoint(); err != nil {
		return nil, err
	}
	go g.run()
	return g, nil
}

// run is the group's goroutine.
func (g *group) run() {
	defer close(g.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		rung := g.s.bells.wait()
		more, err := g.step(time.Now)
		if err != nil {
			g.s.logger.Error("event store: a persistent subscription has stopped", "error", err)
			g.drop()
			return
		}
		if more {
			g.poke()
		}
		timer.Reset(g.nextWake(time.Now()))
		select {
		case <-rung:
		case <-g.kick:
		case <-timer.C:
		case <-g.s.dead:
			return
		case <-g.stop:
			if err := g.writeCheckpoint(true); err != nil {
				g.s.logger.Warn("event store: a checkpoint was not written", "error", err)
			}
			return
		}
	}
}

// step does what there is to do. It takes back what was not answered in time each
// time, and not when the timer says so: that is set anew by every append, and may not
// run out while they come quickly.
func (g *group) step(clock func() time.Time) (more bool, err error) {
	if more, err = g.fill(); err != nil {
		return false, err
	}
	if err := g.writeParked(); err != nil {
		return false, err
	}
	now := clock() // parking may have taken long, which is not the consumers' time
	g.expire(now)
	g.dispatch(now)
	return more, g.writeCheckpoint(false)
}

func (g *group) poke() {
	select {
	case g.kick <- struct{}{}:
	default:
	}
}

// close ends the group and its consumers and waits for its goroutine.
func (g *group) close() {
	g.drop()
	close(g.stop)
	<-g.done
}

// drop tells every consumer that it has been dropped.
func (g *group) drop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.consumers {
		close(c.dropped)
	}
	g.consumers, g.ended = nil, true
}

func (g *group) join(room int, peer string) (*consumer, error) {
	if room < 1 || room > maxGroupBuffer {
		return nil, invalid("the buffer size must be from 1 to %d", maxGroupBuffer)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ended {
		return nil, g.dropped()
	}
	if n := g.cfg.MaxSubscribers; n > 0 && len(g.consumers) >= int(n) {
		return nil, g.failure(codes.FailedPrecondition, "maximum-subscribers-reached", "the group has as many consumers as it may")
	}
	c := &consumer{out: make(chan delivery, room), room: room, dropped: make(chan struct{}), peer: peer}
	g.consumers = append(g.consumers, c)
	g.poke()
	return c, nil
}

// leave takes back what a consumer still holds.
func (g *group) leave(c *consumer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, other := range g.consumers {
		if other == c {
			g.consumers = append(g.consumers[:i:i], g.consumers[i+1:]...)
			break
		}
	}
	var back []*message
	for id, m := range g.inflight {
		if m.owner == c {
			delete(g.inflight, id)
			m.owner = nil
			back = append(back, m)
		}
	}
	g.requeue(back)
	g.poke()
}

func (g *group) failure(code codes.Code, exception, text string) error {
	return groupFailure(g.cfg.groupKey, code, exception, text)
}

func (g *group) dropped() error {
	return g.failure(codes.Canceled, "persistent-subscription-dropped", "the persistent subscription was dropped")
}

func groupFailure(k groupKey, code codes.Code, exception, text string) error {
	return &failure{code: code, text: text, trailers: []string{
		trailerException, exception, trailerStream, k.source(), trailerGroup, k.Group,
	}}
}

// groupSink collects what a cursor reads as messages of their own. A group on
// $all never gets what it writes itself, or each checkpoint would lead to another.
type groupSink struct {
	own   []byte // in the names of the group's own streams, nil for none
	list  []*message
	bytes int // of the list
	room  int // how many more of them there may be; one event is always taken
}

func (s *groupSink) event(f *eventFrame) {
	if name := bytes.TrimPrefix(f.original().stream, []byte(metaPrefix)); s.own != nil && bytes.HasPrefix(name, s.own) {
		return
	}
	m := &message{event: f.event.clone(), link: f.link.clone()}
	s.list = append(s.list, m)
	s.bytes += m.bytes()
}
func (s *groupSink) checkpoint(uint64) {}
func (s *groupSink) full() bool        { return s.bytes >= s.room }

// clone copies a record out of memory that will be used again.
func (r *record) clone() *record {
	if r == nil {
		return nil
	}
	c := *r
	c.stream, c.typ, c.meta, c.data = bytes.Clone(r.stream), bytes.Clone(r.typ), bytes.Clone(r.meta), bytes.Clone(r.data)
	return &c
}

// fill reads the next events while there is room for them: a group says how many it
// keeps at hand, and the store how large they may be together.
func (g *group) fill() (more bool, err error) {
	g.mu.Lock()
	room := int(g.cfg.HistoryBuffer) - len(g.queue) - len(g.inflight) - len(g.parking) - len(g.unparked)
	sink := groupSink{room: g.s.opts.groupBytes - g.bytes}
	next := g.next
	g.mu.Unlock()
	if room <= 0 || sink.full() {
		return false, nil
	}
	if again, err := g.fillReplay(room, sink); again || err != nil {
		return again, err
	}
	if g.cfg.Stream == "" {
		sink.own = []byte(groupPrefix + g.cfg.id() + "-")
	}
	next, more, err = g.read(&sink, next, uint64(min(room, int(g.cfg.ReadBatch))))
	if err != nil {
		return false, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, m := range sink.list {
		m.at = m.original().rev
		if g.cfg.Stream == "" {
			m.at = m.original().pos
		}
	}
	g.queue = append(g.queue, sink.list...)
	g.bytes += sink.bytes
	g.next = next
	return more || len(sink.list) == int(g.cfg.ReadBatch), nil
}
