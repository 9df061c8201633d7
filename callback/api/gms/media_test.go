package gms_test

import (
	"testing"

	"github.com/ringback-go/ringback/callback"
)

// A chat callback never rings a phone, whichever of service, request and update says
// that it is one: a dialer without chat is not called.
func TestChatRingsNoPhone(t *testing.T) {
	for _, test := range []struct{ name, service, body, update string }{
		{"service", "chat", `{"_customer_number":"` + swiss + `"}`, ""},
		{"request", "", `{"_customer_number":"` + swiss + `","_media_type":"chat"}`, ""},
		{"in capitals", "", `{"_customer_number":"` + swiss + `","_media_type":"Chat"}`, ""},
		{"voice asked of a chat service", "chat", `{"_customer_number":"` + swiss + `","_media_type":"voice"}`, ""},
		{"update", "", `{"_customer_number":"` + swiss + `"}`, `{"_media_type":"chat"}`},
		{"update to voice", "chat", `{"_customer_number":"` + swiss + `"}`, `{"_media_type":"voice"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, func(s *setup) { s.services[0].MediaType = test.service })
			cb := r.start(test.body)
			if test.update != "" {
				r.put(string(cb.ID), test.update).want(200)
			}
			r.tick()
			if cb = r.stored(string(cb.ID)); cb.Reason != callback.ReasonUnknownMedia || len(r.dialer.Dials()) != 0 {
				t.Errorf("it is %v %v after %d calls", cb.State, cb.Reason, len(r.dialer.Dials()))
			}
		})
	}
	r := newRig(t, nil) // other values are not media types of one callback
	cb := r.start(`{"_customer_number":"` + swiss + `","_media_type":"voice"}`)
	r.tick()
	if cb = r.stored(string(cb.ID)); cb.State != callback.Dialing {
		t.Errorf("it is %v %v", cb.State, cb.Reason)
	}
}
