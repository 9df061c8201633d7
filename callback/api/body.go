package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ringback-go/ringback/callback"
)

// MaxBody is the maximum size of a body in bytes.
const MaxBody = 64 << 10

// Content types of bodies.
const (
	JSON      = "application/json"
	Form      = "application/x-www-form-urlencoded"
	Multipart = "multipart/form-data"
)

// declared is what a request declares about its body.
type declared struct {
	typ      string
	charset  charset
	boundary string // of a multipart body
}

// ReadBody reads a body of at most [MaxBody] bytes and returns it in UTF-8 with its
// content type, one of types. A body must declare its type, because a browser
// sends one that does not for any page. An empty body need not, and is then of
// the first of types. The charset may be UTF-8, which is the default, US-ASCII or
// ISO-8859-1. The error is a [*Fault] with status 400, 413 or 415.
func ReadBody(w http.ResponseWriter, r *http.Request, types ...string) (body []byte, contentType string, err error) {
	body, d, err := readBody(w, r, types)
	if err != nil {
		return nil, "", err
	}
	text, ok := d.charset.decode(body)
	if !ok {
		return nil, "", badText()
	}
	return text, d.typ, nil
}

// readBody reads a body without decoding its charset.
func readBody(w http.ResponseWriter, r *http.Request, types []string) (body []byte, d declared, err error) {
	d.typ = types[0]
	header := strings.TrimSpace(strings.Join(slices.Compact(r.Header.Values("Content-Type")), ","))
	if header != "" {
		parsed, params, err := mime.ParseMediaType(header)
		if err != nil || !slices.Contains(types, parsed) {
			return nil, d, NewFault(http.StatusUnsupportedMediaType, "Content-Type", "is not "+orList(types))
		}
		charset, ok := charsetOf(params["charset"])
		if !ok {
			return nil, d, unknownCharset()
		}
		d = declared{parsed, charset, params["boundary"]}
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, d, NewFault(http.StatusUnsupportedMediaType, "Content-Encoding", "is not supported")
	}
	switch {
	case r.ContentLength > MaxBody:
		return nil, d, tooLarge()
	case r.ContentLength > 0 && header == "":
		return nil, d, undeclared(types)
	}
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, d, tooLarge()
	case err != nil:
		return nil, d, &Fault{Status: http.StatusBadRequest, Rule: "the body could not be read", cause: err}
	case len(body) > 0 && header == "":
		return nil, d, undeclared(types)
	}
	return body, d, nil
}

func undeclared(types []string) *Fault {
	return NewFault(http.StatusUnsupportedMediaType, "Content-Type", "is required and must be "+orList(types))
}

func tooLarge() *Fault {
	return NewFault(http.StatusRequestEntityTooLarge, "", "the body has more than "+strconv.Itoa(MaxBody)+" bytes")
}

func orList(types []string) string {
	text := types[0]
	for _, t := range types[1:] {
		text += " or " + t
	}
	return text
}

// ReadValues reads a JSON object or a form, which may be of several parts. An empty
// body has no values. The values of a form are strings, and each name may occur once.
// Files are refused. The error is a [*Fault].
func ReadValues(w http.ResponseWriter, r *http.Request) (callback.Values, error) {
	body, d, err := readBody(w, r, []string{JSON, Form, Multipart})
	if err != nil {
		return nil, err
	}
	switch {
	case len(body) == 0:
		return callback.Values{}, nil
	case d.typ == Multipart:
		return readParts(body, d)
	case d.typ == Form:
		return readForm(body, d)
	}
	text, ok := d.charset.decode(body)
	if !ok {
		return nil, badText()
	}
	values := make(callback.Values)
	if err := Decode(text, &values); err != nil {
		return nil, err
	}
	if values == nil {
		return nil, NewFault(http.StatusBadRequest, "", "the body is not a JSON object")
	}
	return values, nil
}
