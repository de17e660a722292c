package services_test

import (
	"fmt"
	"go/ast"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// testNames gives the names of all tests, by package.
func testNames(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, f := range goFiles(t) {
		if !f.test {
			continue
		}
		for _, d := range f.syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				all[f.dir] = append(all[f.dir], fn.Name.Name)
			}
		}
	}
	return all
}

// rowsOf reads the rows of the one table of a page.
func rowsOf(t *testing.T, path string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") {
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		rows = append(rows, cells)
	}
	if len(rows) < 10 {
		t.Fatalf("%s has %d rows, which cannot be all", path, len(rows))
	}
	return rows[1:] // the first is the head
}

var quoted = regexp.MustCompile("`([^`]+)`")

func quotes(cell string) (all []string) {
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all
}

// required are the rules of the front door, of information sharing, consent and override, of strategy meetings, and of the hub's own.
func required() (ids []string) {
	for prefix, n := range map[string]int{"SOT": 10, "KEN": 27, "HUB": 5} {
		for i := range n {
			ids = append(ids, fmt.Sprintf("%s-%02d", prefix, i+1))
		}
	}
	return append(ids, "SOT-11", "SOT-32", "ROC-03", "WT-03", "WT-04", "WT-05", "WT-06")
}

func TestEveryRuleHasItsTests(t *testing.T) {
	names, listed := testNames(t), map[string]bool{}
	for _, row := range rowsOf(t, "testdata/rules.md") {
		rule, packages, reason := row[0], quotes(row[2]), row[2]
		listed[rule] = true
		prefix := "Test" + strings.ReplaceAll(rule, "-", "") + "_"
		has := func(pkg string) bool {
			return slices.ContainsFunc(names[pkg], func(name string) bool { return strings.HasPrefix(name, prefix) })
		}
		for _, pkg := range packages {
			if !has(pkg) {
				t.Errorf("%s: %s has no test that begins with %s", rule, pkg, prefix)
			}
		}
		if len(packages) > 0 {
			continue
		}
		if !strings.HasPrefix(reason, "later: ") && !strings.HasPrefix(reason, "no behaviour: ") {
			t.Errorf("%s has no test, and no reason for that (later: …, or no behaviour: …)", rule)
		}
		for _, pkg := range slices.Sorted(maps.Keys(names)) {
			if has(pkg) {
				t.Errorf("%s has a test in %s by now: name it in testdata/rules.md instead of the reason", rule, pkg)
			}
		}
	}
	for _, rule := range required() {
		if !listed[rule] {
			t.Errorf("%s is not in testdata/rules.md", rule)
		}
	}
}

func TestEveryTrapHasItsTests(t *testing.T) {
	names := testNames(t)
	for _, row := range rowsOf(t, "testdata/traps.md") {
		tests := quotes(row[1])
		if len(tests) == 0 && !strings.HasPrefix(row[1], "later: ") && !strings.HasPrefix(row[1], "no test can tell: ") {
			t.Errorf("%q has no test and no reason", row[0])
		}
		for _, test := range tests {
			pkg, name, _ := strings.Cut(test, ".")
			if !slices.Contains(names[pkg], name) {
				t.Errorf("%q: there is no test %s", row[0], test)
			}
		}
	}
}
