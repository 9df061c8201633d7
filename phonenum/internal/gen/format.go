package gen

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// formatter builds the automaton that returns the format of a number as the
// offset of its record plus one.
func (b *builder) formatter(formats []*phonenumbers.NumberFormat) (int32, error) {
	roots := make([]int32, 0, 2*len(formats))
	records := make([]uint16, 0, len(formats))
	for _, f := range formats {
		whole, err := b.graph.match(f.GetPattern(), nil, false)
		if err != nil {
			return 0, err
		}
		// The last leading-digits pattern is the most specific and decides.
		leading := ""
		if patterns := f.GetLeadingDigitsPattern(); len(patterns) > 0 {
			leading = patterns[len(patterns)-1]
		}
		lead, err := b.graph.match(leading, nil, true)
		if err != nil {
			return 0, err
		}
		record, err := b.format(f)
		if err != nil {
			return 0, err
		}
		roots = append(roots, whole, lead)
		records = append(records, record+1)
	}
	return b.graph.combine(roots, func(outs []uint16) uint16 {
		for i, record := range records {
			if outs[2*i] != 0 && outs[2*i+1] != 0 {
				return record
			}
		}
		return 0
	}), nil
}

var firstGroup = regexp.MustCompile(`\$\d`)

// format returns the offset of a format's record: the number of groups, a byte
// min<<4|max for each, then the length and the template of the national and of
// the international form. In a template the bytes 1 to 9 stand for groups.
func (b *builder) format(f *phonenumbers.NumberFormat) (uint16, error) {
	groups, err := groupLengths(f.GetPattern())
	if err != nil {
		return 0, err
	}
	national := f.GetFormat()
	if rule := f.GetNationalPrefixFormattingRule(); rule != "" {
		// $1 in the rule means the group that is first in the format, which is
		// not always the first group of the pattern.
		token := firstGroup.FindString(national)
		national = strings.Replace(national, token, strings.Replace(rule, "$1", token, 1), 1)
	}
	record := append([]byte{byte(len(groups))}, groups...)
	for _, text := range []string{national, f.GetFormat()} {
		template, err := encodeTemplate(text, len(groups))
		if err != nil {
			return 0, err
		}
		record = append(record, byte(len(template)))
		record = append(record, template...)
	}
	if at, ok := b.formats[string(record)]; ok {
		return uint16(at), nil
	}
	at := len(b.tables.formats)
	if at >= 1<<16-1 {
		return 0, fmt.Errorf("gen: formats take more than 64 kB")
	}
	b.formats[string(record)] = at
	b.tables.formats = append(b.tables.formats, record...)
	return uint16(at), nil
}

// encodeTemplate replaces $1 to $9 with the bytes 1 to 9.
func encodeTemplate(text string, groups int) (string, error) {
	var out []byte
	for i := 0; i < len(text); i++ {
		if text[i] == '$' {
			i++
			if i == len(text) || text[i] < '1' || int(text[i]-'0') > groups {
				return "", fmt.Errorf("gen: format %q: unexpected group", text)
			}
			out = append(out, text[i]-'0')
			continue
		}
		if text[i] < ' ' || text[i] > '~' {
			return "", fmt.Errorf("gen: format %q: unexpected character", text)
		}
		out = append(out, text[i])
	}
	return string(out), nil
}

// groupLengths parses a pattern that consists only of groups of digits, such as
// (\d{2})(\d{3,4}).
func groupLengths(pattern string) ([]byte, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("gen: format pattern %q: %w", pattern, err)
	}
	parts := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		parts = re.Sub
	}
	var groups []byte
	for _, part := range parts {
		if part.Op != syntax.OpCapture {
			return nil, fmt.Errorf("gen: format pattern %q: not a sequence of groups", pattern)
		}
		digits, least, most := part.Sub[0], 1, 1
		if digits.Op == syntax.OpRepeat {
			least, most, digits = digits.Min, digits.Max, digits.Sub[0]
		}
		if digits.String() != "[0-9]" && digits.String() != `\d` || least < 1 || most < least || most > 15 {
			return nil, fmt.Errorf("gen: format pattern %q: unexpected group %v", pattern, part)
		}
		groups = append(groups, byte(least<<4|most))
	}
	return groups, nil
}
