package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// form collects the values of a form.
type form callback.Values

// add adds a value, both in the charset of the form.
func (f form) add(c charset, name string, value []byte) error {
	key, ok := c.decode([]byte(name))
	decoded, valid := c.decode(value)
	if !ok || !valid {
		return badText()
	}
	if _, twice := f[string(key)]; twice {
		return NewFault(http.StatusBadRequest, text.Clip(string(key)), "is given more than once")
	}
	f[string(key)] = string(decoded)
	return nil
}

// notForm is the fault of a body that is no form.
func notForm(cause error) *Fault {
	return &Fault{Status: http.StatusBadRequest, Rule: "the body is not a form", cause: cause}
}

// readForm reads a form of one part.
func readForm(body []byte, d declared) (callback.Values, error) {
	// A semicolon is part of a value, as in names of statistics, and not a
	// separator.
	query, err := url.ParseQuery(strings.ReplaceAll(string(body), ";", "%3B"))
	if err != nil {
		return nil, notForm(err)
	}
	f := make(form, len(query))
	for name, list := range query {
		for _, value := range list {
			if err := f.add(d.charset, name, []byte(value)); err != nil {
				return nil, err
			}
		}
	}
	return callback.Values(f), nil
}

// readParts reads a form of several parts. A part may declare its own charset.
func readParts(body []byte, d declared) (callback.Values, error) {
	if d.boundary == "" {
		return nil, NewFault(http.StatusBadRequest, "Content-Type", "has no boundary")
	}
	f := make(form)
	parts := multipart.NewReader(bytes.NewReader(body), d.boundary)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) && bytes.Contains(body, []byte("--"+d.boundary+"--")) {
			return callback.Values(f), nil
		}
		if err != nil {
			return nil, notForm(err)
		}
		name := part.FormName()
		if name == "" {
			return nil, NewFault(http.StatusBadRequest, "", "a part of the form has no name")
		}
		charset := d.charset
		if header := part.Header.Get("Content-Type"); header != "" {
			_, params, err := mime.ParseMediaType(header)
			if err != nil {
				return nil, NewFault(http.StatusBadRequest, text.Clip(name), "has a malformed content type")
			}
			if named := params["charset"]; named != "" {
				var ok bool
				if charset, ok = charsetOf(named); !ok {
					return nil, unknownCharset()
				}
			}
		}
		coding := strings.ToLower(part.Header.Get("Content-Transfer-Encoding"))
		switch {
		case part.FileName() != "":
			return nil, NewFault(http.StatusBadRequest, text.Clip(name), "is a file")
		case coding != "" && coding != "7bit" && coding != "8bit" && coding != "binary":
			return nil, NewFault(http.StatusBadRequest, text.Clip(name), "has a transfer encoding that is not supported")
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return nil, notForm(err)
		}
		if err := f.add(charset, name, value); err != nil {
			return nil, err
		}
	}
}
