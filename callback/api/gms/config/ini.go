package config

import (
	"strings"
	"unicode"

	"github.com/ringback-go/ringback/callback/api/gms/internal/token"
)

// readINI splits INI text: [section], name = value, and comment lines that
// begin with ; or #. A value ends with the line and may be in single or double
// quotes; spaces around it are ignored. A ; or # within a line is part of the
// value, because values of GMS contain them.
func (d *document) readINI(text string) error {
	var section *section
	refused := false // skip the options of a section that is left out
	line := 0
	for raw := range strings.Lines(text) {
		line++
		row := strings.TrimSpace(strings.TrimPrefix(raw, "\ufeff"))
		switch {
		case row == "" || row[0] == ';' || row[0] == '#':
			continue
		case row[0] != '[' && isLikeHeader(row):
			d.badHeader(line, row)
			refused = true
			continue
		case row[0] == '[':
			name, ok := sectionHeader(row)
			if refused = !ok; refused {
				d.badHeader(line, row)
				continue
			}
			var err error
			if section, err = d.section(name, line); err != nil {
				return err
			}
			continue
		case refused:
			continue
		}
		if section != nil && section.continues(raw) {
			// The option above is not what was meant.
			last := section.entries[len(section.entries)-1]
			section.damaged = append(section.damaged, entry{line: line, section: section.name, name: last.name})
		}
		if err := d.readOption(section, line, row); err != nil {
			return err
		}
	}
	return nil
}

// isLikeHeader reports whether a row that does not begin with a bracket is likely
// to be meant as the header of a section: it has brackets of some kind, and is no
// option.
func isLikeHeader(row string) bool {
	return !strings.Contains(row, "=") && strings.ContainsAny(row, "[]<>［］") &&
		strings.ContainsFunc(row, unicode.IsLetter) && !strings.Contains(strings.Trim(row, "/\"' \t"), " ")
}

// badHeader reports the header of a section that cannot be read, and keeps what it
// seems to say.
func (d *document) badHeader(line int, row string) {
	d.badSection(line)
	name := strings.TrimFunc(plainText(row), func(r rune) bool { return !unicode.IsLetter(r) && r != '_' })
	d.headers = append(d.headers, entry{line: line, name: name})
}

// continues reports whether a row that is no option seems to belong to the value of
// the option before it: it is indented, or that value is empty or ends with a comma.
func (s *section) continues(raw string) bool {
	_, _, ok := cutOption(strings.TrimSpace(raw))
	if ok || len(s.entries) == 0 {
		return false
	}
	last := s.entries[len(s.entries)-1].value
	return last == "" || strings.HasSuffix(last, ",") || strings.HasPrefix(raw, " ") || strings.HasPrefix(raw, "\t")
}

// readOption parses name = value. It does not report faulty text, which may be
// a secret.
func (d *document) readOption(section *section, line int, row string) error {
	name, value, ok := cutOption(row)
	switch {
	case section == nil:
		d.stray = append(d.stray, entry{line: line, name: plainKey(name)})
		d.problems.add(SeverityError, entry{line: line}, "", "is before the first section: the line is left out")
		return nil
	case !ok:
		d.problems.add(SeverityError, entry{line: line, section: section.name}, "", "is not name = value: the line is left out")
		section.damaged = append(section.damaged, entry{line: line, section: section.name, name: firstWord(row)})
		return nil
	}
	name = plainKey(name)
	value, ok = unquote(trimBlanks(value))
	if !ok && token.IsName(name) {
		e := entry{line: line, section: section.name, name: name}
		d.problems.add(SeverityError, e, "", "has no closing quote: the line is left out")
		section.damaged = append(section.damaged, e)
		return nil
	}
	return d.add(section, line, name, value)
}

// cutOption splits name = value. A colon stands for the equals sign if there is an
// option's name in front of it, as in files that were written by hand.
func cutOption(row string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(row, "=")
	if before, after, colon := strings.Cut(row, ":"); colon && len(before) < len(name) && token.IsName(plainKey(before)) {
		return before, after, true
	}
	return name, value, ok
}

// firstWord returns what seems to be the name in a line without an equals sign: what
// precedes a colon, or a word.
func firstWord(row string) string {
	if name, _, ok := strings.Cut(row, ":"); ok && !strings.ContainsAny(name, "0123456789") { // not of a time
		return plainKey(name)
	}
	words := strings.Fields(row)
	if len(words) == 0 {
		return ""
	}
	return plainKey(words[0])
}

// sectionHeader parses [name], which a comment may follow.
func sectionHeader(row string) (string, bool) {
	name, rest, ok := strings.Cut(row[1:], "]")
	name, rest = strings.TrimSpace(plainText(name)), strings.TrimSpace(rest)
	if rest != "" && rest[0] != ';' && rest[0] != '#' {
		return "", false
	}
	return name, ok && isSectionName(name)
}

// unquote removes the quotes of a value that is quoted as a whole: "a \"b\" \\
// c" or 'a'. Other values are unchanged. ok is false if the closing quote is
// missing.
func unquote(value string) (string, bool) {
	if value == "" || value[0] != '"' && value[0] != '\'' {
		return value, true
	}
	quote := value[0]
	var b strings.Builder
	for i := 1; i < len(value); i++ {
		c := value[i]
		switch {
		case c == quote && i == len(value)-1:
			return b.String(), true
		case c == quote:
			return value, true // such as "a","b"
		case c == '\\' && quote == '"' && i+1 < len(value) && (value[i+1] == '"' || value[i+1] == '\\'):
			i++
			b.WriteByte(value[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}
