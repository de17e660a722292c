package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

// RunModel plays random appends, deletes, tombstones and metadata against a
// server and against a model made of a map and slices, and compares every answer
// and every stream after each step. A difference is shrunk to the shortest
// series of commands that shows it.
func RunModel(t *testing.T, s Server) {
	all := newFixture(t, s)
	rapid.Check(t, func(rt *rapid.T) {
		f := *all
		// Each round has its own time: how long all of them take is the machine's to say.
		ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
		defer cancel()
		f.ctx = ctx
		m := &machine{f: &f, model: map[string]*modelStream{}}
		for i := range 3 {
			// Fresh names each time: the server's log is shared by all rounds.
			name := f.stream()
			m.names = append(m.names, name)
			m.model[name] = &modelStream{tag: i}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"append":    m.append,
			"repeat":    m.repeat,
			"delete":    m.delete,
			"tombstone": m.tombstone,
			"metadata":  m.metadata,
			"read":      m.read,
			"":          m.check,
		})
	})
}

// modelStream is a stream as the contract describes it, as simply as possible.
type modelStream struct {
	tag        int
	ids        []uuid.UUID // by revision, everything ever written
	metas      int         // times metadata was written
	tb         uint64
	maxCount   uint64
	tombstoned bool
	deleted    bool
}

func (s *modelStream) last() int64 { return int64(len(s.ids)) - 1 }

// visible are the revisions that a read shows; ok is false for "not found".
func (s *modelStream) visible() (revs []uint64, ok bool) {
	if len(s.ids) == 0 || s.deleted {
		return nil, false
	}
	low := s.tb
	if n := uint64(len(s.ids)); s.maxCount > 0 && n > s.maxCount {
		low = max(low, n-s.maxCount)
	}
	for r := low; r < uint64(len(s.ids)); r++ {
		revs = append(revs, r)
	}
	return revs, true
}

// answer is an outcome as both sides can express it.
type modelAnswer struct {
	kind string // written, wrong, deleted
	last int64
}

// append is the contract's decision in its order.
func (s *modelStream) append(want any, ids []uuid.UUID, remembers bool) modelAnswer {
	wrong := modelAnswer{kind: "wrong"}
	if s.tombstoned {
		return modelAnswer{kind: "deleted"}
	}
	if _, exists := want.(esdb.StreamExists); exists {
		if s.deleted {
			return modelAnswer{kind: "deleted"}
		}
		if len(s.ids) == 0 && s.metas == 0 {
			return wrong
		}
	}
	expectedLast := int64(-1)
	switch e := want.(type) {
	case esdb.Any, esdb.StreamExists:
		if remembers && len(ids) > 0 && slices.Contains(s.ids, ids[0]) {
			at := -1
			for _, id := range ids {
				if at = lastIndex(s.ids, id); at < 0 {
					return wrong
				}
			}
			return modelAnswer{"written", int64(at)}
		}
		return s.write(ids)
	case esdb.StreamRevision:
		expectedLast = int64(e.Value)
	}
	if expectedLast > s.last() {
		return wrong
	}
	if expectedLast == s.last() {
		return s.write(ids)
	}
	for i, id := range ids {
		at := expectedLast + 1 + int64(i)
		if at > s.last() || s.ids[at] != id {
			if i == 0 && expectedLast == -1 && s.deleted {
				return s.write(ids)
			}
			return wrong
		}
	}
	if len(ids) == 0 {
		return wrong
	}
	return modelAnswer{"written", expectedLast + int64(len(ids))}
}

func (s *modelStream) write(ids []uuid.UUID) modelAnswer {
	if s.deleted && len(ids) > 0 {
		s.deleted, s.tb = false, uint64(len(s.ids))
		s.metas++
	}
	s.ids = append(s.ids, ids...)
	return modelAnswer{"written", s.last()}
}

func lastIndex(list []uuid.UUID, id uuid.UUID) int {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i] == id {
			return i
		}
	}
	return -1
}

