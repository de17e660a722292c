package embedded

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
)

// The configuration of persistent subscriptions is itself kept in the log, as
// EventStoreDB keeps it: the newest event of this stream lists every group. So it
// is as durable as the events, and in every backup and export.
const (
	groupConfigStream = "$persistentSubscriptionConfig"
	groupConfigType   = "$PersistentConfig"
	groupPrefix       = "$persistentsubscription-"
	checkpointSuffix  = "-checkpoint"
)

// groupKey names a persistent subscription. An empty stream means $all.
type groupKey struct {
	Stream string `json:"stream,omitempty"`
	Group  string `json:"group"`
}

func (k groupKey) source() string {
	if k.Stream == "" {
		return "$all"
	}
	return k.Stream
}

// id is what the protocol calls the subscription.
func (k groupKey) id() string { return k.source() + "::" + k.Group }

func (k groupKey) parkedStream() string { return groupPrefix + k.id() + "-parked" }

func (k groupKey) checkpointStream() string { return groupPrefix + k.id() + checkpointSuffix }

func isCheckpointStream(stream string) bool {
	return strings.HasPrefix(stream, groupPrefix) && strings.HasSuffix(stream, checkpointSuffix)
}

// Consumer strategies. The Go client cannot ask for the last.
const (
	strategyRoundRobin    = "RoundRobin"
	strategySingle        = "DispatchToSingle"
	strategyPinned        = "Pinned"
	strategyByCorrelation = "PinnedByCorrelation"
)

// groupConfig is what a group was created with. Times are in milliseconds.
type groupConfig struct {
	groupKey
	// Start is the first revision or position to deliver. End keeps that the
	// caller asked for the end; Start is where that was.
	Start           uint64      `json:"start"`
	End             bool        `json:"end,omitempty"`
	ResolveLinks    bool        `json:"resolveLinks,omitempty"`
	ExtraStatistics bool        `json:"extraStatistics,omitempty"`
	MaxRetries      int32       `json:"maxRetries"`
	MinCheckpoint   int32       `json:"minCheckpoint"`
	MaxCheckpoint   int32       `json:"maxCheckpoint"`
	MaxSubscribers  int32       `json:"maxSubscribers"`
	LiveBuffer      int32       `json:"liveBuffer"`
	ReadBatch       int32       `json:"readBatch"`
	HistoryBuffer   int32       `json:"historyBuffer"`
	MessageTimeout  int32       `json:"messageTimeout"`
	CheckpointAfter int32       `json:"checkpointAfter"`
	Strategy        string      `json:"strategy"`
	Filter          *filterSpec `json:"filter,omitempty"`
}

type filterSpec struct {
	ByType   bool     `json:"byType,omitempty"`
	Prefixes []string `json:"prefixes,omitempty"`
	Regex    string   `json:"regex,omitempty"`
}

// maxGroupBuffer bounds the events that one group keeps in memory.
const maxGroupBuffer = 10_000

func (c *groupConfig) validate() error {
	switch {
	case c.Group == "":
		return invalid("the group name is empty")
	case checkStreamName([]byte(c.checkpointStream())) != nil:
		return invalid("the group name is not a good part of a stream name")
	case c.ReadBatch <= 0 || c.HistoryBuffer <= 0 || c.LiveBuffer < 0 || c.MaxRetries < 0 || c.MaxSubscribers < 0 ||
		c.MinCheckpoint < 0 || c.MaxCheckpoint < 0 || c.MessageTimeout < 0 || c.CheckpointAfter < 0:
		return invalid("a setting of the group is out of range")
	case c.ReadBatch >= c.HistoryBuffer:
		return invalid("the read batch must be smaller than the history buffer")
	case c.HistoryBuffer > maxGroupBuffer:
		return invalid("the history buffer holds at most %d events", maxGroupBuffer)
	}
	switch c.Strategy {
	case strategyRoundRobin, strategySingle, strategyPinned, strategyByCorrelation:
	default:
		return invalid("the consumer strategy is not known")
	}
	if c.Filter != nil {
		if _, err := newFilter(c.Filter.ByType, c.Filter.Prefixes, c.Filter.Regex); err != nil {
			return invalid("%v", err)
		}
	}
	return nil
}

func (c *groupConfig) timeout() time.Duration {
	return time.Duration(c.MessageTimeout) * time.Millisecond
}

// loadGroups reads the configuration of every group. Any client can write where it
// is kept, so what does not read is left out and logged: the events are worth more
// than the groups, and the store must open.
func (s *Store) loadGroups() ([]groupConfig, error) {
	r, err := s.lastEvent(groupConfigStream)
	if err != nil || r == nil {
		return nil, err
	}
	list, bad, err := parseGroups(r.data)
	if err != nil {
		s.logger.Error("event store: the configuration of persistent subscriptions does not read: there are none", "revision", r.rev)
	}
	if bad > 0 {
		s.logger.Error("event store: persistent subscriptions are left out, their configuration is not one", "groups", bad, "revision", r.rev)
	}
	return list, nil
}

// parseGroups reads a list of groups, nil being none, and leaves out what cannot
// be a group or is there twice.
func parseGroups(data []byte) (list []groupConfig, bad int, err error) {
	if data == nil {
		return nil, 0, nil
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, 0, err
	}
	all, seen := len(list), map[string]bool{}
	list = slices.DeleteFunc(list, func(c groupConfig) bool {
		bad := seen[c.id()] || c.validate() != nil
		seen[c.id()] = true
		return bad
	})
	return list, all - len(list), nil
}

// saveGroups appends the configuration of every group.
func (s *Store) saveGroups(ctx context.Context, list []groupConfig) error {
	sort.Slice(list, func(i, j int) bool { return list[i].id() < list[j].id() })
	data, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("encode the configuration of persistent subscriptions: %w", err)
	}
	return s.appendSystem(ctx, groupConfigStream, event{typ: groupConfigType, json: true, data: data})
}

// appendSystem appends one event of the store's own.
func (s *Store) appendSystem(ctx context.Context, stream string, e event) error {
	id, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("make an event id: %w", err)
	}
	e.id = id
	out, err := s.submit(ctx, &command{kind: cmdAppend, stream: stream, events: []event{e}})
	if err == nil && out.verdict != written { // nothing else can become of it
		err = errGroupStreamEnded
	}
	return err
}

// errGroupStreamEnded means that a client has ended (tombstoned) a stream that
// persistent subscriptions are kept in, which is its right as in EventStoreDB.
var errGroupStreamEnded = &failure{
	code: codes.FailedPrecondition, text: "a stream that persistent subscriptions are kept in has been ended by a client",
}

// lastEvent is the newest visible event of a stream, nil when there is none.
func (s *Store) lastEvent(stream string) (r *record, err error) {
	it, err := s.streamIter()
	if err != nil {
		return nil, err
	}
	defer func() { err = s.closeIter(it, err) }()
	v, err := s.view(it, stream, s.committed.Load())
	if err != nil || v.tombstoned || v.missing() || v.last < v.meta.visibleFrom(v.last) {
		return nil, err
	}
	got, err := getRecord(s.db, v.lastPos)
	if err != nil {
		return nil, s.broken(err)
	}
	return &got, nil
}
