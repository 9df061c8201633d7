package gms_test

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
)

// scene is the setup of an example of the documentation.
type scene struct {
	setup  func(s *setup)
	before func(r *rig)
}

// anyNumber returns a service that accepts any number, such as 5115.
func anyNumber(name string, change ...func(s *callback.Service)) callback.Service {
	s := callback.Service{Name: name, Numbers: callback.Numbers{Country: "US", Countries: []string{phonenum.Anywhere}, AllowImpossible: true}}
	for _, f := range change {
		f(&s)
	}
	return s
}

func utc(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// must starts a callback.
func (r *rig) must(req manager.Request) *callback.Callback {
	r.t.Helper()
	cb, err := r.m.Start(r.t.Context(), req)
	if err != nil {
		r.t.Fatal(err)
	}
	return cb
}

// numbered starts n callbacks with different numbers for one time.
func (r *rig) numbered(service string, desired time.Time, n int) {
	r.t.Helper()
	for i := range n {
		r.must(manager.Request{Service: service, Number: fmt.Sprint(desired.Unix()%10000, 10000+i), Desired: desired})
	}
}

func world(now string, services []callback.Service, ids ...string) func(*setup) {
	return func(s *setup) { s.now, s.services, s.ids = utc(now), services, ids }
}

func scenes() map[string]scene {
	basic := []callback.Service{anyNumber("BasicCallback")}
	const a550, c361 = "a550a12e-ca77-4146-98d0-58960e0939f7", "361-cf088d4e-88ab-452c-ac1f-39086cc96cbe"
	request := []callback.Service{anyNumber("request-callback")}
	return map[string]scene{
		"start":           {setup: world("2013-05-27T14:00:00Z", request, a550)},
		"start_immediate": {setup: world("2013-05-27T14:00:00Z", request, "361-58ce803e-362c-477f-8ac8-5bbc93f9acc7")},
		"cancel": {world("2013-05-27T14:00:00Z", basic, a550), func(r *rig) {
			r.must(manager.Request{Service: "BasicCallback", Number: "5115"})
		}},
		"cancel_unknown": {setup: world("2013-05-27T14:00:00Z", basic)},
		"cancel_completed": {world("2013-05-27T14:00:00Z", []callback.Service{anyNumber("callback-test")}, c361), func(r *rig) {
			r.must(manager.Request{Service: "callback-test", Number: "5115"})
			if _, err := r.m.Cancel(r.t.Context(), manager.CancelRequest{ID: c361}); err != nil {
				r.t.Fatal(err)
			}
		}},
		"reschedule": {world("2013-05-27T14:00:00Z", basic, a550), func(r *rig) {
			r.must(manager.Request{Service: "BasicCallback", Number: "5115", Desired: utc("2013-05-27T16:00:00Z")})
		}},
		"reschedule_processing": {
			world("2014-07-22T09:00:00Z", []callback.Service{anyNumber("callback-test")}, "361-738dadcb-9d20-4557-8e24-fddb82f9c1b8"),
			func(r *rig) { r.must(manager.Request{Service: "callback-test", Number: "5115"}) },
		},
		"reschedule_full":  {fullBucket(a550), bookFullBucket},
		"delete":           {setup: forgetWorld(), before: forgetBefore},
		"query_id":         byIDScene(),
		"query_properties": byPropertiesScene(a550),
		"availability1":    {hoursOf("Callback_VQ", "UTC", "2014-12-03T12:00:00Z", "13:00", "15:15", 4), bookQuarter},
		"availability2":    {hoursOf("callback-PST", "America/Toronto", "2016-04-13T10:00:00Z", "9:00", "9:15", 100), bookToronto},
		"queues":           queuesScene(),
		"watermarks": {
			world("2013-06-07T16:00:00Z", []callback.Service{anyNumber("callback-immediate"), anyNumber("callback-test")}),
			func(r *rig) {
				r.must(manager.Request{Service: "callback-test", Number: "5115"})
				r.must(manager.Request{Service: "callback-test", Number: "5116", Desired: utc("2013-06-07T18:00:00Z")})
			},
		},
		"position": {
			world("2013-06-07T16:00:00Z", basic, "first", "445-f4fa53ec-8e93-4836-ba35-f0bd74a025a8"),
			func(r *rig) {
				r.must(manager.Request{Service: "BasicCallback", Number: "5115"})
				r.must(manager.Request{Service: "BasicCallback", Number: "5116"})
			},
		},
		"export": exportScene(),
	}
}

// hours returns opening hours of every day.
func hours(zone, opens, closes string) *availability.Calendar {
	daily, err := availability.ParseWeeklyHours("Mon-Sun " + opens + "-" + closes)
	if err != nil {
		panic(err)
	}
	c, err := availability.NewCalendar(availability.CalendarConfig{Zone: zone, Regular: []availability.WeeklyHours{daily}})
	if err != nil {
		panic(err)
	}
	return c
}

func hoursOf(name, zone, now, opens, closes string, seats int) func(*setup) {
	return world(now, []callback.Service{anyNumber(name, func(s *callback.Service) {
		s.Booking.Hours, s.Booking.PerBucket = hours(zone, opens, closes), callback.Limit(seats)
	})})
}

func fullBucket(id string) func(*setup) {
	return world("2013-05-27T14:00:00Z", []callback.Service{anyNumber("BasicCallback", func(s *callback.Service) {
		s.Booking.Hours, s.Booking.PerBucket = hours("UTC", "9:00", "17:00"), 5
	})}, id)
}

func bookFullBucket(r *rig) {
	r.must(manager.Request{Service: "BasicCallback", Number: "5115", Desired: utc("2013-05-27T15:00:00Z")})
	r.numbered("BasicCallback", utc("2013-05-27T16:45:00Z"), 5)
	r.numbered("BasicCallback", utc("2013-05-27T16:57:00Z"), 2)
}

func bookQuarter(r *rig) {
	r.numbered("Callback_VQ", utc("2014-12-03T13:20:00Z"), 4)
	r.numbered("Callback_VQ", utc("2014-12-03T13:25:00Z"), 4)
	r.numbered("Callback_VQ", utc("2014-12-03T13:30:00Z"), 1)
}

func bookToronto(r *rig) {
	r.numbered("callback-PST", utc("2016-04-13T13:00:00Z"), 58)
	r.numbered("callback-PST", utc("2016-04-13T13:05:00Z"), 33)
	r.numbered("callback-PST", utc("2016-04-13T13:10:00Z"), 9)
}

func forgetWorld() func(*setup) {
	return world("2020-04-16T12:00:00Z", []callback.Service{anyNumber("BasicCallback")},
		"118-576b21b4-a235-4ba5-92d4-102cbbb54bca", "118-27f3bed5-6e3a-4c89-903f-dae562b30481", "118-c2ce7a84-d33a-4d8d-88a0-b76a563f2324")
}

func forgetBefore(r *rig) {
	r.must(manager.Request{Service: "BasicCallback", Number: "5116", State: callback.Processing})
	r.must(manager.Request{Service: "BasicCallback", Number: "5115", Desired: utc("2020-04-17T12:00:00Z")})
	r.must(manager.Request{Service: "BasicCallback", Number: "5115", Desired: utc("2020-04-17T13:00:00Z")})
}

func byIDScene() scene {
	service := anyNumber("BasicCallback", func(s *callback.Service) { s.TTL = 1209599 * time.Second })
	return scene{world("2020-04-16T12:52:31.521Z", []callback.Service{service}, "120-07f85068-650d-4cce-a5e7-396dfa22455b"), func(r *rig) {
		r.must(manager.Request{Service: "BasicCallback", Number: "12345", Desired: utc("2020-04-27T12:00:00Z")})
	}}
}

func byPropertiesScene(id string) scene {
	services := []callback.Service{anyNumber("BasicCallback")}
	return scene{world("2013-05-27T15:04:00Z", services, id, "4a1ea889-1ef7-432d-a543-cff96b4a2daf"), func(r *rig) {
		r.must(manager.Request{Service: "BasicCallback", Number: "555-5461206", Desired: utc("2013-05-27T15:05:00Z")})
		r.must(manager.Request{Service: "BasicCallback", Number: "555-5461206", Desired: utc("2013-05-27T15:10:00Z")})
	}}
}

func queuesScene() scene {
	services := []callback.Service{anyNumber("BasicCallback"), anyNumber("AdvancedCallback")}
	ids := []string{"fd30abb97bd04885b544893276fb534b", "07d2ddd506f04b4ba91aba59c4fa8871", "8f68d4969d904d039ccf0101fac39283"}
	return scene{world("2013-06-07T16:25:00Z", services, ids...), func(r *rig) {
		r.must(manager.Request{Service: "BasicCallback", Number: "654321", State: callback.Processing})
		r.clock.Set(utc("2013-06-07T16:34:00Z"))
		r.must(manager.Request{Service: "AdvancedCallback", Number: "654321", Desired: utc("2013-06-07T16:35:00Z")})
		r.must(manager.Request{Service: "AdvancedCallback", Number: "654321", Desired: utc("2013-06-07T16:45:00Z")})
	}}
}

func exportScene() scene {
	services := []callback.Service{anyNumber("BasicCallback", func(s *callback.Service) {
		s.Queueing.VirtualQueue, s.Queueing.Target = "VQ_Billing", "Billing@Stat_Server1.GA"
	})}
	return scene{world("2017-06-07T16:25:00Z", services, "1", "2", "3"), func(r *rig) {
		for i, number := range []string{"5115", "5116", "5117"} {
			r.must(manager.Request{
				Service: "BasicCallback", Number: number, Desired: r.clock.Now().Add(time.Duration(i+1) * time.Hour),
				Properties: callback.Values{"_vq_for_outbound_calls": "VQ, out"},
			})
		}
		if _, err := r.m.CancelAll(r.t.Context(), manager.CancelAllRequest{IDs: []callback.ID{"1", "2"}, Actor: "ann"}); err != nil {
			r.t.Fatal(err)
		}
	}}
}
