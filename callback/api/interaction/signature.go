package interaction

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a notification. They follow the Standard Webhooks
// specification, so receivers can verify with any of its libraries, whose keys
// have the form "whsec_" followed by the base64 of the secret.
const (
	HeaderID        = "Webhook-Id"        // id of the notification, the same for every delivery
	HeaderTimestamp = "Webhook-Timestamp" // time of sending in Unix seconds
	HeaderSignature = "Webhook-Signature" // blank-separated, one "v1,<base64 of HMAC-SHA256>" per secret
)

// SignatureTolerance is the permitted difference between the timestamp of a
// notification and the receiver's clock.
const SignatureTolerance = 5 * time.Minute

// ErrSignature is the error of a notification that was not signed with the
// secret, was modified, or is too old.
var ErrSignature = errors.New("invalid signature")

// SignatureError reports why verification failed. It unwraps to [ErrSignature]
// and repeats no part of the notification.
type SignatureError struct {
	Header string // name of the faulty header
	Rule   string
}

func (e *SignatureError) Error() string { return e.Header + ": " + e.Rule }

// Unwrap returns ErrSignature.
func (e *SignatureError) Unwrap() error { return ErrSignature }

// VerifySignature verifies that body and headers were signed with secret and
// that the timestamp is within [SignatureTolerance] of now. body must be the
// received bytes, unchanged. The error is a [*SignatureError]. Verification
// does not detect repeated notifications; compare their [HeaderID].
func VerifySignature(header http.Header, body, secret []byte, now time.Time) error {
	refused := func(name, rule string) error { return &SignatureError{Header: name, Rule: rule} }
	for _, name := range []string{HeaderID, HeaderTimestamp, HeaderSignature} {
		if len(header.Values(name)) != 1 || header.Get(name) == "" {
			return refused(name, "must be given once")
		}
	}
	stamp := header.Get(HeaderTimestamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != stamp {
		return refused(HeaderTimestamp, "is not a number of seconds")
	}
	limit := int64(SignatureTolerance / time.Second)
	// Adding the limit to now, rather than subtracting seconds, cannot
	// overflow.
	if seconds < now.Unix()-limit || seconds > now.Unix()+limit {
		return refused(HeaderTimestamp, "is more than "+SignatureTolerance.String()+" from now")
	}
	if len(secret) == 0 {
		return refused(HeaderSignature, "cannot be checked without a secret")
	}
	want := mac(header.Get(HeaderID), stamp, body, secret)
	for _, one := range strings.Fields(header.Get(HeaderSignature)) {
		version, text, _ := strings.Cut(one, ",")
		sum, err := base64.StdEncoding.Strict().DecodeString(text)
		if version == "v1" && err == nil && hmac.Equal(sum, want) {
			return nil
		}
	}
	return refused(HeaderSignature, "does not match the message")
}

// sign sets the headers of a notification.
func sign(header http.Header, id string, at time.Time, body []byte, secrets [][]byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac(id, stamp, body, secret))
	}
	header.Set(HeaderID, id)
	header.Set(HeaderTimestamp, stamp)
	header.Set(HeaderSignature, strings.Join(signatures, " "))
}

// mac signs id, timestamp and body together, so that none can be replaced.
func mac(id, stamp string, body, secret []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(id + "." + stamp + "."))
	h.Write(body)
	return h.Sum(nil)
}
