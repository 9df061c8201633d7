package lcm_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/lcm"
	"github.com/ringback-go/ringback/callback/manager"
)

func TestSampleCalls(t *testing.T) {
	r := newRig(t, nil)
	for _, name := range []string{"get_callback_modes", "overlap"} {
		request, want := file(t, name+".request.json"), file(t, name+".reply.json")
		got, err := r.handler.Handle(t.Context(), r.caller, request)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestNameCase(t *testing.T) {
	r := newRig(t, nil)
	want := file(t, "get_callback_modes.reply.json")
	for _, text := range []string{
		`{"channel":"lcm","topic":"Webservice","subtopic":"GetCallbackModes","source":"desktop","data":{"CallID":"12345","accountnumber":"` + account + `"}}`,
		`{"Data":{"CALLID":"12345","AccountNumber":" ` + account + ` "},"SubTopic":"GETCALLBACKMODES","TOPIC":"webservice","Channel":"LCM"}`,
	} {
		got, err := r.handler.Handle(t.Context(), r.caller, []byte(text))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s\nwas answered with %s, %v", text, got, err)
		}
	}
}

func TestModes(t *testing.T) {
	r := newRig(t, func(_ *callback.Service, m *manager.Config, _ *lcm.Config) {
		d := sample()
		d["7"] = []callback.ContactMode{{ID: "1", Description: "Home & <more>", Channel: "voice", MinLength: 8, MaxLength: 12, Value: "+6561234567", Callback: true, CampaignPEWC: true}}
		m.Contacts = d
	})
	a := r.send("GetCallBackModes", data{"callid": "c", "AccountNumber": "7"})
	want := `[{"ModeID":"1","Description":"Home & <more>","ChannelType":"voice","MinLength":8,"MaxLength":12,"Cvalue":"+6561234567","PEWC":false,"CampaignPEWC":true}]`
	if got := string(a.Message.Response); got != want {
		t.Errorf("modes are\n%s\nwant\n%s", got, want)
	}
	if a := r.send("GetCallBackModes", data{"callid": "c", "AccountNumber": "empty"}); string(a.Message.Response) != "[]" {
		t.Errorf("an account without modes has %s", a.Message.Response)
	}
}

func TestSet(t *testing.T) {
	r := newRig(t, func(_ *callback.Service, _ *manager.Config, h *lcm.Config) { h.Zone = zone(t, "Asia/Singapore") })
	text := message(t, "SetCallbackWithComments", setting().with("AgentComments", "asked for\r\n a quote"))
	text = []byte(strings.Replace(string(text), `"channel"`, `"source":"crm","channel"`, 1))
	reply, err := r.handler.Handle(t.Context(), r.caller, text)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"channel":"LCM","topic":"WebService","subtopic":"SetCallbackWithCommentsResult","message":{"callid":"12345","response":{"success":true}}}`
	if string(reply) != want {
		t.Errorf("reply is\n%s\nwant\n%s", reply, want)
	}
	all := r.all("")
	if len(all) != 1 {
		t.Fatalf("%d callbacks, want 1", len(all))
	}
	cb := all[0]
	type kept struct {
		Service, Number, Account, Mode, Campaign, Contact string
		Agent                                             callback.Agent
		Origin                                            callback.Origin
		Desired, Until                                    time.Time
	}
	got := kept{cb.Service, cb.Customer.Number.Reveal(), cb.Customer.Account, cb.Customer.ModeID, cb.Customer.CampaignID, cb.Customer.ContactID,
		cb.Agent, cb.Origin, cb.Desired.UTC(), cb.Until.UTC()}
	if diff := cmp.Diff(kept{"desk", "+6591462346", account, "3", "retention", "44",
		callback.Agent{Comments: "asked for  a quote", LeadScore: 7.5, TargetAmount: 1200},
		callback.Origin{Creator: "LCM", Initiator: "ann", CallerID: "crm", ExternalID: account, InteractionID: "12345"},
		time.Date(2026, 3, 3, 1, 0, 0, 0, time.UTC), time.Date(2026, 3, 3, 2, 30, 0, 0, time.UTC)}, got); diff != "" {
		t.Errorf("callback (-want +got):\n%s", diff)
	}
	history, err := r.manager.History(t.Context(), cb.ID)
	if err != nil || history[0].Actor != "desktop" {
		t.Errorf("history is %v, %v; want the actor desktop", history, err)
	}
}

func TestSetPersonal(t *testing.T) {
	r := newRig(t, nil)
	a := r.send("SetPersonalCallbackWithComments", setting().with("CallbackModeId", nil, "CallbackModeID", "2"))
	if a.Subtopic != "SetPersonalCallbackWithCommentsResult" || string(a.Message.Response) != `{"success":true}` {
		t.Errorf("answered with %+v", a)
	}
	if cb := r.all("")[0]; cb.Agent.Personal != "ann" || cb.Customer.ModeID != "2" {
		t.Errorf("personal %q in mode %q", cb.Agent.Personal, cb.Customer.ModeID)
	}
}

func TestWindows(t *testing.T) {
	instant := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, test := range []struct {
		name, zone, startDate, startTime, endDate, endTime string
		desired, until                                     string // an empty until means no end
	}{
		{"UTC by default", "", "03/03/2026", "09:00", "03/03/2026", "09:01", "2026-03-03T09:00:00Z", "2026-03-03T09:01:00Z"},
		{"over midnight", "Asia/Singapore", "03/03/2026", "23:30", "04/03/2026", "00:30", "2026-03-03T15:30:00Z", "2026-03-03T16:30:00Z"},
		{"no length", "", "03/03/2026", "13:45", "03/03/2026", "13:45", "2026-03-03T13:45:00Z", ""},
		{"day before month", "", "04/03/2026", "00:00", "05/03/2026", "23:59", "2026-03-04T00:00:00Z", "2026-03-05T23:59:00Z"},
		{"the clock skips the start", "Europe/Zurich", "29/03/2026", "02:30", "29/03/2026", "04:00", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"},
		{"the clock skips midnight", "America/Havana", "08/03/2026", "00:30", "08/03/2026", "02:00", "2026-03-08T05:00:00Z", "2026-03-08T06:00:00Z"},
		{"the clock shows the start twice", "Europe/Zurich", "25/10/2026", "02:30", "25/10/2026", "04:00", "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, func(s *callback.Service, _ *manager.Config, h *lcm.Config) {
				s.Booking.Horizon = callback.Span{Years: 1}
				if test.zone != "" {
					h.Zone = zone(t, test.zone)
				}
			})
			r.send("SetCallbackWithComments", setting().with("StartDate", test.startDate, "StartTime", test.startTime, "EndDate", test.endDate, "EndTime", test.endTime))
			cb := r.all("")[0]
			if !cb.Desired.Equal(instant(test.desired)) {
				t.Errorf("desired %v, want %s", cb.Desired.UTC(), test.desired)
			}
			if until := test.until; until == "" && !cb.Until.IsZero() || until != "" && !cb.Until.Equal(instant(until)) {
				t.Errorf("until %v, want %q", cb.Until.UTC(), until)
			}
		})
	}
}

func TestWindowBegun(t *testing.T) {
	r := newRig(t, nil)
	r.send("SetCallbackWithComments", setting().with("StartDate", "02/03/2026", "StartTime", "11:00", "EndDate", "02/03/2026", "EndTime", "12:30"))
	if cb := r.all("")[0]; !cb.Immediate || !cb.Desired.Equal(noon()) || !cb.Until.Equal(noon().Add(30*time.Minute)) {
		t.Errorf("immediate %v, desired %v, until %v", cb.Immediate, cb.Desired, cb.Until)
	}
}

func TestRepeatedMessage(t *testing.T) {
	r := newRig(t, nil)
	r.send("SetCallbackWithComments", setting())
	r.send("SetCallbackWithComments", setting())
	if n := len(r.all("")); n != 1 {
		t.Fatalf("the same message made %d callbacks", n)
	}
	// A personal callback, or one with another comment, is a different
	// callback.
	r.send("SetPersonalCallbackWithComments", setting())
	r.send("SetCallbackWithComments", setting().with("AgentComments", "other"))
	r.send("SetCallbackWithComments", setting().with("callid", "12346"))
	if n := len(r.all("")); n != 4 {
		t.Errorf("%d callbacks, want 4", n)
	}
	cb := r.all("")[0]
	if _, err := r.manager.Cancel(t.Context(), manager.CancelRequest{ID: cb.ID, Actor: "ann"}); err != nil {
		t.Fatal(err)
	}
	a, err := r.refuse("SetCallbackWithComments", setting())
	if !errors.Is(err, callback.ErrInvalidOperation) || string(a.Message.Response) != `{"success":false}` {
		t.Errorf("a message whose callback is over was answered with %s, %v", a.Message.Response, err)
	}
	if n := len(r.all("")); n != 4 {
		t.Errorf("%d callbacks, want 4", n)
	}
}

func TestServiceOf(t *testing.T) {
	asked := ""
	r := newRig(t, func(_ *callback.Service, _ *manager.Config, h *lcm.Config) {
		h.Service = ""
		h.ServiceOf = func(_ context.Context, tenant, account, campaign string) (string, error) {
			asked = tenant + " " + account + " " + campaign
			switch tenant {
			case "":
				return "desk", nil
			case "acme":
				return "", nil
			}
			return "", errors.New("no such tenant: +6591462346")
		}
	})
	r.send("SetCallbackWithComments", setting())
	if want := " " + account + " retention"; asked != want {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	if cb := r.all("")[0]; cb.Service != "desk" {
		t.Errorf("service is %q", cb.Service)
	}
	if a, err := r.refuse("SetCallbackWithComments", setting().with("CallbackModeId", 9)); !errors.Is(err, callback.ErrInvalidParameter) {
		t.Errorf("a mode without callbacks: %+v, %v", a.Message.Error, err)
	}
	r.caller.Tenant = "acme"
	a, err := r.refuse("SetCallbackWithComments", setting())
	if a.Message.Error.Message != "Invalid Account Number." || !errors.Is(err, callback.ErrInvalidParameter) {
		t.Errorf("no service: %+v, %v", a.Message.Error, err)
	}
	r.caller.Tenant = "other"
	a, _ = r.refuse("SetCallbackWithComments", setting())
	if a.Message.Error.Code != callback.CodeUnexpected || strings.Contains(r.logged.String(), "6591462346") || r.logged.Len() == 0 {
		t.Errorf("a failing ServiceOf: %+v, log %s", a.Message.Error, r.logged.String())
	}
}

func TestConsent(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config, _ *lcm.Config) { s.Consent = callback.ConsentCampaign })
	a, err := r.refuse("SetCallbackWithComments", setting())
	var mode *callback.ModeError
	if !errors.As(err, &mode) || !errors.Is(err, callback.ErrConsent) || a.Message.Error.Code != 40040 ||
		a.Message.Error.Message != "Invalid Callback Mode." {
		t.Errorf("answered with %+v, %v", a.Message.Error, err)
	}
	if n := len(r.all("")); n != 0 {
		t.Errorf("%d callbacks were set", n)
	}
}

func TestUnknownCall(t *testing.T) {
	down := errors.New("down")
	r := newRig(t, func(_ *callback.Service, _ *manager.Config, h *lcm.Config) {
		h.ValidCall = func(_ context.Context, tenant, id string) (bool, error) {
			if id == "down" {
				return false, down
			}
			return tenant+"/"+id == "acme/live", nil
		}
	})
	a, err := r.refuse("GetCallBackModes", data{"callid": "live", "AccountNumber": account})
	if e := a.Message.Error; e.ErrorType != "WS_Error" || e.ActualError != "Invalid Call ID:live" || e.Message != "Invalid Call ID." ||
		!errors.Is(err, callback.ErrInvalidParameter) || strings.Contains(err.Error(), "live") {
		t.Errorf("answered with %+v, %v", e, err)
	}
	if a, err := r.refuse("GetCallBackModes", data{"callid": "down", "AccountNumber": account}); !errors.Is(err, down) || a.Message.Error.Code != callback.CodeUnexpected {
		t.Errorf("answered with %+v, %v", a.Message.Error, err)
	}
	r.caller.Tenant = "acme"
	r.send("GetCallBackModes", data{"callid": "live", "AccountNumber": account})
}

func TestNewFaults(t *testing.T) {
	_, err := lcm.New(lcm.Config{})
	for _, field := range []string{"Manager", "Authorizer", "Service"} {
		if err == nil || !strings.Contains(err.Error(), field) || !errors.Is(err, callback.ErrConfiguration) {
			t.Errorf("error %v does not name %s", err, field)
		}
	}
	r := newRig(t, nil)
	both := lcm.Config{Manager: r.manager, Authorizer: api.AuthorizerFunc(nil), Service: "desk",
		ServiceOf: func(context.Context, string, string, string) (string, error) { return "", nil }}
	if _, err := lcm.New(both); !errors.Is(err, callback.ErrConfiguration) {
		t.Errorf("Service and ServiceOf: %v", err)
	}
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}
