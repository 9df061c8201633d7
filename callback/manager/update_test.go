package manager_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

func TestUpdate(t *testing.T) {
	r := newRig(t, func(s *callback.Service, _ *manager.Config) {
		s.SearchKeys = []string{"_customer_number", "_account"}
		s.Limits.SameNumber = 1
	})
	cb := r.start(manager.Request{Properties: callback.Values{"_account": "A1", "note": "x", "gone": "y"}})
	got, err := r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{
		"_account": "A2", "gone": "", "new": map[string]any{"k": []any{1, "v"}}, "_customer_number": swiss2,
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := callback.Values{"note": "x", "new": map[string]any{"k": []any{json.Number("1"), "v"}}}
	if diff := cmp.Diff(want, got.UserData); diff != "" {
		t.Error(diff)
	}
	if got.Customer.Number.Key() != swiss2 || got.State != callback.Queued {
		t.Errorf("number %q, state %v", got.Customer.Number.Key(), got.State)
	}
	for _, match := range []callback.Match{{Key: "_account", Value: "A1"}, {Key: "_account", Value: "A2"}, {Key: "_customer_number", Value: "078 555 66 77"}, {Key: "_customer_number", Value: swiss2}} {
		page, err := r.m.SearchPage(r.ctx, callback.Query{Services: []string{"desk"}, SearchValues: []callback.Match{match}})
		if err != nil || len(page.Callbacks) != 1 {
			t.Errorf("%v finds %d (%v)", match.Key, len(page.Callbacks), err)
		}
	}
	r.start(manager.Request{}) // the first number is free again
	_, err = r.try(manager.Request{Number: swiss2})
	wantCode(t, err, callback.ErrNumberLimit, 40001)
	_, err = r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"_customer_number": ""}})
	wantCode(t, err, callback.ErrInvalidParameter, 40010)
	_, err = r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"_customer_number": "+41900123456"}})
	wantCode(t, err, callback.ErrInvalidNumber, 40040)
	r.dialer.On("*", callbacktest.Answered(time.Minute))
	r.run(time.Hour)
	_, err = r.m.Update(r.ctx, manager.UpdateRequest{ID: cb.ID, Set: callback.Values{"a": "b"}})
	wantCode(t, err, callback.ErrInvalidOperation, 40020)
}
