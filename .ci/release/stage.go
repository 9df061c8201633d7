package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// stage prepares a version in the copy as it would be tagged: it sets the
// version, tidies each published module against those before it, and adds it to
// the proxy.
func (t *tree) stage(p *proxy, version string) error {
	if err := t.check(); err != nil {
		return err
	}
	if err := t.setVersion(version); err != nil {
		return err
	}
	licence, err := os.ReadFile(filepath.Join(t.dir, "LICENSE"))
	if err != nil {
		return err
	}
	for _, m := range t.published() {
		if err := t.tidy(p, m); err != nil {
			return err
		}
		// A module below the root without a licence of its own gets the root's
		// when its zip is made from a tag.
		if text, err := readFile(t.in(m, "LICENSE")); err != nil {
			return err
		} else if text == "" {
			if err := writeFile(t.in(m, "LICENSE"), licence); err != nil {
				return err
			}
		}
		if err := p.add(m.path, version, t.in(m, "")); err != nil {
			return err
		}
	}
	return nil
}

// check reports what would make a published module differ between this
// repository and its users.
func (t *tree) check() error {
	var errs []error
	published := make(map[string]bool)
	for _, m := range t.published() {
		published[m.path] = true
		if m.replaced {
			errs = append(errs, fmt.Errorf("%s/go.mod has a replace or exclude directive: its users' builds ignore it", m.dir))
		}
		for _, path := range m.requires {
			if !published[path] {
				errs = append(errs, fmt.Errorf("%s/go.mod requires %s, which is not published", m.dir, path))
			}
		}
	}
	return errors.Join(errs...)
}

// tidy tidies a module. Sums of the repository's own modules are computed again,
// from the proxy.
func (t *tree) tidy(p *proxy, m mod) error {
	old, err := readFile(t.in(m, "go.sum"))
	if err != nil {
		return err
	}
	_, others := splitSums(old)
	if err := writeText(t.in(m, "go.sum"), strings.Join(others, "")); err != nil {
		return err
	}
	_, err = p.run(t.in(m, ""), "mod", "tidy")
	return err
}

// tidyRest tidies the modules that are not published.
func (t *tree) tidyRest(p *proxy) error {
	for _, m := range t.modules {
		if m.published {
			continue
		}
		if err := t.tidy(p, m); err != nil {
			return err
		}
	}
	return nil
}

// build vets and builds the published modules as their users would.
func (t *tree) build(p *proxy) error {
	for _, m := range t.published() {
		for _, verb := range []string{"build", "vet"} {
			if _, err := p.run(t.in(m, ""), verb, "./..."); err != nil {
				return err
			}
		}
	}
	return nil
}
