package interaction_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/interaction"
)

// members returns the names of a JSON object, in order, and its values.
func members(t testing.TB, text []byte) (names []string, values map[string]json.RawMessage) {
	t.Helper()
	if err := json.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	depth := 0
	for wantName := false; ; {
		token, err := d.Token()
		if err != nil {
			return names, values
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			wantName = depth == 1
		case json.Delim('}'), json.Delim(']'):
			depth--
			wantName = depth == 1
		default:
			if depth != 1 {
				continue
			}
			if name, ok := token.(string); ok && wantName {
				names = append(names, name)
				wantName = false
				continue
			}
			wantName = true
		}
	}
}

func encode(t testing.TB, i interaction.Interaction) []byte {
	t.Helper()
	text, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestFieldOrder(t *testing.T) {
	want, need := fields(t)
	got, _ := members(t, encode(t, full()))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a full resource (-want +got):\n%s", diff)
	}
	least := interaction.Interaction{ResponseType: interaction.Voice, StartTime: monday(), ID: "1", Type: "Inbound", MediaType: "voice", StartDate: monday()}
	want = slices.DeleteFunc(want, func(name string) bool {
		return need[name] != "mandatory" && !slices.Contains([]string{"callback_status", "callback_type", "allow_children"}, name)
	})
	got, values := members(t, encode(t, least))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the least resource (-want +got):\n%s", diff)
	}
	if string(values["allow_children"]) != "true" {
		t.Errorf("allow_children is %s by default", values["allow_children"])
	}
}

