package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms/config"
)

// A problem formats the fields it has.
func TestProblemString(t *testing.T) {
	for want, p := range map[string]config.Problem{
		"note: text": {Severity: config.SeverityNote, Text: "text"},
		`line 3: error: [a] b "c" text`: {
			Line: 3, Severity: config.SeverityError, Section: "a", Option: "b", Value: "c", Text: "text"},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
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

// No report or formatted value contains a password, a phone number or a
// malformed line.
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
			t.Errorf("%q is revealed:\n%s", secret, text)
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
