package storetest

import (
	"bytes"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

var appendTests = []contractTest{
	{"NumbersEventsFromZero", func(f *fixture) {
		s := f.stream()
		if r := f.append(s, esdb.NoStream{}, events(3)...); r.NextExpectedVersion != 2 {
			f.Fatalf("got revision %d, want 2", r.NextExpectedVersion)
		}
		if r := f.append(s, esdb.Revision(2), events(1)...); r.NextExpectedVersion != 3 {
			f.Fatalf("got revision %d, want 3", r.NextExpectedVersion)
		}
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 0, 1, 2, 3)
	}},
	{"PositionsIncreaseAndArePositive", func(f *fixture) {
		s := f.stream()
		a, b := f.append(s, esdb.Any{}, events(1)...), f.append(s, esdb.Any{}, events(1)...)
		if a.CommitPosition == 0 || b.CommitPosition <= a.CommitPosition || b.PreparePosition != b.CommitPosition {
			f.Fatalf("got positions %+v then %+v", *a, *b)
		}
	}},
	{"KeepsEveryFieldOfAnEvent", func(f *fixture) {
		s := f.stream()
		want := esdb.EventData{
			EventID: uuid.New(), EventType: "häppened", ContentType: esdb.ContentTypeBinary,
			Data: []byte{0, 1, 0xff, '\n'}, Metadata: []byte("\x00meta"),
		}
		before := time.Now()
		r := f.append(s, esdb.Any{}, want)
		got := f.mustRead(s, esdb.ReadStreamOptions{}, 1)[0]
		e := got.Event
		if e.EventID != want.EventID || e.EventType != want.EventType || e.ContentType != "application/octet-stream" ||
			!bytes.Equal(e.Data, want.Data) || !bytes.Equal(e.UserMetadata, want.Metadata) || e.StreamID != s {
			f.Fatalf("got %+v, want what was appended: %+v", e, want)
		}
		if e.Position != position(r) || got.Commit == nil || *got.Commit != r.CommitPosition {
			f.Fatalf("got position %+v, the append said %+v", e.Position, *r)
		}
		if f.Advance == nil && (e.CreatedDate.Before(before.Add(-time.Hour)) || e.CreatedDate.After(before.Add(time.Hour))) {
			f.Fatalf("created %v, the clock says %v", e.CreatedDate, before)
		}
	}},
	{"KeepsEmptyDataAndMetadata", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.Any{}, esdb.EventData{EventID: uuid.New(), EventType: "empty"})
		e := f.mustRead(s, esdb.ReadStreamOptions{}, 1)[0].Event
		if len(e.Data) != 0 || len(e.UserMetadata) != 0 {
			f.Fatalf("got data %q and metadata %q, want none", e.Data, e.UserMetadata)
		}
	}},
	{"WrongExpectedVersionIsAnAnswer", func(f *fixture) {
		s := f.stream()
		err := f.appendRefused(esdb.ErrorCodeWrongExpectedVersion, s, esdb.Revision(5), events(1)...)
		if !strings.Contains(err.Error(), "expecting '5' but got 'no_stream'") {
			f.Fatalf("got %v", err)
		}
		f.append(s, esdb.Any{}, events(2)...)
		for _, e := range []esdb.ExpectedRevision{esdb.NoStream{}, esdb.Revision(0), esdb.Revision(2)} {
			err := f.appendRefused(esdb.ErrorCodeWrongExpectedVersion, s, e, events(1)...)
			if !strings.Contains(err.Error(), "but got '1'") {
				f.Fatalf("expecting %v: got %v", e, err)
			}
		}
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 0, 1)
	}},
	{"StreamExistsNeedsEventsOrMetadata", func(f *fixture) {
		s := f.stream()
		f.appendRefused(esdb.ErrorCodeWrongExpectedVersion, s, esdb.StreamExists{}, events(1)...)
		f.append(s, esdb.NoStream{}, events(1)...)
		f.append(s, esdb.StreamExists{}, events(1)...)
		described := f.stream()
		f.setMeta(described, func(m *esdb.StreamMetadata) { m.SetMaxCount(10) })
		f.append(described, esdb.StreamExists{}, events(1)...)
	}},
	{"NothingToAppendAnswersTheCurrentState", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.Any{})
		if _, err := f.read(s, esdb.ReadStreamOptions{}, 1); err == nil {
			f.Fatal("an append of nothing made a stream")
		}
		f.append(s, esdb.NoStream{}, events(3)...)
		if r := f.append(s, esdb.Revision(2)); r.NextExpectedVersion != 2 {
			f.Fatalf("got revision %d, want 2", r.NextExpectedVersion)
		}
		f.appendRefused(esdb.ErrorCodeWrongExpectedVersion, s, esdb.Revision(1))
	}},
	{"LargestAppendIsOneMebibyte", func(f *fixture) {
		s := f.stream()
		e := esdb.EventData{EventID: uuid.New(), EventType: "ab", Data: make([]byte, 1<<20-4)}
		f.append(s, esdb.Any{}, e)
		if got := f.mustRead(s, esdb.ReadStreamOptions{}, 1)[0].Event.Data; len(got) != len(e.Data) {
			f.Fatalf("got %d bytes back, want %d", len(got), len(e.Data))
		}
		e.EventID, e.Data = uuid.New(), make([]byte, 1<<20-3)
		f.appendRefused(esdb.ErrorCodeUnknown, s, esdb.Any{}, e)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 0)
	}},
	{"SeveralEventsCountTogetherAgainstTheLimit", func(f *fixture) {
		s := f.stream()
		list := events(8)
		for i := range list {
			list[i].Data = make([]byte, 150_000)
		}
		f.appendRefused(esdb.ErrorCodeUnknown, s, esdb.Any{}, list...)
		if _, err := f.read(s, esdb.ReadStreamOptions{}, 1); err == nil {
			f.Fatal("a part of a refused append was written")
		}
	}},
	{"ConcurrentWritersAtOneRevisionOneWins", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(1)...)
		const writers = 16
		won := make(chan bool, writers)
		for range writers {
			go func() {
				_, err := f.c.AppendToStream(f.ctx, s, expecting(esdb.Revision(0)), events(1)...)
				won <- err == nil
			}()
		}
		wins := 0
		for range writers {
			if <-won {
				wins++
			}
		}
		if wins != 1 {
			f.Fatalf("%d of %d writers won, want 1", wins, writers)
		}
	}},
	{"StreamNamesAreExact", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(1)...)
		for _, other := range []string{s + "-x", s[:len(s)-1], strings.ToUpper(s)} {
			f.append(other, esdb.NoStream{}, events(2)...)
		}
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 0)
	}},
}

// setMeta writes stream metadata whatever there was before.
func (f *fixture) setMeta(stream string, change func(*esdb.StreamMetadata)) *esdb.WriteResult {
	f.Helper()
	var m esdb.StreamMetadata
	change(&m)
	r, err := f.c.SetStreamMetadata(f.ctx, stream, expecting(esdb.Any{}), m)
	if err != nil {
		f.Fatalf("set metadata of %s: %v", stream, err)
	}
	return r
}
