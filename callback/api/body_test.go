package api_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
)

func post(body io.Reader, contentType ...string) *http.Request {
	r := httptest.NewRequest("POST", "/", body)
	for _, t := range contentType {
		r.Header.Add("Content-Type", t)
	}
	return r
}

// The content type must be one of those requested, in UTF-8; the first is that
// of an empty body.
func TestReadBodyType(t *testing.T) {
	for header, want := range map[string]string{
		"application/json": api.JSON, "APPLICATION/JSON": api.JSON, "application/json;charset=utf-8": api.JSON,
		`application/json; charset="UTF-8"`: api.JSON, "application/json; profile=x": api.JSON, " application/json ": api.JSON,
		api.Form: api.Form, api.Form + "; charset=UTF-8": api.Form,
	} {
		r := post(strings.NewReader("{}"))
		r.Header.Set("Content-Type", header)
		body, got, err := api.ReadBody(httptest.NewRecorder(), r, api.JSON, api.Form)
		if err != nil || got != want || string(body) != "{}" {
			t.Errorf("%q: %q of type %q, %v", header, body, got, err)
		}
	}
	for _, header := range []string{"text/plain", "application/jsonp", "json", ";", "application/json; charset", "application/json, text/plain", "*/*"} {
		_, _, err := api.ReadBody(httptest.NewRecorder(), post(strings.NewReader("{}"), header), api.JSON, api.Form)
		wantFault(t, err, 415, "Content-Type: is not application/json or application/x-www-form-urlencoded")
	}
	for _, types := range [][]string{nil, {""}, {" "}, {"", ""}} {
		for _, length := range []int64{2, -1} {
			r := post(strings.NewReader("{}"), types...)
			r.ContentLength = length
			_, _, err := api.ReadBody(httptest.NewRecorder(), r, api.JSON)
			wantFault(t, err, 415, "Content-Type: is required and must be application/json")
		}
	}
	for _, types := range [][]string{{api.JSON, "text/plain"}, {"text/plain", api.JSON}, {api.JSON, api.Form}} {
		_, _, err := api.ReadBody(httptest.NewRecorder(), post(strings.NewReader("{}"), types...), api.JSON, api.Form)
		wantFault(t, err, 415, "Content-Type: is not application/json or application/x-www-form-urlencoded")
	}
	for _, coding := range []string{"gzip", "br", "identity, gzip", "x"} {
		r := post(strings.NewReader("{}"), api.JSON)
		r.Header.Set("Content-Encoding", coding)
		_, _, err := api.ReadBody(httptest.NewRecorder(), r, api.JSON)
		wantFault(t, err, 415, "Content-Encoding: is not supported")
	}
	// An empty body need not declare a type.
	body, kind, err := api.ReadBody(httptest.NewRecorder(), post(http.NoBody), api.JSON, api.Form)
	if len(body) != 0 || kind != api.JSON || err != nil {
		t.Errorf("an empty body is %q of type %q, %v", body, kind, err)
	}
	_, _, err = api.ReadBody(httptest.NewRecorder(), post(strings.NewReader("{}"), api.Form), api.JSON)
	wantFault(t, err, 415, "Content-Type: is not application/json")
	for _, charset := range []string{"utf-16", "windows-1252", "utf-7", "iso-8859-15", "x"} {
		_, _, err := api.ReadBody(httptest.NewRecorder(), post(strings.NewReader("{}"), "application/json; charset="+charset), api.JSON)
		if f := wantFault(t, err, 415, "Content-Type: charset is not utf-8, us-ascii or iso-8859-1"); !errors.Is(f, callback.ErrInvalidParameter) {
			t.Error("it is not an invalid parameter")
		}
	}
}

// A body may have MaxBody bytes, with or without Content-Length. A
// Content-Length above that is rejected without reading the body.
func TestReadBodySize(t *testing.T) {
	for _, c := range []struct {
		size  int
		tells bool
		fits  bool
	}{
		{0, true, true}, {api.MaxBody, true, true}, {api.MaxBody, false, true}, {api.MaxBody + 1, true, false}, {api.MaxBody + 1, false, false},
	} {
		reader := &counting{Reader: strings.NewReader(strings.Repeat("x", c.size))}
		r := post(reader, api.JSON)
		r.ContentLength = -1
		if c.tells {
			r.ContentLength = int64(c.size)
		}
		body, _, err := api.ReadBody(httptest.NewRecorder(), r, api.JSON)
		if c.fits {
			if err != nil || len(body) != c.size {
				t.Errorf("%d bytes: read %d, %v", c.size, len(body), err)
			}
			continue
		}
		if f := wantFault(t, err, 413, "the body has more than 65536 bytes"); !errors.Is(f, callback.ErrInvalidParameter) || body != nil {
			t.Errorf("%d bytes: %v", c.size, err)
		}
		if c.tells && reader.n > 0 || reader.n > api.MaxBody+2 {
			t.Errorf("%d bytes were read", reader.n)
		}
	}
}

