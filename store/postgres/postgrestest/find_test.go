package postgrestest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// place creates a folder below root with executable files.
func place(t *testing.T, root, folder string, programs ...string) string {
	t.Helper()
	dir := filepath.Join(root, folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, program := range programs {
		if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindOrder(t *testing.T) {
	root := t.TempDir()
	named := place(t, root, "named", "initdb", "postgres")
	onPath := place(t, root, "path", "initdb", "postgres")
	half := place(t, root, "half", "initdb")
	path := half + string(os.PathListSeparator) + onPath

	t.Setenv("PATH", path)
	t.Setenv(BinVariable, "")
	if got, err := Find(); err != nil || got != onPath {
		t.Errorf("from PATH: %q, %v", got, err)
	}
	t.Setenv(BinVariable, named)
	if got, err := Find(); err != nil || got != named {
		t.Errorf("from the variable: %q, %v", got, err)
	}
	t.Setenv(BinVariable, half)
	got, err := Find()
	if !errors.Is(err, ErrNoServer) {
		t.Fatalf("variable with an incomplete directory: %q, %v", got, err)
	}
	for _, part := range []string{BinVariable, half, "install"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error does not contain %q: %v", part, err)
		}
	}
	if c, err := Start(t.Context(), Options{}); !errors.Is(err, ErrNoServer) {
		t.Errorf("Start without programs: %v, %v", c, err)
	}
}

func TestNewest(t *testing.T) {
	root := t.TempDir()
	place(t, root, "lib/9.6/bin", "initdb", "postgres")
	place(t, root, "lib/16/bin", "initdb")
	place(t, root, "lib/17/bin")
	want := place(t, root, "lib/15/bin", "initdb", "postgres")
	brew := place(t, root, "opt/postgresql@17/bin", "initdb", "postgres")
	place(t, root, "opt/postgresql@9/bin", "initdb", "postgres")

	lib, opt := filepath.Join(root, "lib/*/bin"), filepath.Join(root, "opt/postgresql*/bin")
	for _, c := range []struct {
		name     string
		patterns []string
		want     string
	}{
		{"by number", []string{lib}, want},
		{"the first pattern wins", []string{lib, opt}, want},
		{"after an empty pattern", []string{filepath.Join(root, "none/*"), opt}, brew},
		{"nothing", []string{filepath.Join(root, "none/*"), "[", filepath.Join(root, "lib/1[67]/bin")}, ""},
	} {
		if got, ok := newest(c.patterns); got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", c.name, got, ok, c.want)
		}
	}
}

func TestFindBouncer(t *testing.T) {
	root := t.TempDir()
	named := filepath.Join(place(t, root, "named", "bouncer"), "bouncer")
	onPath := filepath.Join(place(t, root, "path", "pgbouncer"), "pgbouncer")
	t.Setenv("PATH", filepath.Dir(onPath))
	t.Setenv(BouncerVariable, "")
	if got, err := FindBouncer(); err != nil || got != onPath {
		t.Errorf("from PATH: %q, %v", got, err)
	}
	t.Setenv(BouncerVariable, named)
	if got, err := FindBouncer(); err != nil || got != named {
		t.Errorf("from the variable: %q, %v", got, err)
	}
	t.Setenv(BouncerVariable, filepath.Join(root, "nothing"))
	if got, err := FindBouncer(); !errors.Is(err, ErrNoBouncer) || !strings.Contains(err.Error(), "install") {
		t.Errorf("variable with a missing path: %q, %v", got, err)
	}
	if b, err := StartBouncer(t.Context(), nil, BouncerOptions{}); !errors.Is(err, ErrNoBouncer) {
		t.Errorf("StartBouncer without the program: %v, %v", b, err)
	}
}
