package api_test

import (
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback/api"
)

// FuzzRedact: five digits in a row, with or without separators, are always
// masked.
func FuzzRedact(f *testing.F) {
	for _, text := range []string{"+41 78 555 66 77", "code 4711", "a-1-2-3-4-5", "2026-01-12", "(044) 668-18-00 and 1234"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hidden := api.Redact(text)
		if len(hidden) != len(text) {
			t.Fatalf("%q became %q", text, hidden)
		}
		run := 0
		for _, c := range []byte(hidden) {
			switch {
			case c >= '0' && c <= '9':
				if run++; run >= 5 {
					t.Fatalf("%q became %q", text, hidden)
				}
			case strings.IndexByte(" .-()/", c) < 0:
				run = 0
			}
		}
	})
}
