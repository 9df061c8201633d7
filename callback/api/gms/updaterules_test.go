package gms_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
)

// A PUT whose time is rejected changes nothing: no revision, no event, and no
// key to search or forget by.
func TestRefusedTimeChangesNothing(t *testing.T) {
	r := newRig(t, func(s *setup) {
		s.services[0].SearchKeys = []string{"_customer_number", "_account"}
	})
	cb := r.start(`{"_customer_number":"` + swiss + `","_account":"A","_desired_time":"` + later + `"}`)
	id := string(cb.ID)
	r.put(id, `{"_customer_number":"`+swiss2+`","_account":"B","_new_desired_time":"2029-01-13T10:00:00Z"}`).fault(400, 40010)
	if now := r.stored(id); !cmp.Equal(now.SearchValues, cb.SearchValues) || now.Revision != cb.Revision {
		t.Errorf("it is at revision %d with %v", now.Revision, now.SearchValues)
	}
	history, err := r.m.History(t.Context(), cb.ID)
	if err != nil || len(history) != 1 {
		t.Errorf("the history is %v, %v", history, err)
	}
	for _, query := range []string{"_account=B", "_customer_number=" + swiss2[1:]} {
		if rows := r.get(deskPath + "?" + query).rows(); len(rows) > 0 {
			t.Errorf("%s finds %v", query, rows)
		}
	}
	r.post(deletePath, `{"_customer_number":["`+swiss2+`"]}`).want(200)
	if now := r.stored(id); now.State != callback.Scheduled {
		t.Errorf("forgetting another number made it %v", now.State)
	}
	r.put(id, `{"_customer_number":"`+swiss2+`","_account":"B","_new_desired_time":"2026-01-13T10:00:00Z"}`).want(200)
	now := r.stored(id)
	if now.Customer.Number.Reveal() != swiss2 || now.Properties["_account"] != "B" || !now.Desired.Equal(utc("2026-01-13T10:00:00Z")) {
		t.Errorf("it is for %v with %v", now.Desired, now.Properties)
	}
}

