package embedded

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// Every server keeps its persistent subscriptions in $persistentSubscriptionConfig
// and their places in streams beside their source, each in a form of its own, and
// reads them when it starts. So an import does not append these streams; it makes
// the groups in the end, as any client would.

// ImportedGroup is a persistent subscription after an import. It has the settings
// that it had, and begins after the last event that it had dealt with for certain.
// On $all that is a position of the server's, and it may be that of an event before:
// a server need not say where an event lies, or there may be none yet to begin
// with, and of a very long log not every append is remembered. Some events come
// again then; none is left out. Statistics start anew.
type ImportedGroup struct {
	Source string // a stream, or $all
	Group  string
	From   string // where the export has it begin, in words
	// Exists says that the server had a group of that name, which was left as it
	// is, its place and its settings: it may have gone on. One that an import of an
	// earlier export made is behind, and is updated by hand to begin at From.
	Exists bool
}

// lastWord is the newest that an export says in a stream.
type lastWord struct {
	rev   int64 // -1 for nothing
	data  []byte
	meta  streamMeta
	ended bool
}

// visible is what a reader of the stream would get, nil for nothing.
func (l *lastWord) visible() []byte {
	if l == nil || l.rev < 0 || l.ended || l.rev < l.meta.visibleFrom(l.rev) {
		return nil
	}
	return l.data
}

// keep remembers an event that speaks of persistent subscriptions, and reports
// whether it is one and so is not to be appended.
func (im *importer) keep(e ExportedEvent) bool {
	stream := strings.TrimPrefix(e.Stream, metaPrefix)
	if stream != groupConfigStream && !isCheckpointStream(stream) {
		return false
	}
	word := im.kept[stream]
	if word == nil {
		word = &lastWord{rev: -1}
		im.kept[stream] = word
	}
	switch {
	case isMetaStream(e.Stream):
		word.meta = parseMeta(settings(e.ContentType == contentJSON, e.Data))
	case e.Revision == tombstoneRevision:
		word.ended = true
	default:
		word.rev, word.data = int64(e.Revision), e.Data
	}
	return true
}

// makeGroups makes the groups of the export. One that cannot be made does not keep
// the others from it; the error names each, to be made by hand.
func (im *importer) makeGroups() (made []ImportedGroup, err error) {
	list, _, unreadable := parseGroups(im.kept[groupConfigStream].visible())
	if unreadable != nil {
		return nil, nil // the exported store had none for the same reason
	}
	sort.Slice(list, func(i, j int) bool { return list[i].id() < list[j].id() })
	for _, cfg := range list {
		g, failed := im.makeGroup(cfg)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("import: persistent subscription %q, to begin at %s, was not made: %w", cfg.id(), g.From, failed))
			continue
		}
		made = append(made, g)
	}
	return made, err
}

func (im *importer) makeGroup(cfg groupConfig) (ImportedGroup, error) {
	next := cfg.Start
	if at, ok := parsePlace(im.kept[cfg.checkpointStream()].visible()); ok {
		next = at + 1
	}
	g := ImportedGroup{Source: cfg.source(), Group: cfg.Group}
	create := func() error {
		o := esdb.PersistentStreamSubscriptionOptions{Settings: cfg.exported(), StartFrom: esdb.Revision(next)}
		return im.c.CreatePersistentSubscription(im.ctx, cfg.Stream, cfg.Group, o)
	}
	if g.From = fmt.Sprintf("revision %d", next); cfg.Stream == "" {
		o := esdb.PersistentAllSubscriptionOptions{Settings: cfg.exported(), StartFrom: esdb.Start{}}
		g.From = "the start"
		if at, ok := im.findMarked(next); ok {
			o.StartFrom, g.From = at, fmt.Sprintf("position C:%d/P:%d", at.Commit, at.Prepare)
		}
		if f := cfg.Filter; f != nil {
			o.Filter = f.exported()
		}
		create = func() error { return im.c.CreatePersistentSubscriptionToAll(im.ctx, cfg.Group, o) }
	}
	if cfg.Strategy == strategyByCorrelation {
		if g.Exists = im.has(cfg.groupKey); g.Exists {
			return g, nil
		}
		return g, errByCorrelation
	}
	err := create()
	if g.Exists = isCode(err, esdb.ErrorCodeResourceAlreadyExists); g.Exists {
		err = nil
	}
	return g, err
}

// errByCorrelation is why a group is left to be made by hand: asked for its strategy,
// the client panics.
var errByCorrelation = errors.New("the official Go client cannot ask for the strategy " + strategyByCorrelation)

