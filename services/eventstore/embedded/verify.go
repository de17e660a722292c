package embedded

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// VerifyOptions say how to verify; the zero value is right for real stores.
type VerifyOptions struct {
	FS     vfs.FS       // nil: the real one
	Logger *slog.Logger // nil: Pebble's own messages are dropped
}

// Report is what Verify found.
type Report struct {
	Events   uint64 // records that are sound, counted from position 1
	Streams  int    // streams they belong to
	EventIDs uint64 // entries of the event-id index; none if ids are forgotten
	Bad      *Fault // the first fault, nil for a sound store
}

// Fault is something wrong in a store.
type Fault struct {
	Position uint64 // of the event concerned, 0 when it is none in particular
	Reason   string
}

func (f *Fault) Error() string {
	return fmt.Sprintf("event store: position %d: %s", f.Position, f.Reason)
}

// Verify reads a closed store again from the first record to the last and checks
// all that the running store relies on: checksums, that no position is missing,
// that the revisions of each stream follow each other, and that the indexes lead
// to the right records and to all of them. It changes nothing. It fails when the
// store cannot be opened at all; what it finds inside is Report.Bad.
//
// It keeps one number per stream in memory.
func Verify(dir string, o VerifyOptions) (report Report, err error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := checkFormat(o.FS, dir); err != nil {
		return report, err
	}
	h, err := openHead(o.FS, dir, false)
	if err != nil {
		return report, err
	}
	if err := h.file.Close(); err != nil {
		return report, fmt.Errorf("event store: close %s: %w", headFile, err)
	}
	var fault error
	cache := pebble.NewCache(defaultCacheSize)
	defer cache.Unref()
	opts := pebbleOptions(stillFS{o.FS}, cache, &pebbleLogger{logger: o.Logger, fatal: func(err error) { fault = err }})
	opts.ReadOnly, opts.ErrorIfNotExists = true, true
	opts.EventListener = &pebble.EventListener{DataCorruption: func(pebble.DataCorruptionInfo) {}}
	db, err := openPebble(o.FS.PathJoin(dir, pebbleDir), opts, func() error { return fault }, nil)
	if err != nil {
		return report, fmt.Errorf("event store: open %s to verify it: %w", dir, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	v := verifier{db: db, report: &report, last: map[string]uint64{}}
	end := func() *Fault {
		if err := h.check(report.Events); err != nil {
			return &Fault{report.Events + 1, err.Error()}
		}
		return nil
	}
	for _, step := range []func() *Fault{v.records, end, v.streamIndex, v.eventIDs} {
		if report.Bad = step(); report.Bad != nil {
			break
		}
	}
	report.Streams = len(v.last)
	return report, nil
}

type verifier struct {
	db     *pebble.DB
	report *Report
	last   map[string]uint64 // last revision by stream
}

// records walks the log.
func (v *verifier) records() *Fault {
	return v.each(kindRecord, func(it *pebble.Iterator) *Fault {
		want := v.report.Events + 1
		pos, err := keyPosition(it.Key())
		if err != nil {
			return &Fault{want, err.Error()}
		}
		if pos != want {
			return &Fault{want, fmt.Sprintf("missing: the next record is at %d", pos)}
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return &Fault{want, err.Error()}
		}
		r, err := decodeRecord(pos, value)
		if err != nil {
			return &Fault{want, err.Error()}
		}
		if fault := v.follows(&r); fault != nil {
			return fault
		}
		indexed, ok, err := getPosition(v.db, appendStreamKey(nil, string(r.stream), r.rev))
		if err != nil || !ok || indexed != pos {
			return &Fault{pos, fmt.Sprintf("the stream index leads to %d (%v)", indexed, err)}
		}
		v.report.Events++
		return nil
	})
}

// follows checks that a record is its stream's next.
func (v *verifier) follows(r *record) *Fault {
	last, seen := v.last[string(r.stream)]
	want := last + 1
	if !seen {
		want = 0
	}
	if r.rev == tombstoneRevision && string(r.typ) == typeTombstone {
		want = tombstoneRevision
	}
	if r.rev != want || (seen && last == tombstoneRevision) {
		return &Fault{r.pos, fmt.Sprintf("revision %d, want %d", r.rev, want)}
	}
	v.last[string(r.stream)] = r.rev
	return nil
}

// streamIndex checks that the index holds nothing beyond the records, each of
// which has been found through it.
func (v *verifier) streamIndex() *Fault {
	var entries uint64
	fault := v.each(kindStream, func(it *pebble.Iterator) *Fault {
		entries++
		return nil
	})
	if fault == nil && entries != v.report.Events {
		return &Fault{0, fmt.Sprintf("%d entries in the stream index for %d records", entries, v.report.Events)}
	}
	return fault
}

// eventIDs checks that every entry leads to a record with that id.
func (v *verifier) eventIDs() *Fault {
	return v.each(kindEventID, func(it *pebble.Iterator) *Fault {
		v.report.EventIDs++
		value, err := it.ValueAndErr()
		if err != nil {
			return &Fault{0, err.Error()}
		}
		pos, err := indexedPosition(value)
		if err != nil {
			return &Fault{0, err.Error()}
		}
		r, err := getRecord(v.db, pos)
		if err != nil {
			return &Fault{pos, "in the event-id index: " + err.Error()}
		}
		if string(it.Key()) != string(appendEventIDKey(nil, r.id, string(r.stream))) {
			return &Fault{pos, "the event-id index leads here for another event"}
		}
		return nil
	})
}

// each calls check for every key of a kind until one is at fault.
func (v *verifier) each(kind byte, check func(*pebble.Iterator) *Fault) (fault *Fault) {
	it, err := v.db.NewIter(&pebble.IterOptions{LowerBound: []byte{kind}, UpperBound: []byte{kind + 1}})
	if err != nil {
		return &Fault{v.unread(kind), err.Error()}
	}
	defer func() {
		if err := it.Close(); err != nil && fault == nil {
			fault = &Fault{v.unread(kind), err.Error()}
		}
	}()
	for valid := it.First(); valid; valid = it.Next() {
		if fault := check(it); fault != nil {
			return fault
		}
	}
	if err := it.Error(); err != nil {
		return &Fault{v.unread(kind), err.Error()}
	}
	return nil
}

// unread is the position that could not be read, for the log itself.
func (v *verifier) unread(kind byte) uint64 {
	if kind == kindRecord {
		return v.report.Events + 1
	}
	return 0
}
