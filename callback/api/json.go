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

	"github.com/ringback-go/ringback/callback/api/internal/safetext"
)

// MaxDepth is how deep the values of a JSON body may lie in each other.
const MaxDepth = 32

// Decode reads exactly one JSON value into v, which is a pointer. A member that
// is named twice in one object, a depth over [MaxDepth], text that is not UTF-8
// and anything behind the value are refused. Numbers in an interface become
// [json.Number]. Members that v does not have are ignored. The error is a
// [*Fault] with status 400, and names no value.
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
		return NewFault(http.StatusBadRequest, kind.Field, "is a JSON "+kindOf(kind.Value)+" and has to be "+wanted(kind.Type))
	}
	// The body is JSON; a type that reads itself does not take what is there.
	return &Fault{Status: http.StatusBadRequest, Rule: "a value does not have the form it must have", cause: err}
}

// malformed says what is wrong without the value that is.
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

// kindOf is the kind of a JSON value that the decoder describes: of a number it
// also tells the value.
func kindOf(value string) string {
	kind, _, _ := bytes.Cut([]byte(value), []byte(" "))
	return string(kind)
}

// wanted says what a JSON value has to be for a Go type.
func wanted(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[json.Number]():
		return "a number"
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return "a text"
	}
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "a list"
	}
	return "a whole number that fits"
}

// level is an object or a list that is open.
type level struct {
	names  map[string]bool // of an object
	member bool            // an object whose member's value comes next
}

// scan says what is wrong that the decoder of the standard library lets pass.
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
				return NewFault(http.StatusBadRequest, "", "the body has something behind the JSON value")
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
					return NewFault(http.StatusBadRequest, safetext.Name(name), "is there more than once")
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
			return NewFault(http.StatusBadRequest, "", "the body is deeper than "+strconv.Itoa(MaxDepth)+" levels")
		}
	}
}
