package gms

import (
	"strings"
	"unicode"
)

// cell returns text as a cell of a CSV file in which no spreadsheet finds a
// formula. An apostrophe precedes the text, and each later part of it that would
// begin with a formula if the spreadsheet separated cells by a semicolon or tab
// or did not know quotes. Phone numbers are not changed.
func cell(text string) string {
	if isPhone(text) {
		return text
	}
	var b strings.Builder
	begins, later, found := true, false, false
	for _, c := range text {
		formula := begins && strings.ContainsRune("=+-@\t\r＝＋－＠", c)
		found = found || formula
		if formula && later {
			b.WriteByte('\'')
		}
		b.WriteRune(c)
		if strings.ContainsRune(",;|，；、\t\r\n\v\f\u0085\u2028\u2029", c) {
			begins, later = true, true
		} else {
			begins = begins && !formula && mayPrecede(c)
		}
	}
	if !found {
		return text
	}
	return "'" + b.String()
}

// mayPrecede reports whether spreadsheets may skip c at the beginning of a cell:
// a space, punctuation such as quotes, or a character that is not seen.
func mayPrecede(c rune) bool {
	return unicode.IsSpace(c) || unicode.In(c, unicode.Cc, unicode.Cf, unicode.Ps, unicode.Pe, unicode.Pi, unicode.Pf, unicode.Po, unicode.Zs) || c == '`'
}

// isPhone reports whether text is a number in the form of package phonenum,
// which a spreadsheet does not calculate with.
func isPhone(text string) bool {
	digits, plus := strings.CutPrefix(text, "+")
	digits, ext, extended := strings.Cut(digits, ";ext=")
	return plus && isDigits(digits) && (!extended || isDigits(ext))
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
