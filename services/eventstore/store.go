package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventpb "github.com/openmash/mash/proto/gen/mash/event/v1"
	"github.com/openmash/mash/services/keys"
)

// storeStream holds the event that names the store.
const storeStream = "hub-store"

// Config says which store, and how it is spoken to. Either Connection or Socket is required.
type Config struct {
	// Connection is an EventStoreDB connection string, esdb://….
	Connection string
	// Socket is the path of the embedded store's unix socket.
	Socket string
	// Keys seals and opens. Without it, events with parts can be read sealed and nothing else.
	Keys *keys.Ring
	// Now stamps the name of a new store, and events that come without RecordedAt; nil means time.Now.
	Now func() time.Time
	// Logger gets outages and replaced clients; nil means slog.Default.
	Logger *slog.Logger
	// CallTimeout bounds every call, and every wait for the next piece of a read; 0 means 10 s.
	CallTimeout time.Duration
	// Connections is how many connections share the calls; 0 means 1. More were dearer in processor time on two cores
	// (a connection with fewer calls sends them in smaller pieces); a machine with more cores may gain.
	Connections int
}

// A Store is an event store in use. It is safe for concurrent use.
type Store struct {
	config Config
	links  *links
	plans  plans
	tails  tails
	id     string
	// life ends with Close, and with it every read and subscription.
	life context.Context
	end  context.CancelFunc
}

// Open connects to the store and reads its name, or names it when it is new. It waits for a store that is not up yet as
// long as a call may take.
func Open(ctx context.Context, c Config) (*Store, error) {
	c = c.withDefaults()
	links, err := openLinks(c)
	if err != nil {
		return nil, err
	}
	s := &Store{config: c, links: links}
	s.life, s.end = context.WithCancel(context.Background())
	s.tails = tails{store: s, events: tailEvents, bytes: tailBytes}
	if s.id, err = s.name(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open event store: %w", err), s.Close())
	}
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.CallTimeout <= 0 {
		c.CallTimeout = 10 * time.Second
	}
	if c.Connections <= 0 {
		c.Connections = 1
	}
	return c
}

// ID is the store's name, a random UUID that its first start gave it. Positions and tokens carry it.
func (s *Store) ID() string { return s.id }

// Close ends reads and subscriptions with ErrClosed, waits for calls that run, and closes the connections. It fails when
// calls still hang in the client after a call's time; they then end with the process.
func (s *Store) Close() error {
	s.end()
	s.tails.close()
	return s.links.close()
}

// Ping asks the store for an answer.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.last(ctx)
	return err
}

// Head is the position of the newest event that is not the store's own ($): the furthest that a subscription can get.
func (s *Store) Head(ctx context.Context) (Position, error) {
	// A cluster writes events of its own all the time, so look a little further back before a long way.
	for _, count := range []uint64{1, 100, 10_000} {
		var head Position
		err := s.readAllBackwards(ctx, count, func(r Recorded) error {
			if isSystem(r.Stream, r.Type) {
				return nil
			}
			head = r.Position
			return errStop
		})
		if err != nil || !head.IsZero() {
			return head, err
		}
	}
	return s.last(ctx)
}

// last is the position of the newest event, whosoever it is.
func (s *Store) last(ctx context.Context) (last Position, err error) {
	err = s.readAllBackwards(ctx, 1, func(r Recorded) error {
		last = r.Position
		return nil
	})
	return last, err
}

func (s *Store) readAllBackwards(ctx context.Context, count uint64, fn func(Recorded) error) error {
	open := func(ctx context.Context, c *esdb.Client) (*esdb.ReadStream, error) {
		return c.ReadAll(ctx, esdb.ReadAllOptions{Direction: esdb.Backwards, From: esdb.End{}}, count)
	}
	err := s.pull(ctx, open, decoding{raw: true}, fn)
	if err != nil {
		return fmt.Errorf("read the end of the event store: %w", err)
	}
	return nil
}

// name reads the store's name, or gives it one. Whoever names it first wins.
func (s *Store) name(ctx context.Context) (string, error) {
	id, err := s.readName(ctx)
	if !errors.Is(err, ErrNoStream) {
		return id, err
	}
	now := s.config.Now()
	named := &eventpb.StoreNamed{StoreId: uuid.NewString(), NamedAt: timestamppb.New(now)}
	event := Event{ID: uuid.New(), Message: named}
	_, err = s.Append(ctx, storeStream, NoStream(), Metadata{Actor: "hub", RecordedAt: now}, event)
	var wrong *WrongRevisionError
	if err != nil && !errors.As(err, &wrong) {
		return "", err
	}
	return s.readName(ctx)
}

func (s *Store) readName(ctx context.Context) (id string, err error) {
	first := streamRead{stream: storeStream, options: esdb.ReadStreamOptions{From: esdb.Start{}}, count: 1}
	err = s.readStream(ctx, first, func(r Recorded) error {
		named, ok := r.Message.(*eventpb.StoreNamed)
		if !ok || named.GetStoreId() == "" || strings.Contains(named.GetStoreId(), ":") {
			return fmt.Errorf("%w: the first event of %s does not name the store", ErrMalformed, storeStream)
		}
		id = named.GetStoreId()
		return nil
	})
	if err == nil && id == "" {
		err = ErrNoStream
	}
	return id, err
}

// check makes sure that the store is still the one that p is of, and reaches as far. A store may have been put in the
// place of another, or restored, while we were cut off.
func (s *Store) check(ctx context.Context, p Position) error {
	id, err := s.readName(ctx)
	if err != nil && !errors.Is(err, ErrNoStream) {
		return err
	}
	if id != s.id {
		return fmt.Errorf("%w: this was %s and is now %q", ErrOtherStore, s.id, id)
	}
	last, err := s.last(ctx)
	if err == nil && p.Compare(last) > 0 {
		return fmt.Errorf("%w: %d, it ends at %d", ErrBeyondEnd, p.Ordinal(), last.Ordinal())
	}
	return err
}

// isSystem reports whether an event is one of the store's own.
func isSystem(stream, eventType string) bool {
	return strings.HasPrefix(stream, "$") || strings.HasPrefix(eventType, "$")
}
