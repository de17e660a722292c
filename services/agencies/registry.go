package agencies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"
)

// A Registry is the set of agencies a hub works with. It does not change after Load and is safe for concurrent use.
type Registry struct {
	byID   map[string]Agency
	sorted []Agency
	// schools are agencies by the numbers of the schools that they answer for, homeEducation is the one for children educated at home.
	schools       map[string]string
	homeEducation string
}

// Load reads every *.json file at the root of files, one agency each. All faults of all files are reported together,
// each with its file and field, so that a registry is put right in one go.
func Load(files fs.FS) (*Registry, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, fmt.Errorf("list agency files: %w", err)
	}
	if len(names) == 0 {
		return nil, errors.New("no agency files (*.json) found")
	}
	r := &Registry{byID: make(map[string]Agency, len(names))}
	var faults []error
	for _, name := range names {
		a, err := loadFile(files, name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		r.byID[a.ID] = a
		r.sorted = append(r.sorted, a)
	}
	faults = append(faults, r.indexSchools()...)
	if len(faults) > 0 {
		return nil, fmt.Errorf("agency registry: %w", errors.Join(faults...))
	}
	slices.SortFunc(r.sorted, func(a, b Agency) int { return strings.Compare(a.ID, b.ID) })
	return r, nil
}

// Agency returns the agency with this id.
func (r *Registry) Agency(id string) (Agency, bool) {
	a, ok := r.byID[id]
	return a.clone(), ok
}

// All returns every agency, sorted by id.
func (r *Registry) All() []Agency {
	all := make([]Agency, len(r.sorted))
	for i, a := range r.sorted {
		all[i] = a.clone()
	}
	return all
}

// InSector returns the agencies of one sector, sorted by id.
func (r *Registry) InSector(s Sector) []Agency {
	return slices.DeleteFunc(r.All(), func(a Agency) bool { return a.Sector != s })
}

func loadFile(files fs.FS, name string) (Agency, error) {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return Agency{}, fmt.Errorf("%s: %w", name, err)
	}
	a, err := decode(data)
	if err != nil {
		return Agency{}, fmt.Errorf("%s: %w", name, err)
	}
	faults := a.faults()
	// One id per file, named after it: two files can then never claim the same account.
	if want := strings.TrimSuffix(path.Base(name), ".json"); a.ID != want {
		faults = append(faults, fmt.Errorf("id: is %q, the file's name wants %q", a.ID, want))
	}
	for i, fault := range faults {
		faults[i] = fmt.Errorf("%s: %w", name, fault)
	}
	return a, errors.Join(faults...)
}

func decode(data []byte) (Agency, error) {
	var a Agency
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a); err != nil {
		var typeErr *json.UnmarshalTypeError
		if errors.As(err, &typeErr) {
			return Agency{}, fmt.Errorf("%s: cannot be a %s", typeErr.Field, typeErr.Value)
		}
		return Agency{}, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return Agency{}, errors.New("more than one JSON value in the file")
	}
	return a, nil
}

// faults lists everything wrong with an agency, each fault led by the field it is about.
func (a Agency) faults() []error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if !ValidID(a.ID) {
		fault("id: %q is not lower-case letters, digits and inner hyphens, at most %d", a.ID, MaxIDLength)
	}
	if strings.TrimSpace(a.Name) == "" {
		fault("name: is empty")
	}
	if !slices.Contains(Sectors(), a.Sector) {
		fault("sector: %q is not one of %v", a.Sector, Sectors())
	}
	eachOnce(a.Kinds, Kinds(), func(i int, problem string) { fault("kinds[%d]: %s", i, problem) })
	eachOnce(a.SourceCodes, sourceCodes, func(i int, problem string) { fault("source_codes[%d]: %s", i, problem) })
	if slices.Contains(a.Kinds, KindContact) && len(a.SourceCodes) == 0 {
		fault("source_codes: is empty, but the agency may publish contacts")
	}
	faults = append(faults, a.schoolFaults()...)
	return append(faults, systemFaults(a.Systems)...)
}

func systemFaults(systems []System) []error {
	if len(systems) == 0 {
		return []error{errors.New("systems: is empty")}
	}
	var faults []error
	fault := func(i int, format string, args ...any) {
		faults = append(faults, fmt.Errorf("systems[%d].%w", i, fmt.Errorf(format, args...)))
	}
	ids, sources := map[string]bool{}, map[string]bool{}
	for i, s := range systems {
		if !ValidID(s.ID) {
			fault(i, "id: %q is not lower-case letters, digits and inner hyphens, at most %d", s.ID, MaxIDLength)
		}
		if strings.TrimSpace(s.Name) == "" {
			fault(i, "name: is empty")
		}
		if u, err := url.Parse(s.Source); err != nil || u.Scheme == "" {
			fault(i, "source: %q is not an absolute URI", s.Source)
		}
		if ids[s.ID] {
			fault(i, "id: %q is there twice", s.ID)
		}
		if sources[s.Source] {
			fault(i, "source: %q is there twice", s.Source)
		}
		ids[s.ID], sources[s.Source] = true, true
	}
	return faults
}

// eachOnce reports every value that is not in known, and every repetition.
func eachOnce(values, known []string, report func(i int, problem string)) {
	for i, v := range values {
		switch {
		case !slices.Contains(known, v):
			report(i, fmt.Sprintf("%q is not one of %v", v, known))
		case slices.Contains(values[:i], v):
			report(i, fmt.Sprintf("%q is there twice", v))
		}
	}
}
