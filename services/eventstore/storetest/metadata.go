package storetest

import (
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

func (f *fixture) getMeta(stream string) *esdb.StreamMetadata {
	f.Helper()
	m, err := f.c.GetStreamMetadata(f.ctx, stream, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}})
	if err != nil {
		f.Fatalf("get metadata of %s: %v", stream, err)
	}
	return m
}

// writeMeta writes metadata that the client would not.
func (f *fixture) writeMeta(stream, text string) {
	f.Helper()
	e := typed("$metadata")
	e.Data = []byte(text)
	f.append("$$"+stream, esdb.Any{}, e)
}

var metadataTests = []contractTest{
	{"IsReturnedAsItWasSet", func(f *fixture) {
		s := f.stream()
		var acl esdb.Acl
		acl.AddReadRoles("auditors")
		f.setMeta(s, func(m *esdb.StreamMetadata) {
			m.SetMaxCount(7)
			m.SetMaxAge(2 * time.Hour)
			m.SetTruncateBefore(3)
			m.SetCacheControl(time.Minute)
			m.SetAcl(acl)
			m.AddCustomProperty("owner", "intake")
		})
		m := f.getMeta(s)
		if *m.MaxCount() != 7 || *m.MaxAge() != 2*time.Hour || *m.TruncateBefore() != 3 || *m.CacheControl() != time.Minute {
			f.Fatalf("got %+v", m)
		}
		if m.CustomProperty("owner") != "intake" {
			f.Fatalf("got owner %v", m.CustomProperty("owner"))
		}
		if got := m.StreamAcl(); got == nil || len(got.ReadRoles()) != 1 || got.ReadRoles()[0] != "auditors" {
			f.Fatalf("got access control list %+v", got)
		}
	}},
	{"CountsWhereItIsJSONOnly", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxCount(2) })
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 1, 2)
		looksLike := esdb.EventData{EventID: uuid.New(), EventType: "$metadata", ContentType: esdb.ContentTypeBinary, Data: []byte(`{"$maxCount":1}`)}
		f.append("$$"+s, esdb.Any{}, looksLike)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 0, 1, 2)
		f.append(s, esdb.Revision(2), events(1)...)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 0, 1, 2, 3)
	}},
	{"OnlyTheNewestIsVisible", func(f *fixture) {
		s := f.stream()
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxCount(1) })
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxCount(2) })
		list := f.mustRead("$$"+s, esdb.ReadStreamOptions{}, everything)
		f.wantRevisions(list, 1)
		if typ := list[0].Event.EventType; typ != "$metadata" {
			f.Fatalf("got type %s, want $metadata", typ)
		}
	}},
	{"HasAnExpectedRevisionOfItsOwn", func(f *fixture) {
		s := f.stream()
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxCount(1) })
		_, err := f.c.SetStreamMetadata(f.ctx, s, expecting(esdb.NoStream{}), esdb.StreamMetadata{})
		f.wantCode(err, refused)
	}},
	{"WithoutEventsIsNoStream", func(f *fixture) {
		s := f.stream()
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxCount(1) })
		f.wantNotFound(s)
		f.append(s, esdb.NoStream{}, events(1)...)
		f.wantLength(s, 1)
	}},
	{"MaxCountHidesAllButTheLast", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(5)...)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxCount(2) })
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 3, 4)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}, everything), 4, 3)
		f.append(s, esdb.Revision(4), events(1)...)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{From: esdb.Revision(1)}, everything), 4, 5)
	}},
	{"TruncateBeforeHidesWhatCameEarlier", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(5)...)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetTruncateBefore(3) })
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 3, 4)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.Revision(2)}, everything))
	}},
	{"TruncateBeforeBeyondTheEndLeavesAnEmptyStream", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetTruncateBefore(100) })
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything))
		f.appendRefused(refused, s, esdb.NoStream{}, events(1)...)
	}},
	{"StricterOfTruncateBeforeAndMaxCountHolds", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(6)...)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetTruncateBefore(5); m.SetMaxCount(3) })
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 5)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetTruncateBefore(1); m.SetMaxCount(3) })
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 3, 4, 5)
	}},
	{"MaxAgeHidesWhatIsOlder", func(f *fixture) {
		if f.Advance == nil {
			f.Skip("the server's clock cannot be moved")
		}
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(2)...)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxAge(time.Hour) })
		f.Advance(40 * time.Minute)
		f.append(s, esdb.Revision(1), events(1)...)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 0, 1, 2)
		f.Advance(40 * time.Minute)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 2)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{Direction: esdb.Backwards, From: esdb.End{}}, 1), 2)
		f.Advance(40 * time.Minute)
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything))
	}},
	{"LiftedLimitsShowTheEventsAgain", func(f *fixture) {
		// Until a cluster scavenges. What was hidden a moment ago is still there.
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxCount(1) })
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 2)
		f.setMeta(s, func(*esdb.StreamMetadata) {})
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 0, 1, 2)
	}},
	{"NamesOfSettingsAreExact", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		f.writeMeta(s, `{"$MAXCOUNT": 1, "$Tb": 2}`)
		f.wantLength(s, 3)
	}},
	{"SettingBelowItsRangeIsNone", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		f.setMeta(s, func(m *esdb.StreamMetadata) { m.SetMaxCount(0); m.SetTruncateBefore(1) })
		f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 1, 2)
		for _, text := range []string{
			`{"$maxCount":-1,"$tb":2}`, `{"$maxAge":0,"$tb":2}`, `{"$maxAge":-1,"$tb":2}`, `{"$tb":-1,"$maxCount":1}`, `{"$cacheControl":0,"$tb":2}`,
		} {
			f.writeMeta(s, text)
			f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 2)
		}
	}},
	{"SettingThatIsNoWholeNumberVoidsTheOthers", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(3)...)
		for _, text := range []string{
			`{"$tb":2,"$maxCount":1.5}`, `{"$tb":2,"$maxCount":"1"}`, `{"$tb":2,"$maxCount":null}`, `{"$maxCount":1,"$tb":9223372036854775808}`,
			`{"$tb":2,"$maxAge":1e3}`, `{"$tb":2,"$cacheControl":true}`,
		} {
			f.writeMeta(s, `{"$tb":2}`)
			f.wantRevisions(f.mustRead(s, esdb.ReadStreamOptions{}, everything), 2)
			f.writeMeta(s, text)
			f.wantLength(s, 3)
		}
	}},
	{"UnreadableMetadataLimitsNothing", func(f *fixture) {
		s := f.stream()
		f.append(s, esdb.NoStream{}, events(2)...)
		f.writeMeta(s, `{"$maxCount": 1`)
		f.wantLength(s, 2)
	}},
}