// machine is one run.
type machine struct {
	f     *fixture
	names []string
	model map[string]*modelStream
}

func (m *machine) pick(t *rapid.T) (string, *modelStream) {
	name := rapid.SampledFrom(m.names).Draw(t, "stream")
	return name, m.model[name]
}

// expectation is usually plausible, so that commands often succeed.
func expectation(t *rapid.T, s *modelStream) esdb.ExpectedRevision {
	switch rapid.IntRange(0, 5).Draw(t, "expect") {
	case 0:
		return esdb.NoStream{}
	case 1:
		return esdb.StreamExists{}
	case 2, 3:
		if s.last() >= 0 {
			return esdb.Revision(uint64(max(0, s.last()+int64(rapid.IntRange(-2, 1).Draw(t, "off")))))
		}
	}
	return esdb.Any{}
}

func (m *machine) append(t *rapid.T) {
	name, s := m.pick(t)
	data := events(rapid.IntRange(0, 4).Draw(t, "events"))
	m.play(t, name, s, expectation(t, s), data)
}

// repeat sends ids again that the stream has seen, alone or followed by new ones.
func (m *machine) repeat(t *rapid.T) {
	name, s := m.pick(t)
	if len(s.ids) == 0 {
		t.Skip("nothing to repeat")
	}
	from := rapid.IntRange(0, len(s.ids)-1).Draw(t, "from")
	n := rapid.IntRange(1, min(3, len(s.ids)-from)).Draw(t, "n")
	data := events(n + rapid.IntRange(0, 1).Draw(t, "extra"))
	for i := range n {
		data[i].EventID = s.ids[from+i]
	}
	var want esdb.ExpectedRevision = esdb.NoStream{}
	if from > 0 {
		want = esdb.Revision(uint64(from - 1))
	}
	if rapid.Bool().Draw(t, "any") {
		want = esdb.Any{}
	}
	m.play(t, name, s, want, data)
}

// play sends an append and takes the model where the answer says it went. A server
// that may forget ids may answer a repetition as if it remembered it or not.
func (m *machine) play(t *rapid.T, name string, s *modelStream, want esdb.ExpectedRevision, data []esdb.EventData) {
	ids := make([]uuid.UUID, len(data))
	for i := range data {
		ids[i] = data[i].EventID
	}
	got := m.send(t, name, want, data)
	if len(data) == 0 && got.kind == "written" && s.last() < 0 {
		got.last = -1 // the client says 1 for "no stream"
	}
	memories := []bool{true}
	if m.f.ForgetsIDs {
		memories = append(memories, false)
	}
	var allowed []modelAnswer
	for _, remembers := range memories {
		after := *s
		after.ids = slices.Clone(s.ids)
		expected := after.append(want, ids, remembers)
		if got == expected {
			*s = after
			return
		}
		allowed = append(allowed, expected)
	}
	t.Fatalf("append of %d events to stream %d expecting %T%v: got %+v, want one of %+v", len(data), s.tag, want, want, got, allowed)
}

func (m *machine) send(t *rapid.T, name string, want esdb.ExpectedRevision, data []esdb.EventData) modelAnswer {
	r, err := m.f.c.AppendToStream(m.f.ctx, name, expecting(want), data...)
	var e *esdb.Error
	switch {
	case err == nil:
		return modelAnswer{"written", int64(r.NextExpectedVersion)}
	case errors.As(err, &e) && e.Code() == esdb.ErrorCodeWrongExpectedVersion:
		return modelAnswer{kind: "wrong"}
	case errors.As(err, &e) && e.Code() == esdb.ErrorCodeStreamDeleted:
		return modelAnswer{kind: "deleted"}
	}
	t.Fatalf("append: %v", err)
	return modelAnswer{}
}

