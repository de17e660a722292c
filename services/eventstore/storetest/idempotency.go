package storetest

import "github.com/EventStore/EventStore-Client-Go/v4/esdb"

// same asserts that a repetition was answered as the first time and wrote nothing.
func (f *fixture) same(stream string, got, want *esdb.WriteResult, total int) {
	f.Helper()
	if *got != *want {
		f.Fatalf("the repetition got %+v, the first time %+v", *got, *want)
	}
	f.wantLength(stream, total)
}

func (f *fixture) wantLength(stream string, total int) {
	f.Helper()
	if n := len(f.mustRead(stream, esdb.ReadStreamOptions{}, everything)); n != total {
		f.Fatalf("%d events in the stream, want %d", n, total)
	}
}

const refused = esdb.ErrorCodeWrongExpectedVersion

var idempotencyTests = []contractTest{
	{"ExplicitRevisionRepeatedIsRecognisedForEver", func(f *fixture) {
		s := f.stream()
		a, b := events(2), events(3)
		first := f.append(s, esdb.NoStream{}, a...)
		second := f.append(s, esdb.Revision(1), b...)
		f.append(s, esdb.Revision(4), events(1)...)
		f.same(s, f.append(s, esdb.NoStream{}, a...), first, 6)
		f.same(s, f.append(s, esdb.Revision(1), b...), second, 6)
	}},
	{"ExplicitRevisionPrefixIsRecognised", func(f *fixture) {
		s := f.stream()
		a := events(3)
		f.append(s, esdb.NoStream{}, a...)
		if r := f.append(s, esdb.NoStream{}, a[:2]...); r.NextExpectedVersion != 1 {
			f.Fatalf("got revision %d, want that of the second event, 1", r.NextExpectedVersion)
		}
		f.wantLength(s, 3)
	}},
	{"ExplicitRevisionWithOtherFirstEventIsRefused", func(f *fixture) {
		s := f.stream()
		a := events(2)
		f.append(s, esdb.NoStream{}, a...)
		f.appendRefused(refused, s, esdb.NoStream{}, events(1)[0], a[1])
		f.wantLength(s, 2)
	}},
	{"ExplicitRevisionWithOtherLaterEventIsRefused", func(f *fixture) {
		s := f.stream()
		a := events(2)
		f.append(s, esdb.NoStream{}, a...)
		f.appendRefused(refused, s, esdb.NoStream{}, a[0], events(1)[0])
		f.appendRefused(refused, s, esdb.NoStream{}, a[0], a[1], events(1)[0])
		f.wantLength(s, 2)
	}},
	{"CurrentRevisionIsAlwaysWritten", func(f *fixture) {
		s := f.stream()
		a := events(1)
		f.append(s, esdb.NoStream{}, a...)
		if r := f.append(s, esdb.Revision(0), a...); r.NextExpectedVersion != 1 {
			f.Fatalf("got revision %d, want 1", r.NextExpectedVersion)
		}
		f.wantLength(s, 2)
	}},
	{"RevisionBeyondTheEndIsRefused", func(f *fixture) {
		s := f.stream()
		a := events(1)
		f.append(s, esdb.NoStream{}, a...)
		f.appendRefused(refused, s, esdb.Revision(1), a...)
	}},
	{"SameIdInAnotherStreamIsWritten", func(f *fixture) {
		s, other := f.stream(), f.stream()
		a := events(1)
		f.append(s, esdb.Any{}, a...)
		f.append(other, esdb.Any{}, a...)
		f.append(f.stream(), esdb.NoStream{}, a...)
		f.wantLength(s, 1)
		f.wantLength(other, 1)
	}},
	{"AnyRepeatedIsRecognised", func(f *fixture) {
		f.needsIDs()
		s := f.stream()
		a := events(3)
		first := f.append(s, esdb.Any{}, a...)
		f.append(s, esdb.Any{}, events(1)...)
		f.same(s, f.append(s, esdb.Any{}, a...), first, 4)
		f.same(s, f.append(s, esdb.StreamExists{}, a...), first, 4)
	}},
	{"AnyStartingWithKnownThenUnknownIsRefused", func(f *fixture) {
		f.needsIDs()
		s := f.stream()
		a := events(2)
		f.append(s, esdb.Any{}, a...)
		f.appendRefused(refused, s, esdb.Any{}, a[0], events(1)[0])
		f.wantLength(s, 2)
	}},
	{"AnyStartingWithUnknownIsWritten", func(f *fixture) {
		s := f.stream()
		a := events(1)
		f.append(s, esdb.Any{}, a...)
		f.append(s, esdb.Any{}, events(1)[0], a[0])
		f.wantLength(s, 3)
	}},
	{"AnyAfterIdsAreForgottenIsWrittenOrRecognised", func(f *fixture) {
		// What a caller may rely on everywhere: it succeeds, and the stream holds
		// the event once or twice.
		s := f.stream()
		a := events(1)
		f.append(s, esdb.Any{}, a...)
		f.append(s, esdb.Any{}, a...)
		if n := len(f.mustRead(s, esdb.ReadStreamOptions{}, everything)); n != 1 && (n != 2 || !f.ForgetsIDs) {
			f.Fatalf("%d events in the stream", n)
		}
	}},
	{"ConcurrentRepetitionsWriteOnce", func(f *fixture) {
		s := f.stream()
		a := events(2)
		const callers = 12
		results := make(chan *esdb.WriteResult, callers)
		for range callers {
			go func() {
				r, err := f.c.AppendToStream(f.ctx, s, expecting(esdb.NoStream{}), a...)
				if err != nil {
					f.Errorf("append: %v", err)
				}
				results <- r
			}()
		}
		first := <-results
		for range callers - 1 {
			if r := <-results; r == nil || first == nil || *r != *first {
				f.Fatalf("answers differ: %+v and %+v", r, first)
			}
		}
		f.wantLength(s, 2)
	}},
}

// needsIDs skips a test on a server that forgets event ids.
func (f *fixture) needsIDs() {
	f.Helper()
	if f.ForgetsIDs {
		f.Skip("this server forgets event ids; Any may be written again")
	}
}
