package manager_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documented reads the package with its examples as go doc does, and the text
// of its tests.
func documented(t *testing.T) (pkg *doc.Package, tests string) {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	set := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		if strings.HasSuffix(path, "_test.go") && path != "doc_test.go" {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(source)
		}
	}
	pkg, err = doc.NewFromFiles(set, files, "github.com/ringback-go/ringback/callback/manager")
	if err != nil {
		t.Fatal(err)
	}
	return pkg, text.String()
}

// methods returns the constructors and methods of the types that do work: error
// types and records are left out, their methods being standard interfaces.
func methods(pkg *doc.Package) []*doc.Func {
	var list []*doc.Func
	for _, typ := range pkg.Types {
		if typ.Name == "Manager" || typ.Name == "Starter" {
			list = append(append(list, typ.Funcs...), typ.Methods...)
		}
	}
	return list
}

func TestMethodsHaveRunnableExamples(t *testing.T) {
	pkg, _ := documented(t)
	for _, f := range methods(pkg) {
		runnable := false
		for _, example := range f.Examples {
			runnable = runnable || example.Output != "" || example.EmptyOutput
		}
		if !runnable {
			t.Errorf("%s %s has no example with an output", f.Recv, f.Name)
		}
	}
}

// failing reports whether the last result, or the last value of an iterator, is
// an error.
func failing(f *doc.Func) bool {
	results := f.Decl.Type.Results
	if results == nil {
		return false
	}
	last := results.List[len(results.List)-1].Type
	if seq, ok := last.(*ast.IndexListExpr); ok {
		last = seq.Indices[len(seq.Indices)-1]
	}
	name, ok := last.(*ast.Ident)
	return ok && name.Name == "error"
}

func TestMethodsListTheirErrors(t *testing.T) {
	pkg, tests := documented(t)
	names := regexp.MustCompile(`\[\*?(?:\w+\.)?(Err[A-Z]\w*|[A-Z]\w*Error)\]`)
	for _, f := range methods(pkg) {
		if !failing(f) {
			continue
		}
		_, list, ok := strings.Cut(f.Doc, "\nErrors: ")
		if !ok {
			t.Errorf("%s %s does not list its errors in a paragraph that begins with \"Errors:\"", f.Recv, f.Name)
			continue
		}
		for _, name := range names.FindAllStringSubmatch(list, -1) {
			if !regexp.MustCompile(`\b\w+\.` + name[1] + `\b`).MatchString(tests) {
				t.Errorf("%s %s lists %s, which no test of the package mentions", f.Recv, f.Name, name[1])
			}
		}
	}
}
