package storetest

import (
	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

func (f *fixture) delete(stream string, e esdb.ExpectedRevision) error {
	_, err := f.c.DeleteStream(f.ctx, stream, esdb.DeleteStreamOptions{ExpectedRevision: e})
	return err
}

func (f *fixture) mustDelete(stream string) {
	f.Helper()
	if err := f.delete(stream, esdb.Any{}); err != nil {
		f.Fatalf("delete %s: %v", stream, err)
	}
}

func (f *fixture) mustTombstone(stream string) {
	f.Helper()
	r, err := f.c.TombstoneStream(f.ctx, stream, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	if err != nil {
		f.Fatalf("tombstone %s: %v", stream, err)
	}
	if r.Position.Commit == 0 || r.Position.Prepare == 0 {
		f.Fatalf("got position %+v, want one above 0", r.Position)
	}
}

func (f *fixture) wantNotFound(stream string) {
	f.Helper()
	list, err := f.read(stream, esdb.ReadStreamOptions{}, everything)
	if err == nil {
		f.Fatalf("read %d events of a stream that should not be found", len(list))
	}
	f.wantCode(err, esdb.ErrorCodeResourceNotFound)
}

var deleteTests = []contractTest{
	{"DeletedStreamIsNotFound", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		r, err := f.c.DeleteStream(f.ctx, s, esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(2)})
		if err != nil {
			f.Fatal(err)
		}
		if r.Position.Commit == 0 || r.Position.Prepare == 0 {
			f.Fatalf("got position %+v, want one above 0", r.Position)
		}
		f.wantNotFound(s)
	}},
	{"DeleteAtAnotherRevisionIsRefused", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		for _, e := range []esdb.ExpectedRevision{esdb.Revision(1), esdb.Revision(3), esdb.NoStream{}} {
			err := f.delete(s, e)
			if err == nil {
				f.Fatalf("delete expecting %v succeeded", e)
			}
			f.wantCode(err, esdb.ErrorCodeUnknown)
		}
		f.wantLength(s, 3)
	}},
	{"DeleteOfWhatNeverWasIsRefused", func(f *fixture) {
		for _, e := range []esdb.ExpectedRevision{esdb.Any{}, esdb.NoStream{}, esdb.StreamExists{}} {
			if f.delete(f.stream(), e) == nil {
				f.Fatalf("delete expecting %v succeeded", e)
			}
		}
	}},
	{"AppendAfterDeleteContinuesTheNumbering", func(f *fixture) {
		for _, e := range []esdb.ExpectedRevision{esdb.Any{}, esdb.NoStream{}, esdb.Revision(2)} {
			s := f.stream()
			f.append(s, esdb.NoStream{}, events(3)...)
			f.mustDelete(s)
			if r := f.append(s, e, events(2)...); r.NextExpectedVersion != 4 {
				f.Fatalf("expecting %v: got revision %d, want 4", e, r.NextExpectedVersion)
			}
			f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 3, 4)
			m, err := f.c.GetStreamMetadata(f.ctx, s, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}})
			if err != nil {
				f.Fatal(err)
			}
			if tb := m.TruncateBefore(); tb == nil || *tb != 3 {
				f.Fatalf("got truncate-before %v, want 3", tb)
			}
		}
	}},
	{"AppendAfterDeleteAtAnotherRevisionIsRefused", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		f.mustDelete(s)
		f.appendRefused(refused, s, esdb.Revision(1), events(1)...)
		f.appendRefused(refused, s, esdb.Revision(3), events(1)...)
		f.wantNotFound(s)
	}},
	{"DeletedStreamDoesNotExistForStreamExists", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(1)...)
		f.mustDelete(s)
		f.appendRefused(esdb.ErrorCodeStreamDeleted, s, esdb.StreamExists{}, events(1)...)
		f.wantCode(f.delete(s, esdb.StreamExists{}), esdb.ErrorCodeStreamDeleted)
	}},
	{"RepetitionOfADeletedEventIsRecognisedByRevision", func(f *fixture) {
		s := f.stream()
		a := events(2)
		first := f.append(s, esdb.NoStream{}, a...)
		f.mustDelete(s)
		if again := f.append(s, esdb.NoStream{}, a...); *again != *first {
			f.Fatalf("got %+v, the first time %+v", *again, *first)
		}
		f.wantNotFound(s)
	}},
	{"DeleteTwiceAndContinueTwice", func(f *fixture) {
		s := f.stream()
		for round := range uint64(3) {
			f.append(s, esdb.Any{}, events(2)...)
			f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 2*round, 2*round+1)
			f.mustDelete(s)
			f.wantNotFound(s)
		}
	}},
	{"MetadataOfADeletedStreamBringsItBack", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(2)...)
		f.mustDelete(s)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxCount(5) })
		f.append(s, esdb.Revision(1), events(1)...)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 2)
	}},
	{"TombstonedStreamIsDeletedForGood", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(2)...)
		f.mustTombstone(s)
		for _, e := range []esdb.ExpectedRevision{esdb.Any{}, esdb.NoStream{}, esdb.Revision(1), esdb.StreamExists{}} {
			f.appendRefused(esdb.ErrorCodeStreamDeleted, s, e, events(1)...)
		}
		_, err := f.read(s, esdb.ReadStreamOptions{}, everything)
		f.wantCode(err, esdb.ErrorCodeStreamDeleted)
		f.wantCode(f.delete(s, esdb.Any{}), esdb.ErrorCodeStreamDeleted)
		_, err = f.c.TombstoneStream(f.ctx, s, esdb.TombstoneStreamOptions{})
		f.wantCode(err, esdb.ErrorCodeStreamDeleted)
	}},
	{"TombstoneIsDecidedBeforeRepetition", func(f *fixture) {
		s := f.stream()
		a := events(1)
		f.append(s, esdb.NoStream{}, a...)
		f.mustTombstone(s)
		f.appendRefused(esdb.ErrorCodeStreamDeleted, s, esdb.NoStream{}, a...)
	}},
	{"TombstoneOfWhatNeverWas", func(f *fixture) {
		s := f.stream()
		f.mustTombstone(s)
		f.appendRefused(esdb.ErrorCodeStreamDeleted, s, esdb.Any{}, events(1)...)
	}},
	{"TombstoneEndsTheMetadataToo", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(1)...)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxCount(5) })
		f.mustTombstone(s)
		_, err := f.read("$$"+s, esdb.ReadStreamOptions{}, 1)
		f.wantCode(err, esdb.ErrorCodeStreamDeleted)
		_, err = f.c.SetStreamMetadata(f.ctx, s, expecting(esdb.Any{}), esdb.StreamMetadata{})
		f.wantCode(err, esdb.ErrorCodeStreamDeleted)
		never := f.stream() // nor can what never was be described any more
		f.mustTombstone(never)
		f.appendRefused(esdb.ErrorCodeStreamDeleted, "$$"+never, esdb.Any{}, typed("$metadata"))
	}},
	{"DeleteOfMetadataChangesNothing", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxCount(2) })
		f.mustDelete("$$" + s)
		f.append("$$"+s, esdb.StreamExists{}, typed("$metadata"))
		f.wantLength(s, 3)
		hide := typed("$metadata")
		hide.Data = []byte(`{"$tb": 9223372036854775807}`)
		f.append("$$"+s, esdb.Any{}, hide)
		f.wantNotFound(s)
		f.append(s, esdb.NoStream{}, events(1)...)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 3)
	}},
	{"TombstoneAtAnotherRevisionIsRefused", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(2)...)
		_, err := f.c.TombstoneStream(f.ctx, s, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Revision(0)})
		if err == nil {
			f.Fatal("the tombstone was written")
		}
		f.wantLength(s, 2)
	}},
}
