package lucs_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/scheduler"
)

type document struct {
	OpenAPI    string
	Paths      map[string]map[string]struct{ OperationID string }
	Components struct {
		Schemas map[string]struct {
			Enum       []string
			Required   []string
			Properties map[string]struct {
				Properties map[string]struct{ Enum []string }
			}
		}
	}
}

func readDocument(t *testing.T, text []byte) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// The handler serves the embedded OpenAPI document unchanged, and the document
// describes every route.
func TestDocument(t *testing.T) {
	r := newRig(t)
	rec := r.do("clerk", "GET", "/v1.0/openapi.json", "")
	if rec.Code != 200 || !cmp.Equal(rec.Body.Bytes(), lucs.OpenAPI()) {
		t.Fatalf("answered %d, %d bytes", rec.Code, rec.Body.Len())
	}
	d := readDocument(t, lucs.OpenAPI())
	if !strings.HasPrefix(d.OpenAPI, "3.1.") {
		t.Errorf("the version is %s", d.OpenAPI)
	}
	want := make(map[string]bool)
	for _, op := range operations() {
		path, _, _ := strings.Cut(op.path, "?")
		want[op.method+" "+strings.Replace(path, "cb000001", "{id}", 1)] = true
	}
	got := make(map[string]bool)
	for path, methods := range d.Paths {
		for method, operation := range methods {
			got[strings.ToUpper(method)+" "+path] = operation.OperationID != ""
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	copied := lucs.OpenAPI()
	copied[0] = 'x'
	if lucs.OpenAPI()[0] != '{' {
		t.Error("a caller can change the document")
	}
}

// The document lists all codes, priorities and members; members stand in the
// order of the answers.
func TestDocumentLists(t *testing.T) {
	schemas := readDocument(t, lucs.OpenAPI()).Components.Schemas
	codes := slices.Sorted(slices.Values(schemas["ErrorDto"].Properties["Error"].Properties["Code"].Enum))
	if diff := cmp.Diff(declaredCodes(t), codes); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
	var priorities []string
	for _, p := range scheduler.Priorities() {
		priorities = append(priorities, p.String())
	}
	if diff := cmp.Diff(priorities, schemas["AgentTaskPriorityType"].Enum); diff != "" {
		t.Errorf("priorities (-want +got):\n%s", diff)
	}
	r := newRig(t)
	r.create("clerk")
	d := json.NewDecoder(r.do("boss", "GET", "/v1.0/callbacks/cb000001", "").Body)
	var written []string
	for name := true; ; name = !name {
		tok, err := d.Token()
		if err != nil {
			break
		}
		if text, ok := tok.(string); ok && !name {
			written = append(written, text)
		}
	}
	if diff := cmp.Diff(schemas["CallbackDto"].Required, written); diff != "" {
		t.Errorf("members of a callback (-document +written):\n%s", diff)
	}
}

// declaredCodes returns the values of the package's Code constants.
func declaredCodes(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(spec.Names[0].Name, "Code") {
			code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, code)
		}
		return true
	})
	slices.Sort(codes)
	return codes
}
