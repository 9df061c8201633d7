package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Changes reach the store through one writer, which resolves what the store
// could not tell and settles what follows. Nothing else in engine and manager
// calls Apply.
func TestOneWriter(t *testing.T) {
	var calls []string
	for _, folder := range []string{"../engine", "../../manager"} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if name := entry.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
				calls = append(calls, callsOf(t, filepath.Join(folder, name), "Apply")...)
			}
		}
	}
	// intake.go has the wrapper of the store through which the one call goes.
	if len(calls) != 2 || !strings.Contains(calls[0], "intake.go") || !strings.Contains(calls[1], "writer.go") {
		t.Errorf("Apply is called at %q, want one call in writer.go", calls)
	}
}

// callsOf returns the positions of calls of a method in a file.
func callsOf(t *testing.T, path, method string) (calls []string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if selector, ok := call.Fun.(*ast.SelectorExpr); ok && selector.Sel.Name == method {
				calls = append(calls, files.Position(call.Pos()).String())
			}
		}
		return true
	})
	return calls
}
