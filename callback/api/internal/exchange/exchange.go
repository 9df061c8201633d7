// Package exchange records the requests and responses of an adapter's tests, so
// that another module can check them against the adapter's OpenAPI document.
// The validator is a dependency of that module only.
package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Variable is the environment variable with the directory for recorded
// exchanges. Nothing is recorded if it is empty.
const Variable = "RINGBACK_EXCHANGES"

// Exchange is a request and its response.
type Exchange struct {
	Test          string // test that made the request
	Method        string
	Target        string // path and query without the prefix of the handler
	RequestHeader http.Header
	RequestBody   []byte
	Status        int
	Header        http.Header
	Body          []byte
}

// TB is the part of *testing.T that [Record] uses.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
}

// Record returns h or, if [Variable] is set, a handler that also records each
// exchange. It must wrap the adapter inside of any http.StripPrefix.
func Record(t TB, h http.Handler) http.Handler {
	dir := os.Getenv(Variable)
	if dir == "" {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := Exchange{Test: t.Name(), Method: r.Method, Target: r.URL.RequestURI(), RequestHeader: r.Header.Clone()}
		sent := new(bytes.Buffer)
		if r.Body != nil {
			r.Body = io.NopCloser(io.TeeReader(r.Body, sent))
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		e.RequestBody, e.Status, e.Header, e.Body = sent.Bytes(), rec.Code, rec.Result().Header, rec.Body.Bytes()
		if err := e.keep(dir); err != nil {
			t.Errorf("keeping an exchange: %v", err)
		}
		for name, values := range e.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(e.Status)
		if len(e.Body) == 0 {
			return // the status may not allow a body
		}
		if _, err := w.Write(e.Body); err != nil {
			t.Errorf("answering: %v", err)
		}
	})
}

func (e *Exchange) keep(dir string) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, "exchange-*.json")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}

// Read returns the exchanges in a directory, sorted by test.
func Read(dir string) ([]Exchange, error) {
	names, err := filepath.Glob(filepath.Join(dir, "exchange-*.json"))
	if err != nil {
		return nil, err
	}
	list := make([]Exchange, len(names))
	for i, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &list[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
	}
	slices.SortStableFunc(list, func(a, b Exchange) int { return strings.Compare(a.Test, b.Test) })
	return list, nil
}
