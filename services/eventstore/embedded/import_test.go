package embedded

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

func mustDelete(t testing.TB, c *esdb.Client, stream string) {
	t.Helper()
	if _, err := c.DeleteStream(context.Background(), stream, esdb.DeleteStreamOptions{}); err != nil {
		t.Fatal(err)
	}
}

func mustImport(t testing.TB, c *esdb.Client, export []byte) Imported {
	t.Helper()
	done, err := Import(context.Background(), c, bytes.NewReader(export))
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// A server would take the events of a stream that it has deleted, and number them
// anew; one that it has ended, it would refuse, and nobody would know what is missing.
func TestImportLeavesAloneAnotherStreamThatIsDeletedOrEnded(t *testing.T) {
	for name, gone := range map[string]func(*testing.T, *esdb.Client, []byte){
		"deleted, shorter": func(t *testing.T, c *esdb.Client, _ []byte) {
			mustAppend(t, c, "s", esdb.NoStream{}, sampleEvents(1)...)
			mustDelete(t, c, "s")
		},
		"deleted, as long": func(t *testing.T, c *esdb.Client, _ []byte) {
			mustAppend(t, c, "s", esdb.NoStream{}, sampleEvents(3)...)
			mustDelete(t, c, "s")
		},
		"ended": func(t *testing.T, c *esdb.Client, _ []byte) {
			mustAppend(t, c, "s", esdb.NoStream{}, sampleEvents(3)...)
			endStream(t, c, "s")
		},
		"ended before it had an event": func(t *testing.T, c *esdb.Client, _ []byte) {
			endStream(t, c, "s")
		},
		"the same, imported before and deleted then": func(t *testing.T, c *esdb.Client, earlier []byte) {
			mustImport(t, c, earlier)
			mustDelete(t, c, "s")
		},
		"the same, imported before and ended then": func(t *testing.T, c *esdb.Client, earlier []byte) {
			mustImport(t, c, earlier)
			endStream(t, c, "s")
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := startStore(t, Options{}), startStore(t, Options{})
			c, target := from.client(t), to.client(t)
			mustAppend(t, c, "before", esdb.NoStream{}, sampleEvents(1)...)
			mustAppend(t, c, "s", esdb.NoStream{}, sampleEvents(1)...)
			earlier := exportOf(t, from.store)
			mustAppend(t, c, "s", esdb.Any{}, sampleEvents(2)...)
			gone(t, target, earlier)
			of := func(stream string) (found []string) {
				for _, line := range lines(t, exportOf(t, to.store)) {
					if strings.HasPrefix(strings.TrimPrefix(line, metaPrefix), stream+" ") {
						found = append(found, line)
					}
				}
				return found
			}
			was := of("s")
			_, err := Import(context.Background(), target, bytes.NewReader(exportOf(t, from.store)))
			if !errors.Is(err, errOther) || !strings.Contains(err.Error(), `stream "s"`) {
				t.Errorf("got %v, want a refusal that names the stream", err)
			}
			if is := of("s"); !slices.Equal(is, was) {
				t.Errorf("the stream was written to: got %q, want %q", is, was)
			}
			if len(of("before")) != 1 {
				t.Error("what comes before that stream was not imported")
			}
		})
	}
}

