package api

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// MaxDepth is the maximum nesting depth of a JSON body.
const MaxDepth = 32

// Decode decodes a JSON body into v, a pointer. It rejects repeated members,
// nesting deeper than [MaxDepth], text that is not UTF-8 and data after the
// value. Numbers in an interface become [json.Number]; unknown members are
// ignored. The error is a [*Fault] with status 400 that does not contain
// values.
func Decode(body []byte, v any) error {
	if !clean(body) {
		if err := scan(body); err != nil {
			return err
		}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	err := d.Decode(v)
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		return NewFault(http.StatusBadRequest, kind.Field, "is a JSON "+kindOf(kind.Value)+" and must be "+wanted(kind.Type))
	}
	// The body is JSON; an UnmarshalJSON or UnmarshalText method rejected a
	// value.
	return &Fault{Status: http.StatusBadRequest, Rule: "a value has the wrong form", cause: err}
}

// malformed returns the fault of malformed JSON, without its content.
func malformed(err error) *Fault {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return NewFault(http.StatusBadRequest, "", "the body is not JSON at byte "+strconv.FormatInt(syntax.Offset, 10))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return NewFault(http.StatusBadRequest, "", "the body is not complete JSON")
	}
	return NewFault(http.StatusBadRequest, "", "the body is not JSON")
}

// kindOf returns the kind of JSON value from the description in an error of the
// decoder, which for a number also contains the number.
func kindOf(value string) string {
	kind, _, _ := bytes.Cut([]byte(value), []byte(" "))
	return string(kind)
}

// wanted returns the JSON value that a Go type needs.
func wanted(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[json.Number]():
		return "a number"
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return "a string"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "an array"
	}
	return "an integer in range"
}

// level is an open object or array.
type level struct {
	names  map[string]bool // of an object
	member bool            // the value of a member comes next
}

// scan reports what encoding/json accepts but [Decode] rejects.
func scan(body []byte) error {
	if !utf8.Valid(body) {
		return NewFault(http.StatusBadRequest, "", "the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var open []level
	for values := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(open) == 0 && values == 1 {
			return nil
		}
		if err != nil {
			return malformed(err)
		}
		if len(open) == 0 {
			if values++; values > 1 {
				return NewFault(http.StatusBadRequest, "", "the body has data after the JSON value")
			}
		}
		if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
			open = open[:len(open)-1]
			continue
		}
		if n := len(open); n > 0 && open[n-1].names != nil {
			top := &open[n-1]
			if !top.member {
				name, _ := token.(string)
				if top.names[name] {
					return NewFault(http.StatusBadRequest, text.Clip(name), "is given more than once")
				}
				top.names[name], top.member = true, true
				continue
			}
			top.member = false
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{names: make(map[string]bool)})
		case json.Delim('['):
			open = append(open, level{})
		}
		if len(open) > MaxDepth {
			return NewFault(http.StatusBadRequest, "", "the body is nested deeper than "+strconv.Itoa(MaxDepth)+" levels")
		}
	}
}
