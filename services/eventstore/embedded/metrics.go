package embedded

import (
	"sync/atomic"
	"time"
)

// Metrics are counters since the store was opened, for health pages and benches.
type Metrics struct {
	Position      uint64        // highest position on disk
	Commands      uint64        // appends, deletes and tombstones answered
	Syncs         uint64        // group commits
	Events        uint64        // events written
	SyncTime      time.Duration // spent in group commits, total
	Subscriptions int64         // open now
	SlowDisk      uint64        // times the disk took unusually long
	DiskBytes     uint64        // on disk, as Pebble counts it
	MemoryBytes   uint64        // Pebble's memtables and block cache
}

type metrics struct {
	commands, syncs, events, slowDisk atomic.Uint64
	syncNanos                         atomic.Int64
	subscriptions                     atomic.Int64
	heads                             atomic.Uint64 // position last written to HEAD
}

func (m *metrics) observeSync(d time.Duration, events uint64) {
	m.syncs.Add(1)
	m.events.Add(events)
	m.syncNanos.Add(int64(d))
}

// Metrics returns the counters as they stand.
func (s *Store) Metrics() Metrics {
	m := Metrics{
		Position:      s.committed.Load(),
		Commands:      s.metrics.commands.Load(),
		Syncs:         s.metrics.syncs.Load(),
		Events:        s.metrics.events.Load(),
		SyncTime:      time.Duration(s.metrics.syncNanos.Load()),
		Subscriptions: s.metrics.subscriptions.Load(),
		SlowDisk:      s.metrics.slowDisk.Load(),
	}
	select {
	case <-s.closing:
	case <-s.dead:
	default:
		p := s.db.Metrics()
		m.DiskBytes = p.DiskSpaceUsage()
		m.MemoryBytes = p.MemTable.Size + uint64(p.BlockCache.Size)
	}
	return m
}

// FsyncTime is the mean time of a group commit so far, 0 before the first.
func (s *Store) FsyncTime() time.Duration {
	n := s.metrics.syncs.Load()
	if n == 0 {
		return 0
	}
	return time.Duration(uint64(s.metrics.syncNanos.Load()) / n)
}

// Position is the highest position on disk, 0 for an empty log.
func (s *Store) Position() uint64 { return s.committed.Load() }

// Failed is the fault that stopped the store, nil while it is sound.
func (s *Store) Failed() error { return s.failed() }
