package gms_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "update the golden files")

// golden is an exchange. A golden file has one or more, separated by a line of
// equal signs:
//
//	request line, headers, empty line, body
//	--- response [status]
//	headers, empty line, body
//	--- document [names of members whose value differs from the document]
//	the body in the document
//
// The last part is present if the document shows a body. Some spellings in it
// are those of an older version; see newer.
type golden struct {
	request, response, document string
	status                      string
	except                      []string
}

func readGolden(t *testing.T, text string) []golden {
	t.Helper()
	var list []golden
	for part := range strings.SplitSeq(text, "\n====\n") {
		var g golden
		sections := strings.Split(part, "\n--- ")
		g.request = sections[0]
		for _, section := range sections[1:] {
			head, body, _ := strings.Cut(section, "\n")
			kind, rest, _ := strings.Cut(head, " ")
			switch kind {
			case "response":
				g.status, g.response = rest, body
			case "document":
				g.document, g.except = body, strings.Fields(rest)
			default:
				t.Fatalf("unknown section %q", kind)
			}
		}
		list = append(list, g)
	}
	return list
}

func (g golden) String() string {
	s := g.request + "\n--- response " + g.status + "\n" + g.response
	if g.document != "" {
		s += "\n--- document " + strings.Join(g.except, " ") + "\n" + g.document
	}
	return s
}

// TestDocument replays the examples of the product's documentation.
func TestDocument(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	scenes := scenes()
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		scene, ok := scenes[name]
		if !ok {
			t.Errorf("%s has no scene", file)
			continue
		}
		delete(scenes, name)
		t.Run(name, func(t *testing.T) { replay(t, file, scene) })
	}
	for name := range scenes {
		t.Errorf("scene %s has no file", name)
	}
}

func replay(t *testing.T, file string, scene scene) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, scene.setup)
	if scene.before != nil {
		scene.before(r)
	}
	list := readGolden(t, strings.TrimSuffix(string(text), "\n"))
	for i, g := range list {
		got := r.send(g.request)
		if *update {
			list[i].status, list[i].response = fmt.Sprint(got.status), shown(got)
		} else if want := g.status + "\n" + g.response; fmt.Sprint(got.status)+"\n"+shown(got) != want {
			t.Errorf("exchange %d: got\n%d\n%s\nwant\n%s", i+1, got.status, shown(got), want)
		}
		if g.document != "" {
			g.compare(t, got.body)
		}
	}
	if *update {
		parts := make([]string, len(list))
		for i, g := range list {
			parts[i] = g.String()
		}
		if err := os.WriteFile(file, []byte(strings.Join(parts, "\n====\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// send sends the request in a golden file.
func (r *rig) send(text string) *response {
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	method, target, _ := strings.Cut(lines[0], " ")
	var headers []string
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		headers = append(headers, name, value)
	}
	return r.do("boss", method, target, body, headers...)
}

// shown formats a response as in a golden file.
func shown(got *response) string {
	var b strings.Builder
	for _, name := range []string{"Content-Type", "Content-Disposition", "Retry-After", "Allow"} {
		if value := got.header.Get(name); value != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	return b.String() + "\n" + string(got.body)
}

// compare requires that a body contains everything the document shows.
func (g golden) compare(t *testing.T, body []byte) {
	t.Helper()
	var shown, got any
	if err := json.Unmarshal([]byte(newer(g.document)), &shown); err != nil {
		t.Fatalf("the document's body: %v", err)
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if path := lacks(shown, got, g.except); path != "" {
		t.Errorf("differs from the document at %s:\n%s\n%s", path, body, g.document)
	}
}

// newer replaces spellings of an older version by those of the newest.
func newer(text string) string {
	return strings.NewReplacer(
		`"ID":`, `"_dialog_id":`, `"Action":`, `"_action":`, `"Text":`, `"_text":`, `"OkTitle":`, `"_ok_title":`,
		`"desired_time":`, `"_desired_time":`, `"url": "/1/`, `"_url": "/genesys/1/`,
		`" .CallbackException`, `"com.genesyslab.gsg.services.callback.exceptions.CallbackException`,
	).Replace(text)
}

// lacks returns the path at which got does not contain want, "" if it does.
func lacks(want, got any, except []string) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return "object"
		}
		for _, name := range slices.Sorted(maps.Keys(w)) {
			if slices.Contains(except, name) {
				continue
			}
			if path := lacks(w[name], g[name], except); path != "" {
				return name + "/" + path
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return "list"
		}
		for i := range w {
			if path := lacks(w[i], g[i], except); path != "" {
				return fmt.Sprint(i, "/", path)
			}
		}
		return ""
	}
	if !reflect.DeepEqual(want, got) {
		return fmt.Sprintf("%v instead of %v", got, want)
	}
	return ""
}