func (m *machine) delete(t *rapid.T) {
	name, s := m.pick(t)
	err := m.f.delete(name, esdb.Any{})
	want := !s.tombstoned && (len(s.ids) > 0 || s.metas > 0)
	if (err == nil) != want {
		t.Fatalf("delete of stream %d: got %v, want success %v", s.tag, err, want)
	}
	if want {
		s.deleted, s.maxCount, s.tb = true, 0, math.MaxInt64
		s.metas++
	}
}

func (m *machine) tombstone(t *rapid.T) {
	name, s := m.pick(t)
	if rapid.IntRange(0, 3).Draw(t, "rarely") > 0 {
		t.Skip("a tombstone ends the stream; not too often")
	}
	_, err := m.f.c.TombstoneStream(m.f.ctx, name, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	if (err == nil) == s.tombstoned {
		t.Fatalf("tombstone of stream %d: got %v, was tombstoned %v", s.tag, err, s.tombstoned)
	}
	s.tombstoned = true
}

func (m *machine) metadata(t *rapid.T) {
	name, s := m.pick(t)
	count := rapid.Uint64Range(1, 4).Draw(t, "maxCount")
	tb := rapid.Uint64Range(0, 6).Draw(t, "tb")
	var md esdb.StreamMetadata
	md.SetMaxCount(count)
	md.SetTruncateBefore(tb)
	_, err := m.f.c.SetStreamMetadata(m.f.ctx, name, expecting(esdb.Any{}), md)
	if (err == nil) == s.tombstoned {
		t.Fatalf("metadata of stream %d: got %v, was tombstoned %v", s.tag, err, s.tombstoned)
	}
	if s.tombstoned {
		return
	}
	s.maxCount, s.tb = count, tb
	s.metas++
	if s.deleted {
		s.deleted, s.tb = false, uint64(len(s.ids))
		s.metas++
	}
}

// read reads some of a stream from anywhere in either direction and compares.
func (m *machine) read(t *rapid.T) {
	name, s := m.pick(t)
	want, found := s.visible()
	if s.tombstoned || !found {
		t.Skip("check looks at those that are not there")
	}
	from := rapid.Uint64Range(0, uint64(len(s.ids)+2)).Draw(t, "from")
	count := rapid.Uint64Range(1, 5).Draw(t, "count")
	back := rapid.Bool().Draw(t, "backwards")
	o := esdb.ReadStreamOptions{From: esdb.Revision(from)}
	if back {
		o.Direction = esdb.Backwards
		slices.Reverse(want)
	}
	want = slices.DeleteFunc(want, func(r uint64) bool { return (back && r > from) || (!back && r < from) })
	want = want[:min(uint64(len(want)), count)]
	list, err := m.f.read(name, o, count)
	if got := revisions(list); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("stream %d from %d, %d events, backwards %v: got revisions %v, %v, want %v", s.tag, from, count, back, got, err, want)
	}
}

// check reads every stream forwards and backwards and compares.
func (m *machine) check(t *rapid.T) {
	for _, name := range m.names {
		s := m.model[name]
		list, err := m.f.read(name, esdb.ReadStreamOptions{}, everything)
		back, backErr := m.f.read(name, backwards, everything)
		want, found := s.visible()
		if s.tombstoned || !found {
			code := esdb.ErrorCodeResourceNotFound
			if s.tombstoned {
				code = esdb.ErrorCodeStreamDeleted
			}
			for _, err := range []error{err, backErr} {
				var e *esdb.Error
				if !errors.As(err, &e) || e.Code() != code {
					t.Fatalf("read of stream %d: got %v, want code %d", s.tag, err, code)
				}
			}
			continue
		}
		if err != nil || backErr != nil {
			t.Fatalf("read of stream %d: %v, %v", s.tag, err, backErr)
		}
		if got := revisions(list); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("stream %d: got revisions %v, want %v", s.tag, got, want)
		}
		slices.Reverse(back)
		for i, e := range list {
			if e.Event.EventID != s.ids[e.Event.EventNumber] || back[i].Event.EventID != e.Event.EventID {
				t.Fatalf("stream %d: another event at revision %d", s.tag, e.Event.EventNumber)
			}
		}
	}
}
