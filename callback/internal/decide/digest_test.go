package decide_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
)

// Stored digests of requests stay equal from release to release, and values are
// part of them, however deep.
func TestDigestIsStable(t *testing.T) {
	full := decide.Start{Tenant: "acme", StartInput: decide.StartInput{
		Service: "sales", Number: "+41785556677", Alternative: "sip:a@b.example", Desired: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Zone: "Europe/Zurich",
		Key: "k", CustomerID: "c1", Account: "a1", ModeID: "m1", Agent: callback.Agent{Target: "t", Comments: "x", LeadScore: 1.5},
		Origin: callback.Origin{Creator: "web", ExternalID: "e1"}, Interaction: callback.Interaction{MediaType: "voice", Subject: "s"}, SessionID: "s1",
		Retry:      &callback.RetryLimits{MaxAttempts: 3, Delay: time.Minute},
		Properties: callback.Values{"_x": "1", "n": map[string]any{"a": 1.5}, "v": callback.Values{"w": []any{callback.Values{"z": true}}}},
		Parameters: map[string]string{"p": "q"}, Actor: "me",
	}}
	short := decide.Start{Tenant: "acme", StartInput: decide.StartInput{Service: "sales", Number: "+41785556677"}}
	for want, start := range map[string]decide.Start{
		"43b9a63ef8e3b6c76456945bbb78533d1eec46bdd16008d701308ea3a07258cb": full,
		"bf6ac5eabcd81b8eedb834850a7790a45e8980736bc6a56440c81c8c20d39d2a": short,
	} {
		if got, err := start.Digest(); got != want || err != nil {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	}
	full.Properties["v"] = callback.Values{"w": []any{callback.Values{"z": false}}}
	if got, _ := full.Digest(); got == "43b9a63ef8e3b6c76456945bbb78533d1eec46bdd16008d701308ea3a07258cb" {
		t.Error("a nested value is not part of the digest")
	}
}

// Every text of a request is part of its digest, but for those that a repetition
// may change.
func TestDigestCoversEveryText(t *testing.T) {
	empty := decide.Start{}
	none, err := empty.Digest()
	if err != nil {
		t.Fatal(err)
	}
	left := []string{"Key", "Trace", "Source", "Actor"}
	typ := reflect.TypeFor[decide.StartInput]()
	for i := range typ.NumField() {
		name := typ.Field(i).Name
		var start decide.Start
		v := reflect.ValueOf(&start.StartInput).Elem().Field(i)
		if v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]() {
			v = v.Field(0)
		}
		switch v.Kind() {
		case reflect.String:
			v.SetString("x")
		case reflect.Map:
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf("k"), reflect.ValueOf("x"))
		case reflect.Uint8:
			v.SetUint(1)
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
		case reflect.Struct:
			v.Set(reflect.ValueOf(time.Unix(1, 0).UTC()))
		}
		got, err := start.Digest()
		// A local time that is zero cannot be encoded, which shows that it is asked for.
		if changed := got != none || err != nil; changed == slices.Contains(left, name) {
			t.Errorf("%s: changed %v, %v", name, changed, err)
		}
	}
}
