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

// No caller can write the key under which another's is stored: an unbound caller
// that of a customer, a customer that of another or of none, either that of an
// adapter.
func TestOfCannotBeComputed(t *testing.T) {
	stored := map[string]string{"lcm/" + strings.Repeat("0", 64): "a message"}
	keys := []string{"k", strings.Repeat("k", 100), "lcm/k", "~k", ownkey.Of("c2", "k")}
	for _, key := range keys {
		stored[ownkey.Of("c1", key)] = "c1, " + key
		stored[ownkey.Of("c2", key)] = "c2, " + key
	}
	for _, key := range keys[2:4] {
		stored[ownkey.Of("", key)] = "none, " + key
	}
	for form, of := range stored {
		for _, own := range []string{"", "c3"} {
			if other, ok := stored[ownkey.Of(own, form)]; ok {
				t.Errorf("customer %q, who writes the key that is stored for (%s), gets that of (%s)", own, of, other)
			}
		}
	}
	for _, plain := range []string{"k", "LCM/k", "0123:k", strings.Repeat("g", 32) + ":k", strings.Repeat("A", 32) + ":k", strings.Repeat("a", 31) + ":k", "x~"} {
		if got := ownkey.Of("", plain); got != plain {
			t.Errorf("the key %q became %q", plain, got)
		}
	}
}
