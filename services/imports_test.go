package services_test

import (
	"slices"
	"strings"
	"testing"
)

const module = "github.com/openmash/mash/"

// An importRule says what of ours the packages under a folder may import. Patterns end in /** for a folder and all below it.
type importRule struct {
	pkg   string   // folder, or folder/** for all below it too
	may   []string // what of ours may be imported; "" is nothing
	never []string // what may not be imported, ours or anybody's
	why   string
}

// The table of design section 3. The first row that fits a package counts; a package that no row fits is an error, so that a new package
// starts with the question of what it may know.
var importTable = []importRule{
	{"services", nil, nil, "holds only the tests of these rules"},
	{"services/domain/**", []string{"proto/gen/mash/event/**", "services/domain/**"},
		[]string{"context", "net", "net/**", "os", "os/**", "log", "log/**", "math/rand", "math/rand/**", "crypto/rand", "io/ioutil", "database/**"},
		"the rules are pure: time, ids and the profile come in as arguments"},
	{"services/keys", []string{"proto/gen/mash/event/**"}, nil, "keys know nothing of what they seal"},
	{"services/eventstore/**", []string{"proto/gen/mash/event/**", "services/keys", "services/eventstore/**"}, []string{module + "services/domain/**"},
		"the store keeps what it is given and decides nothing"},
	{"services/agencies/**", []string{"services/agencies/**"}, nil, "the registry stands on its own; the publisher is what a partner would write"},
	{"services/bus", []string{"services/agencies", "services/agencies/publisher"}, nil, "NATS carries; it does not read (publisher: in its tests only)"},
	{"services/casework", []string{"services/domain/**", "services/eventstore/**", "services/keys", "proto/gen/mash/event/**"},
		[]string{module + "projections/**", module + "services/bus"}, "no decision from a read model (keys: in its tests only)"},
	{"services/intake/form", []string{"services/domain/contact", "proto/gen/mash/intake/**", "proto/gen/mash/event/**"}, nil,
		"one form, for messages and for conversations"},
	{"services/intake", []string{"services/intake/form", "services/bus", "services/agencies/**", "services/casework", "services/domain/**", "proto/gen/mash/intake/**", "proto/gen/mash/event/**"},
		[]string{module + "projections/**", module + "services/eventstore"}, "intake writes through casework only"},
	{"services/outbox", []string{"services/bus", "services/agencies", "services/eventstore", "services/domain/**", "proto/gen/mash/intake/**", "proto/gen/mash/event/**"},
		[]string{module + "projections/**", module + "services/casework"}, "it tells what is on record and decides nothing (agencies: whose sector may have which number)"},
	{"services/process", []string{"services/casework", "services/eventstore", "services/domain/**", "proto/gen/mash/event/**"},
		[]string{module + "projections/**", module + "services/bus"}, "no decision from a read model; what follows from a lapse is casework's to record"},
	{"projections/**", []string{"services/domain/**", "services/eventstore/**", "proto/gen/mash/event/**", "projections/**", "services/keys"},
		[]string{module + "services/casework", module + "proto/gen/mash/command/**", module + "proto/gen/mash/query/**"},
		"a read model depends on events and on nothing that writes or asks (keys: in its tests only)"},
	{"services/rpc", []string{"services/domain/access", "services/domain", "proto/gen/mash/**"}, nil, "domain: the typed refusal that it maps to a status"},
	{"services/commandapi", []string{"services/rpc", "services/casework", "services/domain/**", "services/intake/form", "proto/gen/mash/command/**", "proto/gen/mash/event/**"},
		[]string{module + "projections/**"}, "a command is never decided from a read model (form: a conversation is taken in by the form that messages have)"},
	{"services/queryapi", []string{"services/rpc", "projections/**", "services/domain/**", "services/eventstore/**", "proto/gen/mash/query/**", "proto/gen/mash/event/**"},
		[]string{module + "services/casework"}, "queries cannot write; eventstore: positions, and opening sealed parts for one who may see them"},
	{"services/auditapi", []string{"services/rpc", "services/eventstore", "services/domain/**", "projections/**", "proto/gen/mash/audit/**", "proto/gen/mash/event/**"},
		[]string{module + "services/casework"}, "an auditor reads the record itself"},
	{"services/operatorapi", []string{"services/rpc", "services/agencies", "services/bus", "services/casework", "services/keys", "services/domain/**",
		"proto/gen/mash/operator/**", "proto/gen/mash/event/**"}, []string{module + "projections/triage", module + "projections/casefile", module + "projections/consenttrail",
		module + "projections/strategymeetings", module + "projections/consultations"},
		"operators see no rows of children"},
	{"services/simulation/**", []string{"proto/gen/mash/**", "services/agencies/**", "services/simulation/**", "deploy/**"}, nil, "plays from outside, as agencies and staff would"},
	{"services/cmd/**", []string{"services/hub", "services/bench", "services/eventstore/embedded", "services/eventstore/control", "services/simulation/**", "services/agencies/**", "proto/gen/mash/**", "deploy/**",
		"services/cmd/**"}, nil, "main wires and asks; hub, bench and the store alone are what its verbs start"},
	{"services/hub", []string{"**"}, nil, "the composition root"},
	{"services/hubtest/**", []string{"**"}, nil, "a whole hub inside a test, or its parts"},
	{"services/bench", []string{"**"}, nil, "measures everything"},
	{"deploy/**", nil, nil, "data"},
}

