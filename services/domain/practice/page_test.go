package practice_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openmash/mash/services/domain/practice"
)

var writePage = flag.Bool("write-codes", false, "write proto/codes.md")

// Those who publish to the hub or call it read the lists beside the protos.
func TestThePageOfCodesIsTheOneInProto(t *testing.T) {
	file := filepath.Join("..", "..", "..", "proto", "codes.md")
	if *writePage {
		if err := os.WriteFile(file, []byte(practice.Page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(page), practice.Page()); diff != "" {
		t.Errorf("proto/codes.md is not what the code publishes: go test ./services/domain/practice -run PageOfCodes -write-codes (-page +code):\n%s", diff)
	}
}

// A list that is added to the package is on the page, with all of its codes.
func TestEveryListIsOnThePageOfCodes(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("page.go")
	if err != nil {
		t.Fatal(err)
	}
	lists := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !fn.Name.IsExported() || fn.Type.Results == nil || len(fn.Type.Results.List) != 1 {
				continue
			}
			if result, ok := fn.Type.Results.List[0].Type.(*ast.Ident); !ok || result.Name != "CodeList" {
				continue
			}
			lists++
			if !strings.Contains(string(source), fn.Name.Name+"(") {
				t.Errorf("%s is not on the page", fn.Name.Name)
			}
		}
	}
	if lists < 25 {
		t.Errorf("%d lists were found: this test looks in the wrong place", lists)
	}
}
