package manager_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

func patterns(t *testing.T, csv string) phonenum.Patterns {
	t.Helper()
	p, err := phonenum.ParsePatterns(csv)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNumberOptions(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*callback.Numbers)
		number string
		rule   string // empty: taken
	}{
		{"exception", func(n *callback.Numbers) { n.Exceptions = patterns(t, "+4178555*") }, swiss, "exception"},
		{"exception, another number", func(n *callback.Numbers) { n.Exceptions = patterns(t, "+4178555*") }, "+41446681800", ""},
		{"country", func(n *callback.Numbers) { n.Countries = []string{"CH"} }, "+12125550123", "country"},
		{"premium", func(*callback.Numbers) {}, "0900 123 456", "premium"},
		{"premium allowed", func(n *callback.Numbers) { n.AllowPremium = true }, "0900 123 456", ""},
		{"missing plus", func(*callback.Numbers) {}, "12125550123", ""},
		{"missing plus kept", func(n *callback.Numbers) { n.KeepMissingPlus = true }, "12125550123", "invalid"},
		{"emergency by SIP", func(*callback.Numbers) {}, "sip:112@pbx.example.com", "emergency"},
		{"premium by SIP", func(*callback.Numbers) {}, "sip:0900123456@pbx.example.com", "premium"},
		{"exception by SIP", func(n *callback.Numbers) { n.Exceptions = patterns(t, "+4178555*") }, "sip:+41785556677@pbx.example.com", "exception"},
		{"a line by SIP", func(*callback.Numbers) {}, "sip:2041@pbx.example.com", ""},
		{"emergency where the impossible is allowed", func(n *callback.Numbers) { n.AllowImpossible = true }, "112", "emergency"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, func(s *callback.Service, _ *manager.Config) { c.change(&s.Numbers) })
			_, err := r.try(manager.Request{Number: c.number})
			if c.rule == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantCode(t, err, callback.ErrInvalidNumber, 40040)
			if number := new(callback.NumberError); !asNumber(err, &number) || number.Rule != c.rule {
				t.Errorf("refused by %q, want %q", number.Rule, c.rule)
			}
			wantNothingStored(t, r)
		})
	}
}

func asNumber(err error, target **callback.NumberError) bool {
	number, ok := err.(*callback.NumberError)
	if ok {
		*target = number
	}
	return ok
}

func TestHoursOptions(t *testing.T) {
	hours, err := availability.NewCalendar(availability.CalendarConfig{Regular: []availability.WeeklyHours{
		{FromDay: time.Monday, ToDay: time.Friday, Open: availability.Clock(14, 0), Close: availability.Clock(17, 0)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Booking.Hours, s.Booking.IgnoreHoursNow = hours, true })
	r.start(manager.Request{}) // closed now, and taken all the same
	_, err = r.try(manager.Request{Desired: monday().Add(time.Hour)})
	wantCode(t, err, callback.ErrClosed, 40050)
}

// Capacity that recurs by a cron specification decides about seats.
func TestCapacityByRecurringWindows(t *testing.T) {
	lunch, err := scheduler.ParseRecurrence("0 12 * * MON-FRI", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	capacity, err := availability.NewRecurring("UTC", 0, []availability.Window{{Recurrence: lunch, Duration: time.Hour, Capacity: 1}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.Booking.Capacity, s.Booking.Bucket = capacity, 30*time.Minute
		s.Limits.SameNumber = callback.CheckNone
	})
	_, err = r.try(manager.Request{Desired: monday().Add(time.Hour)})
	wantCode(t, err, callback.ErrFull, 40051)
	noon := monday().Add(2 * time.Hour)
	r.start(manager.Request{Desired: noon})
	_, err = r.try(manager.Request{Desired: noon})
	wantCode(t, err, callback.ErrFull, 40051)
	r.start(manager.Request{Desired: noon.Add(30 * time.Minute)})
	slots, err := r.m.Availability(r.ctx, manager.AvailabilityRequest{Service: "desk", Query: availability.Query{Days: 2}})
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for _, s := range slots.Slots {
		open = append(open, s.Start.UTC().Format("Mon 15:04"))
	}
	if diff := cmp.Diff([]string{"Tue 12:00", "Tue 12:30"}, open); diff != "" {
		t.Errorf("open slots (-want +got):\n%s", diff)
	}
}

func TestWaitOptions(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) { s.Queueing.MinWait = 40 * time.Second })
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	cb := r.start(manager.Request{})
	r.run(time.Hour)
	if wait := r.wantReason(cb.ID, callback.ReasonAgentConnected).Attempts[0].Began.Sub(monday()); wait != 40*time.Second {
		t.Errorf("dialled after %v (GMS _min_queue_wait)", wait)
	}
	r = newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Queueing.MaxWait = 10 * time.Minute
		c.Router = callbacktest.NewRouter(0)
	})
	cb = r.start(manager.Request{})
	r.run(time.Hour)
	if wait := r.wantReason(cb.ID, callback.ReasonTargetNotFound).EndedAt.Sub(monday()); wait != 10*time.Minute {
		t.Errorf("given up after %v (GMS _max_queue_wait)", wait)
	}
}

