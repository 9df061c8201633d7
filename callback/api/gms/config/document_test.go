package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/config"
	"github.com/ringback-go/ringback/phonenum"
)

// sectionsOf is a simple INI parser.
func sectionsOf(text string) map[string]map[string]string {
	sections := make(map[string]map[string]string)
	section := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
			sections[section] = make(map[string]string)
		} else if name, value, ok := strings.Cut(line, "="); ok && line[0] != ';' && line[0] != '#' {
			value = strings.TrimSpace(value)
			if unquoted := strings.Trim(value, `'"`); unquoted != value {
				value = strings.ReplaceAll(unquoted, `\"`, `"`)
			}
			sections[section][strings.TrimSpace(name)] = value
		}
	}
	return sections
}

// The three forms of a configuration give the same services, settings and
// problems.
func TestFormsAreEqual(t *testing.T) {
	text, err := os.ReadFile("testdata/full.ini")
	if err != nil {
		t.Fatal(err)
	}
	sections := sectionsOf(string(text))
	// The simple parser does not support escaped quotes.
	sections["service.billing"]["password"] = `b1ll "ing"`
	plain, err := config.FromMap(sections)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.MarshalIndent(sections, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	ini := readOptions(t, string(text))
	for name, other := range map[string]*config.Options{
		"map": plain, "JSON": readOptions(t, string(encoded)), "INI with CRLF and BOM": readOptions(t, "\ufeff"+strings.ReplaceAll(string(text), "\n", "\r\n")),
	} {
		if diff := cmp.Diff(ini, other, sameOptions()); diff != "" {
			t.Errorf("%s (-INI +%s):\n%s", name, name, diff)
		}
	}
}

// sameOptions compares options without line numbers, calendars by their open
// time and tables by their seats.
func sameOptions() cmp.Options {
	begin := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	hours := func(c *availability.Calendar) string {
		var out []string
		for _, from := range []time.Time{begin, begin.AddDate(0, 5, 15)} {
			periods, err := c.Periods(from, from.AddDate(0, 1, 0))
			out = append(out, fmt.Sprint(periods, err))
		}
		return strings.Join(out, "\n")
	}
	seats := func(w *availability.Weekly) (n []int) {
		for hour := range 24 * 7 * 27 {
			n = append(n, w.At(begin.Add(time.Duration(hour)*time.Hour)))
		}
		return n
	}
	return cmp.Options{
		cmp.Comparer(func(a, b phonenum.Patterns) bool { return a == b }),
		cmp.Comparer(func(a, b *availability.Calendar) bool {
			return (a == nil) == (b == nil) && (a == nil || hours(a) == hours(b))
		}),
		cmp.Comparer(func(a, b *availability.Weekly) bool { return slices.Equal(seats(a), seats(b)) }),
		cmp.Comparer(func(a, b config.Credentials) bool { return a == b }),
		cmp.Transformer("withoutLines", func(list []config.Problem) map[config.Problem]int {
			set := make(map[config.Problem]int)
			for _, p := range list {
				p.Line = 0
				set[p]++
			}
			return set
		}),
	}
}

// JSON values need no quotes.
func TestJSONValues(t *testing.T) {
	o := readOptions(t, `{
  "callback": {"_ttl": 120, "_cpd_enable": false, "_exceptions": ["A"]},
  "patterns": {"A": ["+1900*", "+44"]},
  "service.x": {
    "_service": "callback", "_call_direction": "USERTERMINATED", "_capacity_service": "c", "_media_type": null,
    "_customer_lookup_keys": ["_customer_number", "account"], "_ttl": null,
    "_request_execution_time_buffer": "x"
  },
  "service.c": {"_service": "capacity", "_capacity_1": {"1": {"0900": 10}}, "_capacity": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]}
}`)
	wantProblems(t, o, `line 7: warning: [service.x] _request_execution_time_buffer "x" is not a whole number of seconds: the default applies: 120`)
	s := serviceOf(t, o, "x")
	if s.TTL != 2*time.Minute || !s.Dialing.NoCallProgress || s.Numbers.Exceptions.String() != "1900*,44" || !slices.Equal(s.SearchKeys, []string{"_customer_number", "account"}) {
		t.Errorf("%+v", s)
	}
	if n := s.Booking.Capacity.At(optionInstant(t, "2026-07-06 09:00")); n != 10 {
		t.Errorf("%d places", n)
	}
}

// Text that is not a configuration is an error, which does not contain the
// text.
func TestNotConfiguration(t *testing.T) {
	for _, c := range []struct{ text, rule string }{
		{"", "has no section"},
		{"; nothing but a comment\n", "has no section"},
		{"secret", "has no section"},
		{"<html>secret</html>", "has no section"},
		{"[a]\n\xff", "is not UTF-8"},
		{"[a]\nx=" + strings.Repeat("y", config.MaxSize), "has more than 1048576 bytes"},
		{strings.Repeat("[a]\n", 10) + manySections(2001), "has more than 2000 sections"},
		{"[a]\n" + manyOptions(50001), "has more than 50000 options"},
		{"{", "is incomplete JSON"},
		{`{"a":{"b":"secret"`, "is incomplete JSON"},
		{"{\n\"a\": {\"b\": secret}}", "is not JSON, on line 2"},
		{"{\n\n\"a\": 1}", "is not an object of objects, on line 3"},
		{`{"a":[]}`, "is not an object of objects, on line 1"},
		{`{"a":{}} {}`, "has data after the JSON object, on line 1"},
		{`{"a":{"b":` + strings.Repeat("[", 20000) + `}}`, "is not JSON, on line 1"},
		{"{}", "has no section"},
	} {
		o, err := config.Parse([]byte(c.text))
		if o != nil || !errors.Is(err, callback.ErrConfiguration) || err.Error() != "configuration: "+c.rule {
			t.Errorf("%.20q: %v, want %q", c.text, err, c.rule)
		}
	}
	big := map[string]map[string]string{"a": {"x": strings.Repeat("y", config.MaxSize)}, "b": {}}
	for _, sections := range []map[string]map[string]string{nil, {}, big} {
		if o, err := config.FromMap(sections); o != nil || !errors.Is(err, callback.ErrConfiguration) {
			t.Errorf("%d sections: %v", len(sections), err)
		}
	}
}

func manySections(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "[s%d]\n", i)
	}
	return b.String()
}

