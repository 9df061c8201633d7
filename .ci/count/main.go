// Count prints the size of a source tree, one line per package folder:
//
//	go run ./.ci/count/main.go .
//
// A code line is one that carries at least one token that is not a comment, so blank lines and comments do not count.
// Test files are counted apart. Folders named testdata or vendor, and hidden ones other than .ci, are skipped. The
// tree is only parsed, never built, so an older checkout can be counted as well.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"text/tabwriter"
)

// The classes of folders.
const (
	product = "product"
	kits    = "kits and tools" // what only tests and the repository itself need
	example = "examples"
)

var classes = []string{product, kits, example}

// kitFolders are the folders that hold test kits, harnesses and generators. A folder whose name ends in "test" is one too.
var kitFolders = []string{".ci", "architecture", "exchange", "faultproxy", "gen", "linearize", "mutants", "versus"}

// size is what is counted in one folder, or in many.
type size struct {
	files, lines, names, fields int
	testFiles, testLines        int
}

func (s *size) add(o size) {
	s.files += o.files
	s.lines += o.lines
	s.names += o.names
	s.fields += o.fields
	s.testFiles += o.testFiles
	s.testLines += o.testLines
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: count ROOT")
		os.Exit(2)
	}
	folders, err := count(os.DirFS(os.Args[1]))
	if err == nil {
		err = printTable(os.Stdout, folders)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "count:", err)
		os.Exit(1)
	}
}

// count returns the size of every folder of tree that holds Go files, by its path below the root.
func count(tree fs.FS) (map[string]size, error) {
	folders := map[string]size{}
	return folders, fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			base := path.Base(name)
			if base == "testdata" || base == "vendor" || base != "." && base != ".ci" && strings.HasPrefix(base, ".") {
				return fs.SkipDir
			}
			return nil
		case path.Ext(name) != ".go":
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		file, err := countFile(name, source)
		if err != nil {
			return err
		}
		folder := folders[path.Dir(name)]
		folder.add(file)
		folders[path.Dir(name)] = folder
		return nil
	})
}

func countFile(name string, source []byte) (size, error) {
	lines := codeLines(source)
	if strings.HasSuffix(name, "_test.go") {
		return size{testFiles: 1, testLines: lines}, nil
	}
	s := size{files: 1, lines: lines}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
	if err != nil {
		return size{}, err
	}
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type))) {
				s.names++
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				names, fields := exported(spec)
				s.names += names
				s.fields += fields
			}
		}
	}
	return s, nil
}

// exported counts the exported names a declaration introduces, methods of an interface included, and the exported
// fields of a struct type.
func exported(spec ast.Spec) (names, fields int) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		return countExported(s.Names), 0
	case *ast.TypeSpec:
		if !s.Name.IsExported() {
			return 0, 0
		}
		switch t := s.Type.(type) {
		case *ast.StructType:
			return 1, members(t.Fields)
		case *ast.InterfaceType:
			return 1 + members(t.Methods), 0
		}
		return 1, 0
	}
	return 0, 0
}

// members counts the exported names in a list of fields or methods. An embedded interface or struct is none.
func members(list *ast.FieldList) int {
	n := 0
	for _, field := range list.List {
		n += countExported(field.Names)
	}
	return n
}

func countExported(names []*ast.Ident) int {
	n := 0
	for _, name := range names {
		if name.IsExported() {
			n++
		}
	}
	return n
}

// receiver returns the name of a method's receiver type, without its pointer and type parameters.
func receiver(t ast.Expr) string {
	for {
		switch e := t.(type) {
		case *ast.StarExpr:
			t = e.X
		case *ast.ParenExpr:
			t = e.X
		case *ast.IndexExpr:
			t = e.X
		case *ast.IndexListExpr:
			t = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

// codeLines counts the lines that carry at least one token that is not a comment. A raw string spans the lines it is
// written on, except its blank ones.
func codeLines(source []byte) int {
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, 0)
	n, last := 0, 0
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return n
		}
		if tok == token.SEMICOLON && literal == "\n" {
			continue // inserted by the scanner
		}
		line := file.Line(pos)
		for text := range strings.SplitSeq(literal, "\n") {
			if line > last && (text != "" || tok != token.STRING) {
				n, last = n+1, line
			}
			line++
		}
	}
}

func classOf(folder string) string {
	elements := strings.Split(folder, "/")
	if elements[0] == "examples" {
		return example
	}
	for _, element := range elements {
		if strings.HasSuffix(element, "test") || slices.Contains(kitFolders, element) {
			return kits
		}
	}
	return product
}

// printTable writes a row for every folder, by class, and the totals of the classes.
func printTable(out io.Writer, folders map[string]size) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(name string, s size) {
		fmt.Fprintf(w, "%d\t%d\t%d\t%d\t%d\t%d\t  %s\n", s.files, s.lines, s.names, s.fields, s.testFiles, s.testLines, name)
	}
	fmt.Fprintln(w, "files\tlines\texported\tfields\ttest files\ttest lines\t")
	var totals []size
	var all size
	for _, class := range classes {
		var total size
		for _, folder := range slices.Sorted(maps.Keys(folders)) {
			if classOf(folder) == class {
				row(folder, folders[folder])
				total.add(folders[folder])
			}
		}
		fmt.Fprintln(w, "\t\t\t\t\t\t")
		totals = append(totals, total)
		all.add(total)
	}
	for i, class := range classes {
		row(class, totals[i])
	}
	row("total", all)
	return w.Flush()
}
