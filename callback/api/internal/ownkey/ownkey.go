// Package ownkey separates the idempotency keys of customers, who may choose
// the same ones.
package ownkey

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback/api"
)

// Header is the request header that makes a start safe to repeat.
const Header = "Idempotency-Key"

// maxKey is the maximum length of a request's key in bytes.
const maxKey = 128

// Read returns the key of a request, as [Of] does for the customer that the
// caller is bound to. The error is an [api.Fault] for a repeated header.
func Read(header http.Header, own string) (string, error) {
	if len(header.Values(Header)) > 1 {
		return "", api.NewFault(http.StatusBadRequest, Header, "is given more than once")
	}
	return Of(own, header.Get(Header)), nil
}

// Of returns the key under which a request of a caller bound to customer own is
// stored. It is key itself if own is empty or if the Manager would refuse key.
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
