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

// The headers of a notification, those of the Standard Webhooks specification:
// receivers may verify with any library for it. Its keys are written
// "whsec_" and the base64 of the secret.
const (
	HeaderID        = "Webhook-Id"        // the same for every delivery of a notification
	HeaderTimestamp = "Webhook-Timestamp" // when it was sent, in Unix seconds
	HeaderSignature = "Webhook-Signature" // "v1," and the base64 of the HMAC-SHA256; one per secret, blanks between
)

// SignatureTolerance is how far the timestamp of a notification may lie from
// the receiver's clock.
const SignatureTolerance = 5 * time.Minute

// ErrSignature: a message is not from who shares the secret, was changed, or is
// too old.
var ErrSignature = errors.New("signature does not hold")

// SignatureError says why a signature does not hold. It unwraps to
// [ErrSignature] and repeats nothing of the message.
type SignatureError struct {
	Header string // the header that is wrong
	Rule   string
}

func (e *SignatureError) Error() string { return e.Header + ": " + e.Rule }

// Unwrap returns ErrSignature.
func (e *SignatureError) Unwrap() error { return ErrSignature }

// VerifySignature tells a receiver whether a notification is genuine: that its
// body and its headers were signed with the secret, not more than
// [SignatureTolerance] from now. body is what was received, byte for byte. The
// error is a [SignatureError]. A notification that is genuine may be one that
// was received before: [HeaderID] tells.
func VerifySignature(header http.Header, body, secret []byte, now time.Time) error {
	refused := func(name, rule string) error { return &SignatureError{Header: name, Rule: rule} }
	for _, name := range []string{HeaderID, HeaderTimestamp, HeaderSignature} {
		if len(header.Values(name)) != 1 || header.Get(name) == "" {
			return refused(name, "is not there once")
		}
	}
	stamp := header.Get(HeaderTimestamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != stamp {
		return refused(HeaderTimestamp, "is not a number of seconds")
	}
	limit := int64(SignatureTolerance / time.Second)
	// Both bounds are sums with now, which is small: no overflow.
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
	return refused(HeaderSignature, "is not that of the message")
}

// sign sets the headers of a message.
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

// mac signs id, timestamp and body: none can be exchanged for that of another
// message.
func mac(id, stamp string, body, secret []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(id + "." + stamp + "."))
	h.Write(body)
	return h.Sum(nil)
}
