package manager_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A marker number goes through a whole life, refusals and failures included,
// and is looked for in all that a host would print.
func TestNumbersNeverShow(t *testing.T) {
	const marker = "785556677" // the digits of swiss without its country
	var logged bytes.Buffer
	r := newRig(t, func(s *callback.Service, c *manager.Config) {
		s.Limits.SameNumber = 1
		c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	r.dialer.On(swiss, callbacktest.Lost(errors.New("timeout dialling "+swiss)).With(callbacktest.Forgotten))
	req := manager.Request{Service: "desk", Number: "078 555 66 77", Properties: callback.Values{"phone": swiss}}
	cb := r.start(req)
	var out bytes.Buffer
	show := func(values ...any) {
		for _, v := range values {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
				fmt.Fprintf(&out, verb+"\n", v)
			}
			slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		}
	}
	_, refused := r.try(manager.Request{Number: swiss})
	_, invalid := r.try(manager.Request{Number: "+417855566770000"})
	_, reuse := r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"_customer_number": "+41 900 785 556677 1"}})
	state := new(callback.State).UnmarshalText([]byte(swiss))
	show(*cb, cb, req, cb.SearchValues, cb.Held, cb.Customer, refused, invalid, reuse, state,
		callback.Query{Number: swiss, SearchValues: []callback.Match{{Key: "k", Value: swiss}}},
		manager.UpdateRequest{ID: "x", Set: callback.Values{"_customer_number": swiss}},
		manager.RescheduleRequest{ID: "x", Set: callback.Values{"_customer_number": swiss}},
		manager.StateReport{ID: "x", Set: callback.Values{"_customer_number": swiss}},
		callback.LoadRequest{Subjects: []string{swiss}}, callback.EraseRequest{Subjects: []string{swiss}},
		callback.Call{To: cb.Customer.Number}, callback.Match{Value: swiss},
		&callback.PermitError{Permit: callback.Permit{Key: callback.PermitKey{Subject: swiss}}})
	for _, v := range []any{refused, invalid, cb.SearchValues, cb.Held, cb.Customer, &callback.PermitError{Permit: callback.Permit{Key: callback.PermitKey{Subject: swiss}}}} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	r.run(2 * time.Hour)
	history, err := r.m.History(r.ctx, cb.ID)
	if err != nil {
		t.Fatal(err)
	}
	show(history)
	for name, text := range map[string]string{"output": out.String(), "log": logged.String()} {
		squeezed := strings.NewReplacer(" ", "", "-", "").Replace(text)
		if i := strings.Index(squeezed, marker); i >= 0 {
			t.Errorf("%s shows the number: ...%s", name, squeezed[max(0, i-60):i+len(marker)])
		}
	}
	if !strings.Contains(logged.String(), "dialer failed") {
		t.Error("the dialer's error was not logged at all")
	}
}

// No format verb of package fmt prints a number or a value of these types.
func TestAdministrativeTypesHideValues(t *testing.T) {
	query := &callback.Query{Number: swiss, SearchValues: []callback.Match{{Key: "k", Value: swiss}}}
	item := manager.BulkItem{Number: swiss, N: 1, Err: errors.New("no")}
	result := manager.BulkResult{Items: []manager.BulkItem{item, {ID: "cb000001", Number: swiss, N: 1}}, Done: 1}
	var out bytes.Buffer
	for _, v := range []any{
		manager.QueuesRequest{Properties: []callback.Match{{Key: "_customer_number", Value: swiss}}},
		manager.CancelAllRequest{Query: query, IDs: []callback.ID{"a"}},
		manager.ForgetRequest{Numbers: []string{swiss}, IDs: []callback.ID{"a"}},
		item, &item, result, &result,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
			slog.New(handler).Info("x", "v", v)
		}
	}
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	if i := strings.Index(out.String(), swiss[3:]); i >= 0 {
		t.Errorf("the number shows: ...%s", out.String()[max(0, i-60):i+10])
	}
	if want := `{"Items":[{"ID":"","Number":"***","N":1,"Err":"no"},{"ID":"cb000001","Number":"***","N":1}],"Done":1}`; string(text) != want {
		t.Errorf("JSON is %s, want %s", text, want)
	}
	for want, v := range map[string]fmt.Stringer{
		"number ***: no, 1 concerned":                                       item,
		"callback cb000001, 1 concerned":                                    result.Items[1],
		"request to forget 1 callbacks and 1 numbers":                       manager.ForgetRequest{Numbers: []string{swiss}, IDs: []callback.ID{"a"}},
		"cancellation of 1 callbacks and a query: true":                     manager.CancelAllRequest{Query: query, IDs: []callback.ID{"a"}},
		`query of the queues of services ["a"], states [QUEUED], at most 7`: manager.QueuesRequest{Services: []string{"a"}, States: []callback.State{callback.Queued}, Max: 7},
	} {
		if got := v.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A number with blanks is masked in the log.
func TestLogShowsSpacedNumber(t *testing.T) {
	var log bytes.Buffer
	r := newRig(t, func(_ *callback.Service, c *manager.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	r.dialer.On(swiss, callbacktest.Lost(errors.New("dial tcp: calling +41 78 555 66 77 timed out")))
	r.start(manager.Request{})
	r.tick()
	if strings.Contains(log.String(), "555 66 77") {
		t.Errorf("the log shows the number: %s", log.String())
	}
}
