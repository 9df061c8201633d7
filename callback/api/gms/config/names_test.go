package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms/config"
)

// What is not known is told with what it may have been meant to be.
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
		"line 3: warning: [callback] _request_time_buket is not known (is _request_time_bucket meant?): it is not read",
		"line 4: warning: [callback] _redirect counts only in the section of a service: it is not read",
		"line 5: warning: [callback] filterkeys is not known (is filter-keys meant?): it is not read",
		"line 6: warning: [callback] password counts only in the section of a service: it is not read",
		"line 7: warning: [callback] _bh_regular1 is an option of office-hours or capacity services: it is not read",
		"line 11: warning: [service.x] request_time_bucket is not known (is _request_time_bucket meant?): it is not read",
		"line 12: warning: [service.x] _max_request_by_timebucket is not known (is _max_request_by_time_bucket meant?): it is not read",
		"line 13: warning: [service.x] filter-keys counts only in [callback]: it is not read",
		"line 14: warning: [service.x] _customer_number is a parameter of a request and no option: it is not read",
		"line 15: warning: [service.x] _capacity_1 is an option of office-hours or capacity services: it is not read",
		"line 16: warning: [service.x] zzz is not known: it is not read",
		"line 17: error: [service.x] an option's name has to be 1 to 128 letters, digits, underscores, dashes and dots: the option is left out",
		"line 18: warning: [service.x] ########### is not known: it is not read",
		`line 20: warning: [service.c] _service "callbck" is none of callback, office-hours and capacity (is callback meant?): the service is left out`,
		"line 21: warning: [services.y] is not known and nothing names it (is service.y meant?): it is not read",
		"line 23: warning: [patern] is not known and nothing names it (is patterns meant?): it is not read",
		"line 24: note: [cluster] belongs to the GMS server itself: it is not read",
		"line 26: warning: [Callback] is not known and nothing names it (is callback meant?): it is not read",
	)
}

// No report, and nothing that prints, has a password, a number, or a line that
// could not be read.
func TestSecrets(t *testing.T) {
	o := readOptions(t, `
hunter2
[server]
username = admin
password = hunter2
passwrd = hunter2
[callback]
_services_credentials = hunter2
password = hunter2
[patterns]
A = +41785556677x
+41785556677 = 1
[service.x]
_service = callback
username = agent
password = "hunter2
passwort = hunter2
password hunter2
password:hunter2=1
_throttle_ttl_1 = 41785556677
_default_country = +41785556677
_exceptions = +41785556677
_redirect = +41 78 555 66 77
_business_hours_service = 0041785556677
_service_sip = +41785556677
_request_time_bucket = 41785556677
_status_notification_type = https://a:hunter2@b
_calling_party_number = {specify}
[service.y]
_service = callback
password = hunter2
username =
[service.h]
_service = office-hours
username = hours
password = hunter2
`)
	text := strings.Join(linesOf(o.Problems), "\n")
	for _, secret := range []string{"hunter2", "785556677", "78 555 66 77"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is told:\n%s", secret, text)
		}
	}
	logged := new(strings.Builder)
	slog.New(slog.NewTextHandler(logged, nil)).Info("", "s", o.Settings["h"].Credentials, "o", o)
	encoded, err := json.Marshal(o.Settings["h"])
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{
		fmt.Sprintf("%v %+v %#v %s", o.Settings["h"].Credentials, o.Settings["h"].Credentials, o.Settings["h"].Credentials, o.Settings["h"].Credentials),
		fmt.Sprintf("%v", o.Settings["h"]), fmt.Sprintf("%+v", o.Global), logged.String(), string(encoded),
	} {
		if strings.Contains(shown, "hunter2") {
			t.Errorf("the password prints: %s", shown)
		}
	}
	if u := o.Settings["h"].Credentials.User("", api.RoleRead); u.Name != "hours" || u.Password != "hunter2" || !slices.Equal(u.Roles, []api.Role{api.RoleRead}) {
		t.Error("the pair is not there for who asks for it")
	}
}

// A service's pair goes before that of [server]; half a pair is none.
func TestCredentials(t *testing.T) {
	o := readOptions(t, `
[server]
username = default
password = d
[service.a]
_service = callback
_call_direction = USERTERMINATED
username = own
password = {specify}
[service.b]
_service = callback
_call_direction = USERTERMINATED
username = own
[service.c]
_service = callback
_call_direction = USERTERMINATED
password = $token$
`)
	wantProblems(t, o,
		"line 13: warning: [service.b] username stands without password: the pair of [server] counts, if there is one",
		"line 17: warning: [service.c] password stands without username: the pair of [server] counts, if there is one")
	for service, want := range map[string]string{"a": "own {specify}", "b": "default d", "c": "default d"} {
		u := o.Settings[service].Credentials.User("acme")
		if got := u.Name + " " + u.Password; got != want {
			t.Errorf("%s has %q, want %q", service, got, want)
		}
	}
	users, err := o.Users("acme", api.RoleCreate)
	if err != nil || len(users) != 2 || users[0].Name != "default" || users[1].Name != "own" || users[1].Tenant != "acme" {
		t.Errorf("%d users, %v", len(users), err)
	}
	if _, err := api.NewBasic("", users...); err != nil {
		t.Error(err)
	}
	o = optionsOf(t, "username=a\npassword=1\n[server]\nusername=a\npassword=2")
	if users, err := o.Users(""); users != nil || err == nil {
		t.Errorf("one name with two passwords: %d users", len(users))
	}
	if users, err := optionsOf(t).Users(""); users != nil || err != nil {
		t.Errorf("%d users, %v", len(users), err)
	}
}

// Every option that the domain names is known, and MIGRATION.md has each.
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
	// Not options: parameters of requests, and names that stand for several.
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
		name = strings.Replace(name, "_include_regular", "_include_r", 1) // whatever follows the r
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

func TestSeverity(t *testing.T) {
	for severity, want := range map[config.Severity]string{
		config.SeverityNote: "note", config.SeverityWarning: "warning", config.SeverityError: "error", 0: "undefined(0)", 9: "undefined(9)",
	} {
		if got := severity.String(); got != want {
			t.Errorf("%d is %q, want %q", severity, got, want)
		}
	}
}
