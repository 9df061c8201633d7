package interaction_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback/api/interaction"
)

// vector returns the signed message in the tests of the Standard Webhooks
// libraries.
func vector(t testing.TB) (header http.Header, body, secret []byte, at time.Time) {
	t.Helper()
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	header = http.Header{}
	header.Set(interaction.HeaderID, "msg_p5jXN8AQM9LWM0D4loKWxJek")
	header.Set(interaction.HeaderTimestamp, "1614265330")
	header.Set(interaction.HeaderSignature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	return header, []byte(`{"test": 2432232314}`), secret, time.Unix(1614265330, 0)
}

func TestSignatureVector(t *testing.T) {
	header, body, secret, at := vector(t)
	if err := interaction.VerifySignature(header, body, secret, at); err != nil {
		t.Error(err)
	}
}

func TestVerifyTampered(t *testing.T) {
	for name, tamper := range map[string]func(h http.Header, body, secret *[]byte, at *time.Time){
		"body":        func(_ http.Header, b, _ *[]byte, _ *time.Time) { (*b)[0] ^= 1 },
		"longer body": func(_ http.Header, b, _ *[]byte, _ *time.Time) { *b = append(*b, ' ') },
		"no body":     func(_ http.Header, b, _ *[]byte, _ *time.Time) { *b = nil },
		"secret":      func(_ http.Header, _, s *[]byte, _ *time.Time) { (*s)[0] ^= 1 },
		"no secret":   func(_ http.Header, _, s *[]byte, _ *time.Time) { *s = nil },
		"id": func(h http.Header, _, _ *[]byte, _ *time.Time) {
			h.Set(interaction.HeaderID, "msg_p5jXN8AQM9LWM0D4loKWxJel")
		},
		"no id":              func(h http.Header, _, _ *[]byte, _ *time.Time) { h.Del(interaction.HeaderID) },
		"two ids":            func(h http.Header, _, _ *[]byte, _ *time.Time) { h.Add(interaction.HeaderID, "x") },
		"time":               func(h http.Header, _, _ *[]byte, _ *time.Time) { h.Set(interaction.HeaderTimestamp, "1614265331") },
		"time in other form": func(h http.Header, _, _ *[]byte, _ *time.Time) { h.Set(interaction.HeaderTimestamp, "+1614265330") },
		"no time":            func(h http.Header, _, _ *[]byte, _ *time.Time) { h.Del(interaction.HeaderTimestamp) },
		"earliest time": func(h http.Header, _, _ *[]byte, _ *time.Time) {
			h.Set(interaction.HeaderTimestamp, "-9223372036854775808")
		},
		"latest time": func(h http.Header, _, _ *[]byte, _ *time.Time) {
			h.Set(interaction.HeaderTimestamp, "9223372036854775807")
		},
		"too old":         func(_ http.Header, _, _ *[]byte, at *time.Time) { *at = at.Add(5*time.Minute + time.Second) },
		"from the future": func(_ http.Header, _, _ *[]byte, at *time.Time) { *at = at.Add(-5*time.Minute - time.Second) },
		"signature": func(h http.Header, _, _ *[]byte, _ *time.Time) {
			h.Set(interaction.HeaderSignature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=")
		},
		"other version": func(h http.Header, _, _ *[]byte, _ *time.Time) {
			h.Set(interaction.HeaderSignature, strings.Replace(h.Get(interaction.HeaderSignature), "v1", "v2", 1))
		},
		"no version": func(h http.Header, _, _ *[]byte, _ *time.Time) {
			h.Set(interaction.HeaderSignature, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
		},
		"no signature":    func(h http.Header, _, _ *[]byte, _ *time.Time) { h.Set(interaction.HeaderSignature, "") },
		"empty signature": func(h http.Header, _, _ *[]byte, _ *time.Time) { h.Set(interaction.HeaderSignature, "v1,") },
	} {
		header, body, secret, at := vector(t)
		tamper(header, &body, &secret, &at)
		err := interaction.VerifySignature(header, body, secret, at)
		var why *interaction.SignatureError
		if !errors.Is(err, interaction.ErrSignature) || !errors.As(err, &why) || why.Header == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyValid(t *testing.T) {
	for name, change := range map[string]func(h http.Header, at *time.Time){
		"just in time": func(_ http.Header, at *time.Time) { *at = at.Add(5 * time.Minute) },
		"clock ahead":  func(_ http.Header, at *time.Time) { *at = at.Add(-5 * time.Minute) },
		"one of several": func(h http.Header, _ *time.Time) {
			h.Set(interaction.HeaderSignature, "v1a,x v1,AAAA "+h.Get(interaction.HeaderSignature))
		},
		"names without case": func(h http.Header, _ *time.Time) { h.Set("webhook-id", h.Get(interaction.HeaderID)) },
	} {
		header, body, secret, at := vector(t)
		change(header, &at)
		if err := interaction.VerifySignature(header, body, secret, at); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzVerifySignature checks that only the signed message verifies.
func FuzzVerifySignature(f *testing.F) {
	header, body, _, _ := vector(f)
	f.Add(header.Get(interaction.HeaderID), header.Get(interaction.HeaderTimestamp), header.Get(interaction.HeaderSignature), body)
	f.Add("", "-1", "v1,", []byte{})
	f.Add("a.1", "2", "v1,AAAA v1,BBBB", []byte("x"))
	f.Fuzz(func(t *testing.T, id, stamp, signature string, text []byte) {
		want, body, secret, at := vector(t)
		header := http.Header{}
		header.Set(interaction.HeaderID, id)
		header.Set(interaction.HeaderTimestamp, stamp)
		header.Set(interaction.HeaderSignature, signature)
		err := interaction.VerifySignature(header, text, secret, at)
		same := id == want.Get(interaction.HeaderID) && stamp == strconv.FormatInt(at.Unix(), 10) && string(text) == string(body)
		if err == nil && !same {
			t.Fatalf("%q %q %q %q passed", id, stamp, signature, text)
		}
		if err != nil && !errors.Is(err, interaction.ErrSignature) {
			t.Fatal(err)
		}
	})
}
