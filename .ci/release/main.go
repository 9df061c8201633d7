// Release prepares a release of all published modules at one version.
//
//	make release VERSION=v0.1.0
//	make tidy
//
// Release sets the version in every go.mod and in go.work, tidies each module
// against a proxy that holds the others at that version, vets and builds the
// published ones as their users would, and writes go.mod, go.sum and go.work
// files back if they changed. Run again on the commit of these changes, it
// changes nothing and prints the tags to push. It neither commits nor pushes.
//
// Tidy does for all modules what go mod tidy does for one. It is needed because
// modules require versions of each other that do not exist before the release.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

const usage = "usage: release v1.2.3 | release tidy"

func main() {
	if err := run(os.Args[1:], "../..", os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// run runs a command on a repository.
func run(args []string, repository string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New(usage)
	}
	dir, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if args[0] == "tidy" {
		return tidy(repository, dir, out)
	}
	return release(args[0], repository, dir, out)
}

// release prepares a version, or prints its tags if it is prepared.
func release(version, repository, dir string, out io.Writer) error {
	if !semver.IsValid(version) || semver.Canonical(version) != version || semver.Compare(version, "v2") >= 0 {
		return fmt.Errorf("%q is not a version from v0.0.0 to v1: %s", version, usage)
	}
	if status, err := git(repository, "status", "--porcelain"); err != nil {
		return err
	} else if status != "" {
		return fmt.Errorf("the working tree is not clean:\n%s", status)
	}
	t, p, err := prepare(repository, dir, version)
	if err != nil {
		return err
	}
	if err := errors.Join(t.tidyRest(p), t.build(p)); err != nil {
		return err
	}
	changed, err := t.writeBack(repository)
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		_, err = fmt.Fprintf(out, "%s is written to\n  %s\nCommit this and run the command again for the tags.\n", version, strings.Join(changed, "\n  "))
		return err
	}
	for _, m := range t.published() {
		if _, err := fmt.Fprintln(out, m.tag(version)); err != nil {
			return err
		}
	}
	return nil
}

// tidy tidies all modules at the versions that they have. Sums of the
// repository's own modules stay: they belong to the last release.
func tidy(repository, dir string, out io.Writer) error {
	t, p, err := prepare(repository, dir, "")
	if err != nil {
		return err
	}
	if err := t.tidyRest(p); err != nil {
		return err
	}
	if err := t.restoreSums(repository); err != nil {
		return err
	}
	changed, err := t.writeBack(repository)
	if err != nil {
		return err
	}
	for _, name := range changed {
		if _, err := fmt.Fprintln(out, name); err != nil {
			return err
		}
	}
	return nil
}

// prepare copies a repository below dir and stages a version there, by default
// the current one.
func prepare(repository, dir, version string) (*tree, *proxy, error) {
	t, err := copyTree(repository, filepath.Join(dir, "tree"))
	if err != nil {
		return nil, nil, err
	}
	if version == "" {
		if version, err = t.version(); err != nil {
			return nil, nil, err
		}
	}
	p, err := newProxy(dir)
	if err != nil {
		return nil, nil, err
	}
	return t, p, t.stage(p, version)
}

// restoreSums gives modules the sums of the repository's own modules that they
// have in the repository.
func (t *tree) restoreSums(repository string) error {
	for _, m := range t.modules {
		old, err := readFile(filepath.Join(repository, m.dir, "go.sum"))
		if err != nil {
			return err
		}
		tidied, err := readFile(t.in(m, "go.sum"))
		if err != nil {
			return err
		}
		lines, _ := splitSums(old)
		_, others := splitSums(tidied)
		lines = append(lines, others...)
		slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(modulePath(a), modulePath(b)) })
		if err := writeText(t.in(m, "go.sum"), strings.Join(lines, "")); err != nil {
			return err
		}
	}
	return nil
}

// writeBack copies go.mod, go.sum and go.work files that differ into the
// repository and returns their names.
func (t *tree) writeBack(repository string) ([]string, error) {
	changed, err := t.changed(repository)
	if err != nil {
		return nil, err
	}
	for _, name := range changed {
		text, err := readFile(filepath.Join(t.dir, name))
		if err != nil {
			return nil, err
		}
		if err := writeText(filepath.Join(repository, name), text); err != nil {
			return nil, err
		}
	}
	return changed, nil
}
