package config

import "strings"

// plainText replaces the dashes, blanks and quotes that editors and office programs
// make of those on the keyboard.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == 0xfe58, r == 0xfe63, r == 0xff0d:
			return '-'
		case r == 0xa0, r >= 0x2000 && r <= 0x200a, r == 0x202f, r == 0x205f, r == 0x3000, r == '\t':
			return ' '
		case r >= 0x200b && r <= 0x200d, r == 0x2060, r == 0xfeff, r == 0xad:
			return -1
		case r == 0x2018, r == 0x2019, r == 0x201a:
			return '\''
		case r == 0x201c, r == 0x201d, r == 0x201e:
			return '"'
		case r == 0xff1a:
			return ':'
		}
		return r
	}, s)
}

// plainKey returns a name as it is meant. A blank before the number at the end of a
// name is dropped.
func plainKey(name string) string {
	name = strings.TrimSpace(plainText(name))
	if words := strings.Fields(name); len(words) == 2 && isWhole(words[1]) {
		return words[0] + words[1]
	}
	return name
}

// trimBlanks removes the blanks around a value, also those that are not on the
// keyboard.
func trimBlanks(value string) string {
	return strings.TrimFunc(value, func(r rune) bool { return strings.TrimSpace(plainText(string(r))) == "" })
}

// lenient makes a reader that takes a value also as it is meant.
func lenient(read reader) reader {
	return func(value string) fault {
		f := read(value)
		if plain := strings.TrimSpace(plainText(value)); f.rule != "" && f.used == "" && plain != value {
			return read(plain)
		}
		return f
	}
}
