package agencies

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const police = `{"id": "kent-police", "name": "Kent Police", "sector": "police",
 "systems": [{"id": "records", "name": "Records", "source": "https://police.example/records"}],
 "kinds": ["contact"], "source_codes": ["6"]}`

const cms = `{"id": "cms", "name": "Case management", "sector": "social-care",
 "systems": [{"id": "cms", "name": "CMS", "source": "urn:cms"}], "kinds": ["open-case", "contact"], "source_codes": ["5A"]}`

// files makes a registry's folder from name, content pairs.
func files(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return m
}

func TestLoadReadsEveryField(t *testing.T) {
	r, err := Load(files("kent-police.json", police, "cms.json", cms, "README.md", "not an agency"))
	if err != nil {
		t.Fatal(err)
	}
	got, ok := r.Agency("kent-police")
	want := Agency{
		ID: "kent-police", Name: "Kent Police", Sector: Police,
		Systems: []System{{ID: "records", Name: "Records", Source: "https://police.example/records"}},
		Kinds:   []string{KindContact}, SourceCodes: []string{"6"},
	}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("Agency(kent-police) = found %t, (-want +got):\n%s", ok, diff)
	}
	if got.MayPublish(KindOpenCase) || !got.MayPublish(KindContact) {
		t.Errorf("police may publish open-case %t, contact %t; want false, true", got.MayPublish(KindOpenCase), got.MayPublish(KindContact))
	}
	if a, ok := r.Agency("nobody"); ok {
		t.Errorf("Agency(nobody) = %+v, want none", a)
	}
	var ids []string
	for _, a := range r.All() {
		ids = append(ids, a.ID)
	}
	if want := []string{"cms", "kent-police"}; !slices.Equal(ids, want) {
		t.Errorf("All() = %v, want %v", ids, want)
	}
	if in := r.InSector(Police); len(in) != 1 || in[0].ID != "kent-police" {
		t.Errorf("InSector(police) = %+v, want kent-police alone", in)
	}
}

func TestRegistryCannotBeChangedThroughWhatItReturns(t *testing.T) {
	r, err := Load(files("kent-police.json", police))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := r.Agency("kent-police")
	a.Kinds[0] = KindOpenCase
	r.All()[0].SourceCodes[0] = "9"
	again, _ := r.Agency("kent-police")
	if !again.MayPublish(KindContact) || again.SourceCodes[0] != "6" {
		t.Errorf("after a caller's change the registry says %+v", again)
	}
}

func TestLoadNamesFileAndField(t *testing.T) {
	swap := func(old, new string) string { return strings.Replace(police, old, new, 1) }
	for _, tt := range []struct {
		name, file, content string
		want                []string
	}{
		{"unknown field", "kent-police.json", swap(`"name"`, `"nmae"`), []string{"kent-police.json", "nmae"}},
		{"wrong type", "kent-police.json", swap(`["contact"]`, `"contact"`), []string{"kent-police.json", "kinds", "string"}},
		{"broken JSON", "kent-police.json", police[:40], []string{"kent-police.json"}},
		{"two values", "kent-police.json", police + police, []string{"kent-police.json", "more than one"}},
		{"file name", "police.json", police, []string{"police.json", "id:", `wants "police"`}},
		{"id", "Kent.json", swap("kent-police", "Kent"), []string{"Kent.json", "id:"}},
		{"id injects a token", "a.b.json", swap("kent-police", "a.b"), []string{"a.b.json", "id:"}},
		{"long id", strings.Repeat("a", 33) + ".json", swap("kent-police", strings.Repeat("a", 33)), []string{"id:", "at most 32"}},
		{"no name", "kent-police.json", swap("Kent Police", " "), []string{"name:"}},
		{"sector", "kent-police.json", swap(`"police"`, `"polis"`), []string{"sector:", "polis"}},
		{"kind", "kent-police.json", swap(`"contact"`, `"contact", "conatct"`), []string{"kinds[1]:", "conatct"}},
		{"kind twice", "kent-police.json", swap(`"contact"`, `"contact", "contact"`), []string{"kinds[1]:", "twice"}},
		{"source code", "kent-police.json", swap(`"6"`, `"66"`), []string{"source_codes[0]:", "66"}},
		{"no source code", "kent-police.json", swap(`["6"]`, `[]`), []string{"source_codes:"}},
		{"no system", "kent-police.json", swap(`{"id": "records", "name": "Records", "source": "https://police.example/records"}`, ""), []string{"systems:"}},
		{"relative source", "kent-police.json", swap("https://police.example/records", "records"), []string{"systems[0].source:"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(files(tt.file, tt.content))
			if err == nil {
				t.Fatal("Load() accepted it")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error does not say %q: %v", want, err)
				}
			}
		})
	}
}

