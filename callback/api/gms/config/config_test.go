package config_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms/config"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

func readOptions(t testing.TB, text string) *config.Options {
	t.Helper()
	o, err := config.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// optionsOf parses the options of one callback service whose customers are
// called.
func optionsOf(t testing.TB, lines ...string) *config.Options {
	t.Helper()
	return readOptions(t, "[service.x]\n_service=callback\n_call_direction=USERTERMINATED\n"+strings.Join(lines, "\n"))
}

// allRegions is part of the note about Numbers.Countries, which each
// configuration has once; see TestAllRegionsAreNoted.
const allRegions = "accept those of all regions"

// TestAllRegionsAreNoted checks that one note says so, whatever the number of
// services.
func TestAllRegionsAreNoted(t *testing.T) {
	o := optionsOf(t, "[service.a]\n_service=callback\n[service.b]\n_service=callback")
	notes := 0
	for _, p := range o.Problems {
		if strings.Contains(p.Text, allRegions) && p.Severity == config.SeverityNote {
			notes++
		}
	}
	if notes != 1 || len(o.Services) != 3 {
		t.Errorf("%d notes, %d services", notes, len(o.Services))
	}
	for _, s := range o.Services {
		if !slices.Equal(s.Numbers.Countries, []string{phonenum.Anywhere}) {
			t.Errorf("%s: countries are %q", s.Name, s.Numbers.Countries)
		}
	}
}

// linesOf returns the problems as text, without the notes that each configuration gets.
func linesOf(problems []config.Problem) []string {
	var lines []string
	for _, p := range problems {
		if strings.Contains(p.Text, allRegions) || p.Section == "" && p.Severity == config.SeverityNote {
			continue
		}
		lines = append(lines, p.String())
	}
	return lines
}

func wantProblems(t *testing.T, o *config.Options, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, linesOf(o.Problems)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func serviceOf(t testing.TB, o *config.Options, name string) callback.Service {
	t.Helper()
	for _, s := range o.Services {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("there is no service %q; problems:\n%s", name, strings.Join(linesOf(o.Problems), "\n"))
	return callback.Service{}
}

// comparingOptions compares calendars and tables by identity, except that all
// calendars that are always open are equal, and patterns by value.
func comparingOptions() cmp.Options {
	return cmp.Options{
		cmp.Comparer(func(a, b phonenum.Patterns) bool { return a == b }),
		cmp.Comparer(func(a, b *availability.Calendar) bool {
			return a == b || reflect.DeepEqual(a, availability.AlwaysOpen()) && reflect.DeepEqual(b, availability.AlwaysOpen())
		}),
		cmp.Comparer(func(a, b *availability.Weekly) bool { return a == b }),
	}
}

// testdata/full.ini contains every option in the documents of GMS.
func TestFullConfiguration(t *testing.T) {
	text, err := os.ReadFile("testdata/full.ini")
	if err != nil {
		t.Fatal(err)
	}
	o := readOptions(t, string(text))
	exceptions, err := phonenum.ParsePatterns("+1900*,+4487??????*,+4144668????")
	if err != nil {
		t.Fatal(err)
	}
	retry := scheduler.DefaultRetryPolicy()
	retry.MaxAttempts, retry.Default.Delay = 5, 2*time.Minute
	retry.Rules[scheduler.Rejected] = scheduler.Rule{Max: 1, Delay: 2 * time.Minute}
	const s = time.Second
	want := callback.Service{
		Name: "billing", ServiceID: "5f0b4a0e-2d3c-4b55-9c6e-0b6c0f9e8d11", SIP: "sip:billing@localhost",
		Numbers: callback.Numbers{Country: "GB", Countries: []string{phonenum.Anywhere}, AllowImpossible: true, AllowPremium: true, KeepMissingPlus: true, Exceptions: exceptions},
		Limits: callback.Limits{
			SameNumber: 1, Queued: callback.None,
			Throttles: []callback.Throttle{{Max: 50, Every: 60 * s}, {Max: 100, Every: callback.Off}}, Parameters: []string{"_account"}, PerParameter: 2,
			BookingsPerDay: callback.NoLimit,
		},
		Booking: callback.Booking{
			Hours: o.Calendars["office"], Bucket: 15 * time.Minute, PerBucket: 8, Capacity: o.Capacities["seats"], Buffer: 60 * s,
			ConnectThreshold: 90 * s, Horizon: callback.Span{Days: 14}, Past: 30 * s,
		},
		Queueing: callback.Queueing{
			Target: "Billing@Stat_Server1.GA", VirtualQueue: "VQ_Billing", TTL: 7200 * s, CannotDial: 120 * s,
			MinWait: 5 * s, MaxWait: 3600 * s, MaxSubmits: 4,
		},
		Dialing: callback.DialOptions{
			Window: availability.AlwaysOpen(), Retry: retry, AgentFirst: true, CallerID: "+441632960000", CallerName: "Billing", Prefix: "9",
			RoutePoint: "8000@SIP_Switch", TrunkGroup: "TG1", NoCallProgress: true, PlaceTimeout: 20 * s, AgentWait: 900 * s, MaxCall: 7200 * s,
			Treatments: callback.Treatments{
				CustomerConnect: "http://media.example.com/hello.wav", WaitingForAgent: "http://media.example.com/music.wav",
				FindAgentFail: "http://media.example.com/sorry.wav", AnsweringMachine: "http://media.example.com/machine.wav",
			},
		},
		Preview: callback.Preview{
			On: true, Timeout: 25 * s, Rejects: 3, RejectRetry: 10 * s, ViaRoutePoint: true, NotReady: true, Reason: "Coffee Break",
			ReasonKey: "Why", ReasonAttribute: true, Data: []string{"_account", "reason"},
		},
		Inbound:   callback.Inbound{Timeout: 40 * s},
		Confirm:   callback.Confirm{On: true, Timeout: 45 * s, Strict: true},
		MediaType: "voice", SearchKeys: []string{"_customer_number", "_account"}, RequiredKeys: []string{"_customer_number"},
		TTL: 43200 * s, Retention: 24 * time.Hour, MaskAfter: callback.Off, Overwritable: []string{"_ors", "_redirect", "_target"}, Paused: true, Reminder: 600 * s,
	}
	if diff := cmp.Diff(want, serviceOf(t, o, "billing"), comparingOptions()); diff != "" {
		t.Errorf("billing (-want +got):\n%s", diff)
	}
	if o.Calendars["office"] == nil || o.Capacities["seats"] == nil {
		t.Errorf("calendars %v, capacities %v", o.Calendars, o.Capacities)
	}

	var names []string
	for _, service := range o.Services {
		names = append(names, service.Name)
	}
	if diff := cmp.Diff([]string{"any", "billing", "dial-in", "front"}, names); diff != "" {
		t.Error(diff)
	}
	in := serviceOf(t, o, "dial-in").Inbound
	if diff := cmp.Diff(callback.Inbound{
		On: true, NoWait: true, Timeout: 30 * s, AccessNumbers: []string{"0800 000 001", "0800 000 002"}, Codes: true,
	}, in); diff != "" {
		t.Errorf("dial-in (-want +got):\n%s", diff)
	}

	golden, err := os.ReadFile("testdata/full.problems")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSuffix(string(golden), "\n"), "\n"), linesOf(o.Problems)); diff != "" {
		t.Errorf("problems (-testdata/full.problems +got):\n%s", diff)
	}
	if err := o.Err(); err != nil {
		t.Errorf("Err is %v", err)
	}
}

// The limit on bookings, which GMS does not have, is off, and the report says so once.
func TestNoteOnBookings(t *testing.T) {
	o := readOptions(t, "[service.x]\n_service=callback\n[service.y]\n_service=callback\n")
	notes := 0
	for _, p := range o.Problems {
		if strings.Contains(p.String(), "Limits.BookingsPerDay") && p.Severity == config.SeverityNote {
			notes++
		}
	}
	if notes != 1 {
		t.Errorf("%d notes, want 1: %v", notes, o.Problems)
	}
	for _, s := range o.Services {
		if s.Limits.BookingsPerDay != callback.NoLimit {
			t.Errorf("service %q has the limit %d", s.Name, s.Limits.BookingsPerDay)
		}
	}
	if o := readOptions(t, "[server]\nusername=u\npassword=p\n"); strings.Contains(fmt.Sprint(o.Problems), "BookingsPerDay") {
		t.Errorf("without a service: %v", o.Problems)
	}
}

// The services of a configuration are a ServiceSource.
func TestSourceOfConfiguration(t *testing.T) {
	text, err := os.ReadFile("testdata/full.ini")
	if err != nil {
		t.Fatal(err)
	}
	source, err := readOptions(t, string(text)).Source()
	if err != nil {
		t.Fatal(err)
	}
	names, err := source.Names(context.Background(), "")
	if err != nil || !slices.Equal(names, []string{"any", "billing", "dial-in", "front"}) {
		t.Errorf("names %v, %v", names, err)
	}
	policy, err := source.Policy(context.Background(), "", "any")
	if err != nil {
		t.Fatal(err)
	}
	// Options that are absent have the defaults of GMS.
	s := policy.Service()
	got := []any{
		s.TTL, s.Limits.Queued, s.Limits.Throttles, s.Limits.PerParameter, s.Booking.Bucket, s.Booking.PerBucket,
		s.Booking.Buffer, s.Booking.ConnectThreshold, s.Booking.Horizon, s.Queueing.TTL, s.Queueing.MaxSubmits,
		s.Dialing.Retry.MaxAttempts, s.Dialing.Retry.Default.Delay, s.Dialing.AgentWait, s.Preview.Timeout, s.Preview.ReasonKey,
		s.Inbound.Timeout, s.Confirm.Timeout, s.MediaType, s.Numbers.Country, s.Retention, s.MaskAfter,
	}
	want := []any{
		24 * time.Hour, callback.Limit(1000), []callback.Throttle{{Max: 500, Every: 300 * time.Second}, {Max: 1000, Every: time.Hour}}, callback.Limit(6),
		5 * time.Minute, callback.Limit(100), 120 * time.Second, 180 * time.Second, callback.Span{Months: 1}, 4 * time.Hour, callback.Limit(3),
		3, 300 * time.Second, time.Hour, 30 * time.Second, "ReasonCode", 30 * time.Second, 30 * time.Second, "voice", "CH", 24 * time.Hour, callback.Off,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestSettingsOfConfiguration(t *testing.T) {
	text, err := os.ReadFile("testdata/full.ini")
	if err != nil {
		t.Fatal(err)
	}
	o := readOptions(t, string(text))
	got := o.Settings["billing"]
	options := got.Options
	got.Options = nil
	credentials := got.Credentials.User("acme")
	got.Credentials = config.Credentials{}
	want := config.Settings{
		FilterKeys:      []string{"_callback_state", "_callback_reason", "_request_queue_time_stat", "_request_ewt_service", "_vq"},
		ReturnedKeys:    []string{"_desired_time", "_callback_state", "_callback_reason", "_ors_session_id"}, // listed twice in the file
		LookupKeys:      []string{"_customer_number", "_account"},
		ThrottleHeaders: true,
		Desired:         time.Date(2030, 5, 28, 15, 30, 0, 0, time.UTC),
		QueueTimeStat:   "ExpectedWaitTime;Queue;8999@SIP_Server;Environment",
		EWTService:      "stat_ewt",
		Notification: config.Notification{
			Mode: "notify", Type: "httpcb", Target: "https://hooks.example.com/callbacks", Provider: "web", Language: "en", Attempts: 5,
			Events: map[string][]string{
				"_cbe_on_callback_submitted": {"_service_id", "_service_name", "_customer_number"},
				"_cbe_on_service_exit":       {"_service_id", "_c_termination_type"},
			},
		},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b config.Credentials) bool { return a == b })); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if credentials.Name != "billing" || credentials.Password != `b1ll "ing"` || credentials.Tenant != "acme" {
		t.Errorf("credentials of %q in %q", credentials.Name, credentials.Tenant)
	}
	for option, want := range map[string]string{
		"_vq_for_outbound_calls": "VQ_Out", "queue-polling-rate": "60", "_throttle_ttl_2": "0",
		"_max_queued_callbacks_per_service": "0", "password": "", "_services_credentials": "",
	} {
		if options[option] != want {
			t.Errorf("option %s is %q, want %q", option, options[option], want)
		}
	}
	other := o.Settings["any"]
	if other.Credentials.Username != "default" || other.Credentials.User("").Password != "s3cret" {
		t.Errorf("the pair of [server] does not count: %v", other.Credentials)
	}
	if diff := cmp.Diff(map[string]string{"_target": "Billing@$my_token$.GA", "_urs_virtual_queue": "VQ_$lang$", "_max_dial_attempts": "$tries$"}, other.Templates); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"lang", "my_token", "tries"}, other.Tokens); diff != "" {
		t.Error(diff)
	}
	if got := o.Global; !slices.Equal(got.ReturnedKeys, want.ReturnedKeys) || !got.ThrottleHeaders || got.Credentials.Username != "default" {
		t.Errorf("global settings %+v", got)
	}
	if o.Settings["office"].Options["_bh_regular1"] != "Mon-Fri 9:00-17:30" || o.Settings["seats"].Credentials.Username != "default" {
		t.Errorf("settings of the other services: %v, %v", o.Settings["office"], o.Settings["seats"])
	}
}

