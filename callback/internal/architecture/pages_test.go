package architecture

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../../.."

// pages are the documents whose links and names are checked.
func pages() []string {
	return []string{"README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", "RELEASING.md", "callback/api/gms/MIGRATION.md", "store/SCALING.md"}
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A link to a file of the repository leads to it; one to a heading of a page, to a
// heading that exists; and one whose text is a Go name, to the file that declares
// it.
func TestLinksOfPages(t *testing.T) {
	link := regexp.MustCompile(`\[([^\]]*)\]\(([^)\s]*)\)`)
	for _, page := range pages() {
		for _, m := range link.FindAllStringSubmatch(readPage(t, page), -1) {
			text, target := m[1], m[2]
			if strings.Contains(target, "://") {
				continue
			}
			file, heading, _ := strings.Cut(target, "#")
			name := page
			if file != "" {
				name = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(filepath.Join(root, name)); err != nil {
				t.Errorf("%s: link to %s: %v", page, target, err)
				continue
			}
			if heading != "" && !slices.Contains(headings(readPage(t, name)), heading) {
				t.Errorf("%s: link to %s: no such heading", page, target)
			}
			if goName, ok := strings.CutPrefix(text, "`"); ok && strings.HasSuffix(name, ".go") && !declares(readPage(t, name), strings.TrimSuffix(goName, "`")) {
				t.Errorf("%s: %s does not declare %s", page, name, text)
			}
		}
	}
}

// headings returns the anchors of a page as GitHub makes them.
func headings(page string) []string {
	var out []string
	for line := range strings.Lines(page) {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			title = strings.ToLower(strings.TrimSpace(title))
			out = append(out, strings.ReplaceAll(regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(title, ""), " ", "-"))
		}
	}
	return out
}

// declares reports whether the source declares a function, a method Type.Name or a
// type. A qualifier that is no receiver in the source is a package's name.
func declares(source, name string) bool {
	receiver, plain, qualified := strings.Cut(name, ".")
	if !qualified {
		plain = name
	}
	plain = regexp.QuoteMeta(plain)
	method := regexp.MustCompile(`(?m)^func \(\w* ?\*?` + receiver + `\) ` + plain + `\(`)
	return qualified && method.MatchString(source) || regexp.MustCompile(`(?m)^(func|type) `+plain+`\b`).MatchString(source)
}

// The tests that SECURITY.md names as proof exist.
func TestTestsNamedInPages(t *testing.T) {
	var all strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w*)\(`).FindAllStringSubmatch(all.String(), -1) {
		found[m[1]] = true
	}
	named := 0
	for _, page := range pages() {
		for _, name := range regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w*`).FindAllString(readPage(t, page), -1) {
			if named++; !found[name] {
				t.Errorf("%s names %s, which does not exist", page, name)
			}
		}
	}
	if named == 0 {
		t.Error("no page names a test")
	}
}
