package safetext_test

import (
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback/api/internal/safetext"
)

func TestClip(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "abcde": "abcde", "abcdef": "abcde...", "abcdé": "abcd...", "ab\xffcd": "abcd", "\xff\xff\xffabcde": "abcde",
	} {
		if got := safetext.Clip(in, 5); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "1234": "1234", "12345": "#####", "+1 (23) 4-5": "+# (##) #-#", "a12b345": "a12b345", "1234x12345": "1234x#####",
	} {
		if got := safetext.Redact(in, 5); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestIsID(t *testing.T) {
	for id, want := range map[string]bool{
		"": false, "a b": true, strings.Repeat("a", 128): true, strings.Repeat("a", 129): false, "a\n": false, "\xff": false,
	} {
		if got := safetext.IsID(id); got != want {
			t.Errorf("%q: %v", id, got)
		}
	}
}