// FuzzParse: parsing terminates, services are valid, problems are ordered, and
// the result is deterministic.
func FuzzParse(f *testing.F) {
	full, err := os.ReadFile("testdata/full.ini")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	f.Add([]byte(tokenConfig))
	f.Add([]byte(`{"callback":{"_ttl":120},"patterns":{"A":["+1900*"]},"service.x":{"_service":"callback","_exceptions":"A","_redirect":"$r$"}}`))
	f.Add([]byte("[service.h]\n_service=office-hours\n_bh_regular1=Mon-Fri 9:00-17:00\n_include_r1=h\n[service.x]\n_business_hours_service=h"))
	f.Add([]byte("[services]\nall=true\n[service.x]\n_redirect=y\n[service.y]\n_redirect=x\n_callback_events_list=L\n[L.properties]\n[L.x]"))
	f.Add([]byte("[service.in]\n_call_direction=USERORIGINATED\n_resource_group=P\n[P]\na=+41446681800"))
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := config.Parse(text)
		if err != nil {
			if o != nil {
				t.Fatal("an error and options")
			}
			return
		}
		if _, err := o.Source(); err != nil {
			t.Fatalf("a service that was returned cannot be used: %v", err)
		}
		last := 0
		for _, p := range o.Problems {
			if p.Line < last && p.Line != 0 || p.Text == "" || p.Severity.String()[0] == 'u' || strings.ContainsAny(p.String(), "\n\r\x00") {
				t.Fatalf("problem %+v after line %d", p, last)
			}
			if last = p.Line; last > bytes.Count(text, []byte("\n"))+1 {
				t.Fatalf("problem %+v of a line that is not there", p)
			}
		}
		for _, s := range o.Services {
			if _, err := o.Resolve(s.Name, callback.Values{"r": "x", "_redirect": "y", "_target": "z"}); err != nil && callback.Code(err) == 50050 {
				t.Fatalf("%s: %v", s.Name, err)
			}
		}
		again, err := config.Parse(text)
		if err != nil || strings.Join(linesOf(o.Problems), "\n") != strings.Join(linesOf(again.Problems), "\n") || len(o.Services) != len(again.Services) {
			t.Fatalf("the second reading differs: %v", err)
		}
	})
}

// The credentials of a service take precedence over those of [server];
// incomplete ones are ignored.
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
		"line 13: warning: [service.b] username has no password: the credentials of [server] apply, if any",
		"line 17: warning: [service.c] password has no username: the credentials of [server] apply, if any")
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
