package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// root is the path of the root module. All others lie below it.
const root = "github.com/ringback-go/ringback"

// tree is a copy of the repository, whose go.mod files may be changed freely.
type tree struct {
	dir     string
	modules []mod // published modules first, each after those that it requires
}

// mod is a module of the repository.
type mod struct {
	dir       string // slash-separated and relative to the tree; "." for the root
	path      string
	published bool
	replaced  bool     // has a replace directive or an exclude directive
	requires  []string // other modules of the repository
}

// tag returns the git tag that publishes the module at a version.
func (m mod) tag(version string) string { return path.Join(m.dir, version) }

// copyTree copies the files of a git working tree that are not ignored, as they
// are on disk, into dir.
func copyTree(repository, dir string) (*tree, error) {
	names, err := git(repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(strings.TrimRight(names, "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(repository, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, but still in the index
		}
		if err != nil {
			return nil, err
		}
		if err := writeFile(filepath.Join(dir, name), data); err != nil {
			return nil, err
		}
	}
	return openTree(dir)
}

// openTree finds the modules of a copy. A module is published if go.work uses
// it, unless it is an example.
func openTree(dir string) (*tree, error) {
	work, err := readWork(dir)
	if err != nil {
		return nil, err
	}
	var used []string
	for _, use := range work.Use {
		used = append(used, path.Clean(use.Path))
	}
	t := &tree{dir: dir}
	err = filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "go.mod" {
			return err
		}
		f, err := readMod(filepath.Dir(file))
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, filepath.Dir(file))
		if err != nil {
			return err
		}
		m := mod{dir: filepath.ToSlash(rel), path: f.Module.Mod.Path, replaced: len(f.Replace)+len(f.Exclude) > 0}
		m.published = slices.Contains(used, m.dir) && !strings.HasPrefix(m.dir, "examples/")
		for _, r := range f.Require {
			if own(r.Mod.Path) {
				m.requires = append(m.requires, r.Mod.Path)
			}
		}
		t.modules = append(t.modules, m)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t, t.sort()
}

// sort puts each module after those that it requires, and unpublished modules
// last.
func (t *tree) sort() error {
	slices.SortFunc(t.modules, func(a, b mod) int {
		if a.published != b.published {
			if a.published {
				return -1
			}
			return 1
		}
		return strings.Compare(a.dir, b.dir)
	})
	var sorted []mod
	for len(t.modules) > 0 {
		i := slices.IndexFunc(t.modules, func(m mod) bool {
			return !slices.ContainsFunc(t.modules, func(other mod) bool { return slices.Contains(m.requires, other.path) })
		})
		if i < 0 {
			return fmt.Errorf("%s and other modules require each other", t.modules[0].path)
		}
		sorted = append(sorted, t.modules[i])
		t.modules = slices.Delete(t.modules, i, i+1)
	}
	t.modules = sorted
	return nil
}

// published returns the modules to tag, each after those that it requires.
func (t *tree) published() []mod {
	return slices.DeleteFunc(slices.Clone(t.modules), func(m mod) bool { return !m.published })
}

// in returns the path of a file of a module.
func (t *tree) in(m mod, name string) string {
	return filepath.Join(t.dir, filepath.FromSlash(m.dir), name)
}

// version returns the version that go.work replaces with the workspace's
// folders: the one being prepared, or the last one released.
func (t *tree) version() (string, error) {
	work, err := readWork(t.dir)
	if err != nil {
		return "", err
	}
	for _, r := range work.Replace {
		if r.Old.Path == root {
			return r.Old.Version, nil
		}
	}
	return "", fmt.Errorf("go.work does not replace %s", root)
}

// setVersion makes every module require the published ones at a version, and
// go.work replace that version.
func (t *tree) setVersion(version string) error {
	published := t.published()
	for _, m := range t.modules {
		f, err := readMod(filepath.Join(t.dir, m.dir))
		if err != nil {
			return err
		}
		for _, p := range published {
			if !slices.Contains(m.requires, p.path) {
				continue
			}
			if err := f.AddRequire(p.path, version); err != nil {
				return err
			}
		}
		data, err := f.Format()
		if err != nil {
			return err
		}
		if err := writeFile(t.in(m, "go.mod"), data); err != nil {
			return err
		}
	}
	work, err := readWork(t.dir)
	if err != nil {
		return err
	}
	for _, m := range published {
		folder := "./" + m.dir
		if m.dir == "." {
			folder = "."
		}
		if err := work.AddReplace(m.path, version, folder, ""); err != nil {
			return err
		}
	}
	for _, r := range slices.Clone(work.Replace) {
		if own(r.Old.Path) && r.Old.Version != version {
			if err := work.DropReplace(r.Old.Path, r.Old.Version); err != nil {
				return err
			}
		}
	}
	work.SortBlocks()
	work.Cleanup()
	return writeFile(filepath.Join(t.dir, "go.work"), modfile.Format(work.Syntax))
}

// changed lists the files of modules and workspace that differ between the tree
// and another folder with the same modules.
func (t *tree) changed(other string) ([]string, error) {
	names := []string{"go.work"}
	for _, m := range t.modules {
		names = append(names, path.Join(m.dir, "go.mod"), path.Join(m.dir, "go.sum"))
	}
	var changed []string
	for _, name := range names {
		here, err := readFile(filepath.Join(t.dir, name))
		if err != nil {
			return nil, err
		}
		there, err := readFile(filepath.Join(other, name))
		if err != nil {
			return nil, err
		}
		if here != there {
			changed = append(changed, name)
		}
	}
	return changed, nil
}

// own reports whether a module path is one of the repository's.
func own(path string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// splitSums separates the lines of a go.sum on modules of the repository from
// those on others.
func splitSums(sums string) (ours, others []string) {
	for line := range strings.Lines(sums) {
		if own(modulePath(line)) {
			ours = append(ours, line)
		} else {
			others = append(others, line)
		}
	}
	return ours, others
}

// modulePath returns the module of a line of a go.sum.
func modulePath(line string) string {
	path, _, _ := strings.Cut(line, " ")
	return path
}

func readMod(dir string) (*modfile.File, error) {
	name := filepath.Join(dir, "go.mod")
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return modfile.Parse(name, data, nil)
}

func readWork(dir string) (*modfile.WorkFile, error) {
	name := filepath.Join(dir, "go.work")
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return modfile.ParseWork(name, data, nil)
}

// readFile returns the text of a file, empty if there is none.
func readFile(name string) (string, error) {
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return string(data), err
}

// writeText writes a file, or removes it if there is no text: an empty go.sum
// would be part of a module's zip.
func writeText(name, text string) error {
	if text == "" {
		return os.RemoveAll(name)
	}
	return writeFile(name, []byte(text))
}

func writeFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}

func git(dir string, args ...string) (string, error) {
	return output(exec.Command("git", args...), dir, nil)
}

// output runs a command in a folder and returns what it prints. The error has
// what it says on standard error.
func output(cmd *exec.Cmd, dir string, env []string) (string, error) {
	cmd.Dir, cmd.Env = dir, env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s in %s: %w\n%s%s", strings.Join(cmd.Args, " "), dir, err, out, stderr.String())
	}
	return string(out), nil
}
