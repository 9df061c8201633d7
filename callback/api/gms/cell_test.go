package gms_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode"

	"github.com/ringback-go/ringback/callback/api/gms"
)

// A part of a cell that a spreadsheet would take for a formula has an apostrophe
// before it, wherever the spreadsheet lets a cell begin.
func TestCell(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", "a-b": "a-b", "a = b": "a = b", "5115": "5115", "say \"-5\"": "say \"-5\"", "VQ, out": "VQ, out", "a;b": "a;b",
		"+41785556677": "+41785556677", "+41785556677;ext=12": "+41785556677;ext=12", "Billing@Stat.GA": "Billing@Stat.GA",
		"=1+2": "'=1+2", "+1+1": "'+1+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "+": "'+", "=e(1)": "'=e(1)", "+41 78": "'+41 78",
		"+41;ext=": "'+41;ext=", "+41;ext=1;=2": "'+41;ext=1;'=2", "+41\n=2": "'+41\n'=2",
		"\t=x": "'\t'=x", "\tx": "'\tx", "\rx": "'\rx", "\n=x": "'\n'=x", " =x": "' =x", "  @x": "'  @x", `"=x`: `'"=x`, `'=x`: `''=x`, `" " =x`: `'" " =x`,
		";=x": "';'=x", "a;=x": "'a;'=x", "a; =x": "'a; '=x", `";=x`: `'";'=x`, `a";"=x`: `'a";"'=x`, "a,-x": "'a,'-x", "a|+x": "'a|'+x",
		"a\n=x": "'a\n'=x", "a\r\n@x": "'a\r\n'@x", "a\t-x": "'a\t'-x", "=a;=b;c": "'=a;'=b;c",
		"\u00a0=x": "'\u00a0=x", "\ufeff=x": "'\ufeff=x", "\u200b=x": "'\u200b=x", "\u3000＝x": "'\u3000＝x", "＋x": "'＋x", "“=x": "'“=x", "\x00=x": "'\x00=x",
		"a\u2028=x": "'a\u2028'=x", "a\u0085=x": "'a\u0085'=x",
	} {
		if got := gms.Cell(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// No reader finds a cell that begins with a formula, whether it separates cells
// by commas, semicolons or tabs, and whether or not it knows quotes.
func FuzzCell(f *testing.F) {
	for _, seed := range []string{"=x", "a;=x", `";=x`, "\t=", " \r\n+1", "“,-", `"" , ""@`, "＝", "+41785556677;ext=1;=2"} {
		f.Add(seed, "x")
		f.Add("x", seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var out bytes.Buffer
		w := csv.NewWriter(&out)
		if err := w.Write([]string{"x", gms.Cell(a), gms.Cell(b), "x"}); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		cells := strings.FieldsFunc(out.String(), func(c rune) bool { return strings.ContainsRune(",;|\t\r\n\v\f\u0085\u2028\u2029", c) })
		for _, separator := range []rune{',', ';', '\t'} {
			r := csv.NewReader(bytes.NewReader(out.Bytes()))
			r.Comma, r.LazyQuotes, r.FieldsPerRecord = separator, true, -1
			for record, err := r.Read(); err == nil; record, err = r.Read() {
				cells = append(cells, record...)
			}
		}
		for _, cell := range cells {
			cell = strings.TrimLeftFunc(cell, func(c rune) bool { return c == '"' || unicode.IsSpace(c) })
			if cell != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(cell)[0]) && !number(cell) {
				t.Fatalf("%q and %q have the cell %q", a, b, cell)
			}
		}
	})
}

func number(cell string) bool {
	digits, _, _ := strings.Cut(cell[1:], ";ext=")
	return cell[0] == '+' && strings.Trim(digits, "0123456789\" \n") == ""
}
