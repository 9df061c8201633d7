package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// most is the number of lines that main may have.
const most = 20

// README.md shows the program exactly, and says what it prints.
func TestReadmeShowsTheProgram(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, ok := strings.Cut(string(readme), "```go\n")
	shown, after, closed := strings.Cut(shown, "```")
	if !ok || !closed {
		t.Fatal("README.md has no Go program")
	}
	if shown != string(program) {
		t.Errorf("the first program of README.md is not examples/hello/main.go but\n%s", shown)
	}
	lines := strings.Split(strings.TrimSpace(output(t, main)), "\n")
	if len(lines) != 2 {
		t.Errorf("it prints %q, want two lines", lines)
	}
	for _, line := range lines {
		if !strings.Contains(after, "`"+line+"`") {
			t.Errorf("it prints %q, which README.md does not say", line)
		}
	}
}

func TestProgramIsShort(t *testing.T) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "main.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "main" {
			if n := set.Position(f.Body.Rbrace).Line - set.Position(f.Body.Lbrace).Line - 1; n > most {
				t.Errorf("main has %d lines, at most %d are a first program", n, most)
			}
		}
	}
}

// output returns what f writes to standard output. It fits in a pipe.
func output(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	defer func() { os.Stdout = stdout }()
	f()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 1<<16)
	n, err := r.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(text[:n])
}
