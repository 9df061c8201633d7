package gms

import "testing"

// A formula is found behind quotes and separators of other scripts, too.
func TestCellBehindPunctuation(t *testing.T) {
	for _, s := range []string{"„=1+1", "‚@x", "＂=1+1", "＇=1+1", "「=1+1", "〝=1+1", "a；=1+1", "a，=1+1"} {
		if cell(s) == s {
			t.Errorf("%q is not escaped", s)
		}
	}
}