// keep is a dialer that shows what it was asked.
type keep struct{ calls []callback.Call }

func (k *keep) Dial(_ context.Context, c callback.Call) (callback.Ref, error) {
	k.calls = append(k.calls, c)
	return "", nil
}

func TestWhatTheDialerIsTold(t *testing.T) {
	dialer := &keep{}
	treatments := callback.Treatments{CustomerConnect: "a", WaitingForAgent: "b", FindAgentFail: "c", AnsweringMachine: "d"}
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Dialer = dialer
		s.Queueing.Target, s.Queueing.VirtualQueue = "billing", "vq1"
		s.Dialing = callback.DialOptions{CallerID: "+41445550000", CallerName: "Desk", Prefix: "0", RoutePoint: "rp", TrunkGroup: "tg",
			NoCallProgress: true, RingTimeout: 20 * time.Second, MaxCall: time.Hour, First: callback.AgentFirst, Treatments: treatments}
	})
	cb := r.start(manager.Request{Alternative: swiss2, Properties: callback.Values{"note": "x", "_p": 1}})
	r.tick()
	if len(dialer.calls) != 1 {
		t.Fatalf("%d calls", len(dialer.calls))
	}
	c := dialer.calls[0]
	for what, ok := range map[string]bool{
		"key":         c.Key == callback.NewAttemptKey(cb.ID, 1) && c.Attempt == 1 && c.Epoch > 0,
		"alternative": c.To.Key() == swiss2,
		"caller":      c.CallerID == "+41445550000" && c.CallerName == "Desk" && c.Prefix == "0",
		"route":       c.RoutePoint == "rp" && c.TrunkGroup == "tg" && c.First == callback.AgentFirst,
		"target":      c.Target == "billing" && c.Queue == "vq1",
		"progress":    !c.DetectCalls,
		"times":       c.RingTimeout == 20*time.Second && c.MaxCall == time.Hour && c.NotAfter.Equal(monday().Add(32*time.Second)),
		"treatments":  c.Treatments == treatments,
		"data":        c.UserData["note"] == "x" && c.Properties["_p"] == 1,
	} {
		if !ok {
			t.Errorf("%s is wrong in %#v", what, []any{c.Key, c.CallerID, c.RoutePoint, c.Target, c.NotAfter, c.Treatments})
		}
	}
}

func TestUnansweredPreviewSetsTheAgentNotReady(t *testing.T) {
	router := &deskRouter{free: func() (int, error) { return 1, nil }, reserve: agent}
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Router = router
		s.Preview = callback.Preview{On: true, NotReady: true, Reason: "7", ReasonKey: "Why", ReasonAttribute: true}
	})
	r.start(manager.Request{})
	r.tick()
	r.clock.Advance(30 * time.Second)
	r.tick()
	if len(router.released) == 0 {
		t.Fatal("the agent was not given back")
	}
	if rel := router.released[0]; !rel.NotReady || rel.Reason != "7" || rel.ReasonKey != "Why" || !rel.ReasonAttribute {
		t.Errorf("released as %+v", rel)
	}
}

func TestRejectedPreviewWaits(t *testing.T) {
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		c.Router = callbacktest.NewRouter(1)
		s.Preview = callback.Preview{On: true, Rejects: 3, RejectRetry: time.Minute}
	})
	cb := r.start(manager.Request{})
	r.tick()
	if _, err := r.m.Answer(r.ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerReject}); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(59 * time.Second)
	r.tick()
	r.wantState(cb.ID, callback.Queued)
	r.clock.Advance(time.Second)
	r.tick()
	r.wantState(cb.ID, callback.Offered)
}
