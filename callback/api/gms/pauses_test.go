package gms_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
)

const pausesPath = "/genesys/1/admin/callback/pauses"

// A pause is begun, shown and ended over HTTP.
func TestPauses(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services = append(s.services, callback.Service{Name: "sales", Numbers: callback.Numbers{Country: "CH"}}, callback.Service{Name: "closed", Numbers: callback.Numbers{Country: "CH"}, Paused: true})
	})
	desk := r.start(`{"_customer_number":"` + swiss + `"}`)
	type pause struct {
		Service, Since, Actor, Reason string
		Configured                    bool
	}
	list := func(want ...pause) {
		t.Helper()
		var got struct{ Pauses []pause }
		r.do("boss", "GET", pausesPath, "").want(200).into(&got)
		for i := range got.Pauses {
			if got.Pauses[i].Configured == (got.Pauses[i].Since != "") {
				t.Errorf("since %q", got.Pauses[i].Since)
			}
			got.Pauses[i].Since = ""
		}
		want = append(want, pause{Service: "closed", Actor: "configuration", Reason: "paused by its configuration", Configured: true})
		slices.SortFunc(want, func(a, b pause) int { return strings.Compare(a.Service, b.Service) })
		if diff := cmp.Diff(want, got.Pauses); diff != "" {
			t.Errorf("pauses (-want +got):\n%s", diff)
		}
	}
	change := func(method, path, body string, want int) {
		t.Helper()
		var got struct{ Callbacks int }
		r.do("boss", method, path, body).want(200).into(&got)
		if got.Callbacks != want {
			t.Errorf("%s %s: %d callbacks, want %d", method, path, got.Callbacks, want)
		}
	}
	state := func(want callback.State) {
		t.Helper()
		if got := r.stored(string(desk.ID)); got.State != want {
			t.Errorf("the callback is %v, want %v", got.State, want)
		}
	}
	list()
	change("PUT", pausesPath+"/desk", `{"reason":"fire drill"}`, 1)
	change("PUT", pausesPath+"/desk", "", 0)
	state(callback.Paused)
	list(pause{Service: "desk", Actor: "boss", Reason: "fire drill"})
	change("PUT", pausesPath, `{"reason":"snow"}`, 0)
	list(pause{Actor: "boss", Reason: "snow"}, pause{Service: "desk", Actor: "boss", Reason: "fire drill"})
	if e := r.do("boss", "DELETE", pausesPath+"/desk", "").fault(400, 40020); e.Phrase != "INVALID_OPERATION" {
		t.Errorf("%+v", e)
	}
	change("DELETE", pausesPath, "", 0)
	state(callback.Paused)
	change("DELETE", pausesPath+"/desk", `{"reason":"over"}`, 1)
	state(callback.Queued)
	change("DELETE", pausesPath+"/desk", "", 0)
	list()
	r.do("boss", "DELETE", pausesPath+"/closed", "").fault(400, 40020)
	r.do("boss", "PUT", pausesPath+"/nothing", "").fault(400, 40010)
	r.do("boss", "PUT", pausesPath+"/desk", `{"reason":{}}`).fault(400, 40010)
	for _, method := range []string{"PUT", "DELETE"} {
		for _, path := range []string{pausesPath, pausesPath + "/desk"} {
			r.do("boss", method, path, `{"reason":"a\u0000"}`).fault(400, 40010)
			r.do("boss", method, path, "x", "Content-Type", "text/plain").want(415)
			r.do("boss", method, path, `{"reason":"`+strings.Repeat("x", api.MaxBody)+`"}`).want(413)
		}
	}
	list()
}
