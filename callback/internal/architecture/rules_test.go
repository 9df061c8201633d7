package architecture

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/ringback-go/ringback"

// rules say what the production code of a package may not reach, directly or
// through others. A path that ends in a slash stands for all below it.
func rules() []rule {
	pure := []ban{
		{module + "/callback", "a pure package does not know callbacks"},
		{module + "/callback/", "a pure package does not know callbacks"},
		{module + "/store", "a pure package does not know stores"},
		{module + "/store/", "a pure package does not know stores"},
		{"net/http", "a pure package has no I/O"},
		{"log/slog", "a pure package logs nothing"},
		{"testing", "test code must not reach production"},
	}
	adapter := []ban{
		{module + "/store", "an adapter calls the Manager, never its store"},
		{module + "/store/", "an adapter calls the Manager, never its store"},
		{"database/sql", "an adapter calls the Manager, never its store"},
		{module + "/callback/api/internal/exchange", "test code must not reach production"},
		{"net/http/httptest", "test code must not reach production"},
		{"testing", "test code must not reach production"},
		{"time/tzdata", "the host decides where zones come from"},
	}
	domain := []ban{
		{module + "/store", "the host chooses the store"},
		{module + "/store/", "the host chooses the store"},
		{"net/http", "the host owns the listener"},
		{"database/sql", "a store is a plug-in"},
		{"testing", "test code must not reach production"},
		{"time/tzdata", "the host decides where zones come from"},
	}
	return []rule{
		{"callback/api", adapter},
		{"callback/api/gms", adapter},
		{"callback/api/lucs", adapter},
		{"callback/api/lcm", adapter},
		{"callback/api/interaction", adapter},
		{"phonenum", append(without(pure, "log/slog"),
			ban{module + "/availability", "phonenum, availability and scheduler are independent of each other"},
			ban{module + "/scheduler", "phonenum, availability and scheduler are independent of each other"},
			ban{"regexp", "numbers are read by generated tables"},
			ban{"github.com/", "phonenum needs the standard library alone"})},
		{"availability", append(slices.Clone(pure),
			ban{module + "/phonenum", "phonenum, availability and scheduler are independent of each other"},
			ban{module + "/scheduler", "recurrences come in through an interface"},
			ban{"time/tzdata", "the host decides where zones come from"})},
		{"scheduler", append(slices.Clone(pure),
			ban{module + "/phonenum", "phonenum, availability and scheduler are independent of each other"},
			ban{module + "/availability", "phonenum, availability and scheduler are independent of each other"},
			ban{"time/tzdata", "the host decides where zones come from"})},
		{"callback", append(slices.Clone(domain),
			ban{module + "/callback/api/", "the vocabulary does not know its adapters"},
			ban{module + "/callback/manager", "plug-ins import the vocabulary, and must not link the engine"},
			ban{module + "/callback/manager/", "plug-ins import the vocabulary, and must not link the engine"},
			ban{module + "/callback/internal/decide", "decisions use the vocabulary, not the reverse"},
			ban{module + "/callback/internal/engine", "the engine uses the vocabulary, not the reverse"},
			ban{module + "/callback/callbacktest", "test code must not reach production"})},
		{"callback/internal/decide", append(slices.Clone(domain),
			ban{module + "/callback/manager", "imports point down: manager, engine, decide, callback"},
			ban{module + "/callback/internal/engine", "imports point down: manager, engine, decide, callback"})},
		{"callback/internal/engine", append(slices.Clone(domain),
			ban{module + "/callback/manager", "imports point down: manager, engine, decide, callback"})},
		{"callback/manager", append(slices.Clone(domain),
			ban{module + "/callback/api/", "the Manager does not know its adapters"},
			ban{module + "/callback/callbacktest", "test code must not reach production"})},
		{"callback/callbacktest", []ban{
			{module + "/callback/manager", "a test kit for plug-ins must not need the engine"},
			{module + "/callback/internal/engine", "a test kit for plug-ins must not need the engine"},
			{module + "/store", "the kit works with any store"},
		}},
		{"store", []ban{
			{module + "/callback/manager", "a store is written against the vocabulary"},
			{module + "/callback/internal/engine", "a store is written against the vocabulary"},
			{"net/http", "the memory store needs no network"},
			{"database/sql", "the memory store needs no database"},
			{"testing", "test code must not reach production"},
		}},
		{"store/record", []ban{
			{module + "/callback/manager", "a store is written against the vocabulary"},
			{module + "/callback/internal/engine", "a store is written against the vocabulary"},
			{"net/http", "records are bytes"},
			{"database/sql", "records are bytes"},
			{"testing", "test code must not reach production"},
		}},
		{"store/sqlite", []ban{
			{module + "/callback/manager", "a store is written against the vocabulary"},
			{module + "/callback/internal/engine", "a store is written against the vocabulary"},
			{"github.com/jackc/pgx/", "a store links its own driver and no other"},
			{"net/http", "the host owns the listener"},
			{"testing", "test code must not reach production"},
		}},
		{"store/postgres", []ban{
			{module + "/callback/manager", "a store is written against the vocabulary"},
			{module + "/callback/internal/engine", "a store is written against the vocabulary"},
			{"modernc.org/", "a store links its own driver and no other"},
			{"net/http", "the host owns the listener"},
			{"testing", "test code must not reach production"},
		}},
	}
}