// eventfulStore holds streams that were deleted, continued and ended in every order
// that could be mistaken for another, in few events.
func eventfulStore(t *testing.T) *served {
	t.Helper()
	s := startStore(t, Options{})
	c := s.client(t)
	for range 2 {
		mustAppend(t, c, "twice", esdb.Any{}, sampleEvents(2)...)
		mustDelete(t, c, "twice")
	}
	mustDelete(t, c, "twice")
	mustAppend(t, c, "continued", esdb.Any{}, sampleEvents(1)...)
	mustDelete(t, c, "continued")
	mustAppend(t, c, "continued", esdb.Any{}, sampleEvents(2)...)
	hide := sampleEvents(1)
	hide[0].EventType, hide[0].ContentType = typeMetadata, esdb.ContentTypeJson
	hide[0].Data = []byte(`{"$tb":9223372036854775807}`)
	mustAppend(t, c, "$$hidden", esdb.NoStream{}, hide...)
	mustAppend(t, c, "hidden", esdb.NoStream{}, sampleEvents(2)...)
	mustAppend(t, c, "ended", esdb.NoStream{}, sampleEvents(2)...)
	mustDelete(t, c, "ended")
	endStream(t, c, "ended")
	mustAppend(t, c, "plain", esdb.NoStream{}, sampleEvents(3)...)
	return s
}

// An import is killed wherever it is; run again, it brings the rest and nothing twice.
func TestImportThatBrokeOffAnywhereIsFinishedByTheNext(t *testing.T) {
	export := exportOf(t, eventfulStore(t).store)
	want := lines(t, export)
	list := bytes.SplitAfter(export, []byte("\n"))
	for n := range want {
		to := startStore(t, Options{})
		c := to.client(t)
		mustImport(t, c, bytes.Join(list[:n], nil))
		for range 2 {
			if done := mustImport(t, c, export); int(done.Events) != len(want) {
				t.Errorf("after %d events: dealt with %d, want %d", n, done.Events, len(want))
			}
		}
		// Within an append the server writes metadata of its own sooner than it
		// was exported, so the order is not compared here: a line has its place.
		compareLines(t, slices.Sorted(slices.Values(lines(t, exportOf(t, to.store)))), slices.Sorted(slices.Values(want)))
	}
}

// A server that has scavenged what it deleted keeps the numbers: nothing tells of it
// before the first append, and that one does.
func TestImportStopsAtAStreamThatIsContinuedUnseen(t *testing.T) {
	from, to := startStore(t, Options{}), startStore(t, Options{})
	mustAppend(t, from.client(t), "s", esdb.NoStream{}, sampleEvents(3)...)
	c := to.client(t)
	mustAppend(t, c, "s", esdb.NoStream{}, sampleEvents(2)...)
	mustDelete(t, c, "s")
	im := newImporter(context.Background(), c)
	im.gone = map[string]*goneStream{"s": {last: -1}} // as its log would say
	err := ReadExport(bytes.NewReader(exportOf(t, from.store)), im.add)
	if err == nil {
		err = im.flush()
	}
	if !errors.Is(err, errOther) || !strings.Contains(err.Error(), `stream "s"`) {
		t.Errorf("got %v, want an error that names the stream", err)
	}
}

// Where a group on $all begins on another server is never after what it has still
// to be given, however many appends there were and in whatever order.
func TestMarksAreNeverAfterWhatIsAskedFor(t *testing.T) {
	var m marks
	const appends = 3*mostMarks + 17
	for i := uint64(1); i <= appends; i++ {
		m.add(mark{first: 2 * i, last: 2 * i, server: esdb.Position{Commit: 10 * i}})
	}
	if len(m.list) >= mostMarks {
		t.Errorf("%d marks are kept, want less than %d", len(m.list), mostMarks)
	}
	for next := uint64(3); next <= 2*appends+1; next += 1001 {
		got, ok := m.before(next)
		if last := (next - 1) / 2 * 10; !ok || got.Commit > last || got.Commit+80 < last {
			t.Errorf("before %d: got %d, %v, want at most and close to %d", next, got.Commit, ok, last)
		}
	}
	if _, ok := m.before(2); ok {
		t.Error("there is a mark before the first event")
	}
	m.add(mark{first: 2*appends + 2, last: 2*appends + 2, server: esdb.Position{Commit: 55}}) // was there before the others
	if got, ok := m.before(2*appends + 2); !ok || got.Commit >= 55 {
		t.Errorf("got %d, %v: the event at 55 would be passed over", got.Commit, ok)
	}
}
