package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// MaxBody is the maximum size of a body in bytes.
const MaxBody = 64 << 10

// Content types of bodies.
const (
	JSON = "application/json"
	Form = "application/x-www-form-urlencoded"
)

// ReadBody reads a body of at most [MaxBody] bytes and returns it with its
// content type, one of types. A body must declare its type, because a browser
// sends one that does not for any page. An empty body need not, and is then of
// the first of types. The charset must be UTF-8. The error is a [*Fault] with
// status 400, 413 or 415.
func ReadBody(w http.ResponseWriter, r *http.Request, types ...string) (body []byte, contentType string, err error) {
	contentType = types[0]
	header := strings.TrimSpace(strings.Join(slices.Compact(r.Header.Values("Content-Type")), ","))
	if header != "" {
		parsed, params, err := mime.ParseMediaType(header)
		if err != nil || !slices.Contains(types, parsed) {
			return nil, "", NewFault(http.StatusUnsupportedMediaType, "Content-Type", "is not "+orList(types))
		}
		if charset := params["charset"]; charset != "" && !isUTF8(charset) {
			return nil, "", NewFault(http.StatusUnsupportedMediaType, "Content-Type", "charset is not utf-8")
		}
		contentType = parsed
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, "", NewFault(http.StatusUnsupportedMediaType, "Content-Encoding", "is not supported")
	}
	switch {
	case r.ContentLength > MaxBody:
		return nil, "", tooLarge()
	case r.ContentLength > 0 && header == "":
		return nil, "", undeclared(types)
	}
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, "", tooLarge()
	case err != nil:
		return nil, "", &Fault{Status: http.StatusBadRequest, Rule: "the body could not be read", cause: err}
	case len(body) > 0 && header == "":
		return nil, "", undeclared(types)
	}
	return body, contentType, nil
}

func undeclared(types []string) *Fault {
	return NewFault(http.StatusUnsupportedMediaType, "Content-Type", "is required and must be "+orList(types))
}

func tooLarge() *Fault {
	return NewFault(http.StatusRequestEntityTooLarge, "", "the body has more than "+strconv.Itoa(MaxBody)+" bytes")
}

func isUTF8(charset string) bool {
	return strings.EqualFold(charset, "utf-8")
}

func orList(types []string) string {
	text := types[0]
	for _, t := range types[1:] {
		text += " or " + t
	}
	return text
}

// ReadValues reads a JSON object or a form. An empty body has no values. The
// values of a form are strings, and each name may occur once. The error is a
// [*Fault].
func ReadValues(w http.ResponseWriter, r *http.Request) (callback.Values, error) {
	body, contentType, err := ReadBody(w, r, JSON, Form)
	if err != nil {
		return nil, err
	}
	values := make(callback.Values)
	if len(body) == 0 {
		return values, nil
	}
	if contentType == JSON {
		if err := Decode(body, &values); err != nil {
			return nil, err
		}
		if values == nil {
			return nil, NewFault(http.StatusBadRequest, "", "the body is not a JSON object")
		}
		return values, nil
	}
	// A semicolon is part of a value, as in names of statistics, and not a
	// separator.
	form, err := url.ParseQuery(strings.ReplaceAll(string(body), ";", "%3B"))
	if err != nil {
		return nil, &Fault{Status: http.StatusBadRequest, Rule: "the body is not a form", cause: err}
	}
	for name, list := range form {
		switch {
		case len(list) > 1:
			return nil, NewFault(http.StatusBadRequest, text.Clip(name), "is given more than once")
		case !utf8.ValidString(name) || !utf8.ValidString(list[0]):
			return nil, NewFault(http.StatusBadRequest, "", "the body is not UTF-8")
		}
		values[name] = list[0]
	}
	return values, nil
}
