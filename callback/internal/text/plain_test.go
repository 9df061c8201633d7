package text_test

import (
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback/internal/text"
)

func TestShorten(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "abcde": "abcde", "abcdef": "abcde...", "abcdé": "abcd...", "ab\xffcd": "abcd", "\xff\xff\xffabcde": "abcde",
	} {
		if got := text.Shorten(in, 5); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestIsID(t *testing.T) {
	for id, want := range map[string]bool{
		"": false, "a b": true, strings.Repeat("a", 128): true, strings.Repeat("a", 129): false, "a\n": false, "\x7f": false, "\xff": false,
	} {
		if got := text.IsID(id); got != want {
			t.Errorf("%q: %v", id, got)
		}
	}
}

func TestRule(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "abcde": "", "abcdef": "has more than 5 bytes", "éé": "", "ééé": "has more than 5 bytes", "a\xff": "is not UTF-8",
		"a\tb": "has control characters", "\x7f": "has control characters",
	} {
		if got := text.Rule(in, 5); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if got, want := text.IsPlain(in), want == "" || strings.HasPrefix(want, "has more"); got != want {
			t.Errorf("%q is plain: %v, want %v", in, got, want)
		}
	}
}
