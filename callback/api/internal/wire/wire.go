// Package wire holds what several adapters write in the same form.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/internal/patience"
	"github.com/ringback-go/ringback/callback/internal/refusal"
)

// TimeFormat is the layout of times in UTC.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// Time formats t by [TimeFormat].
func Time(t time.Time) string { return t.UTC().Format(TimeFormat) }

// Encode returns the JSON of v without escapes for HTML and without a newline.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	err := EncodeTo(&b, v)
	return b.Bytes(), err
}

// EncodeTo appends what [Encode] returns to b. An error leaves b as it was.
func EncodeTo(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1)
	return nil
}

// RetryAfter sets the header of that name to the seconds until a time, at least
// one. The zero time sets nothing.
func RetryAfter(header http.Header, until, now time.Time) {
	if !until.IsZero() {
		header.Set("Retry-After", strconv.Itoa(max(int(math.Ceil(until.Sub(now).Seconds())), 1)))
	}
}

// Watch returns the context of one request, in which the Manager notes the refusals
// that it tells of.
func Watch(ctx context.Context) context.Context { return refusal.Watch(ctx) }

// Refuser is a Manager.
type Refuser interface {
	Refused(ctx context.Context, operation string, err error)
}

// Refused tells of a refused request, unless the Manager has told of it in a context
// from Watch.
func Refused(ctx context.Context, m Refuser, operation string, err error) {
	if !refusal.Told(ctx) {
		m.Refused(ctx, operation, err)
	}
}

// partTime is how long a client may take to receive a part of a streamed
// response.
const partTime = 30 * time.Second

// partSize is the number of bytes of a part.
const partSize = 64 << 10

// WritePart writes a part of a streamed response. The client has 30 seconds to
// receive each 64 KiB, instead of the WriteTimeout of the server for the whole
// response: a long response is not cut, and a client that does not read does not
// hold what the response needs.
func WritePart(w http.ResponseWriter, part []byte) error {
	c := http.NewResponseController(w)
	for chunk := range slices.Chunk(part, partSize) {
		// Without deadlines, WriteTimeout still applies.
		_ = c.SetWriteDeadline(time.Now().Add(partTime))
		if _, err := w.Write(chunk); err != nil {
			return err
		}
	}
	return nil
}

// EndParts ends a response that was written by [WritePart]. It removes the
// deadline, which would otherwise apply to the next response on the connection.
func EndParts(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	if c.Flush() == nil {
		_ = c.SetWriteDeadline(time.Time{})
	}
}

// StorePatience is how long a request waits for a store that does not answer: every
// adapter answers within two seconds then.
const StorePatience = 1500 * time.Millisecond

// Bounded returns a context for a request, whose calls of the store wait for
// [StorePatience].
func Bounded(ctx context.Context) context.Context { return patience.With(ctx, StorePatience) }

// LogFailure logs an error of the server with the causes that its text leaves
// out, and with numbers masked. An error after the client has gone is not logged.
func LogFailure(ctx context.Context, log *slog.Logger, message string, err error, attrs ...slog.Attr) {
	if ctx.Err() != nil {
		return
	}
	text := err.Error()
	var fault *api.Fault
	if errors.As(err, &fault) {
		for _, cause := range fault.Unwrap() {
			text += ": " + cause.Error()
		}
	}
	log.LogAttrs(ctx, slog.LevelError, message, append(attrs, slog.String("error", api.Redact(text)))...)
}

// GMSState returns the name GMS has for a state. A callback is QUEUED to GMS
// until the customer answers.
func GMSState(s callback.State) string {
	switch s {
	case callback.Offered, callback.Dialing, callback.Unresolved:
		s = callback.Queued
	}
	return s.String()
}

// Dials counts the attempts of a callback that may have reached the network.
func Dials(cb *callback.Callback) int {
	n := 0
	for i := range cb.Attempts {
		if a := &cb.Attempts[i]; a.Live() || a.Outcome.Certainty != callback.NotPlaced {
			n++
		}
	}
	return n
}
