package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// An outage is how a store does not work.
var outages = map[string]callbacktest.Fault{
	"fails":                                  {Kind: callbacktest.FailBefore, Err: errors.New("connection refused"), Times: -1},
	"hangs":                                  {Kind: callbacktest.FailBefore, Err: context.DeadlineExceeded, Times: -1, Hook: hang},
	"hangs, and does not know what it wrote": {Kind: callbacktest.FailBefore, Err: callback.ErrOutcomeUnknown, Times: -1, Hook: hang},
}

func hang(ctx context.Context, _ callbacktest.Op) { <-ctx.Done() }

// TestStoreIsDown: every operation that needs the store answers in its adapter's own
// form of an error of the server, within two seconds.
func TestStoreIsDown(t *testing.T) {
	for name, outage := range outages {
		synctest.Test(t, func(t *testing.T) {
			var faults *callbacktest.FaultyStore
			a := newAdaptersWith(t, nil, func(c *manager.Config) {
				faults = callbacktest.NewFaultyStore(c.Store)
				c.Store = faults.Store()
			})
			id := a.start(t)
			methods := []callbacktest.Method{callbacktest.AnyMethod, callbacktest.MethodPauses, callbacktest.MethodSetPause}
			calls := func() (n int) {
				for _, method := range methods {
					n += faults.Count(method)
				}
				return n
			}
			for _, method := range methods {
				outage.Method = method
				faults.Inject(outage)
			}
			defer faults.Heal() // before the audit of the store
			requests := samples(id)
			for _, path := range reads(id) {
				requests = append(requests, sample{"GET", path, ""})
			}
			for _, s := range requests {
				began, before := time.Now(), calls()
				w := a.do(t, s.method, s.path, s.body, "Content-Type", api.JSON)
				took := time.Since(began)
				if calls() == before {
					continue // it does not need the store
				}
				// Bulk operations tell the error of each item.
				items := strings.Contains(w.Body.String(), `"success":[],"errors":[{"code":50050`)
				if w.Code < 500 && !items || took > 2*time.Second {
					t.Errorf("%s: %s %s: %d after %v: %s", name, s.method, s.path, w.Code, took, w.Body)
				}
				if form := formOf(s.path); !items && !isForm(w.Body.Bytes(), form) {
					t.Errorf("%s: %s %s: %s is not of the form %s", name, s.method, s.path, w.Body, form)
				}
			}
		})
	}
}

// formOf returns the members that tell the errors of the adapter at a path.
func formOf(path string) string {
	switch {
	case strings.HasPrefix(path, "/genesys"):
		return "code phrase message exception"
	case strings.HasPrefix(path, "/v1.0"):
		return "Error"
	}
	return "message"
}

func isForm(body []byte, members string) bool {
	var got map[string]any
	if json.Unmarshal(body, &got) != nil {
		return false
	}
	for _, name := range strings.Fields(members) {
		if _, ok := got[name]; !ok {
			return false
		}
	}
	return true
}

// A start that the store did not answer is safe to repeat with its key.
func TestRepeatAfterAnOutage(t *testing.T) {
	for _, written := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var faults *callbacktest.FaultyStore
			a := newAdaptersWith(t, nil, func(c *manager.Config) {
				faults = callbacktest.NewFaultyStore(c.Store)
				c.Store = faults.Store()
			})
			kind := callbacktest.FailBefore
			if written {
				kind = callbacktest.FailAfter
			}
			faults.Inject(callbacktest.Fault{Method: callbacktest.MethodApply, Kind: kind, Err: callback.ErrOutcomeUnknown},
				callbacktest.Fault{Method: callbacktest.MethodGet, Kind: callbacktest.FailBefore, Err: context.DeadlineExceeded, Hook: hang, Skip: 1})
			start := func() int {
				return a.do(t, "POST", "/genesys/1/service/callback/desk", `{"_customer_number":"5115"}`, "Content-Type", api.JSON, "Idempotency-Key", "k1").Code
			}
			began := time.Now()
			if code := start(); code < 500 || time.Since(began) > 2*time.Second {
				t.Errorf("answered %d after %v", code, time.Since(began))
			}
			faults.Heal()
			for range 2 {
				if code := start(); code != 200 {
					t.Errorf("repeated: %d", code)
				}
			}
			page, err := a.manager.SearchPage(t.Context(), callback.Query{})
			if err != nil || len(page.Callbacks) != 1 {
				t.Errorf("%d callbacks, %v", len(page.Callbacks), err)
			}
		})
	}
}