type counting struct {
	io.Reader
	n int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p[:min(len(p), 512)])
	c.n += n
	return n, err
}

// A read error becomes a fault that keeps the cause but does not show it.
func TestReadBodyBroken(t *testing.T) {
	cut := errors.New("connection of +41785556677 reset")
	_, _, err := api.ReadBody(httptest.NewRecorder(), post(io.MultiReader(strings.NewReader("{"), failing{cut}), api.JSON), api.JSON)
	if wantFault(t, err, 400, "the body could not be read"); !errors.Is(err, cut) {
		t.Errorf("%v has lost its cause", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// JSON and forms give the same values.
func TestReadValues(t *testing.T) {
	for _, c := range []struct {
		name, kind, body string
		want             callback.Values
	}{
		{"nothing", "", "", callback.Values{}},
		{"nothing of a form", api.Form, "", callback.Values{}},
		{"empty object", api.JSON, "{}", callback.Values{}},
		{"JSON", api.JSON, `{"_customer_number":"5115","n":1e2,"b":true,"o":{"a":[null]},"":""}`,
			callback.Values{"_customer_number": "5115", "n": number("1e2"), "b": true, "o": map[string]any{"a": []any{nil}}, "": ""}},
		{"form", api.Form, "_customer_number=%2B41+78&empty=&flag&%C3%BC=%C3%A4",
			callback.Values{"_customer_number": "+41 78", "empty": "", "flag": "", "ü": "ä"}},
		{"form with semicolons", api.Form, "stat=Wait;Queue;8999@SIP&a=1;b=2&;=%3B",
			callback.Values{"stat": "Wait;Queue;8999@SIP", "a": "1;b=2", ";": ";"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := post(strings.NewReader(c.body))
			if c.kind != "" {
				r.Header.Set("Content-Type", c.kind)
			}
			got, err := api.ReadValues(httptest.NewRecorder(), r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
		})
	}
}

// Other bodies are rejected, without showing a number.
func TestReadValuesRefused(t *testing.T) {
	for _, c := range []struct {
		kind, body string
		status     int
		text       string
	}{
		{api.JSON, "null", 400, "the body is not a JSON object"},
		{api.JSON, "[]", 400, "is a JSON array and must be an object"},
		{api.JSON, `"x"`, 400, "is a JSON string and must be an object"},
		{api.JSON, `{"a":1,"a":2}`, 400, "a: is given more than once"},
		{api.Form, "a=1&b=2&a=1", 400, "a: is given more than once"},
		{api.Form, "+41785556677=1&+41785556677=2", 400, " ###########: is given more than once"},
		{api.Form, "a=%zz", 400, "the body is not a form"},
		{api.Form, "a=%ff", 400, "the body is not of the charset that it declares, which is UTF-8 without one"},
		{api.Form, "%ff=a", 400, "the body is not of the charset that it declares, which is UTF-8 without one"},
		{"text/plain", "a", 415, "Content-Type: is not application/json or application/x-www-form-urlencoded or multipart/form-data"},
		{api.Form, "a=" + strings.Repeat("x", api.MaxBody), 413, "the body has more than 65536 bytes"},
	} {
		values, err := api.ReadValues(httptest.NewRecorder(), post(strings.NewReader(c.body), c.kind))
		if f := wantFault(t, err, c.status, c.text); values != nil || !errors.Is(f, callback.ErrInvalidParameter) {
			t.Errorf("%.40q: %v, %v", c.body, values, err)
		}
	}
}

// A form is rejected with a fault or its values are strings.
func FuzzReadValues(f *testing.F) {
	for _, seed := range []string{"", "a=1&b=2", "a=1&a=2", "%zz", "a;b", "=", "&&", "a=%ff", "+=+"} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, body string, form bool) {
		kind := api.JSON
		if form {
			kind = api.Form
		}
		values, err := api.ReadValues(httptest.NewRecorder(), post(strings.NewReader(body), kind))
		var fault *api.Fault
		if err != nil && (!errors.As(err, &fault) || fault.Status < 400 || fault.Status > 415 || values != nil) {
			t.Fatalf("refused with %v", err)
		}
		if err == nil && values == nil {
			t.Fatal("neither values nor a fault")
		}
		for name, value := range values {
			if _, ok := value.(string); form && !ok {
				t.Fatalf("%q is a %T", name, value)
			}
		}
	})
}

// Bodies are decoded as they declare, and what is not of the charset is refused.
func TestCharsets(t *testing.T) {
	const value = "M\u00fcller"
	latin1 := "M\xfcller"
	for _, c := range []struct {
		kind, body string
		refused    bool
	}{
		{api.JSON + "; charset=utf8", `{"name":"` + value + `"}`, false},
		{api.JSON + `; charset="UTF-8"`, `{"name":"` + value + `"}`, false},
		{api.JSON, "\ufeff" + `{"name":"` + value + `"}`, false},
		{api.JSON + "; charset=us-ascii", `{"name":"M\u00fcller"}`, false},
		{api.JSON + "; charset=US-ASCII", `{"name":"` + value + `"}`, true},
		{api.JSON + "; charset=ISO-8859-1", `{"name":"` + latin1 + `"}`, false},
		{api.JSON + "; charset=latin1", `{"name":"` + latin1 + `"}`, false},
		{api.JSON + "; charset=iso-8859-1", "{\"name\":\"\x80\"}", true},
		{api.JSON, `{"name":"` + latin1 + `"}`, true},
		{api.Form + "; charset=utf8", "name=M%C3%BCller", false},
		{api.Form + "; charset=ISO-8859-1", "name=M%FCller", false},
		{api.Form + "; charset=ISO-8859-1", "name=" + latin1, false},
		{api.Form + "; charset=ISO-8859-1", "name=%80", true},
		{api.Form + "; charset=us-ascii", "name=M%C3%BCller", true},
		{api.Form, "name=M%FCller", true},
		{api.Multipart + "; boundary=x", part("", value), false},
		{api.Multipart + "; boundary=x; charset=ISO-8859-1", part("", latin1), false},
		{api.Multipart + "; boundary=x", part("Content-Type: text/plain; charset=ISO-8859-1\r\n", latin1), false},
		{api.Multipart + "; boundary=x; charset=ISO-8859-1", part("Content-Type: text/plain; charset=utf-8\r\n", value), false},
		{api.Multipart + "; boundary=x", part("Content-Type: text/plain; charset=us-ascii\r\n", value), true},
		{api.Multipart + "; boundary=x", part("Content-Transfer-Encoding: quoted-printable\r\n", "M=C3=BCller"), false},
		{api.Multipart + "; boundary=x", part("", latin1), true},
	} {
		values, err := api.ReadValues(httptest.NewRecorder(), post(strings.NewReader(c.body), c.kind))
		if c.refused {
			wantFault(t, err, 400, "the body is not of the charset that it declares, which is UTF-8 without one")
		} else if err != nil || values["name"] != value {
			t.Errorf("%s: %v, %v", c.kind, values["name"], err)
		}
	}
}

// part returns a form of one part, name.
func part(header, value string) string {
	return "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n" + header + "\r\n" + value + "\r\n--x--\r\n"
}

func TestMultipartRefused(t *testing.T) {
	for name, c := range map[string]struct {
		kind, body string
		status     int
		text       string
	}{
		"no boundary":     {api.Multipart, part("", "v"), 400, "Content-Type: has no boundary"},
		"other boundary":  {api.Multipart + "; boundary=y", part("", "v"), 400, "the body is not a form"},
		"cut":             {api.Multipart + "; boundary=x", strings.TrimSuffix(part("", "v"), "--x--\r\n"), 400, "the body is not a form"},
		"cut in a header": {api.Multipart + "; boundary=x", "--x\r\nContent-Disp", 400, "the body is not a form"},
		"text":            {api.Multipart + "; boundary=x", "name=v", 400, "the body is not a form"},
		"file":            {api.Multipart + "; boundary=x", strings.Replace(part("", "v"), `name="name"`, `name="name"; filename="a.txt"`, 1), 400, "name: is a file"},
		"no name":         {api.Multipart + "; boundary=x", strings.Replace(part("", "v"), `; name="name"`, "", 1), 400, "a part of the form has no name"},
		"twice":           {api.Multipart + "; boundary=x", strings.TrimSuffix(part("", "v"), "--x--\r\n") + part("", "w"), 400, "name: is given more than once"},
		"base64":          {api.Multipart + "; boundary=x", part("Content-Transfer-Encoding: base64\r\n", "dg=="), 400, "name: has a transfer encoding that is not supported"},
		"charset of part": {api.Multipart + "; boundary=x", part("Content-Type: text/plain; charset=utf-16\r\n", "v"), 415, "Content-Type: charset is not utf-8, us-ascii or iso-8859-1"},
		"type of part":    {api.Multipart + "; boundary=x", part("Content-Type: ;;\r\n", "v"), 400, "name: has a malformed content type"},
		"too large":       {api.Multipart + "; boundary=x", part("", strings.Repeat("v", api.MaxBody)), 413, "the body has more than 65536 bytes"},
	} {
		values, err := api.ReadValues(httptest.NewRecorder(), post(strings.NewReader(c.body), c.kind))
		if err == nil {
			t.Errorf("%s: taken as %v", name, values)
			continue
		}
		wantFault(t, err, c.status, c.text)
	}
	values, err := api.ReadValues(httptest.NewRecorder(), post(strings.NewReader("--x--\r\n"), api.Multipart+"; boundary=x"))
	if err != nil || len(values) != 0 {
		t.Errorf("a form without parts: %v, %v", values, err)
	}
}
