package config_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback/api/gms/config"
)

// Unknown names are reported with a suggestion.
func TestUnknownNames(t *testing.T) {
	o := readOptions(t, `
[callback]
_request_time_buket = 5
_redirect = x
filterkeys = a
password = s3cret
_bh_regular1 = Mon 9:00-17:00
[service.x]
_service = callback
_call_direction = USERTERMINATED
request_time_bucket = 5
_max_request_by_timebucket = 5
filter-keys = a
_customer_number = +41785556677
_capacity_1 = {}
zzz = 1
+41785556677 = 1
41785556677 = 1
[service.c]
_service = callbck
[services.y]
a = 1
[patern]
[cluster]
web = 1
[Callback]
`)
	wantProblems(t, o,
		"line 3: error: [callback] _request_time_buket may be _request_time_bucket and cannot be read: services without a value of their own are left out",
		"line 4: warning: [callback] _redirect is valid only in the section of a service: ignored",
		"line 5: warning: [callback] filterkeys is unknown (did you mean filter-keys?): ignored",
		"line 6: warning: [callback] password is valid only in the section of a service: ignored",
		"line 7: warning: [callback] _bh_regular1 is an option of office-hours or capacity services: ignored",
		"line 8: error: [service.x] _request_time_bucket of [callback] cannot be used and the service does not set it: the service is left out",
		"line 11: error: [service.x] request_time_bucket may be _request_time_bucket and cannot be read: the service is left out",
		"line 12: error: [service.x] _max_request_by_timebucket may be _max_request_by_time_bucket and cannot be read: the service is left out",
		"line 13: warning: [service.x] filter-keys is valid only in [callback]: ignored",
		"line 14: warning: [service.x] _customer_number is a request parameter, not an option: ignored",
		"line 15: warning: [service.x] _capacity_1 is an option of office-hours or capacity services: ignored",
		"line 16: warning: [service.x] zzz is unknown: ignored",
		"line 17: error: [service.x] an option's name must be 1 to 128 letters, digits, underscores, dashes and dots: the option is left out",
		"line 18: warning: [service.x] ########### is unknown: ignored",
		`line 20: warning: [service.c] _service "callbck" is not callback, office-hours or capacity (did you mean callback?): the service is left out`,
		"line 21: warning: [services.y] is unknown and unused (did you mean service.y?): ignored",
		"line 23: warning: [patern] is unknown and unused (did you mean patterns?): ignored",
		"line 24: note: [cluster] configures the GMS server: ignored",
		`line 26: error: [Callback] may be of [callback], restrict all services, and cannot be read: service "x" is left out`,
		"line 26: warning: [Callback] is unknown and unused (did you mean callback?): ignored",
	)
}

// Every option in the comments of package callback is supported and documented
// in MIGRATION.md.
func TestEveryOptionIsKnown(t *testing.T) {
	document, err := os.ReadFile("../MIGRATION.md")
	if err != nil {
		t.Fatal(err)
	}
	full, err := os.ReadFile("testdata/full.ini")
	if err != nil {
		t.Fatal(err)
	}
	inFull := make(map[string]bool)
	for line := range strings.Lines(string(full)) {
		name, _, _ := strings.Cut(line, "=")
		inFull[strings.TrimSpace(name)] = true
	}
	option := regexp.MustCompile(`\b_[a-z][a-z0-9_]*\*?|queue-polling-rate(-recover)?|(filter|returned)-keys`)
	// Request parameters, and prefixes of several options.
	except := []string{"_customer_number", "_originating_interaction_id", "_expiration_time", "_reason_key", "_reason_attribute", "_2", "_throttle_ttl",
		"_throttle_customer_number_limit", "_copy_from", "_callback_state", "_new_desired_time"}
	for _, file := range []string{"../../../doc.go", "../../../service.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range option.FindAllString(string(text), -1) {
			if strings.HasSuffix(name, "*") || slices.Contains(except, name) || strings.HasSuffix(name, "_") {
				continue
			}
			if !inFull[name] {
				t.Errorf("%s names %s, which testdata/full.ini does not have", file, name)
			}
		}
	}
	for name := range inFull {
		name = strings.Replace(name, "_include_regular", "_include_r", 1) // any suffix is allowed
		if (strings.HasPrefix(name, "_") || strings.Contains(name, "-keys")) && !regexp.MustCompile("`"+regexp.QuoteMeta(strings.TrimRight(name, "0123456789"))+"[0-9`<]").Match(document) {
			t.Errorf("MIGRATION.md does not have %s", name)
		}
	}
	o := readOptions(t, string(full))
	for _, p := range o.Problems {
		if p.Severity != config.SeverityNote {
			t.Error(p)
		}
	}
}