func manyOptions(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "o%d=1\n", i)
	}
	return b.String()
}

// INI text: comments, quotes, spaces, and malformed lines.
func TestINI(t *testing.T) {
	o := readOptions(t, strings.Join([]string{
		`_ttl = 5`,
		`  [service.x]  ; a comment`,
		`_service=callback`,
		`	_call_direction	=	USERTERMINATED	`,
		`# a comment`,
		`; another = one`,
		`_request_queue_time_stat = ExpectedWaitTime;Queue;8999@SIP_Server;Environment # not a comment`,
		`_calling_party_display_name = " Mr. \"X\" \\ "`,
		`_prefix_dial_out = '9;#'`,
		`_trunk_group = "a","b"`,
		`_route_point = "open`,
		`password:hunter2`,
		`pass word = hunter2`,
		`=hunter2`,
		`_ttl = 100`,
		`_ttl = 200`,
		`_Target = hunter2`,
		"_target = a\x01b",
		`[service.y`,
		`_ttl = 300`,
		`[]`,
		`_ttl = 300`,
		`[service.x]`,
		`_urs_queued_ttl = 60`,
	}, "\n"))
	s := serviceOf(t, o, "x")
	got := []string{o.Settings["x"].QueueTimeStat, s.Dialing.CallerName, s.Dialing.Prefix, s.Dialing.TrunkGroup, s.Dialing.RoutePoint, s.TTL.String(), s.Queueing.TTL.String()}
	want := []string{"ExpectedWaitTime;Queue;8999@SIP_Server;Environment # not a comment", `Mr. "X" \`, "9;#", `"a","b"`, "", "3m20s", "1m0s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantPrefixes(t, linesOf(o.Problems), []string{
		`line 1: error: is before the first section: the line is left out`,
		`line 7: note: [service.x] _request_queue_time_stat names a statistic`,
		`line 11: error: [service.x] _route_point has no closing quote: the line is left out`,
		`line 12: warning: [service.x] password has no username`,
		`line 13: error: [service.x] an option's name must be 1 to 128 letters, digits, underscores, dashes and dots: the option is left out`,
		`line 14: error: [service.x] an option's name must be 1 to 128 letters`,
		`line 15: warning: [service.x] _ttl is repeated on line 16, which applies`,
		`line 17: warning: [service.x] _Target is unknown (did you mean _target?): ignored`,
		`line 18: error: [service.x] _target has control characters: the option is left out`,
		`line 19: error: a section's name must be 1 to 136 characters`,
		`line 21: error: a section's name must be`,
		`line 23: warning: [service.x] is repeated: its options are added to the first`,
	})
}

