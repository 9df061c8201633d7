package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

// The files of a small repository with a module of each kind and none from
// elsewhere.
func smallRepository() map[string]string {
	return map[string]string{
		"LICENSE":    "terms\n",
		".gitignore": "*.out\n",
		"go.work": `go 1.26.0

use (
	.
	./examples/server
	./store/a
	./store/b
)

// Why.
replace (
	github.com/ringback-go/ringback v0.1.0 => .
	github.com/ringback-go/ringback/store/a v0.1.0 => ./store/a
	github.com/ringback-go/ringback/store/b v0.1.0 => ./store/b
)
`,
		"go.mod":         "module github.com/ringback-go/ringback\n\ngo 1.26.0\n",
		"ringback.go":    "package ringback\n",
		"store/store.go": "package store\n",

		"store/a/go.mod": "module github.com/ringback-go/ringback/store/a\n\ngo 1.26.0\n\nrequire github.com/ringback-go/ringback/store/b v0.1.0\n\n" +
			"require github.com/ringback-go/ringback v0.1.0 // indirect\n",
		"store/a/a.go":     "package a\n\nimport _ \"github.com/ringback-go/ringback/store/b\"\n",
		"store/a/data.txt": "kept\n",

		"store/b/go.mod": "module github.com/ringback-go/ringback/store/b\n\ngo 1.26.0\n\nrequire github.com/ringback-go/ringback v0.1.0\n",
		"store/b/b.go":   "package b\n\nimport _ \"github.com/ringback-go/ringback/store\"\n",

		"examples/server/go.mod":  "module github.com/ringback-go/ringback/examples/server\n\ngo 1.26.0\n\nrequire github.com/ringback-go/ringback v0.1.0\n",
		"examples/server/main.go": "package main\n\nimport _ \"github.com/ringback-go/ringback/store\"\n\nfunc main() {}\n",

		"store/internal/check/go.mod": "module github.com/ringback-go/ringback/store/internal/check\n\ngo 1.26.0\n\n" +
			"require github.com/ringback-go/ringback v0.1.0\n\nreplace github.com/ringback-go/ringback => ../../..\n",
		"store/internal/check/check.go": "package check\n\nimport _ \"github.com/ringback-go/ringback/store\"\n",
	}
}

func newRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range smallRepository() {
		edit(t, dir, name, text)
	}
	mustGit(t, dir, "init", "-q")
	commit(t, dir)
	edit(t, dir, "ignored.out", "not part of the repository")
	return dir
}

