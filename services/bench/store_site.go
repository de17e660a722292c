package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"github.com/openmash/mash/services/eventstore/embedded"
)

// A storeSite is a server of the event store's protocol on loopback, and the official client that is measured on it.
type storeSite struct {
	client *esdb.Client
	store  *embedded.Store // nil for the empty server
}

func (s *storeSite) label() string {
	if s.store == nil {
		return emptyLabel
	}
	return embeddedLabel
}

// withStore runs do with a new embedded store, which is deleted afterwards. A nil file system is the real one.
func (r *storeRun) withStore(ctx context.Context, fsys vfs.FS, do func(*storeSite) error) (err error) {
	dir, err := os.MkdirTemp(r.dir, "store-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return labelled(ctx, embeddedLabel, func(context.Context) error {
		failed := make(chan error, 1)
		store, err := embedded.Open(embedded.Options{
			Dir: dir, FS: fsys, Logger: slog.New(slog.DiscardHandler), OnFatal: func(err error) { failed <- err },
		})
		if err != nil {
			return err
		}
		err = withListener(store.Serve, store.Close, func(client *esdb.Client) error { return do(&storeSite{client, store}) })
		select {
		case fault := <-failed:
			return errors.Join(fault, err)
		default:
			return err
		}
	})
}

// withEmpty runs do with the empty server.
func withEmpty(ctx context.Context, do func(*storeSite) error) error {
	s := newEmptyServer()
	stop := func() error { s.Stop(); return nil }
	return labelled(ctx, emptyLabel, func(context.Context) error {
		return withListener(s.Serve, stop, func(client *esdb.Client) error { return do(&storeSite{client: client}) })
	})
}

// Labels of the processor's profile.
const (
	embeddedLabel = "embedded-store"
	emptyLabel    = "empty-server"
)

// withListener has a server answer on a free port while do uses a client of it.
func withListener(serve func(net.Listener) error, stop func() error, do func(*esdb.Client) error) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, stop())
	}
	served := make(chan error, 1)
	go func() { served <- serve(l) }()
	client, err := storeClient(l.Addr().String())
	if err == nil {
		err = errors.Join(do(client), client.Close())
	}
	return errors.Join(err, stop(), <-served)
}

// storeClient is the official client as a service would have it, which says nothing.
func storeClient(address string) (*esdb.Client, error) {
	config, err := esdb.ParseConnectionString("esdb://" + address + "?tls=false")
	if err != nil {
		return nil, err
	}
	config.Logger = esdb.NoopLogging()
	return esdb.NewClient(config)
}

// storeAppender appends through the official client. All goroutines share one, as in a service.
func storeAppender(client *esdb.Client) appending {
	run := uuid.NewString()[:8]
	return func(_ context.Context, goroutine int) (appender, func(int) string, func() error, error) {
		stream := func(n int) string { return fmt.Sprintf("contact-%s-%d-%d", run, goroutine, n) }
		do := func(ctx context.Context, stream string, expected int, data []byte) error {
			at := esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}
			if expected >= 0 {
				at.ExpectedRevision = esdb.Revision(uint64(expected))
			}
			_, err := client.AppendToStream(ctx, stream, at, storeEvent(data))
			return err
		}
		return do, stream, func() error { return nil }, nil
	}
}

// quiet waits until a process has nothing left to do, by its use of the processor for a second: after much has been written, a store goes on
// sorting it. In less than a second it would be the machine's others that keep it idle.
func quiet(ctx context.Context, cpu func() (time.Duration, bool)) error {
	const look, enough, limit = 200 * time.Millisecond, 5, time.Minute
	tick := time.NewTicker(look)
	defer tick.Stop()
	before, knows := cpu()
	for idle, begun := 0, time.Now(); knows && idle < enough && time.Since(begun) < limit; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		now, _ := cpu()
		if idle++; now-before >= look/10 {
			idle = 0
		}
		before = now
	}
	return nil
}

func storeEvent(data []byte) esdb.EventData {
	return esdb.EventData{EventID: uuid.New(), EventType: eventType, ContentType: esdb.ContentTypeBinary, Data: data}
}

// storeSubscriber follows $all from its end on, without system events, as projections do.
func storeSubscriber(client *esdb.Client) subscriber {
	return func(ctx context.Context, started func(), seen func()) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		sub, err := client.SubscribeToAll(ctx, esdb.SubscribeToAllOptions{From: esdb.End{}, Filter: esdb.ExcludeSystemEventsFilter()})
		if err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
		defer sub.Close()
		for {
			switch e := sub.Recv(); {
			case e.SubscriptionDropped != nil && ctx.Err() != nil:
				return nil
			case e.SubscriptionDropped != nil:
				return fmt.Errorf("subscription: %w", e.SubscriptionDropped.Error)
			case e.CaughtUp != nil:
				started()
			case e.EventAppeared != nil:
				seen()
			}
		}
	}
}

// slowDisk is the real file system on a disk that takes so much longer for each sync.
func slowDisk(delay time.Duration) vfs.FS { return slowFS{vfs.Default, delay} }

type slowFS struct {
	vfs.FS
	delay time.Duration
}

func (s slowFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return s.slow(s.FS.Create(name, c))
}

func (s slowFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return s.slow(s.FS.OpenReadWrite(name, c, opts...))
}

func (s slowFS) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return s.slow(s.FS.ReuseForWrite(old, name, c))
}

func (s slowFS) OpenDir(name string) (vfs.File, error) { return s.slow(s.FS.OpenDir(name)) }

func (s slowFS) Unwrap() vfs.FS { return s.FS }

func (s slowFS) slow(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return slowFile{f, s.delay}, nil
}

// slowFile waits in each sync, as one that waits for a disk does: without using the processor.
type slowFile struct {
	vfs.File
	delay time.Duration
}

func (f slowFile) Sync() error {
	time.Sleep(f.delay)
	return f.File.Sync()
}

func (f slowFile) SyncData() error {
	time.Sleep(f.delay)
	return f.File.SyncData()
}

func (f slowFile) SyncTo(length int64) (bool, error) {
	time.Sleep(f.delay)
	return f.File.SyncTo(length)
}
