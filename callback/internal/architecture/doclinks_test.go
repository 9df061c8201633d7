package architecture

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Names in brackets in a doc comment are links. One that names nothing is shown
// with its brackets; most often the name moved to another package.
func TestDocLinks(t *testing.T) {
	unresolved := regexp.MustCompile(`\[\*?((?:\w+\.)?[A-Z]\w*(?:\.[A-Z]\w*)?)\]`)
	for line := range strings.Lines(run(t, "go", "list", "-f", `{{.Dir}} {{join .GoFiles " "}}`, module+"/...")) {
		dir, names, _ := strings.Cut(strings.TrimSpace(line), " ")
		fset := token.NewFileSet()
		var files []*ast.File
		for _, name := range strings.Fields(names) {
			file, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		groups := docComments(files) // before doc.NewFromFiles, which takes comments out of the files
		pkg, err := doc.NewFromFiles(fset, files, module, doc.AllDecls)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range groups {
			for _, text := range plainText(pkg.Parser().Parse(group.Text()).Content) {
				for _, m := range unresolved.FindAllStringSubmatch(text, -1) {
					t.Errorf("%v: [%s] links to nothing", fset.Position(group.Pos()), m[1])
				}
			}
		}
	}
}

func docComments(files []*ast.File) []*ast.CommentGroup {
	var all []*ast.CommentGroup
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.File:
				all = append(all, n.Doc)
			case *ast.GenDecl:
				all = append(all, n.Doc)
			case *ast.FuncDecl:
				all = append(all, n.Doc)
			case *ast.TypeSpec:
				all = append(all, n.Doc, n.Comment)
			case *ast.ValueSpec:
				all = append(all, n.Doc, n.Comment)
			case *ast.Field:
				all = append(all, n.Doc, n.Comment)
			}
			return true
		})
	}
	return all
}

// plainText returns the texts of paragraphs and lists that are no links.
func plainText(blocks []comment.Block) []string {
	var out []string
	for _, block := range blocks {
		switch block := block.(type) {
		case *comment.Paragraph:
			for _, text := range block.Text {
				if plain, ok := text.(comment.Plain); ok {
					out = append(out, string(plain))
				}
			}
		case *comment.List:
			for _, item := range block.Items {
				out = append(out, plainText(item.Content)...)
			}
		}
	}
	return out
}
