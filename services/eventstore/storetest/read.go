package storetest

import "github.com/EventStore/EventStore-Client-Go/v4/esdb"

var backwards = esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}

var readTests = []contractTest{
	{"MissingStreamIsNotFound", func(f *fixture) { f.wantNotFound(f.stream()) }},
	{"ForwardsFromARevisionIncludesIt", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(5)...)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{From: esdb.Revision(2)}, everything), 2, 3, 4)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{From: esdb.Revision(2)}, 2), 2, 3)
	}},
	{"ForwardsBeyondTheEndIsEmpty", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(2)...)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{From: esdb.Revision(2)}, everything))
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{From: esdb.Revision(1 << 62)}, everything))
	}},
	{"BackwardsFromTheEnd", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(4)...)
		f.wantRevisions(f.mustRead(s, backwards, everything), 3, 2, 1, 0)
		f.wantRevisions(f.mustRead(s, backwards, 1), 3)
	}},
	{"BackwardsFromARevisionIncludesIt", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(4)...)
		o := esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.Revision(2)}
		f.wantRevisions(f.mustRead(s, o, everything), 2, 1, 0)
		o.From = esdb.Revision(100)
		f.wantRevisions(f.mustRead(s, o, 2), 3, 2)
	}},
	{"BackwardsFromTheStartIsTheFirstEvent", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.Start{}}, everything), 0)
	}},
	{"LongStreamIsReadWhole", func(f *fixture) {
		s := f.stream()
		const n = 3000
		for range n / 500 {
			f.append(s, esdb.Any{}, events(500)...)
		}
		list := f.mustRead(s, esdb.ReadStreamOptions{}, everything)
		for i, e := range list {
			if e.Event.EventNumber != uint64(i) {
				f.Fatalf("event %d has revision %d", i, e.Event.EventNumber)
			}
		}
		if len(list) != n {
			f.Fatalf("read %d events, want %d", len(list), n)
		}
		back := f.mustRead(s, backwards, everything)
		if len(back) != n || back[0].Event.EventID != list[n-1].Event.EventID {
			f.Fatalf("backwards read %d events", len(back))
		}
	}},
	{"OwnWritesAreSeenAtOnce", func(f *fixture) {
		s := f.stream()
		for i := range uint64(50) {
			f.append(s, esdb.Any{}, events(1)...)
			f.wantRevisions(f.mustRead(s, backwards, 1), i)
		}
	}},
	{"ReaderThatStopsEarlyLeavesTheServerWell", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(2000)...)
		for range 20 {
			rs, err := f.c.ReadStream(f.ctx, s, esdb.ReadStreamOptions{From: esdb.Start{}}, everything)
			if err != nil {
				f.Fatal(err)
			}
			if _, err := rs.Recv(); err != nil {
				f.Fatal(err)
			}
			rs.Close()
		}
		f.wantLength(s, 2000)
	}},
}

var allTests = []contractTest{
	{"ForwardsFromAPositionIncludesIt", func(f *fixture) {
		a := f.append(f.stream(), esdb.Any{}, events(1)...)
		b := f.append(f.stream(), esdb.Any{}, events(1)...)
		list := f.readAll(esdb.ReadAllOptions{From: position(a)}, everything)
		if len(list) < 2 || list[0].Event.Position != position(a) {
			f.Fatalf("got %d events, first at %+v, want the one at %+v", len(list), list[0].Event.Position, position(a))
		}
		if !contains(list, position(b)) {
			f.Fatalf("the event at %+v is missing", position(b))
		}
	}},
	{"BackwardsFromAPositionExcludesIt", func(f *fixture) {
		a := f.append(f.stream(), esdb.Any{}, events(1)...)
		b := f.append(f.stream(), esdb.Any{}, events(1)...)
		list := f.readAll(esdb.ReadAllOptions{Direction: esdb.Backwards, From: position(b)}, 100)
		if contains(list, position(b)) || !contains(list, position(a)) {
			f.Fatal("want the event before the position and not the one at it")
		}
	}},
	{"BackwardsFromTheEndIsNewestFirst", func(f *fixture) {
		a := f.append(f.stream(), esdb.Any{}, events(1)...)
		list := f.readAll(esdb.ReadAllOptions{Direction: esdb.Backwards, From: esdb.End{}}, 100)
		if !contains(list, position(a)) {
			f.Fatal("the newest event is not among the last 100")
		}
		for i := 1; i < len(list); i++ {
			if list[i].OriginalEvent().Position.Commit >= list[i-1].OriginalEvent().Position.Commit {
				f.Fatalf("positions do not fall at %d", i)
			}
		}
	}},
	{"BackwardsFromTheStartIsEmpty", func(f *fixture) {
		f.append(f.stream(), esdb.Any{}, events(1)...)
		if list := f.readAll(esdb.ReadAllOptions{Direction: esdb.Backwards, From: esdb.Start{}}, 10); len(list) != 0 {
			f.Fatalf("got %d events", len(list))
		}
	}},
	{"ForwardsFromTheEndIsEmpty", func(f *fixture) {
		f.append(f.stream(), esdb.Any{}, events(1)...)
		if list := f.readAll(esdb.ReadAllOptions{From: esdb.End{}}, 10); len(list) != 0 {
			f.Fatalf("got %d events", len(list))
		}
	}},
	{"HoldsMetadataHiddenAndDeletedEvents", func(f *fixture) {
		s := f.stream()
		first := f.append(s, esdb.Any{}, events(3)...)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxCount(1) })
		f.mustTombstone(s)
		types := map[string]int{}
		for _, e := range f.readAll(esdb.ReadAllOptions{From: esdb.Position{Commit: first.CommitPosition, Prepare: first.PreparePosition}}, everything) {
			if id := e.OriginalEvent().StreamID; id == s || id == "$$"+s {
				types[e.OriginalEvent().EventType]++
			}
		}
		if types["$metadata"] != 1 || types["$streamDeleted"] != 1 || types["storetest.Happened"] < 1 {
			f.Fatalf("got %v of the stream", types)
		}
	}},
	{"EventsOfOneAppendLieTogetherInOrder", func(f *fixture) {
		s := f.stream()
		last := f.append(s, esdb.NoStream{}, events(20)...)
		var got []uint64
		for _, e := range f.readAll(esdb.ReadAllOptions{Direction: esdb.Backwards, From: esdb.End{}}, 200) {
			if e.OriginalEvent().StreamID == s {
				got = append(got, e.OriginalEvent().EventNumber)
			}
		}
		if len(got) != 20 || got[0] != 19 || got[19] != 0 || last.NextExpectedVersion != 19 {
			f.Fatalf("got revisions %v", got)
		}
	}},
}

func contains(list []*esdb.ResolvedEvent, p esdb.Position) bool {
	for _, e := range list {
		if e.OriginalEvent().Position == p {
			return true
		}
	}
	return false
}
