package config_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback/api/gms/config"
)

func TestPausedServices(t *testing.T) {
	for _, c := range []struct {
		own, section string
		paused       bool
		problems     []string
	}{
		{"", "[services]\nx=true", true, nil},
		{"", "[services]\nx=false", false, nil},
		{"", "[services]\nall=TRUE", true, nil},
		{"_paused_services_id=id7", "[services]\nid7=true", true, nil},
		{"_paused_services_id=id7", "[services]\nx=true", false, []string{"line 6: warning: [services] x is not the name or _paused_services_id of a service that uses this list: ignored"}},
		{"", "[GMS_Paused_Services.services]\nx=true", true, nil},
		{"_paused_services_list=Night", "[Night.services]\nx=true", true, nil},
		{"", "[services]\nx=yes", true, []string{`line 6: error: [services] x "yes" is neither true nor false: the services are paused`}},
	} {
		o := optionsOf(t, c.own, c.section)
		if got := serviceOf(t, o, "x").Paused; got != c.paused {
			t.Errorf("%q with %q: paused is %v", c.own, c.section, got)
		}
		wantProblems(t, o, c.problems...)
	}
}

func TestAccessNumbers(t *testing.T) {
	for _, c := range []struct {
		lines    string
		numbers  []string
		problems []string
	}{
		{"_resource_group=Pool\n[Pool]\na=+41446681800\nb=0800 1, 0800 2, +41446681800\n_strategy=LOCK\nc=soon", []string{"+41446681800", "0800 1", "0800 2"}, []string{
			"line 8: note: [Pool] _strategy is not an access number: ignored",
			"line 9: warning: [Pool] c is not a phone number: left out"}},
		{"_resource_group=+41446681800,+41446681801", []string{"+41446681800", "+41446681801"}, nil},
		{"_resource_group=Pool", nil, []string{
			"line 4: warning: [service.in] _resource_group names no section with access numbers",
			"line 4: error: [service.in] _resource_group is required when customers call in: the service is left out",
		}},
		{"_resource_group=patterns\n[patterns]\na=+41446681800", nil, []string{
			"line 4: warning: [service.in] _resource_group names no section with access numbers",
			"line 4: error: [service.in] _resource_group is required when customers call in: the service is left out",
			"line 6: note: [patterns] a is not used by _exceptions of any service",
		}},
	} {
		o := readOptions(t, "[service.in]\n_service=callback\n_call_direction=USERORIGINATED\n"+c.lines)
		wantProblems(t, o, c.problems...)
		if c.numbers == nil {
			if len(o.Services) != 0 || o.Err() == nil {
				t.Errorf("%q gives a service", c.lines)
			}
			continue
		}
		if got := serviceOf(t, o, "in").Inbound.AccessNumbers; !slices.Equal(got, c.numbers) {
			t.Errorf("%q gives %q, want %q", c.lines, got, c.numbers)
		}
	}
	o := optionsOf(t, "_resource_group=Pool\n[Pool]\na=+41446681800")
	wantProblems(t, o, "line 4: note: [service.x] _resource_group has no effect if customers are called")
}

func TestEventLists(t *testing.T) {
	o := readOptions(t, `
[callback]
_callback_events_list = Events
[Events.properties]
_status_notification_type = orscb
_status_notification_target = https://list.example.com
_status_notification_attempts = 1000
_status_notification_provder = x
[Events._cbe_on_callback_queued]
notify_params = _service_id,_service_id
[Events._cbe_on_callback_remindr]
[Events._cbe_on_service_exit]
notify_parms = a
[service.x]
_service = callback
_call_direction = USERTERMINATED
_enable_status_notification = subscribe_notify
_status_notification_type = httpcb
[service.y]
_service = callback
_call_direction = USERTERMINATED
_callback_events_list = Gone
`)
	wantProblems(t, o,
		`line 7: warning: [Events.properties] _status_notification_attempts "1000" is not between 1 and 100: 100 is used`,
		"line 8: warning: [Events.properties] _status_notification_provder is unknown (did you mean _status_notification_provider?)",
		"line 11: warning: [Events._cbe_on_callback_remindr] is not an event (did you mean _cbe_on_callback_reminder?): left out",
		"line 13: warning: [Events._cbe_on_service_exit] notify_parms is unknown (did you mean notify_params?)",
		"line 17: note: [service.x] _enable_status_notification has no effect by itself: the host sends the events that Settings.Notification describes",
		"line 22: note: [service.y] _callback_events_list names a list that is not in the configuration: all events are sent")
	want := config.Notification{
		Mode: "subscribe_notify", Type: "httpcb", Target: "https://list.example.com", Attempts: 100,
		Events: map[string][]string{"_cbe_on_callback_queued": {"_service_id"}, "_cbe_on_service_exit": nil},
	}
	if diff := cmp.Diff(want, o.Settings["x"].Notification); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := o.Settings["y"].Notification; n.Events != nil || n.Attempts != 3 {
		t.Errorf("%+v", n)
	}
}