func TestGolden(t *testing.T) {
	want, err := os.ReadFile("testdata/full.json")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, encode(t, full()), "", "  "); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()+"\n"); diff != "" {
		t.Errorf("testdata/full.json (-want +got):\n%s", diff)
	}
	var read interaction.Interaction
	if err := json.Unmarshal(want, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(full(), read); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestMandatoryFields(t *testing.T) {
	_, values := members(t, encode(t, full()))
	names, need := fields(t)
	for _, name := range names {
		for _, absent := range []string{"missing", "null"} {
			less := make(map[string]json.RawMessage, len(values))
			for k, v := range values {
				less[k] = v
			}
			if delete(less, name); absent == "null" {
				less[name] = json.RawMessage("null")
			}
			text, err := json.Marshal(less)
			if err != nil {
				t.Fatal(err)
			}
			var read interaction.Interaction
			err = json.Unmarshal(text, &read)
			// Content depends on its companion fields.
			orphans := name == "structured_text" || name == "binary_content"
			if wantErr := need[name] != "optional" || orphans; (err != nil) != wantErr {
				t.Errorf("%s %s: error %v", name, absent, err)
			}
			if err == nil {
				continue
			}
			field := name
			if orphans {
				field += "_mime"
			}
			if !errors.Is(err, callback.ErrInvalidParameter) || !strings.Contains(err.Error(), field+": ") {
				t.Errorf("%s %s: error %v does not name it", name, absent, err)
			}
			if diff := cmp.Diff(interaction.Interaction{}, read); diff != "" {
				t.Errorf("%s %s: a refused resource was half read", name, absent)
			}
		}
	}
}

func TestOutOfRange(t *testing.T) {
	_, values := members(t, encode(t, full()))
	for _, test := range []struct{ field, bad, good string }{
		{"callback_status", "-1 15 256 1.5 1e20 \"QUEUED\"", "0 14"},
		{"desired_response_type", "\"voice\" \"\" 1", "\"Voice\" \"VoIP\" \"Email\""},
		{"call_result", "-1 54 99999999999", "0 53"},
		{"callback_type", "3 -1", "0 1 2"},
		{"status", "4 -1 true", "0 1 2 3"},
		{"entity_type", "4 8 -1", "0 1 2 3 5 6 7"},
		{"attempts", "-1 2147483648 \"1\"", "0 2147483647"},
		{"owner_id", "-1", "0 9223372036854775807"},
		{"creator_app_id", "-1 9223372036854775808", "0"},
		{"timeshift", "1440 -1440 0.5", "0 -720 840 1439"},
		{"binary_content_size", "-1", "0 1"},
		{"start_time", `"" "12.01.2026 10:00:00" "2026-01-12T10:00:00,000Z" "2026-01-12 10:00:00.000Z" "2026-02-30T10:00:00.000Z" "0001-01-01T00:00:00.000Z" "0000-01-01T00:00:00.000Z" 5`,
			`"2026-01-12T10:00:00.999Z" "2026-01-12T10:00Z" "2026-01-12T11:00:00+01:00" "2026-01-12T10:00" "9999-12-31T23:59:59.999Z"`},
		{"end_date", `"x" "2026-01-12T24:00:00.000Z"`, `"" "2028-02-29T23:59:59.000Z"`},
		{"structured_text", `"http://[::1" 5`, `"/relative" "https://example.com/x?y=1"`},
		{"structured_text_mime", `"text/" "a b"`, `"text/plain"`},
		{"interaction_id", `"" 5`, `"x"`},
		{"type", `""`, `"Outbound"`},
		{"media_type", `""`, `"voice"`},
		{"customer_number", `5`, `"" "192.0.2.1" "ann@example.com"`},
		{"customer_id", `5`, `""`},
		{"allow_children", `1 "true"`, `true false`},
		{"udata", `[] "x" 1`, `{} {"k":12345678901234567890.123}`},
	} {
		for kind, list := range map[bool]string{false: test.bad, true: test.good} {
			for _, value := range split(list) {
				other := make(map[string]json.RawMessage, len(values))
				for k, v := range values {
					other[k] = v
				}
				other[test.field] = json.RawMessage(value)
				text, err := json.Marshal(other)
				if err != nil {
					t.Fatal(err)
				}
				err = json.Unmarshal(text, new(interaction.Interaction))
				if kind != (err == nil) {
					t.Errorf("%s = %s: error %v", test.field, value, err)
				}
				if err != nil && (!errors.Is(err, callback.ErrInvalidParameter) || !strings.Contains(err.Error(), test.field)) {
					t.Errorf("%s = %s: error %v", test.field, value, err)
				}
			}
		}
	}
}

// split splits a blank-separated list of JSON values.
func split(list string) []string {
	var values []string
	d := json.NewDecoder(strings.NewReader(list))
	for {
		var v json.RawMessage
		if d.Decode(&v) != nil {
			return values
		}
		values = append(values, string(v))
	}
}

func TestAllFaultsReported(t *testing.T) {
	err := json.Unmarshal([]byte(`{"status":9,"start_time":"x","binary_content":"b","timeshift":5000}`), new(interaction.Interaction))
	for _, field := range []string{"status: 9", "start_time: is not a time", "binary_content_mime: is required with", "binary_content_size: is required with",
		"timeshift: is not between", "interaction_id: is required", "creator_app_id: is required"} {
		if err == nil || strings.Count(err.Error(), field) != 1 {
			t.Errorf("%q is missing or repeated in\n%v", field, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"status":1,"status":1}`), new(interaction.Interaction)); !errors.Is(err, callback.ErrInvalidParameter) {
		t.Errorf("a field that is there twice: %v", err)
	}
}

func TestMarshalInvalid(t *testing.T) {
	for name, spoil := range map[string]func(*interaction.Interaction){
		"callback_status":       func(i *interaction.Interaction) { i.CallbackStatus = 15 },
		"desired_response_type": func(i *interaction.Interaction) { i.ResponseType = "" },
		"start_time":            func(i *interaction.Interaction) { i.StartTime = time.Time{} },
		"end_time":              func(i *interaction.Interaction) { i.EndTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"attempts":              func(i *interaction.Interaction) { i.Attempts = -1 },
		"call_result":           func(i *interaction.Interaction) { *i.CallResult = 54 },
		"entity_type":           func(i *interaction.Interaction) { i.EntityType = 4 },
		"structured_text_mime":  func(i *interaction.Interaction) { i.StructuredMIME = "" },
		"binary_content_size":   func(i *interaction.Interaction) { i.BinaryContent, i.BinaryMIME = "", "" },
		"timeshift":             func(i *interaction.Interaction) { *i.TimeShift = -1440 },
		"subject":               func(i *interaction.Interaction) { i.Subject = "\xff" },
	} {
		i := full()
		spoil(&i)
		var field *callback.FieldError
		if _, err := json.Marshal(i); !errors.As(err, &field) || field.Field != name {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestPrintHidesPersonalData(t *testing.T) {
	i := full()
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("shown", "interaction", i)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("shown", "interaction", &i)
	text := fmt.Sprintf("%v %+v %#v %s %d %q", i, i, i, &i, i, i) + log.String()
	for _, secret := range []string{"5556677", "4711", "invoice", "please", "C-17"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q shows in %s", secret, text)
		}
	}
	if !strings.Contains(text, "cb000001") || !strings.Contains(text, "QUEUED") {
		t.Errorf("the resource cannot be told from %s", text)
	}
}

func TestEnumerations(t *testing.T) {
	for n, name := range strings.Fields("UNKNOWN RECEIVED TIMER QUEUED DISTRIBUTED SUBMITTED_TO_AGT REJECTED_BY_AGT CANCELED_BY_AGT PROCESSED_BY_AGT FINAL NOT_QUEUED ERROR REPLACED AGT_TRANSFER ENDTIME_EXPIRED") {
		if s := interaction.CallbackStatus(n); s.String() != name || !s.Valid() {
			t.Errorf("callback_status %d is %v", n, s)
		}
	}
	for n, name := range strings.Fields("UNKNOWN ASAP SCHEDULED") {
		if v := interaction.CallbackType(n); v.String() != name || !v.Valid() {
			t.Errorf("callback_type %d is %v", n, v)
		}
	}
	for n, name := range strings.Fields("NEW PENDING IN_PROCESS STOPPED") {
		if v := interaction.Status(n); v.String() != name || !v.Valid() {
			t.Errorf("status %d is %v", n, v)
		}
	}
	for n, name := range strings.Fields("EMAIL_IN EMAIL_OUT CHAT PHONE_CALL - CALLBACK COBROWSE INTERACTION") {
		if v := interaction.EntityType(n); n != 4 && v.String() != name || v.Valid() != (n != 4) {
			t.Errorf("entity_type %d is %v", n, v)
		}
	}
	for n := range 54 {
		if v := interaction.CallResult(n); !v.Valid() || v.String() != callback.CallResult(n).String() {
			t.Errorf("call_result %d is %v", n, v)
		}
	}
	for _, v := range []fmt.Stringer{interaction.CallbackStatus(15), interaction.CallbackType(3), interaction.Status(4), interaction.EntityType(4),
		interaction.EntityType(8), interaction.CallResult(54)} {
		if valid, ok := v.(interface{ Valid() bool }); !ok || valid.Valid() || !strings.Contains(v.String(), "(") {
			t.Errorf("%T %v is valid", v, v)
		}
	}
}

// FuzzDecode checks that every parsed resource is valid and survives a round
// trip.
func FuzzDecode(f *testing.F) {
	text, err := os.ReadFile("testdata/full.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"desired_response_type":"Voice","start_time":"2026-01-12T10:00:00.000Z","customer_number":"","attempts":0,"customer_id":"","interaction_id":"1","status":0,"entity_type":5,"type":"x","media_type":"y","creator_app_id":0,"start_date":"2026-01-12T10:00:00.000Z"}`))
	f.Add([]byte(`{"status":9}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var read, again interaction.Interaction
		if err := json.Unmarshal(text, &read); err != nil {
			var syntax *json.SyntaxError
			if !errors.Is(err, callback.ErrInvalidParameter) && !errors.As(err, &syntax) {
				t.Fatalf("error %T %v", err, err)
			}
			return
		}
		if string(bytes.TrimSpace(text)) == "null" {
			return
		}
		if err := read.Validate(); err != nil {
			t.Fatalf("read what is not valid: %v", err)
		}
		written := encode(t, read)
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("wrote %s, which is refused: %v", written, err)
		}
		if diff := cmp.Diff(read, again); diff != "" {
			t.Fatalf("another resource (-read +again):\n%s", diff)
		}
	})
}
