package lucs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

// Every member of a create is stored in the callback and returned.
func TestCreateMembers(t *testing.T) {
	r := newRig(t)
	got := r.create("clerk",
		"Target", `"sip:Hans.Muster@Luware.com"`, "AlternativeTarget", `"044 668 18 00"`, "MaxRetries", "5",
		"SecondsBetweenRetries", "90", "IncomingServiceSipUri", `"sip:hotline@luware.com"`, "Priority", `"VeryHigh"`,
		"ContextUrl", `"https://crm.example/7"`, "DueDate", `"2026-01-13T08:30:00.455Z"`, "Supervisor", `"Sonja"`,
		"Description", `"please <call> & ask"`, "ExternalTaskId", `"crm-7"`, "CallerId", `"crm"`, "AppPoolId", `"pool"`,
		"InitiatingSessionId", `"session"`, "Initiator", `"somebody"`, "Creator", `"wfactivity"`, "RetryType", `"SessionPerRetry"`)
	want := dto{
		Target: new("sip:Hans.Muster@luware.com"), AlternativeTarget: new("tel:+41446681800"),
		MaxRetries: 5, SecondsBetweenRetries: 90, ServiceID: supportID, ServiceSip: supportSIP,
		IncomingServiceSipURI: new("sip:hotline@luware.com"), Priority: "VeryHigh", ContextURL: new("https://crm.example/7"),
		DueDate: "2026-01-13T08:30:00.455Z", Supervisor: new("Sonja"), Description: new("please <call> & ask"),
		ExternalTaskID: new("crm-7"), CallerID: new("crm"), ID: "cb000001", Creator: "WfActivity",
		LeftInQueueTimeInSeconds: 4 * 3600, AppPoolID: new("pool"), InitiatingSessionID: new("session"),
		Initiator: "somebody", State: "Pending", RetryType: "SessionPerRetry",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("answer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, r.get("cb000001")); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
	cb, err := r.manager.Get(t.Context(), "cb000001")
	if err != nil {
		t.Fatal(err)
	}
	if cb.Retry == nil || *cb.Retry != (callback.RetryLimits{MaxAttempts: 6, Delay: 90 * time.Second}) {
		t.Errorf("retry limits are %+v", cb.Retry)
	}
	if cb.Priority != scheduler.VeryHigh || cb.Agent.Description != "please <call> & ask" || cb.Customer.ID != "" {
		t.Errorf("priority %v, description %q, customer %q", cb.Priority, cb.Agent.Description, cb.Customer.ID)
	}
	if got, want := cb.Customer.Target().Reveal(), "+41446681800"; got != want {
		t.Error("the alternative target does not win")
	}
	events, err := r.manager.History(t.Context(), "cb000001")
	if err != nil || events[0].Actor != "clerk" {
		t.Errorf("the history does not begin with the caller: %v, %v", events, err)
	}
}

// Absent members take the defaults of LUCS.
func TestCreateDefaults(t *testing.T) {
	r := newRig(t)
	got := r.create("clerk", "Description", "null", "CallerId", `""`)
	want := dto{
		Target: new(swiss), MaxRetries: 3, SecondsBetweenRetries: 60, ServiceID: supportID, ServiceSip: supportSIP,
		Priority: "Normal", DueDate: "2026-01-12T10:00:00.000Z", ID: "cb000001", Creator: "Luware.API",
		LeftInQueueTimeInSeconds: 4 * 3600, Initiator: "Luware.API", State: "InQueue", RetryType: "SingleSession",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("answer (-want +got):\n%s", diff)
	}
}

// The creator of a callback is derived from its request.
func TestCreateCreator(t *testing.T) {
	for _, c := range []struct {
		name               string
		more               []string
		creator, initiator string
	}{
		{"api", nil, "Luware.API", "Luware.API"},
		{"short name", []string{"Creator", `"API"`}, "Luware.API", "Luware.API"},
		{"supervisor", []string{"Supervisor", `"Sonja"`}, "WebService", "Sonja"},
		{"workflow", []string{"IncomingServiceSipUri", `"sip:a@b.example"`}, "WfActivity", "WF Activity"},
		{"web service", []string{"Creator", `"WEBSERVICE"`, "Supervisor", `"Sonja"`}, "WebService", "Sonja"},
		{"web service without initiator", []string{"Creator", `"WebService"`}, "WebService", "Luware.API"},
		{"another", []string{"Creator", `"Bot"`, "Initiator", `"R2"`}, "Bot", "R2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := newRig(t).create("clerk", c.more...)
			if got.Creator != c.creator || got.Initiator != c.initiator {
				t.Errorf("creator %q, initiator %q, want %q, %q", got.Creator, got.Initiator, c.creator, c.initiator)
			}
		})
	}
}

// A due date has three layouts; null and the empty string mean none.
func TestCreateDueDate(t *testing.T) {
	const now = "2026-01-12T10:00:00.000Z"
	for text, want := range map[string]string{
		`"2026-01-14T10:02:07.455Z"`:       "2026-01-14T10:02:07.455Z",
		`"2026-01-14T12:02:07+02:00"`:      "2026-01-14T10:02:07.000Z",
		`"2026-01-14T10:02:07"`:            "2026-01-14T10:02:07.000Z",
		`"14.01.2026 10:02:07"`:            "2026-01-14T10:02:07.000Z",
		`"14.01.2026 10:02:07.2732376Z"`:   "2026-01-14T10:02:07.273Z",
		`"0001-01-01T00:00:00"`:            now,
		`"0001-01-01T01:00:00+02:00"`:      now,
		`"0001-01-01T00:00:00-05:00"`:      now,
		`"01.01.0001 00:00:00"`:            now,
		`"2019-06-14T10:02:07.455Z"`:       now, // a past date is due at once
		`null`:                             now,
		`""`:                               now,
		`"2026-01-14T10:02:07.999999999Z"`: "2026-01-14T10:02:07.999Z",
	} {
		r := newRig(t)
		if got := r.create("clerk", "DueDate", text); got.DueDate != want {
			t.Errorf("%s became %s, want %s", text, got.DueDate, want)
		}
	}
}

// A service is found by its Id; its SIP address counts only without a valid Id.
func TestCreateService(t *testing.T) {
	sales := lucs.ServiceID("", callback.Service{Name: "sales"})
	for _, c := range []struct {
		name, id, sip, want string
	}{
		{"by id", supportID, "", supportID},
		{"by id in capitals", strings.ToUpper(supportID), "", supportID},
		{"by id in braces", "{" + supportID + "}", "", supportID},
		{"by derived id", sales, "", sales},
		{"by sip", "", supportSIP, supportID},
		{"by sip in capitals", "", "SIP:Support@LUWARE.example", supportID},
		{"by derived sip", "", "sip:sales@localhost", sales},
		{"id wins", sales, supportSIP, sales},
		{"id of nothing", "11111111-1111-1111-1111-111111111111", supportSIP, supportID},
		{"id that is none", "string", supportSIP, supportID},
		{"id of zeros", "00000000-0000-0000-0000-000000000000", supportSIP, supportID},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			for range 2 { // the second lookup uses the cache
				got := r.create("clerk", "ServiceId", `"`+c.id+`"`, "ServiceSip", `"`+c.sip+`"`)
				if got.ServiceID != c.want {
					t.Fatalf("taken by %s, want %s", got.ServiceID, c.want)
				}
			}
		})
	}
}