// JSON with repeated and invalid names.
func TestJSONProblems(t *testing.T) {
	o := readOptions(t, "{\"service.x\": {\"_service\": \"callback\",\n \"_call_direction\": \"USERTERMINATED\", \"_ttl\": 100,\n \"_ttl\": 200, \"a b\": \"hunter2\"},\n"+
		"\"\": {\"_ttl\": {\"_ttl\": 1}},\n \"service.x\": {\"_urs_queued_ttl\": 60}}")
	s := serviceOf(t, o, "x")
	if s.TTL != 200*time.Second || s.Queueing.TTL != time.Minute {
		t.Errorf("%v, %v", s.TTL, s.Queueing.TTL)
	}
	wantPrefixes(t, linesOf(o.Problems), []string{
		`line 2: warning: [service.x] _ttl is repeated on line 3, which applies`,
		`line 3: error: [service.x] an option's name must be`,
		`line 4: error: a section's name must be`,
		`line 5: warning: [service.x] is repeated`,
	})
	o, err := config.FromMap(map[string]map[string]string{"service.x": {"_service": "callback", "a b": "", "c": "a\nb", "d": "\xff"}, "a\n": {}})
	if err != nil {
		t.Fatal(err)
	}
	wantPrefixes(t, linesOf(o.Problems), []string{
		`error: a section's name must be`,
		`error: [service.x] an option's name must be`,
		`note: [service.x] _call_direction is absent`,
		`error: [service.x] c has control characters`,
		`error: [service.x] d is not UTF-8`,
	})
}

// The largest configurations are parsed quickly, with a bounded list of
// problems.
func TestOptionBounds(t *testing.T) {
	var services strings.Builder
	services.WriteString("[callback]\n_exceptions=A,B\n_callback_events_list=L\n_redirect_=$x$\n_route_point=$x$\n_throttle_request_parameters=" +
		strings.Repeat("abc,", 200) + "x\n_vq_for_outbound_calls=" + strings.Repeat("$x$ ", 10000) +
		"\n[patterns]\nA=" + strings.Repeat("+1?????????????*,", 490) + "+2\nB=" + strings.Repeat("+3?????????????*,", 490) + "+2\n")
	for i := range 600 {
		services.WriteString("[service.s" + strings.Repeat("x", i%40) + string(rune('a'+i%26)) + strings.Repeat("y", i/40) + "]\n_redirect=sa\n_unknwn=1\n")
	}
	for name, text := range map[string]string{
		"services":  services.String(),
		"rubbish":   "[service.x]\n" + strings.Repeat("x\n", 500_000),
		"names":     "[service.x]\n" + strings.Repeat("_agent_preview_set_notready_reason_atribute=1\n", 20_000),
		"sections":  "[service.x]\n" + strings.Repeat("[x\n", 300_000),
		"brackets":  strings.Repeat("[", config.MaxSize),
		"list":      "[service.x]\n_exceptions=" + strings.Repeat(",", 60_000),
		"JSON list": "[service.x]\n_exceptions=[" + strings.Repeat("[", 60_000),
		"tokens":    "[service.x]\n_target=" + strings.Repeat("$a$", 20_000),
		"dollars":   "[service.x]\n_target=" + strings.Repeat("$ ", 500),
		"quotes":    "[service.x]\n_target=\"" + strings.Repeat(`\"`, 20_000),
		"never":     "[service.x]\n_service=office-hours\n" + strings.Repeat("_effective_dates1=2026-01-01\n", 30_000),
	} {
		begin := time.Now()
		o, err := config.Parse([]byte(text))
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("%s: takes %v", name, took)
		}
		if err != nil {
			if name != "brackets" && name != "names" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if n := len(o.Problems); n > 3003 {
			t.Errorf("%s: %d problems", name, n)
		}
	}
	o := readOptions(t, "[service.x]\n"+strings.Repeat("x\n", 5000))
	last := o.Problems[len(o.Problems)-1]
	if len(linesOf(o.Problems)) != 1001+1+1 || last.Text != "more than 1000 problems of this severity: the others are not listed" {
		t.Errorf("%d problems, the last: %v", len(linesOf(o.Problems)), last)
	}
}
