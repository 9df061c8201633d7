package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// readJSON splits a JSON object of sections that are objects of options. A
// value that is not a string is its JSON text; null is an absent option.
func (d *document) readJSON(text string) error {
	r := newWalker(text)
	err := r.object(func(name string, line int) error {
		if !isSectionName(name) {
			d.badSection(line)
			return r.skip()
		}
		s, err := d.section(name, line)
		if err != nil {
			return err
		}
		return r.object(func(option string, line int) error {
			value, err := r.value()
			if err != nil {
				return err
			}
			return d.add(s, line, option, value)
		})
	})
	if err != nil {
		return r.explain(err)
	}
	if !r.atEnd() {
		return notConfiguration("has data after the JSON object, on line %d", r.line())
	}
	return nil
}

// walker reads JSON objects in the order of their members.
type walker struct {
	decoder *json.Decoder
	text    string
	offset  int64 // end of the text whose lines are counted
	lines   int
}

func newWalker(text string) *walker {
	w := &walker{decoder: json.NewDecoder(strings.NewReader(text)), text: text}
	w.decoder.UseNumber()
	return w
}

// atEnd reports whether the value read last is the end of the text.
func (r *walker) atEnd() bool {
	_, err := r.decoder.Token()
	return errors.Is(err, io.EOF)
}

// errNoObject: a value other than an object in place of sections or options.
var errNoObject = errors.New("not an object")

// object calls member with the name of each member of an object; member reads
// the value.
func (r *walker) object(member func(name string, line int) error) error {
	open, err := r.decoder.Token()
	if err != nil {
		return err
	}
	if open != json.Delim('{') {
		return errNoObject
	}
	for r.decoder.More() {
		token, err := r.decoder.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return errNoObject
		}
		if err := member(name, r.line()); err != nil {
			return err
		}
	}
	_, err = r.decoder.Token()
	return err
}

func (r *walker) skip() error {
	var raw json.RawMessage
	return r.decoder.Decode(&raw)
}

// value reads the value of an option as text.
func (r *walker) value() (string, error) {
	var raw json.RawMessage
	if err := r.decoder.Decode(&raw); err != nil {
		return "", err
	}
	if string(raw) == "null" {
		return "", nil
	}
	if raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	}
	var compact bytes.Buffer
	err := json.Compact(&compact, raw)
	return compact.String(), err
}

// line returns the line of the token read last.
func (r *walker) line() int {
	end := r.decoder.InputOffset()
	r.lines += strings.Count(r.text[r.offset:end], "\n")
	r.offset = end
	return r.lines + 1
}

// explain returns the error of malformed JSON, without its content.
func (r *walker) explain(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, errNoObject):
		return notConfiguration("is not an object of objects, on line %d", r.line())
	case errors.As(err, &syntax):
		return notConfiguration("is not JSON, on line %d", 1+strings.Count(r.text[:min(syntax.Offset, int64(len(r.text)))], "\n"))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return notConfiguration("is incomplete JSON")
	}
	return err
}
