// Package ownkey keeps the idempotency keys of customers apart, who know nothing
// of one another and may choose the same.
package ownkey

import (
	"crypto/sha256"
	"encoding/hex"
	"unicode/utf8"
)

// maxKey is how many bytes a key of a request has at most.
const maxKey = 128

// Of returns the key under which a request of a caller that is bound to a
// customer is kept; that of a caller that is bound to none, own being empty, is
// the key itself. A key that cannot be used stays one that cannot be.
func Of(own, key string) string {
	if own == "" || key == "" || len(key) > maxKey || !utf8.ValidString(key) {
		return key
	}
	prefix := digest(own)[:32] + ":"
	if len(prefix)+len(key) > maxKey {
		key = digest(key)
	}
	return prefix + key
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
