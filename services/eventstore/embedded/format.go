package embedded

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// The file FORMAT names the version of the whole directory: keys, records and
// what Pebble is asked for. It is written before anything else and never again,
// so a store made by a later program is refused and not misread.
const (
	formatFile = "FORMAT"
	formatText = "mash event store, format 1\n"
	pebbleDir  = "pebble"
)

// ensureFormat checks FORMAT in dir, or makes dir and writes it when dir holds
// no store yet.
func ensureFormat(fsys vfs.FS, dir string) error {
	err := checkFormat(fsys, dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := fsys.Stat(fsys.PathJoin(dir, pebbleDir)); err == nil {
		return fmt.Errorf("event store: %s holds data but no %s file: not a store, or a damaged one", dir, formatFile)
	}
	if err := fsys.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("event store: make %s: %w", dir, err)
	}
	// HEAD first: where there is FORMAT there is a whole store.
	if err := newHead(fsys, dir, 0); err != nil {
		return err
	}
	if err := writeSynced(fsys, dir, formatFile, []byte(formatText)); err != nil {
		return err
	}
	// The directory's own entry must survive a power cut too.
	return syncDir(fsys, fsys.PathDir(dir))
}

func checkFormat(fsys vfs.FS, dir string) error {
	f, err := fsys.Open(fsys.PathJoin(dir, formatFile))
	if err != nil {
		return fmt.Errorf("event store: open %s: %w", formatFile, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil {
		return fmt.Errorf("event store: read %s: %w", formatFile, err)
	}
	if string(text) != formatText {
		return fmt.Errorf("event store: %s says %q, this program knows %q", formatFile, text, formatText)
	}
	return nil
}

// writeSynced writes a file under a temporary name and renames it when it is on
// disk, so that the file is either absent or whole.
func writeSynced(fsys vfs.FS, dir, name string, data []byte) error {
	tmp, final := fsys.PathJoin(dir, name+".tmp"), fsys.PathJoin(dir, name)
	f, err := fsys.Create(tmp, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("event store: create %s: %w", name, err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("event store: write %s: %w", name, err)
	}
	if err := fsys.Rename(tmp, final); err != nil {
		return fmt.Errorf("event store: rename %s: %w", name, err)
	}
	return syncDir(fsys, dir)
}

func syncDir(fsys vfs.FS, dir string) error {
	d, err := fsys.OpenDir(dir)
	if err != nil {
		return fmt.Errorf("event store: open directory to sync it: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("event store: sync directory: %w", err)
	}
	return nil
}