// A renamed, replaced or removed service is no longer found by its old Id.
func TestCreateServiceChanged(t *testing.T) {
	r := newRig(t)
	r.create("clerk")
	r.services.Remove("", "support")
	refused(t, r.do("clerk", "POST", "/v1.0/callbacks", body()), 400, "InvalidParameter")
	if err := r.services.Set("", callback.Service{Name: "other", ServiceID: supportID, Numbers: callback.Numbers{Country: "CH"}}); err != nil {
		t.Fatal(err)
	}
	if got := r.create("clerk"); got.ServiceSip != "sip:other@localhost" {
		t.Errorf("taken by %s", got.ServiceSip)
	}
	// The Id moves to another service.
	for name, id := range map[string]string{"other": "22222222-2222-2222-2222-222222222222", "third": supportID} {
		if err := r.services.Set("", callback.Service{Name: name, ServiceID: id, Numbers: callback.Numbers{Country: "CH"}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.create("clerk"); got.ServiceSip != "sip:third@localhost" {
		t.Errorf("taken by %s", got.ServiceSip)
	}
	// With two services that differ only in case, only the exact spelling
	// matches.
	for _, name := range []string{"Desk", "desk"} {
		if err := r.services.Set("", callback.Service{Name: name, Numbers: callback.Numbers{Country: "CH"}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.create("clerk", "ServiceId", "", "ServiceSip", `"sip:Desk@localhost"`); got.ServiceSip != "sip:Desk@localhost" {
		t.Errorf("taken by %s", got.ServiceSip)
	}
	refused(t, r.do("clerk", "POST", "/v1.0/callbacks", body("ServiceId", "", "ServiceSip", `"sip:DESK@localhost"`)), 400, "InvalidParameter")
}

// A refusal names the faulty member, and nothing is stored.
func TestCreateRefused(t *testing.T) {
	long := `"` + strings.Repeat("x", 129) + `"`
	for _, c := range []struct {
		name, body, member string
	}{
		{"no target", body("Target", ""), "Target"},
		{"empty target", body("Target", `""`), "Target"},
		{"target is a number", body("Target", "41785556677"), "Target"},
		{"no gap", body("SecondsBetweenRetries", ""), "SecondsBetweenRetries"},
		{"gap is text", body("SecondsBetweenRetries", `"60"`), "SecondsBetweenRetries"},
		{"gap below 0", body("SecondsBetweenRetries", "-1"), "SecondsBetweenRetries"},
		{"gap above 30 days", body("SecondsBetweenRetries", "2592001"), "SecondsBetweenRetries"},
		{"gap is broken", body("SecondsBetweenRetries", "1.5"), "SecondsBetweenRetries"},
		{"gap is huge", body("SecondsBetweenRetries", "1e400"), "SecondsBetweenRetries"},
		{"retries below 0", body("MaxRetries", "-1"), "MaxRetries"},
		{"retries above 99", body("MaxRetries", "100"), "MaxRetries"},
		{"no service", body("ServiceId", ""), "ServiceId, ServiceSip"},
		{"zeros for a service", body("ServiceId", `"00000000-0000-0000-0000-000000000000"`), "ServiceId, ServiceSip"},
		{"unknown service", body("ServiceId", `"11111111-1111-1111-1111-111111111111"`), "ServiceId, ServiceSip"},
		{"unknown sip", body("ServiceId", "", "ServiceSip", `"sip:nobody@localhost"`), "ServiceId, ServiceSip"},
		{"service of another tenant", body("ServiceId", `"`+lucs.ServiceID("b", callback.Service{Name: "support"})+`"`), "ServiceId, ServiceSip"},
		{"no priority", body("Priority", ""), "Priority"},
		{"priority is a number", body("Priority", "4"), "Priority"},
		{"unknown priority", body("Priority", `"Urgent"`), "Priority"},
		{"date of no kind", body("DueDate", `"tomorrow"`), "DueDate"},
		{"date beyond the horizon", body("DueDate", `"2026-03-12T10:00:00Z"`), "DueDate"},
		{"description too long", body("Description", `"`+strings.Repeat("é", 151)+`"`), "Description"},
		{"external id too long", body("ExternalTaskId", long), "ExternalTaskId"},
		{"caller id too long", body("CallerId", long), "CallerId"},
		{"supervisor too long", body("Supervisor", long), "Supervisor"},
		{"creator too long", body("Creator", long), "Creator"},
		{"initiator too long", body("Initiator", long), "Initiator"},
		{"app pool too long", body("AppPoolId", long), "AppPoolId"},
		{"session too long", body("InitiatingSessionId", long), "InitiatingSessionId"},
		{"retry type too long", body("RetryType", long), "RetryType"},
		{"uri too long", body("IncomingServiceSipUri", `"`+strings.Repeat("x", 1025)+`"`), "IncomingServiceSipUri"},
		{"context too long", body("ContextUrl", `"`+strings.Repeat("x", 1025)+`"`), "ContextUrl"},
		{"control character", body("ExternalTaskId", `"a\u0000b"`), "ExternalTaskId"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			message := refused(t, r.do("clerk", "POST", "/v1.0/callbacks", c.body), 400, "InvalidParameter")
			if !strings.HasPrefix(message, c.member+": ") {
				t.Errorf("the message is %q", message)
			}
			if found := r.find("{}"); len(found) != 0 {
				t.Errorf("it was kept: %v", found)
			}
		})
	}
}

// Values at their limits are accepted.
func TestCreateBounds(t *testing.T) {
	r := newRig(t)
	got := r.create("clerk", "MaxRetries", "99", "SecondsBetweenRetries", "2592000", "Description", `"`+strings.Repeat("é", 150)+`"`,
		"ExternalTaskId", `"`+strings.Repeat("x", 128)+`"`)
	if got.MaxRetries != 99 || got.SecondsBetweenRetries != 2592000 || len([]rune(text(got.Description))) != 150 {
		t.Errorf("got %+v", got)
	}
	if got = r.create("clerk", "MaxRetries", "0", "SecondsBetweenRetries", "0"); got.MaxRetries != 0 || got.SecondsBetweenRetries != 0 {
		t.Errorf("got %+v", got)
	}
}

// Member names match in any case. Unknown members are ignored, because some
// clients send a whole CallbackDto.
func TestCreateParsing(t *testing.T) {
	r := newRig(t)
	rec := r.undocumented("clerk", "POST", "/V1.0/Callbacks", `{"target":"`+swiss+`","SECONDSBETWEENRETRIES":1,"serviceid":"`+supportID+
		`","priority":"strictpriority","State":"Terminated","Id":"mine","LeftInQueueTimeInSeconds":1,"RetryCount":7,"Unknown":{"a":[1]}}`)
	got := read[dto](t, rec)
	if got.Priority != "StrictPriority" || got.State != "InQueue" || got.ID != "cb000001" || got.RetryCount != 0 {
		t.Errorf("got %+v", got)
	}
	message := refused(t, r.undocumented("clerk", "POST", "/v1.0/callbacks", strings.Replace(body(), "{", `{"target":"`+swiss2+`",`, 1)), 400, "InvalidParameter")
	if !strings.Contains(message, "more than once") {
		t.Errorf("the message is %q", message)
	}
}

// Each rule of the service has its own code.
func TestCreateRules(t *testing.T) {
	t.Run("number", func(t *testing.T) {
		r := newRig(t)
		for target, rule := range map[string]string{"tel:117": "emergency", "0900 123 456": "premium", "12": "invalid", "hello": "impossible"} {
			message := refused(t, r.do("clerk", "POST", "/v1.0/callbacks", body("Target", `"`+target+`"`)), 400, "InvalidNumber")
			if want := "Target: " + rule + " number"; message != want {
				t.Errorf("%s: the message is %q, want %q", target, message, want)
			}
		}
		message := refused(t, r.do("clerk", "POST", "/v1.0/callbacks", body("AlternativeTarget", `"tel:112"`)), 400, "InvalidNumber")
		if message != "AlternativeTarget: emergency number" {
			t.Errorf("the message is %q", message)
		}
	})
	t.Run("number limit", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, _ *manager.Config, _ *lucs.Config) {
			s.Limits.SameNumber = 1
		})
		r.create("clerk")
		rec := r.do("clerk", "POST", "/v1.0/callbacks", body())
		refused(t, rec, 429, "NumberLimit")
		if rec.Header().Get("Retry-After") != "" {
			t.Error("a limit that does not end by itself has a Retry-After")
		}
	})
	t.Run("queue limit", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, _ *manager.Config, _ *lucs.Config) { s.Limits.Queued = 1 })
		r.create("clerk")
		refused(t, r.do("clerk", "POST", "/v1.0/callbacks", body()), 429, "QueueLimit")
	})
	t.Run("interval limit", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, _ *manager.Config, _ *lucs.Config) {
			s.Limits.Throttles = []callback.Throttle{{Max: 1, Every: time.Minute}}
		})
		r.create("clerk")
		r.clock.Advance(20*time.Second + 300*time.Millisecond)
		rec := r.do("clerk", "POST", "/v1.0/callbacks", body())
		refused(t, rec, 429, "IntervalLimit")
		if got := rec.Header().Get("Retry-After"); got != "40" {
			t.Errorf("Retry-After is %q, want 40", got)
		}
	})
	t.Run("parameter limit", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, _ *manager.Config, _ *lucs.Config) { s.Limits.PerParameter = 1 })
		r.create("clerk")
		message := refused(t, r.do("clerk", "POST", "/v1.0/callbacks", body()), 429, "ParameterLimit")
		if strings.Contains(message, "5556677") {
			t.Error("the message holds the number")
		}
	})
	t.Run("closed", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, _ *manager.Config, _ *lucs.Config) { s.Booking.Hours = mornings(t) })
		message := refused(t, r.do("clerk", "POST", "/v1.0/callbacks", body("DueDate", `"13.01.2026 15:00:00"`)), 400, "Closed")
		if !strings.HasPrefix(message, "DueDate: ") || !strings.Contains(message, "2026-01-13T11:55:00.000Z") {
			t.Errorf("the message is %q", message)
		}
	})
	t.Run("full", func(t *testing.T) {
		r := newRig(t, func(s *callback.Service, _ *manager.Config, _ *lucs.Config) { s.Booking.PerBucket = 1 })
		r.create("clerk", "DueDate", `"13.01.2026 15:00:00"`)
		message := refused(t, r.do("clerk", "POST", "/v1.0/callbacks", body("DueDate", `"13.01.2026 15:01:00"`)), 400, "NoCapacity")
		for _, part := range []string{"from 2026-01-13T15:00:00.000Z to 2026-01-13T15:05:00.000Z", "2026-01-13T15:05:00.000Z, "} {
			if !strings.Contains(message, part) {
				t.Errorf("the message is %q, without %q", message, part)
			}
		}
	})
}

