package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
)

func number(text string) json.Number { return json.Number(text) }

func nested(open, inner, end string, n int) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
}

// One JSON value is decoded as encoding/json does.
func TestDecode(t *testing.T) {
	for text, want := range map[string]any{
		`{}`: map[string]any{}, ` [1, 2.50, "x", null, true] `: []any{number("1"), number("2.50"), "x", nil, true}, `"é\u00e9\n"`: "éé\n",
		`12345678901234567890`: number("12345678901234567890"), `{"a":{"b":1},"c":{"b":2}}`: map[string]any{"a": map[string]any{"b": number("1")}, "c": map[string]any{"b": number("2")}},
		`[{"a":1},{"a":2}]`: []any{map[string]any{"a": number("1")}, map[string]any{"a": number("2")}}, `{"":{"":""}}`: map[string]any{"": map[string]any{"": ""}},
		"\n\tnull\r\n": nil, `{"a":1,"A":2}`: map[string]any{"a": number("1"), "A": number("2")}, `{"b":"a","a":"b"}`: map[string]any{"a": "b", "b": "a"},
	} {
		var got any
		if err := api.Decode([]byte(text), &got); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	var known struct {
		Name string
		N    json.Number
		When time.Time
		In   struct{ Deep []int }
	}
	err := api.Decode([]byte(`{"name":"x","n":1.0,"other":{"x":[1]},"when":"2026-01-12T10:00:00Z","in":{"deep":[1,2]}}`), &known)
	if err != nil || known.Name != "x" || known.N != "1.0" || known.When.IsZero() || len(known.In.Deep) != 2 {
		t.Errorf("read %+v, %v", known, err)
	}
}

// Decode rejects what encoding/json accepts, without showing values.
func TestDecodeRefused(t *testing.T) {
	for _, c := range []struct{ name, body, text string }{
		{"empty", "", "the body is not complete JSON"},
		{"blank", " \n", "the body is not complete JSON"},
		{"cut object", `{"a":`, "the body is not complete JSON"},
		{"cut text", `{"a":"+4178555`, "the body is not complete JSON"},
		{"two values", "{}{}", "the body has data after the JSON value"},
		{"two numbers", "1 2", "the body has data after the JSON value"},
		{"twice", `{"a":1,"b":2,"a":3}`, "a: is given more than once"},
		{"twice the same", `{"a":1,"a":1}`, "a: is given more than once"},
		{"twice inside", `[{"x":{"a":1,"a":{}}}]`, "a: is given more than once"},
		{"twice after an object", `{"a":{"b":1},"a":2}`, "a: is given more than once"},
		{"twice after a list", `{"a":[1,{"b":1}],"c":1,"a":2}`, "a: is given more than once"},
		{"twice as an escape", `{"a":1,"\u0061":2}`, "a: is given more than once"},
		{"twice empty", `{"":1,"":2}`, "is given more than once"},
		{"twice a number", `{"+41785556677":1,"+41785556677":2}`, "+###########: is given more than once"},
		{"twice, long", `{"` + strings.Repeat("x", 99) + `":1,"` + strings.Repeat("x", 99) + `":2}`, strings.Repeat("x", 40) + "...: is given more than once"},
		{"twice a line", `{"a\nb":1,"a\nb":2}`, "a b: is given more than once"},
		{"not UTF-8", "{\"a\":\"\xff\"}", "the body is not UTF-8"},
		{"half a rune", "\"\xc3\"", "the body is not UTF-8"},
		{"deep objects", nested(`{"a":`, "1", "}", 33), "the body is nested deeper than 32 levels"},
		{"deep lists", nested("[", "", "]", 33), "the body is nested deeper than 32 levels"},
		{"very deep", strings.Repeat("[", 60000), "the body is nested deeper than 32 levels"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var v any
			f := wantFault(t, api.Decode([]byte(c.body), &v), 400, c.text)
			if !errors.Is(f, callback.ErrInvalidParameter) || callback.Code(f) != 40010 {
				t.Errorf("its code is %d", callback.Code(f))
			}
			if v != nil {
				t.Errorf("something was read: %v", v)
			}
		})
	}
	for _, text := range []string{"x", "{a:1}", `{"a":1,}`, "[1,]", `{"a" 1}`, "{'a':1}", "01", "+1", "\ufeff{}", `"` + "\n" + `"`, "}", "NaN", `{"a":1}x`, "{}]"} {
		var v any
		err := api.Decode([]byte(text), &v)
		if f := (*api.Fault)(nil); !errors.As(err, &f) || f.Status != 400 || !strings.HasPrefix(f.Rule, "the body ") {
			t.Errorf("%q: %v", text, err)
		}
	}
	var v any
	for _, text := range []string{nested(`{"a":`, "1", "}", 32), nested("[", "", "]", 32)} {
		if err := api.Decode([]byte(text), &v); err != nil {
			t.Errorf("32 levels: %v", err)
		}
	}
}

