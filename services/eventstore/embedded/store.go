package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"google.golang.org/grpc"
)

// ErrClosed is what calls get while the store is closing or after it has.
var ErrClosed = errors.New("event store: closed")

// Store is an open event store. Its methods may be called from any goroutine.
type Store struct {
	opts   Options
	logger *slog.Logger
	db     *pebble.DB
	cache  *pebble.Cache
	head   *head

	// committed is the highest position that is on disk. It moves only after the
	// sync, and every read stops at it.
	committed atomic.Uint64
	bells     bells
	metas     metaCache
	metrics   metrics

	groups *groups

	queue      chan *command
	writerDone chan struct{}

	dead     chan struct{} // closed when storage has failed
	failOnce sync.Once
	failure  atomic.Pointer[error]
	opened   atomic.Bool

	closing   chan struct{} // closed when Close begins: subscriptions end
	closeOnce sync.Once
	closeErr  error

	copying sync.Mutex // held while a backup is made

	mu      sync.Mutex
	servers []*grpc.Server
	serving sync.WaitGroup
}

// Open opens the store in opts.Dir, making it if there is none, and recovers
// what a crash left. It fails when the directory is in use, of another format,
// or damaged.
func Open(opts Options) (*Store, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := ensureFormat(opts.FS, opts.Dir); err != nil {
		return nil, err
	}
	s := &Store{
		opts: opts, logger: opts.Logger, bells: newBells(),
		queue: make(chan *command, 2*maxBatchCommands), writerDone: make(chan struct{}),
		dead: make(chan struct{}), closing: make(chan struct{}),
	}
	if err := s.openDB(); err != nil {
		return nil, err
	}
	last, err := s.openLog()
	if err != nil {
		err = errors.Join(err, s.letGo(s.db.Close))
		return nil, fmt.Errorf("event store: open %s: %w", opts.Dir, err)
	}
	s.committed.Store(last)
	s.opened.Store(true)
	go newWriter(s, last).run()
	if err := s.startGroups(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// openLog finds the end of the log and checks that it has not come nearer.
func (s *Store) openLog() (last uint64, err error) {
	if last, err = lastPosition(s.db); err != nil {
		return 0, err
	}
	if last > 0 {
		// The newest record is the one most likely to be torn.
		if _, err := getRecord(s.db, last); err != nil {
			return 0, err
		}
	}
	if err := s.failed(); err != nil {
		return 0, err
	}
	if s.head, err = openHead(s.opts.FS, s.opts.Dir, true); err != nil {
		return 0, err
	}
	if err := s.head.check(last); err != nil {
		return 0, errors.Join(err, s.head.file.Close())
	}
	return last, nil
}

// Close ends subscriptions, lets running calls finish for at most
// Options.DrainTimeout, writes what was accepted and closes the files. After a
// storage failure it only stops: files of a failed store are left as they are.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.closing)
		s.stopServers()
		s.groups.stop()
		if s.failed() != nil {
			s.closeErr = s.failed()
			return
		}
		close(s.queue)
		<-s.writerDone
		if s.failed() != nil {
			s.closeErr = s.failed()
			return
		}
		s.closeErr = s.closeDB()
	})
	return s.closeErr
}

func (s *Store) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// fail stops the store after a fault in storage. The first fault counts.
func (s *Store) fail(err error) {
	s.failOnce.Do(func() {
		err = fmt.Errorf("event store: storage failed: %w", err)
		s.failure.Store(&err)
		close(s.dead)
		if s.opened.Load() { // until then Open says it
			s.logger.Error("event store stopped", "error", err)
			go s.opts.OnFatal(err)
		}
	})
}

func (s *Store) failed() error {
	if p := s.failure.Load(); p != nil {
		return *p
	}
	return nil
}

// submit hands a command to the writer and waits for its outcome. When ctx ends
// first, the command may still be carried out.
func (s *Store) submit(ctx context.Context, c *command) (outcome, error) {
	c.done = make(chan outcome, 1)
	select {
	case s.queue <- c:
	case <-ctx.Done():
		return outcome{}, ctx.Err()
	case <-s.dead:
		return outcome{}, s.failed()
	}
	select {
	case out := <-c.done:
		return out, nil
	case <-ctx.Done():
		return outcome{}, ctx.Err()
	case <-s.dead:
		return outcome{}, s.failed()
	}
}

// publish makes everything up to pos visible and wakes those who wait for it.
func (s *Store) publish(pos uint64, streams map[string]struct{}) {
	s.committed.Store(pos)
	s.bells.ring(streams)
}