// A number is rejected together with a time exactly if it is rejected without
// one, for every rule of a service.
func TestNumberIsCheckedBeforeTime(t *testing.T) {
	exceptions, err := phonenum.ParsePatterns(swiss3)
	if err != nil {
		t.Fatal(err)
	}
	numbers := []string{
		swiss2, swiss3, "078 555 66 78", "41785556678", "0900 123 456", "0848 123 456", "12", "letters", "112", "+4111", "1811", "5115", "+4915112345678",
		"+12025550123", "sip:anna@example.com", "sip:112@example.com", "sip:+41900123456@example.com", "sip:0785556678@example.com", "tel:+41785556678", "",
		"07855566778899 1234", "+999123",
	}
	for name, rules := range map[string]callback.Numbers{
		"plain": {Country: "CH"}, "exceptions": {Country: "CH", Exceptions: exceptions}, "premium": {Country: "CH", AllowPremium: true},
		"impossible": {Country: "CH", AllowImpossible: true}, "countries": {Country: "CH", Countries: []string{"DE"}},
		"plus": {Country: "CH", KeepMissingPlus: true}, "no country": {Countries: []string{"CH", "DE", "US"}},
		"all": {Country: "CH", AllowImpossible: true, AllowPremium: true, Countries: []string{"CH"}, KeepMissingPlus: true},
	} {
		r := newRig(t, func(s *setup) { s.services[0].Limits.SameNumber = callback.NoLimit })
		id := string(r.start(`{"_customer_number":"` + swiss + `","_desired_time":"` + later + `"}`).ID)
		service := desk()
		service.Numbers, service.Limits.SameNumber = rules, callback.NoLimit
		if err := r.services.Set("", service); err != nil {
			t.Fatal(err)
		}
		for _, number := range numbers {
			before := r.stored(id)
			res := r.put(id, `{"_customer_number":"`+number+`","_new_desired_time":"2026-01-14T10:00:00Z"}`)
			if now := r.stored(id); res.status != 200 && now.Revision != before.Revision {
				t.Errorf("%s: %s is refused, and it changed to %v", name, number, now.Desired)
			}
			_, err := r.m.Update(t.Context(), manager.UpdateRequest{ID: callback.ID(id), Set: callback.Values{"_customer_number": number}})
			if (err == nil) != (res.status == 200) {
				t.Errorf("%s: %s is answered %d %s, the Manager says %v", name, number, res.status, res.body, err)
			}
			_, err = r.m.Reschedule(t.Context(), manager.RescheduleRequest{ID: callback.ID(id), Desired: utc(later)})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// If the limit of a number is reached, the time is rejected too.
func TestNumberLimitWithTime(t *testing.T) {
	r := newRig(t, func(s *setup) { s.services[0].Limits.SameNumber = 1 })
	r.start(`{"_customer_number":"` + swiss2 + `"}`)
	was := r.scheduled(swiss)
	id := string(was.ID)
	r.put(id, `{"_customer_number":"`+swiss2+`","_new_desired_time":"2026-01-12T10:01:00Z"}`).fault(429, 40001)
	if cb := r.stored(id); cb.Revision != was.Revision || cb.State != callback.Scheduled || cb.Customer.Number.Reveal() != swiss {
		t.Errorf("it is %v for %v", cb.State, cb.Desired)
	}
}

// An invalid completion reason is rejected before the properties.
func TestReasonIsCheckedFirst(t *testing.T) {
	r := newRig(t, nil)
	cb := r.scheduled(swiss)
	for _, reason := range []string{strings.Repeat("x", 129), `a\u0000`} {
		e := r.put(string(cb.ID), `{"_callback_state":"COMPLETED","_callback_reason":"`+reason+`","note":"x"}`).fault(400, 40010)
		if e.Properties["parameter"] != "_callback_reason" {
			t.Errorf("%v", e)
		}
	}
	if now := r.stored(string(cb.ID)); now.Revision != cb.Revision {
		t.Errorf("it is at revision %d", now.Revision)
	}
}

// Invalid properties are rejected before the time is changed; those at the
// limits are accepted.
func TestPropertiesAreCheckedBeforeTime(t *testing.T) {
	keys := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"k%d":1`, i)
		}
		return b.String()
	}
	deep := func(n int) string { return `,"a":` + strings.Repeat("[", n) + "1" + strings.Repeat("]", n) }
	for name, c := range map[string]struct {
		set string
		ok  bool
	}{
		"256 in all": {keys(255), true}, "257 in all": {keys(256), false}, "257": {keys(257), false},
		"no name": {`,"":1`, false}, "long name": {`,"` + strings.Repeat("n", 129) + `":1`, false}, "name": {`,"` + strings.Repeat("n", 128) + `":1`, true},
		"control character": {`,"a\u0000":1`, false}, "no number": {`,"a":1e999`, false},
		"15 deep": {deep(15), true}, "16 deep": {deep(16), false},
		"too large with what is there": {`,"a":"` + strings.Repeat("x", 60<<10) + `"`, false},
	} {
		r := newRig(t, nil)
		cb := r.start(`{"_customer_number":"` + swiss + `","_desired_time":"` + later + `","note":"` + strings.Repeat("y", 5<<10) + `"}`)
		res := r.put(string(cb.ID), `{"_new_desired_time":"2026-01-14T10:00:00Z"`+c.set+`}`)
		now := r.stored(string(cb.ID))
		switch {
		case c.ok:
			if res.want(200); !now.Desired.Equal(utc("2026-01-14T10:00:00Z")) {
				t.Errorf("%s: it is for %v", name, now.Desired)
			}
		case now.Revision != cb.Revision:
			t.Errorf("%s: answered %d, and it is for %v", name, res.status, now.Desired)
		default:
			res.fault(400, 40010)
		}
	}
}
