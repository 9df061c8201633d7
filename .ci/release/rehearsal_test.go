package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A version that no module has, so that it can only come from the rehearsal's
// proxy.
const rehearsed = "v0.99.0-rehearsal"

// TestRehearsal publishes all modules to a proxy and uses them from programs
// outside the repository, as a user would after a release.
func TestRehearsal(t *testing.T) {
	dir := t.TempDir()
	tree, proxy, err := prepare("../..", dir, rehearsed)
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}

	t.Run("tidy", func(t *testing.T) {
		for _, m := range tree.published() {
			for _, name := range []string{"go.mod", "go.sum"} {
				was := foreign(t, filepath.Join("../..", m.dir, name))
				if tidied := foreign(t, tree.in(m, name)); tidied != was {
					t.Errorf("%s/%s is not tidy: run make tidy", m.dir, name)
				}
			}
		}
	})

	for _, m := range tree.published() {
		t.Run("get "+m.dir, func(t *testing.T) {
			host := newHost(t, proxy, "")
			host.run("get", m.path+"@"+rehearsed)
			host.run("build", "-mod=mod", m.path+"/...")
			for path, version := range host.modules() {
				if own(path) && version != rehearsed {
					t.Errorf("it brings %s@%s", path, version)
				}
			}
		})
	}

	gets := goGets(string(readme))
	t.Run("README", func(t *testing.T) {
		program := between(string(readme), "```go\n", "```")
		if len(gets) == 0 || program == "" {
			t.Fatal("README.md has no go get line or no program")
		}
		host := newHost(t, proxy, program)
		host.run("get", gets[0])
		if out := host.run("run", "."); !strings.Contains(out, "COMPLETED") {
			t.Errorf("it prints:\n%s", out)
		}
		modules := host.modules()
		for _, driver := range drivers(t, tree) {
			if modules[driver] != "" {
				t.Errorf("a program without a driver lists %s@%s", driver, modules[driver])
			}
		}
	})

	t.Run("stores", func(t *testing.T) {
		program, err := os.ReadFile("testdata/stores/main.go")
		if err != nil {
			t.Fatal(err)
		}
		host := newHost(t, proxy, string(program))
		for _, path := range gets {
			host.run("get", path)
		}
		out := host.run("run", ".")
		for _, store := range []string{"memory", "sqlite", "postgres"} {
			if !strings.Contains(out, store+" COMPLETED") {
				t.Errorf("no callback is completed on %s; it prints:\n%s", store, out)
			}
		}
	})
}

// A replace directive works here and is ignored in builds of users: it must not
// come back.
func TestReplaceIsReported(t *testing.T) {
	original, err := copyTree("../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := original.check(); err != nil {
		t.Fatalf("before any change: %v", err)
	}
	for _, m := range original.published() {
		t.Run(m.dir, func(t *testing.T) {
			name := original.in(m, "go.mod")
			text, err := readFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := writeFile(name, []byte(text+"\nreplace github.com/google/uuid => ../uuid\n")); err != nil {
				t.Fatal(err)
			}
			changed, err := openTree(original.dir)
			if err != nil {
				t.Fatal(err)
			}
			err = changed.stage(nil, rehearsed)
			if err == nil || !strings.Contains(err.Error(), m.dir+"/go.mod has a replace") {
				t.Errorf("a replace directive in %s: %v", m.dir, err)
			}
			if err := writeFile(name, []byte(text)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// host is a program outside the repository, which uses modules from a proxy.
type host struct {
	t     *testing.T
	proxy *proxy
	dir   string
}

// newHost makes an empty module, with a program if there is one.
func newHost(t *testing.T, p *proxy, program string) *host {
	t.Helper()
	h := &host{t: t, proxy: p, dir: t.TempDir()}
	if program != "" {
		if err := writeFile(filepath.Join(h.dir, "main.go"), []byte(program)); err != nil {
			t.Fatal(err)
		}
	}
	h.run("mod", "init", "example.com/host")
	return h
}

func (h *host) run(args ...string) string {
	h.t.Helper()
	out, err := h.proxy.run(h.dir, args...)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// modules returns the versions of all modules that the program lists, needed for
// its build or not.
func (h *host) modules() map[string]string {
	h.t.Helper()
	versions := make(map[string]string)
	for line := range strings.Lines(h.run("list", "-m", "all")) {
		path, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		versions[path] = version
	}
	return versions
}

// drivers returns what published modules other than the root require directly,
// and the root does not.
func drivers(t *testing.T, tree *tree) []string {
	t.Helper()
	var paths, roots []string
	for _, m := range tree.published() {
		f, err := readMod(tree.in(m, ""))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range f.Require {
			switch {
			case m.path == root:
				roots = append(roots, r.Mod.Path)
			case !r.Indirect && !own(r.Mod.Path):
				paths = append(paths, r.Mod.Path)
			}
		}
	}
	paths = slices.DeleteFunc(paths, func(path string) bool { return slices.Contains(roots, path) })
	if len(paths) == 0 {
		t.Fatal("no published module requires a driver")
	}
	return paths
}

// goGets returns the packages of the go get lines in a text.
func goGets(text string) []string {
	var paths []string
	for _, match := range regexp.MustCompile(`(?m)^ *go get (\S+)`).FindAllStringSubmatch(text, -1) {
		paths = append(paths, match[1])
	}
	return paths
}

func between(text, begin, end string) string {
	_, text, _ = strings.Cut(text, begin)
	text, _, found := strings.Cut(text, end)
	if !found {
		return ""
	}
	return text
}

// foreign returns the lines of a go.mod or go.sum that are not on modules of the
// repository: what tidying may change at any version.
func foreign(t *testing.T, name string) string {
	t.Helper()
	text, err := readFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, root) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
