package ownkey_test

import (
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback/api/internal/ownkey"
)

// Customers never share a key, whatever its length; callers without a customer
// keep theirs.
func TestOf(t *testing.T) {
	seen := make(map[string]string)
	for n := range 129 {
		if n == 0 {
			continue
		}
		for _, own := range []string{"", "c1", "c2"} {
			for _, fill := range []string{"a", "b"} {
				key := strings.Repeat(fill, n)
				got := ownkey.Of(own, key)
				if len(got) > 128 {
					t.Errorf("the key of %q and %d bytes has %d", own, n, len(got))
				}
				if got != ownkey.Of(own, key) {
					t.Errorf("the key of %q and %d bytes is another the next time", own, n)
				}
				if own == "" && got != key {
					t.Errorf("a key of %d bytes became %q", n, got)
				}
				if other, ok := seen[got]; ok {
					t.Errorf("%s and %q %q share a key", other, own, key)
				}
				seen[got] = own + " " + key
			}
		}
	}
	for _, key := range []string{"", strings.Repeat("k", 129), "\xff"} {
		if got := ownkey.Of("c1", key); got != key {
			t.Errorf("%q became %q", key, got)
		}
	}
}
