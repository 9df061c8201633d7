package lucs

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// errGone: the client closed the connection.
var errGone = errors.New("the client disconnected")

// begunError is an error that occurred after the response had begun.
type begunError struct{ cause error }

func (e *begunError) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *begunError) Unwrap() error { return e.cause }

const contentJSON = "application/json; charset=utf-8"

// writeJSON writes a complete response.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := wire.Encode(v)
	if err != nil {
		return err
	}
	return writeBody(w, status, body)
}

func writeBody(w http.ResponseWriter, status int, body []byte) error {
	w.Header().Set("Content-Type", contentJSON)
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		return errGone
	}
	return nil
}

// list streams a response that is a JSON array.
type list struct {
	w     http.ResponseWriter
	buf   bytes.Buffer
	items int
	begun bool // part of the response was sent
}

// chunk is the number of bytes to buffer before sending. Errors before the
// first chunk can still be sent.
const chunk = 64 << 10

func (l *list) add(item any) error {
	if l.items++; l.items == 1 {
		l.buf.WriteByte('[')
	} else {
		l.buf.WriteByte(',')
	}
	if err := wire.EncodeTo(&l.buf, item); err != nil {
		return err
	}
	if l.buf.Len() < chunk {
		return nil
	}
	return l.send()
}

func (l *list) send() error {
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", contentJSON)
		l.w.WriteHeader(http.StatusOK)
	}
	err := wire.WritePart(l.w, l.buf.Bytes())
	l.buf.Reset()
	if err != nil {
		return errGone
	}
	return nil
}

// end closes the array.
func (l *list) end() error {
	if l.items == 0 {
		l.buf.WriteByte('[')
	}
	l.buf.WriteByte(']')
	err := l.send()
	wire.EndParts(l.w)
	return err
}

// failed wraps err in a [begunError] if the response has begun.
func (l *list) failed(err error) error {
	if !l.begun {
		return err
	}
	return &begunError{err}
}
