package embedded

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// enter keeps the store open for a piece of work; leave must be called after it.
func (s *Store) enter() (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closing:
		return nil, ErrClosed
	case <-s.dead:
		return nil, s.failed()
	default:
	}
	s.serving.Add(1)
	return s.serving.Done, nil
}

// Backup copies the store to dir, which must not exist, while it goes on being
// used. What was answered before the call is in the copy; what is written
// meanwhile may be. The copy is a store like any other: Verify reads it, Restore
// brings it back, Open opens it. Files are shared by hard link where the file
// system can, so a backup on the same disk is quick and does not survive it.
// Nothing is left of one that fails; one that was cut off is not whole and is
// refused, until it is removed.
func (s *Store) Backup(dir string) (err error) {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	s.copying.Lock() // or a second backup to the same folder could take the first for its own
	defer s.copying.Unlock()
	fsys := s.opts.FS
	if _, err := fsys.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("event store: back up to %s: it exists already", dir)
	}
	if err := fsys.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("event store: back up: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, fsys.RemoveAll(dir))
		}
	}()
	if err := newHead(fsys, dir, s.committed.Load()); err != nil {
		return err
	}
	if err := s.db.Checkpoint(fsys.PathJoin(dir, pebbleDir), pebble.WithFlushedWAL()); err != nil {
		return fmt.Errorf("event store: back up: %w", err)
	}
	// FORMAT comes last: a copy without it is not whole and is refused.
	return finish(fsys, dir)
}

// finish makes a copy whole, and sure to be found after a power cut.
func finish(fsys vfs.FS, dir string) error {
	if err := writeSynced(fsys, dir, formatFile, []byte(formatText)); err != nil {
		return err
	}
	return syncDir(fsys, fsys.PathDir(dir))
}

// Restore makes a store in dir, which must not exist or be empty, from a backup.
// The backup is verified first and a damaged one is refused.
//
// A restored log ends earlier than the one it replaces, so whoever keeps
// positions of it must notice and start again.
// Nothing is left of a restore that fails.
func Restore(backup, dir string, o VerifyOptions) (report Report, err error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	report, err = Verify(backup, o)
	if err != nil {
		return report, fmt.Errorf("restore: %w", err)
	}
	if report.Bad != nil {
		return report, fmt.Errorf("restore: the backup is damaged: %w", report.Bad)
	}
	if names, err := o.FS.List(dir); err == nil && len(names) > 0 {
		return report, fmt.Errorf("event store: restore to %s: it is not empty", dir)
	}
	if err := o.FS.MkdirAll(dir, 0o700); err != nil {
		return report, fmt.Errorf("event store: restore: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, empty(o.FS, dir))
		}
	}()
	from, to := o.FS.PathJoin(backup, pebbleDir), o.FS.PathJoin(dir, pebbleDir)
	// Verify has found the folder, so there is something to be copied.
	if _, err := vfs.Clone(o.FS, o.FS, from, to, vfs.CloneSync); err != nil {
		return report, fmt.Errorf("event store: restore: copy %s: %w", from, err)
	}
	if err := newHead(o.FS, dir, report.Events); err != nil {
		return report, err
	}
	return report, finish(o.FS, dir)
}

// empty removes what is in a folder, which may be where a disk is mounted.
func empty(fsys vfs.FS, dir string) error {
	names, err := fsys.List(dir)
	for _, name := range names {
		err = errors.Join(err, fsys.RemoveAll(fsys.PathJoin(dir, name)))
	}
	return err
}