func edit(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := writeFile(filepath.Join(dir, name), []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func mustGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := git(dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func commit(t *testing.T, dir string) {
	t.Helper()
	mustGit(t, dir, "add", "-A")
	mustGit(t, dir, "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "test")
}

// A release as RELEASING.md describes it. What the go command makes of the tags
// has the sums that the release wrote before they existed.
func TestRelease(t *testing.T) {
	const version = "v0.2.0"
	dir := newRepository(t)
	var out strings.Builder
	if err := run([]string{version}, dir, &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.work", "examples/server/go.mod", "examples/server/go.sum", "store/a/go.mod", "store/a/go.sum",
		"store/b/go.mod", "store/b/go.sum", "store/internal/check/go.mod"} {
		if !strings.Contains(out.String(), "  "+name+"\n") {
			t.Errorf("%s is not listed as changed in:\n%s", name, out.String())
		}
	}
	work, err := readFile(filepath.Join(dir, "go.work"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(smallRepository()["go.work"], "v0.1.0", version); work != want {
		t.Errorf("go.work is\n%s\nwant\n%s", work, want)
	}

	commit(t, dir)
	out.Reset()
	if err := run([]string{version}, dir, &out); err != nil {
		t.Fatal(err)
	}
	if want := "v0.2.0\nstore/b/v0.2.0\nstore/a/v0.2.0\n"; out.String() != want {
		t.Fatalf("the second run prints %q, want the tags %q", out.String(), want)
	}
	if status := mustGit(t, dir, "status", "--porcelain"); status != "" {
		t.Errorf("the second run changed:\n%s", status)
	}

	for tag := range strings.Lines(out.String()) {
		mustGit(t, dir, "tag", strings.TrimSpace(tag))
	}
	sums, err := readFile(filepath.Join(dir, "store/a/go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []module.Version{{Path: root, Version: version}, {Path: root + "/store/b", Version: version}} {
		sum := tagged(t, dir, m)
		if want := m.Path + " " + m.Version + " " + sum + "\n"; !strings.Contains(sums, want) {
			t.Errorf("the go.sum of store/a is\n%s\nand has not %s", sums, want)
		}
	}
}

// tagged returns the sum of a module as the go command fetches it from a tag of
// the repository.
func tagged(t *testing.T, repository string, m module.Version) string {
	t.Helper()
	p, err := newProxy(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p.env = append(p.env, "GOPROXY=direct", "GOVCS=*:git",
		"GIT_CONFIG_COUNT=2",
		"GIT_CONFIG_KEY_0=url."+fileURL(repository)+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/ringback-go/ringback",
		"GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*")
	out, err := p.run(t.TempDir(), "mod", "download", "-json", m.String())
	if err != nil {
		t.Fatal(err)
	}
	return between(out, `"Sum": "`, `"`)
}

func TestReleaseRefusals(t *testing.T) {
	tests := []struct {
		name, version, file, text, want string
	}{
		{name: "no version", version: "0.2.0", want: "not a version"},
		{name: "short version", version: "v0.2", want: "not a version"},
		{name: "second major version", version: "v2.0.0", want: "not a version"},
		{name: "change that is not committed", version: "v0.2.0", file: "ringback.go", text: "package other\n", want: "not clean"},
		{name: "replace", version: "v0.2.0", file: "store/b/go.mod",
			text: smallRepository()["store/b/go.mod"] + "\nreplace github.com/ringback-go/ringback => ../..\n", want: "store/b/go.mod has a replace"},
		{name: "unpublished requirement", version: "v0.2.0", file: "go.work", text: "go 1.26.0\n\nuse ./store/a\n\nuse .\n", want: "not published"},
		{name: "package that does not build", version: "v0.2.0", file: "store/b/b.go",
			text: "package b\n\nimport _ \"github.com/ringback-go/ringback/store\"\n\nvar x int = \"\"\n", want: "build ./..."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := newRepository(t)
			if test.file != "" {
				edit(t, dir, test.file, test.text)
				if test.want != "not clean" {
					commit(t, dir)
				}
			}
			before := mustGit(t, dir, "status", "--porcelain")
			err := run([]string{test.version}, dir, &strings.Builder{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if after := mustGit(t, dir, "status", "--porcelain"); after != before {
				t.Errorf("it changed:\n%s", after)
			}
		})
	}
}

// Tidy leaves versions alone, and with them the sums of released modules, which
// it cannot know.
func TestTidy(t *testing.T) {
	dir := newRepository(t)
	released := root + " v0.1.0 h1:AAAA=\n" + root + " v0.1.0/go.mod h1:BBBB=\n"
	edit(t, dir, "store/b/go.sum", released)
	edit(t, dir, "store/a/go.mod", "module github.com/ringback-go/ringback/store/a\n\ngo 1.26.0\n\nrequire github.com/ringback-go/ringback/store/b v0.1.0\n")
	var out strings.Builder
	if err := run([]string{"tidy"}, dir, &out); err != nil {
		t.Fatal(err)
	}
	if want := "store/a/go.mod\n"; out.String() != want {
		t.Errorf("it changed %q, want %q", out.String(), want)
	}
	for name, want := range map[string]string{"store/b/go.sum": released, "store/a/go.mod": smallRepository()["store/a/go.mod"]} {
		if text, err := readFile(filepath.Join(dir, name)); err != nil || text != want {
			t.Errorf("%s is %q, %v, want %q", name, text, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "store/a/go.sum")); err == nil {
		t.Error("it made a go.sum with sums of modules that are not released")
	}
}

// Published modules are listed in the order of their requirements.
func TestPublished(t *testing.T) {
	tree, err := copyTree("../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, m := range tree.published() {
		for _, path := range m.requires {
			if !slices.Contains(paths, path) {
				t.Errorf("%s comes before %s, which it requires", m.path, path)
			}
		}
		paths = append(paths, m.path)
	}
	for _, path := range []string{root, root + "/store/sqlite", root + "/store/postgres"} {
		if !slices.Contains(paths, path) {
			t.Errorf("%s is not published", path)
		}
	}
	for _, path := range paths {
		if strings.Contains(path, "/internal/") || strings.Contains(path, "/examples/") {
			t.Errorf("%s is published", path)
		}
	}
}
