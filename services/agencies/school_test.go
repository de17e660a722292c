package agencies_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/openmash/mash/services/agencies"
)

func agencyFile(id, sector, more string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(`{"id": "` + id + `", "name": "N", "sector": "` + sector + `", "kinds": [], "source_codes": [],
		"systems": [{"id": "s", "name": "S", "source": "urn:` + id + `"}]` + more + `}`)}
}

// KEN-20: a child's school leads to one agency, and to none by chance.
func TestKEN20_ASchoolIsOfOneAgency(t *testing.T) {
	r, err := agencies.Load(fstest.MapFS{
		"a.json": agencyFile("a", "education", `, "schools": ["118900", "118901"]`), "b.json": agencyFile("b", "education", `, "home_education": true`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := r.School("118901"); !ok || got != "a" {
		t.Errorf("118901 is of %q, want a", got)
	}
	if got, ok := r.School(""); ok {
		t.Errorf("no school is of %q", got)
	}
	if got, ok := r.HomeEducation(); !ok || got != "b" {
		t.Errorf("the officer is %q, want b", got)
	}
	for want, files := range map[string]fstest.MapFS{
		"is of a already":          {"a.json": agencyFile("a", "education", `, "schools": ["118900"]`), "b.json": agencyFile("b", "education", `, "schools": ["118900"]`)},
		"a is the officer already": {"a.json": agencyFile("a", "education", `, "home_education": true`), "b.json": agencyFile("b", "education", `, "home_education": true`)},
		"is not six digits":        {"a.json": agencyFile("a", "education", `, "schools": ["1189"]`)},
		"are for the sector":       {"a.json": agencyFile("a", "police", `, "schools": ["118900"]`)},
	} {
		if _, err := agencies.Load(files); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("loaded with %v, want a fault that says %q", err, want)
		}
	}
}