func mornings(t *testing.T) *availability.Calendar {
	t.Helper()
	c, err := availability.NewCalendar(availability.CalendarConfig{Regular: []availability.WeeklyHours{
		{FromDay: time.Monday, ToDay: time.Sunday, Open: availability.Clock(8, 0), Close: availability.Clock(12, 0)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The Idempotency-Key header makes a create safe to repeat.
func TestCreateKey(t *testing.T) {
	r := newRig(t)
	first := read[dto](t, r.do("clerk", "POST", "/v1.0/callbacks", body(), "Idempotency-Key", "k1"))
	r.clock.Advance(time.Minute)
	again := read[dto](t, r.do("clerk", "POST", "/v1.0/callbacks", body(), "Idempotency-Key", "k1"))
	if first.ID != again.ID {
		t.Errorf("the repetition made %s besides %s", again.ID, first.ID)
	}
	refused(t, r.do("clerk", "POST", "/v1.0/callbacks", body("MaxRetries", "1"), "Idempotency-Key", "k1"), 409, "IdempotencyKeyReused")
	if other := read[dto](t, r.do("clerk", "POST", "/v1.0/callbacks", body(), "Idempotency-Key", "k2")); other.ID == first.ID {
		t.Error("another key gave the same callback")
	}
	if other := read[dto](t, r.do("other", "POST", "/v1.0/callbacks",
		body("ServiceId", "", "ServiceSip", `"sip:support@localhost"`), "Idempotency-Key", "k1")); other.ID == first.ID {
		t.Error("the key of another tenant gave the callback")
	}
	message := refused(t, r.do("clerk", "POST", "/v1.0/callbacks", body(), "Idempotency-Key", strings.Repeat("k", 129)), 400, "InvalidParameter")
	if !strings.HasPrefix(message, "Idempotency-Key: ") {
		t.Errorf("the message is %q", message)
	}
	refused(t, r.do("clerk", "POST", "/v1.0/callbacks", body(), "Idempotency-Key", "a", "Idempotency-Key", "b"), 400, "InvalidParameter")
	if found := r.find("{}"); len(found) != 2 {
		t.Errorf("kept are %v, want two", found)
	}
}
