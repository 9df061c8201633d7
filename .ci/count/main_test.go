package main

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const source = `// Package a is not counted, nor is a blank line.
package a

/* Kept
out. */ import "fmt"

// T is a name with one exported field.
type T struct {
	F int // counted with its line
	g int
	fmt.Stringer
}

type I interface {
	M()
	fmt.Stringer
}

const X, y = 1, 2

func (t *T) M() {}
func (t *hidden) M() {}
func (l List[K]) M() {}

type hidden struct{ F int }
type List[K any] []K

var text = ` + "`one\n\nthree`" + `
`

func TestCountFile(t *testing.T) {
	got, err := countFile("a.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	// T, I, I.M, X, T.M, List, List.M
	if want := (size{files: 1, lines: 19, names: 7, fields: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, _ = countFile("a_test.go", []byte(source)); got != (size{testFiles: 1, testLines: 19}) {
		t.Errorf("as a test file: got %+v", got)
	}
}

func TestCountFolders(t *testing.T) {
	go1 := &fstest.MapFile{Data: []byte("package a\n")}
	folders, err := count(fstest.MapFS{
		"doc.go": go1, "a/a.go": go1, "a/a_test.go": go1, "a/notes.txt": {}, "a/atest/kit.go": go1, "examples/b/main.go": go1,
		".ci/c/main.go": go1, ".git/x.go": go1, "a/testdata/x.go": go1, "vendor/x.go": go1,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{".": product, "a": product, "a/atest": kits, "examples/b": example, ".ci/c": kits}
	for folder, class := range want {
		if classOf(folder) != class {
			t.Errorf("%s counts as %s, want %s", folder, classOf(folder), class)
		}
	}
	if got := slices.Sorted(maps.Keys(folders)); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
		t.Errorf("folders are %v", got)
	}
	var out bytes.Buffer
	if err := printTable(&out, folders); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(out.String()), "\n")
	last := strings.Fields(rows[len(rows)-1])
	if want := []string{"5", "5", "0", "0", "1", "1", "total"}; !slices.Equal(last, want) {
		t.Errorf("total is %v, want %v", last, want)
	}
}
