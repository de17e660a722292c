package storetest

import (
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

func link(rev uint64, stream string) esdb.EventData {
	e := typed("$>")
	e.ContentType = esdb.ContentTypeBinary
	e.Data = fmt.Appendf(nil, "%d@%s", rev, stream)
	return e
}

var resolving = esdb.ReadStreamOptions{From: esdb.Start{}, ResolveLinkTos: true}

var linkTests = []contractTest{
	{"ResolvedLinkCarriesBothEvents", func(f *fixture) {
		target, s := f.stream(), f.stream()
		data := events(2)
		f.append(target, esdb.NoStream{}, data...)
		r := f.append(s, esdb.NoStream{}, link(1, target))
		e := f.mustRead(s, resolving, 1)[0]
		if e.Link == nil || e.Event == nil {
			f.Fatalf("got link %v and event %v, want both", e.Link, e.Event)
		}
		if e.Event.EventID != data[1].EventID || e.Event.StreamID != target || e.Event.EventNumber != 1 {
			f.Fatalf("the link led to %+v", e.Event)
		}
		if e.Link.StreamID != s || e.OriginalEvent() != e.Link || *e.Commit != r.CommitPosition {
			f.Fatalf("the link itself is %+v, position %d", e.Link, *e.Commit)
		}
	}},
	{"UnresolvedLinkIsAnEventLikeAnyOther", func(f *fixture) {
		target, s := f.stream(), f.stream()
		f.append(target, esdb.NoStream{}, events(1)...)
		f.append(s, esdb.NoStream{}, link(0, target))
		e := f.mustRead(s, esdb.ReadStreamOptions{}, 1)[0]
		if e.Link != nil || e.Event.EventType != "$>" {
			f.Fatalf("got link %v and event %+v", e.Link, e.Event)
		}
	}},
	{"LinkToNothingHasNoEvent", func(f *fixture) {
		gone, hidden, deleted, ended, s := f.stream(), f.stream(), f.stream(), f.stream(), f.stream()
		f.append(hidden, esdb.NoStream{}, events(3)...)
		f.setMeta(hidden, func(m *esdb.StreamMetadata) { m.SetMaxCount(1) })
		f.append(deleted, esdb.NoStream{}, events(1)...)
		f.mustDelete(deleted)
		f.append(ended, esdb.NoStream{}, events(1)...)
		f.mustTombstone(ended)
		f.append(s, esdb.NoStream{}, link(0, gone), link(0, hidden), link(9, hidden), link(0, deleted), link(0, ended))
		for i, e := range f.mustRead(s, resolving, everything) {
			if e.Event != nil || e.Link == nil || e.Link.EventNumber != uint64(i) {
				f.Fatalf("link %d: got event %+v and link %+v, want only the link", i, e.Event, e.Link)
			}
		}
	}},
	{"LinkThatDoesNotReadAsOneIsItself", func(f *fixture) {
		s := f.stream()
		bad := typed("$>")
		bad.Data = []byte("no link")
		f.append(s, esdb.NoStream{}, bad)
		if e := f.mustRead(s, resolving, 1)[0]; e.Event == nil || e.Event.EventID != bad.EventID {
			f.Fatalf("got %+v", e)
		}
	}},
	{"SubscriptionResolvesLinks", func(f *fixture) {
		target, s := f.stream(), f.stream()
		data := events(1)
		f.append(target, esdb.NoStream{}, data...)
		sub := f.follow(s, esdb.SubscribeToStreamOptions{From: esdb.Start{}, ResolveLinkTos: true})
		f.append(s, esdb.NoStream{}, link(0, target))
		if e := sub.event(); e.Event == nil || e.Event.EventID != data[0].EventID || e.Link == nil {
			f.Fatalf("got %+v", e)
		}
	}},
	{"LinksInAllAreResolvedOnRequest", func(f *fixture) {
		target, s := f.stream(), f.stream()
		data := events(1)
		f.append(target, esdb.NoStream{}, data...)
		r := f.append(s, esdb.NoStream{}, link(0, target))
		e := f.readAll(esdb.ReadAllOptions{From: position(r), ResolveLinkTos: true}, 1)[0]
		if e.Event == nil || e.Event.EventID != data[0].EventID || e.Link.Position != position(r) {
			f.Fatalf("got %+v", e)
		}
	}},
}
