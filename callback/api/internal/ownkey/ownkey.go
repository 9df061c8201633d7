// Package ownkey separates the idempotency keys of customers and other callers, who
// may choose the same ones.
package ownkey

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
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

// Of returns the key under which a request is stored. It keeps apart the keys of
// each customer, of callers that are bound to none (own is empty), and those that
// adapters make, which begin with [Made]: no caller can write a key of another. A
// key that the Manager would refuse is returned as it is.
func Of(own, key string) string {
	if key == "" || len(key) > maxKey || !utf8.ValidString(key) {
		return key
	}
	if own == "" {
		if reserved.MatchString(key) {
			return escape + digest(key)
		}
		return key
	}
	prefix := digest(own)[:32] + ":"
	if len(prefix)+len(key) > maxKey {
		key = digest(key)
	}
	return prefix + key
}

// Made is how the keys begin that the LCM adapter makes of its messages.
const Made = "lcm/"

// escape is how the stored keys begin that stand for reserved ones.
const escape = "~"

// reserved are the keys that only this package and adapters make.
var reserved = regexp.MustCompile("^([0-9a-f]{32}:|" + Made + "|" + escape + ")")

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
