package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/internal/token"
)

// entry is an option in the configuration, or a section if name is empty.
type entry struct {
	line          int // 0: no line numbers
	section, name string
	value         string
}

// section is a section with its options in order, without repetitions.
type section struct {
	name    string
	line    int
	entries []entry
	index   map[string]int
	// damaged are the lines that cannot be read, by the names that they seem to
	// have.
	damaged []entry
}

// entry returns an option, nil if it is absent or empty.
func (s *section) entry(name string) *entry {
	if s == nil {
		return nil
	}
	i, ok := s.index[name]
	if !ok || s.entries[i].value == "" {
		return nil
	}
	return &s.entries[i]
}

// entryFold is entry for a name in any case. The exact one is preferred.
func (s *section) entryFold(name string) *entry {
	if e := s.entry(name); e != nil {
		return e
	}
	for i := range s.entries {
		if e := &s.entries[i]; strings.EqualFold(e.name, name) && e.value != "" {
			return e
		}
	}
	return nil
}

// head returns an entry for the section itself.
func (s *section) head() entry { return entry{line: s.line, section: s.name} }

// document is a configuration split into sections and options.
type document struct {
	sections map[string]*section
	// headers are what the lines seem to say that may be headers of sections and
	// cannot be read.
	headers []entry
	// stray are the options before the first section.
	stray    []entry
	problems problemList
	count    int // number of options
}

func newDocument() *document { return &document{sections: make(map[string]*section)} }

// Limits of a configuration, which bound the work of parsing.
const (
	maxSections = 2000
	maxOptions  = 50000
	maxValue    = 64 << 10
)

// notConfiguration returns the error of text that is not a configuration.
func notConfiguration(format string, args ...any) error {
	return callback.NewFieldError(callback.ErrConfiguration, "configuration", fmt.Sprintf(format, args...))
}

// section opens a section. A repeated section is continued.
func (d *document) section(name string, line int) (*section, error) {
	if s, ok := d.sections[name]; ok {
		d.problems.add(SeverityWarning, entry{line: line, section: name}, "", "is repeated: its options are added to the first")
		return s, nil
	}
	if len(d.sections) == maxSections {
		return nil, notConfiguration("has more than %d sections", maxSections)
	}
	s := &section{name: name, line: line, index: make(map[string]int)}
	d.sections[name] = s
	return s, nil
}

// add adds an option to a section. The last of repeated options applies, unless
// it restricts and the values differ.
func (d *document) add(s *section, line int, name, value string) error {
	if d.count++; d.count > maxOptions {
		return notConfiguration("has more than %d options", maxOptions)
	}
	name = plainKey(name)
	e := entry{line: line, section: s.name, name: name, value: strings.TrimSpace(value)}
	if at, rule := e.fault(); rule != "" {
		d.problems.add(SeverityError, at, "", "%s: the option is left out", rule)
		s.damaged = append(s.damaged, entry{line: line, section: s.name, name: name})
		return nil
	}
	if i, ok := s.index[name]; ok {
		if s.entries[i].value != e.value {
			// Which of them is meant is not known: if it restricts, it counts as unreadable.
			s.damaged = append(s.damaged, entry{line: line, section: s.name, name: name})
		}
		d.problems.add(SeverityWarning, s.entries[i], "", "is repeated on line %d, which applies", line)
		s.entries[i] = e
		return nil
	}
	s.index[name] = len(s.entries)
	s.entries = append(s.entries, e)
	return nil
}

// fault returns why an option cannot be read, and where to report that.
func (e entry) fault() (at entry, rule string) {
	switch {
	case !token.IsName(e.name):
		// The name is not reported: it may be anything, such as a password
		// after a colon.
		return entry{line: e.line, section: e.section}, fmt.Sprintf("an option's name must be 1 to %d letters, digits, underscores, dashes and dots", token.MaxName)
	case len(e.value) > maxValue:
		return e, fmt.Sprintf("has more than %d bytes", maxValue)
	case !utf8.ValidString(e.value):
		return e, "is not UTF-8"
	case strings.ContainsFunc(e.value, token.IsControl):
		return e, "has control characters"
	}
	return e, ""
}

// isSectionName reports whether a section name is valid.
func isSectionName(name string) bool {
	return name != "" && len(name) <= token.MaxName+len("service.") && utf8.ValidString(name) && !strings.ContainsFunc(name, token.IsControl)
}

// names returns the sorted names of the sections.
func (d *document) names() []string { return slices.Sorted(maps.Keys(d.sections)) }

// readDocument splits INI or JSON text.
func readDocument(text []byte) (*document, error) {
	if len(text) > MaxSize {
		return nil, notConfiguration("has more than %d bytes", MaxSize)
	}
	s := strings.TrimPrefix(string(text), "\ufeff")
	if !utf8.ValidString(s) {
		return nil, notConfiguration("is not UTF-8")
	}
	d := newDocument()
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	read := d.readINI
	if strings.HasPrefix(strings.TrimLeft(s, " \t\r\n"), "{") {
		read = d.readJSON
	}
	if err := read(s); err != nil {
		return nil, err
	}
	return d, d.check()
}

// documentOfMap converts a map, in the order of its keys.
func documentOfMap(sections map[string]map[string]string) (*document, error) {
	d, size := newDocument(), 0
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		if size += len(name); size > MaxSize {
			break
		}
		if !isSectionName(name) {
			d.badSection(0)
			continue
		}
		s, err := d.section(name, 0)
		if err != nil {
			return nil, err
		}
		options := sections[name]
		for _, option := range slices.Sorted(maps.Keys(options)) {
			if size += len(option) + len(options[option]); size > MaxSize {
				break
			}
			if err := d.add(s, 0, option, options[option]); err != nil {
				return nil, err
			}
		}
	}
	if size > MaxSize {
		return nil, notConfiguration("has more than %d bytes", MaxSize)
	}
	return d, d.check()
}

func (d *document) badSection(line int) {
	d.problems.add(SeverityError, entry{line: line}, "",
		"a section's name must be 1 to %d characters without control characters: the section is left out", token.MaxName+len("service."))
}

func (d *document) check() error {
	if len(d.sections) == 0 {
		return notConfiguration("has no section")
	}
	return nil
}