// nested lists the folders of the published modules below the root.
func nested() []string { return []string{"store/postgres", "store/sqlite"} }

type rule struct {
	pkg  string
	bans []ban
}

type ban struct{ path, reason string }

func without(bans []ban, path string) []ban {
	return slices.DeleteFunc(slices.Clone(bans), func(b ban) bool { return b.path == path })
}

func (b ban) hits(dep string) bool {
	if prefix, ok := strings.CutSuffix(b.path, "/"); ok {
		return strings.HasPrefix(dep, prefix+"/")
	}
	return dep == b.path
}

// direct are imports that a package may not have itself, though packages that it
// needs have them.
func direct() []rule {
	return []rule{
		{"callback/internal/decide", []ban{
			{"context", "a decision has no input but its arguments"},
			{"log/slog", "a decision has nothing to log"},
			{"sync", "a decision shares nothing"},
		}},
	}
}

func TestDirectImports(t *testing.T) {
	for _, r := range direct() {
		for _, imported := range strings.Fields(run(t, "go", "list", "-f", `{{join .Imports " "}}`, module+"/"+r.pkg)) {
			for _, b := range r.bans {
				if b.hits(imported) {
					t.Errorf("%s imports %s: %s", r.pkg, imported, b.reason)
				}
			}
		}
	}
}

func TestImports(t *testing.T) {
	for _, r := range rules() {
		self := module + "/" + r.pkg
		for _, dep := range deps(t, self) {
			for _, b := range r.bans {
				if dep != self && b.hits(dep) {
					t.Errorf("%s reaches %s: %s", r.pkg, dep, b.reason)
				}
			}
		}
	}
}

// A rule that can never fail proves nothing.
func TestBansHit(t *testing.T) {
	if !(ban{path: "net/http"}).hits("net/http") || (ban{path: "net/http"}).hits("net/http/internal") {
		t.Error("a plain path must hit itself alone")
	}
	if !(ban{path: module + "/store/"}).hits(module+"/store/storetest") || (ban{path: module + "/store/"}).hits(module+"/store") {
		t.Error("a path with a slash must hit all below it")
	}
	if !slices.Contains(deps(t, module+"/callback"), module+"/phonenum") {
		t.Error("callback is known to reach phonenum, and the list does not show it")
	}
}

// The root module's requirements are fixed; each more is every host's burden.
func TestRootRequirements(t *testing.T) {
	used := strings.Fields(run(t, "go", "list", "-deps", "-test", "-f", "{{with .Module}}{{.Path}}{{end}}", "./..."))
	mod, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mod), "// indirect") {
		t.Errorf("go.mod lists indirect requirements:\n%s", mod)
	}
	want := []string{"github.com/google/go-cmp", "github.com/google/uuid", "github.com/robfig/cron/v3", "golang.org/x/exp"}
	if diff := cmp.Diff(want, required(string(mod))); diff != "" {
		t.Errorf("requirements of the root module (-want +got):\n%s", diff)
	}
	for _, path := range want {
		if !slices.Contains(used, path) {
			t.Errorf("%s is required and not used", path)
		}
	}
}

// required reads the paths of a go.mod's requirements.
func required(mod string) []string {
	var paths []string
	inside := false
	for line := range strings.Lines(mod) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 2 && fields[0] == "require" && fields[1] == "(":
			inside = true
		case len(fields) == 1 && fields[0] == ")":
			inside = false
		case len(fields) >= 3 && fields[0] == "require":
			paths = append(paths, fields[1])
		case inside && len(fields) >= 2:
			paths = append(paths, fields[0])
		}
	}
	slices.Sort(paths)
	return paths
}

func deps(t *testing.T, pkg string) []string {
	dir := "."
	for _, n := range nested() {
		if strings.HasPrefix(pkg, module+"/"+n) {
			dir = n
		}
	}
	return strings.Fields(runIn(t, dir, "go", "list", "-deps", pkg))
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	return runIn(t, ".", name, args...)
}

// runIn runs a command in a folder of the repository: in the root module
// outside the workspace, elsewhere inside it, because the versions that nested
// modules require of each other need not be released.
func runIn(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "GOWORK=", "GOFLAGS=")
	if dir == "." {
		cmd.Env = append(cmd.Env, "GOWORK=off")
	}
	cmd.Dir = filepath.Join("../../..", dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, stderr.String())
	}
	return string(out)
}