// What a test may import beyond its package's row: real parts instead of mocks.
var testsMay = map[string][]string{
	"services/casework":   {"services/eventstore/embedded"},
	"services/rpc":        {"services/hubtest/**"},
	"services/commandapi": {"services/eventstore/**", "services/hubtest/**", "proto/gen/mash/intake/**"},
	"services/queryapi":   {"services/keys", "services/hubtest/**"},
	"services/auditapi":   {"services/eventstore/**", "services/hubtest/**"},
	"services/intake":     {"services/eventstore/**", "services/keys", "services/hubtest/**"},
	"services/outbox":     {"services/hubtest/**"},
	"services/process":    {"services/hubtest/**"},
	"services/operatorapi": {"services/eventstore/**", "services/hubtest/**", "services/agencies/**",
		"projections/**"},
	"services/agencies/publisher":   {"services/bus", "deploy/**"},
	"services/bus":                  {"deploy/**", "services/agencies/**"},
	"services/agencies":             {"deploy/**"},
	"services/simulation":           {"services/domain/**", "services/hubtest"},
	"services/cmd/mash":             {"services/hubtest", "services/hubtest/selfsigned", "services/eventstore/**"},
	"services/eventstore/embedded":  {"services/hubtest/selfsigned"},
	"services/eventstore/storetest": {"services/hubtest/selfsigned"},
}

func ruleFor(dir string) (importRule, bool) {
	for _, r := range importTable {
		if matches(r.pkg, dir) {
			return r, true
		}
	}
	return importRule{}, false
}

func matches(pattern, path string) bool {
	if pattern == "**" {
		return true
	}
	if folder, ok := strings.CutSuffix(pattern, "/**"); ok {
		return path == folder || strings.HasPrefix(path, folder+"/")
	}
	return path == pattern
}

func anyMatches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, path) })
}

func TestImportsGoOneWay(t *testing.T) {
	for _, f := range goFiles(t) {
		rule, ok := ruleFor(f.dir)
		if !ok {
			t.Errorf("%s: no row of the import table fits package %s: add one, with its reason", f.path, f.dir)
			continue
		}
		for _, imp := range f.imports {
			checkImport(t, f, rule, imp)
		}
	}
}

func checkImport(t *testing.T, f goFile, rule importRule, imp string) {
	t.Helper()
	ours, isOurs := strings.CutPrefix(imp, module)
	if isOurs && ours == f.dir {
		return
	}
	testToo := f.test && isOurs && anyMatches(testsMay[f.dir], ours)
	if anyMatches(rule.never, imp) && !f.test {
		t.Errorf("%s imports %s, which %s must never: %s", f.path, imp, rule.pkg, rule.why)
	}
	if isOurs && !anyMatches(rule.may, ours) && !testToo {
		t.Errorf("%s imports %s, which the row of %s does not allow: %s", f.path, imp, rule.pkg, rule.why)
	}
	// Deciders are independent of each other, and so are read models: what two of them share is an event.
	for _, kin := range []string{"services/domain/contact", "services/domain/identifier", "services/domain/quarantine", "services/domain/reference", "services/domain/consultation", "services/domain/strategymeeting", "services/domain/pathway"} {
		if isOurs && !f.test && ours == kin && isDecider(f.dir) && ours != f.dir {
			t.Errorf("%s imports %s: deciders do not import each other", f.path, imp)
		}
	}
	if isOurs && strings.HasPrefix(f.dir, "projections/") && strings.HasPrefix(ours, "projections/") && ours != "projections/rows" && !strings.HasPrefix(f.dir, ours) && !f.test {
		t.Errorf("%s imports %s: a read model never imports another", f.path, imp)
	}
}

func isDecider(dir string) bool {
	switch strings.TrimPrefix(dir, "services/domain/") {
	case "contact", "identifier", "quarantine", "reference", "strategymeeting", "pathway":
		return true
	}
	return false
}