// has reports whether the server has a group. In doubt it has not: it is named then.
func (im *importer) has(k groupKey) bool {
	o := esdb.GetPersistentSubscriptionOptions{}
	var err error
	if k.Stream == "" {
		_, err = im.c.GetPersistentSubscriptionInfoToAll(im.ctx, k.Group, o)
	} else {
		_, err = im.c.GetPersistentSubscriptionInfo(im.ctx, k.Stream, k.Group, o)
	}
	return err == nil
}

// exported are the settings as the client knows them.
func (c *groupConfig) exported() *esdb.PersistentSubscriptionSettings {
	return &esdb.PersistentSubscriptionSettings{
		ResolveLinkTos: c.ResolveLinks, ExtraStatistics: c.ExtraStatistics, MaxRetryCount: c.MaxRetries,
		CheckpointLowerBound: c.MinCheckpoint, CheckpointUpperBound: c.MaxCheckpoint, MaxSubscriberCount: c.MaxSubscribers,
		LiveBufferSize: c.LiveBuffer, ReadBatchSize: c.ReadBatch, HistoryBufferSize: c.HistoryBuffer,
		ConsumerStrategyName: esdb.ConsumerStrategy(c.Strategy), MessageTimeout: c.MessageTimeout, CheckpointAfter: c.CheckpointAfter,
	}
}

func (f *filterSpec) exported() *esdb.SubscriptionFilter {
	out := &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: f.Prefixes}
	if f.ByType {
		out.Type = esdb.EventFilterType
	}
	if len(f.Prefixes) == 0 { // which go first, and the client takes one of the two
		out.Regex = f.Regex
	}
	return out
}

// findMarked is where on the server a group begins that has next, a position of
// the export, before it: at that event if the server says where it lies, or else
// at the last one before it of which that is known. ok is false for the start.
func (im *importer) findMarked(next uint64) (at esdb.Position, ok bool) {
	if m := im.marks.around(next); m != nil {
		rev := m.rev + next - m.first
		if e := im.event(m.stream, rev); e != nil && e.EventNumber == rev && known(e.Position) {
			return e.Position, true
		}
	}
	return im.marks.before(next)
}

// event is nil for one that cannot be read, which is no reason to fail.
func (im *importer) event(stream string, rev uint64) *esdb.RecordedEvent {
	rs, err := im.c.ReadStream(im.ctx, stream, esdb.ReadStreamOptions{From: esdb.Revision(rev)}, 1)
	if err != nil {
		return nil
	}
	defer rs.Close()
	got, err := rs.Recv()
	if err != nil {
		return nil
	}
	return got.OriginalEvent()
}

// known reports whether a server has said where an event lies. Some do not for an
// append that was there already, or in what they read of a stream.
func known(at esdb.Position) bool { return at.Commit > 0 && at.Commit <= math.MaxInt64 }

// marks pair the appends of an import, in order, with the positions that they got.
// It holds a bounded number: when there are too many, every other one goes.
type marks struct {
	list []mark
	skip int // appends between two that are kept
	n    int
}

// mark is an append.
type mark struct {
	stream      string
	rev         uint64 // of its first event
	first, last uint64 // positions in the export
	server      esdb.Position
}

const mostMarks = 1 << 16

func (m *marks) add(one mark) {
	if !known(one.server) {
		return
	}
	// What lies on the server in another order than in the export has no mark before it.
	for n := len(m.list); n > 0 && m.list[n-1].server.Commit > one.server.Commit; n-- {
		m.list = m.list[:n-1]
	}
	if m.n++; m.n <= m.skip {
		return
	}
	m.n = 0
	m.list = append(m.list, one)
	if len(m.list) < mostMarks {
		return
	}
	for i := range mostMarks / 2 {
		m.list[i] = m.list[2*i]
	}
	m.list, m.skip = m.list[:mostMarks/2], 2*m.skip+1
}

// below counts the marks that end before a position of the export.
func (m *marks) below(next uint64) int {
	return sort.Search(len(m.list), func(i int) bool { return m.list[i].last >= next })
}

// around is the append that holds a position of the export, nil when none is known.
func (m *marks) around(next uint64) *mark {
	if i := m.below(next); i < len(m.list) && m.list[i].first <= next {
		return &m.list[i]
	}
	return nil
}

// before is the server's position of the last event marked before a position of
// the export; ok is false when there is none.
func (m *marks) before(next uint64) (server esdb.Position, ok bool) {
	if i := m.below(next); i > 0 {
		return m.list[i-1].server, true
	}
	return server, false
}
