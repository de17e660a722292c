package services_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A goFile is a source file of ours that was written by hand.
type goFile struct {
	path    string // from the top level, with slashes
	dir     string
	test    bool
	lines   int
	imports []string
	syntax  *ast.File
	fset    *token.FileSet
}

// goFiles parses every hand-written Go file of the project.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	for _, root := range []string{"services", "projections", "deploy"} {
		err := filepath.WalkDir(filepath.Join("..", root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
				return err
			}
			files = append(files, parse(t, path))
			return nil
		})
		if err != nil {
			t.Fatalf("walk %s: %v", root, err)
		}
	}
	if len(files) < 50 {
		t.Fatalf("found %d Go files, which cannot be all: is this test run from its own folder?", len(files))
	}
	return files
}

func parse(t *testing.T, path string) goFile {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, path, src, parser.ParseComments)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	rel := strings.TrimPrefix(filepath.ToSlash(path), "../")
	f := goFile{path: rel, dir: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(rel, "_test.go"),
		lines: strings.Count(string(src), "\n"), syntax: syntax, fset: fset}
	for _, imp := range syntax.Imports {
		p, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			t.Fatalf("%s: import %s: %v", rel, imp.Path.Value, err)
		}
		f.imports = append(f.imports, p)
	}
	return f
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	docs := map[string][]string{}
	packages := map[string]bool{}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		packages[f.dir] = true
		if f.syntax.Doc != nil {
			docs[f.dir] = append(docs[f.dir], f.path)
			name := f.syntax.Name.Name
			text := f.syntax.Doc.Text()
			if !strings.HasPrefix(text, "Package "+name+" ") && !strings.HasPrefix(text, "Command ") {
				t.Errorf("%s: the package doc begins %.30q, want \"Package %s …\"", f.path, text, name)
			}
		}
	}
	for p := range packages {
		if len(docs[p]) != 1 {
			t.Errorf("package %s has %d package docs, want one: %v", p, len(docs[p]), docs[p])
		}
	}
}

// uses finds where a file uses one of a package's names, whatever it calls the package. A package that is imported with a
// dot has no name there, so that import is itself a find.
func (f goFile) uses(names map[string][]string) []string {
	var found []string
	local := map[string]string{} // path by the name that the file has for it
	for _, imp := range f.syntax.Imports {
		path, err := strconv.Unquote(imp.Path.Value)
		if err != nil || names[path] == nil {
			continue
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if imp.Name != nil {
			name = imp.Name.Name
		}
		if name == "." {
			found = append(found, f.fset.Position(imp.Pos()).String()+": "+path+" imported with a dot")
		}
		local[name] = path
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(names[local[x.Name]], sel.Sel.Name) {
			found = append(found, f.fset.Position(sel.Pos()).String()+": "+local[x.Name]+"."+sel.Sel.Name)
		}
		return true
	})
	return found
}

// clocks and dice are what a rule must not use.
var clocksAndDice = map[string][]string{
	"time":                   {"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"},
	"github.com/google/uuid": {"New", "NewString", "NewRandom", "NewRandomFromReader", "NewV6", "NewV7", "NewV7FromReader", "NewUUID"},
}

// The rules read no clock and no dice: whoever calls them says what time it is.
func TestNoClockInTheDomain(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || !strings.HasPrefix(f.dir, "services/domain") {
			continue
		}
		for _, use := range f.uses(clocksAndDice) {
			t.Errorf("%s in a rule: time and ids come in as arguments", use)
		}
	}
}

// A test that sleeps is slow when it passes and wrong when it does not: wait on a position or a condition.
func TestNoTestSleeps(t *testing.T) {
	for _, f := range goFiles(t) {
		if !f.test {
			continue
		}
		for _, use := range f.uses(map[string][]string{"time": {"Sleep"}}) {
			t.Errorf("%s in a test", use)
		}
	}
}

// The two tests above find what they look for under any name, and take nothing else for it.
func TestUsesAreFoundUnderAnyName(t *testing.T) {
	for name, tt := range map[string]struct {
		src  string
		want int
	}{
		"plain":                {`import "time"; var x = time.Now()`, 1},
		"under another name":   {`import clock "time"; var x = clock.Now()`, 1},
		"as a value":           {`import clock "time"; var now = clock.Now`, 1},
		"with a dot":           {`import . "time"; var x = Now()`, 1},
		"ids":                  {`import id "github.com/google/uuid"; var x = id.New()`, 1},
		"what is no clock":     {`import clock "time"; var x = clock.UTC`, 0},
		"another's Now":        {`import time "example.org/calendar"; var x = time.Now()`, 0},
		"imported for nothing": {`import _ "time"`, 0},
	} {
		fset := token.NewFileSet()
		syntax, err := parser.ParseFile(fset, "rule.go", "package rule; "+tt.src, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := (goFile{syntax: syntax, fset: fset}).uses(clocksAndDice); len(got) != tt.want {
			t.Errorf("%s: found %v, want %d", name, got, tt.want)
		}
	}
}

// Files past 500 lines need a reason, which is written here.
var longFiles = map[string]string{}

func TestFilesStayShort(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.lines > 500 && longFiles[f.path] == "" {
			t.Errorf("%s has %d lines: split it by idea, or give its reason in longFiles", f.path, f.lines)
		}
	}
}

func TestPackageNamesAreNouns(t *testing.T) {
	bad := regexp.MustCompile(`(^|/)(util|utils|common|helper|helpers|model|models|types|misc|shared|[a-z]*_[a-z_]*|[a-z]*[A-Z].*)$`)
	for _, f := range goFiles(t) {
		if bad.MatchString(f.dir) {
			t.Errorf("%s: %q is no name for a package", f.path, f.dir)
		}
	}
}

func TestTopLevelStaysSmall(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{"proto", "services", "projections", "deploy", "go.mod", "go.sum", "buf.yaml", "README.md", "LICENSE"}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(allowed, e.Name()) && e.Name() != "data" {
			t.Errorf("%s stands at the top level", e.Name())
		}
	}
}

func TestGoModHasNoReplace(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if regexp.MustCompile(`(?m)^\s*replace\b`).Match(mod) {
		t.Error("go.mod has a replace directive: what is built here would not be what others build")
	}
	if !strings.Contains(string(mod), "github.com/EventStore/EventStore-Client-Go/v4 v4.2.0") {
		t.Error("the event store client is not pinned to v4.2.0")
	}
}
