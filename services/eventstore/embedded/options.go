package embedded

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options say where a store lives and how it answers. Only Dir is required.
type Options struct {
	// Dir is the data directory. It is made if it does not exist and holds the
	// file FORMAT and the folder pebble; nothing else may write there.
	Dir string
	// FS is the file system; nil means the real one. Tests pass one that can crash.
	FS vfs.FS
	// Now stamps the created time of events; nil means time.Now. It is called
	// from several goroutines.
	Now func() time.Time
	// ForgetEventIDs switches off the durable index of event ids. An append with
	// expected revision Any or StreamExists is then never recognised as a
	// repetition, as on a cluster whose memory of ids has run out; one with an
	// explicit revision still is, by the log itself. Ids written while it is on
	// stay unknown if it is switched off again.
	ForgetEventIDs bool
	// Users maps names to passwords. They are checked on TLS connections only,
	// because the client sends credentials on no other. Empty means no check.
	Users map[string]string
	// TLS, when set, is used on every listener that is not a unix socket. A unix
	// socket is guarded by the mode of its file.
	TLS *tls.Config
	// Advertise is the host:port that gossip names; empty means the address at
	// which the caller reached the store.
	Advertise string
	// Logger gets what an operator should know; nil means slog.Default. Stream
	// names, types and data are never logged.
	Logger *slog.Logger
	// OnFatal is called once, in its own goroutine, when storage has failed: the
	// store has stopped answering and must be closed and opened again. Nil logs
	// the error and ends the process with status 1, because a store that goes on
	// after a failed write or a failed checksum would answer from what it cannot
	// trust.
	OnFatal func(error)

	// MaxAppendSize bounds one append in bytes, counted as EventStoreDB does:
	// data, metadata and twice the type of each event. 0 means 1 MiB.
	MaxAppendSize int
	// CacheSize is Pebble's block cache in bytes, beside 64 MiB for what
	// is written and not yet flushed. 0 means 64 MiB.
	CacheSize int64
	// DrainTimeout is how long Close waits for calls that are running before it
	// cuts them off. 0 means 5 s.
	DrainTimeout time.Duration

	// memTableSize lets tests reach Pebble's flushes and compactions quickly.
	memTableSize uint64
	// maxStates bounds the streams whose state the writer keeps in memory: at
	// most twice this many, about 300 bytes each.
	maxStates int
	// groupBytes bounds what a persistent subscription keeps of events that are on
	// their way to its consumers; one event more may be there.
	groupBytes int
}

const (
	defaultMaxAppendSize = 1 << 20
	defaultCacheSize     = 64 << 20
	defaultDrainTimeout  = 5 * time.Second
	defaultMemTableSize  = 32 << 20
	defaultMaxStates     = 32 << 10
	defaultGroupBytes    = 32 << 20

	// maxAppendEvents bounds the events of one append, which may be tiny.
	maxAppendEvents = 100_000
)

func (o Options) withDefaults() (Options, error) {
	if o.Dir == "" {
		return o, errors.New("event store: no data directory given")
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.MaxAppendSize <= 0 {
		o.MaxAppendSize = defaultMaxAppendSize
	}
	if o.CacheSize <= 0 {
		o.CacheSize = defaultCacheSize
	}
	if o.DrainTimeout <= 0 {
		o.DrainTimeout = defaultDrainTimeout
	}
	if o.memTableSize == 0 {
		o.memTableSize = defaultMemTableSize
	}
	if o.maxStates == 0 {
		o.maxStates = defaultMaxStates
	}
	if o.groupBytes == 0 {
		o.groupBytes = defaultGroupBytes
	}
	if o.OnFatal == nil {
		logger := o.Logger
		o.OnFatal = func(err error) {
			logger.Error("event store: storage failed, stopping the process", "error", err)
			os.Exit(1)
		}
	}
	return o, nil
}