func TestLoadReportsEveryFileAtOnce(t *testing.T) {
	_, err := Load(files("kent-police.json", "{", "cms.json", strings.Replace(cms, "social-care", "x", 1)))
	if err == nil || !strings.Contains(err.Error(), "kent-police.json") || !strings.Contains(err.Error(), "cms.json: sector:") {
		t.Errorf("Load() = %v, want both files named", err)
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("Load() of an empty folder succeeded: a hub without agencies can receive nothing")
	}
}

// TestKEN24_ShippedRegistry holds the registry that ships to what the front door's rules need of it.
func TestKEN24_ShippedRegistry(t *testing.T) {
	r, err := Load(os.DirFS("../../deploy/agencies"))
	if err != nil {
		t.Fatal(err)
	}
	// SOT-06 names the partners, KEN-24 those who sit together, KEN-16 whose messages arrive.
	for _, s := range Sectors() {
		if len(r.InSector(s)) == 0 {
			t.Errorf("no agency of sector %s", s)
		}
	}
	// WT-04 asks for the authority's own social care: another service of that sector would make a quorum without it.
	if own := r.InSector(SocialCare); len(own) != 1 || own[0].ID != "kent-social-care-cms" {
		t.Errorf("of the sector social-care are %+v, want the authority's own alone", own)
	}
	for _, id := range []string{"kent-police", "kent-schools", "kent-health", "secamb", "nspcc", "kent-probation", "kent-housing"} {
		if a, ok := r.Agency(id); !ok || !a.MayPublish(KindContact) {
			t.Errorf("%s: found %t, may publish a contact %t", id, ok, a.MayPublish(KindContact))
		}
	}
	// What is open comes from one place only, or two systems could contradict each other (KEN-04).
	for _, a := range r.All() {
		if got, want := a.MayPublish(KindOpenCase), a.ID == "kent-social-care-cms"; got != want {
			t.Errorf("%s may publish open-case: %t, want %t", a.ID, got, want)
		}
	}
}

// Police, health, education, probation and housing can be asked, and so can social care that keeps a record of its own.
func TestSOT06_EveryPartnerCanBeAsked(t *testing.T) {
	r, err := Load(os.DirFS("../../deploy/agencies"))
	if err != nil {
		t.Fatal(err)
	}
	asked := r.Partners()
	for _, sector := range []Sector{SocialCare, Police, Health, Education, Probation, Housing} {
		if !slices.ContainsFunc(r.InSector(sector), func(a Agency) bool { return slices.Contains(asked, a.ID) }) {
			t.Errorf("nobody of the sector %s can be asked; partners are %v", sector, asked)
		}
	}
	for _, id := range asked {
		// Who is asked can say what it makes of its answer (SOT-09).
		if a, _ := r.Agency(id); !a.MayPublish(KindAnalysis) {
			t.Errorf("%s can be asked and not analyse", id)
		}
	}
}

func TestValidID(t *testing.T) {
	for id, want := range map[string]bool{
		"a": true, "kent-police": true, "0x": true, strings.Repeat("a", 32): true,
		"": false, "-a": false, "a-": false, "A": false, "a.b": false, "a b": false, "a*": false, ">": false,
		"a\r\nPUB x": false, "a\n": false, "é": false, "_a": false, strings.Repeat("a", 33): false,
	} {
		if got := ValidID(id); got != want {
			t.Errorf("ValidID(%q) = %t, want %t", id, got, want)
		}
	}
}