// A value of the wrong kind is named by its member, and told in words of JSON.
func TestDecodeKinds(t *testing.T) {
	var v struct {
		Text   string
		Whole  int8
		Any    float64
		Flag   bool
		List   []int
		Object struct{ Inner map[string]int }
		Number json.Number
		State  callback.State
		When   time.Time
		Count  uint
	}
	for text, want := range map[string]string{
		`{"Text":41785556677}`:            "Text: is a JSON number and must be a string",
		`{"Whole":300}`:                   "Whole: is a JSON number and must be an integer in range",
		`{"Whole":1.5}`:                   "Whole: is a JSON number and must be an integer in range",
		`{"Count":-1}`:                    "Count: is a JSON number and must be an integer in range",
		`{"Any":"41785556677"}`:           "Any: is a JSON string and must be a number",
		`{"Flag":"yes"}`:                  "Flag: is a JSON string and must be true or false",
		`{"List":{}}`:                     "List: is a JSON object and must be an array",
		`{"Object":[]}`:                   "Object: is a JSON array and must be an object",
		`{"Object":{"Inner":true}}`:       "Object.Inner: is a JSON bool and must be an object",
		`{"Number":true}`:                 "Number: is a JSON bool and must be a number",
		`{"State":5}`:                     "State: is a JSON number and must be a string",
		`{"State":"41785556677"}`:         "a value has the wrong form",
		`{"When":"41785556677"}`:          "a value has the wrong form",
		`[]`:                              "is a JSON array and must be an object",
		`{"Text":"x","Whole":1,"When":1}`: "a value has the wrong form",
	} {
		if f := wantFault(t, api.Decode([]byte(text), &v), 400, want); !errors.Is(f, callback.ErrInvalidParameter) {
			t.Errorf("%s: is not an invalid parameter", text)
		}
	}
}

// Decode takes exactly what encoding/json takes and is one value in UTF-8, not
// too deep, with every member named once, and reads the same from it.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"", "{}", "null", `{"a":1,"b":[{"c":null}]}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"\ud800":1,"\ud801":2}`, "[1,2,]", "1 2", "{}x", `"\xff"`,
		nested("[", "", "]", 32), nested("[", "", "]", 33), nested(`{"a":`, "{}", "}", 31), `{"a:b":"c:d{[\"","e":-1.5e+9}`, " [ ] ", `{"":{"":{}}}`, "1e999",
		`{"a":{"a":{}},"b":["a","a",{"a":[],"c":""}],"c":""}`, `{"a":{},"b":"c","b":1}`, manyNames(40, ""), manyNames(40, `,"n7":0`), manyNames(16, `,"n0":0`), manyNames(17, `,"n16":0`),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !api.Agree(body) {
			t.Fatalf("the quick check and the thorough one differ on %q", body)
		}
		var got any
		err := api.Decode(body, &got)
		var want any
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		take := utf8.Valid(body) && json.Valid(body)
		if take {
			if err := d.Decode(&want); err != nil {
				t.Fatalf("valid JSON is not read: %v", err)
			}
			members, depth := outline(body)
			take = members == countMembers(want) && depth <= api.MaxDepth
		}
		if !take {
			var fault *api.Fault
			if !errors.As(err, &fault) || fault.Status != 400 || fault.Rule == "" || !errors.Is(err, callback.ErrInvalidParameter) {
				t.Fatalf("%q is refused with %v", body, err)
			}
			return
		}
		if err != nil {
			t.Fatalf("%q is refused: %v", body, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is read as %v, and is %v", body, got, want)
		}
	})
}

// outline counts the members that valid JSON writes, and how deep it goes.
func outline(body []byte) (members, depth int) {
	open, text := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == ':':
			members++
		case c == '{' || c == '[':
			open++
			depth = max(depth, open)
		case c == '}' || c == ']':
			open--
		}
	}
	return members, depth
}

// countMembers counts the members that were kept.
func countMembers(v any) int {
	n := 0
	switch v := v.(type) {
	case map[string]any:
		n = len(v)
		for _, inner := range v {
			n += countMembers(inner)
		}
	case []any:
		for _, inner := range v {
			n += countMembers(inner)
		}
	}
	return n
}

// manyNames is an object with n members and what is given.
func manyNames(n int, more string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"n%d":0`, i)
	}
	return "{" + b.String()[1:] + more + "}"
}
