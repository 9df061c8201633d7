package lucs_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/ringback-go/ringback/callback/callbacktest"
)

// With concurrent clients, each create makes one callback, each callback is
// cancelled once, and no search returns a callback of another tenant or a
// partial one.
func TestConcurrentClients(t *testing.T) {
	r := newRig(t)
	const clients, each = 8, 25
	var mu sync.Mutex
	cancelled := make(map[string]int)
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := range each {
				task := fmt.Sprintf("%d-%d", c, i)
				rec := r.do("clerk", "POST", "/v1.0/callbacks", body("ExternalTaskId", `"`+task+`"`, "DueDate", `"2026-01-13T10:00:00Z"`,
					"Target", fmt.Sprintf(`"+4178555%02d%02d"`, c, i)))
				if rec.Code != http.StatusOK {
					t.Errorf("create: %d %s", rec.Code, rec.Body)
					return
				}
				// Two clients cancel the same callback.
				for _, target := range []string{task, fmt.Sprintf("%d-%d", c^1, i)} {
					switch rec := r.do("boss", "POST", "/v1.0/callbacks/"+target+"/cancel", ""); rec.Code {
					case http.StatusOK:
						mu.Lock()
						cancelled[target]++
						mu.Unlock()
					case http.StatusNotFound:
					default:
						t.Errorf("cancel: %d %s", rec.Code, rec.Body)
					}
				}
				var found []dto
				if rec := r.do("boss", "POST", "/v1.0/callbacks/search", `{"OrderBy":"Id","Limit":50}`); json.Unmarshal(rec.Body.Bytes(), &found) != nil {
					t.Errorf("search: %d %s", rec.Code, rec.Body)
				}
				if rec := r.do("other", "POST", "/v1.0/callbacks/search", `{}`); rec.Body.String() != "[]" {
					t.Errorf("another tenant finds %s", rec.Body)
				}
			}
		})
	}
	all.Wait()
	if len(cancelled) != clients*each {
		t.Errorf("%d callbacks were cancelled, want %d", len(cancelled), clients*each)
	}
	for task, n := range cancelled {
		if n != 1 {
			t.Errorf("%s was cancelled %d times", task, n)
		}
	}
	callbacktest.VerifyAudit(t, r.faults.Store())
	callbacktest.VerifyPermits(t, r.faults.Store(), r.clock.Now(), "")
}

// Concurrent repetitions of one create make one callback.
func TestConcurrentKey(t *testing.T) {
	r := newRig(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	made := make(map[string]bool)
	for range 16 {
		all.Go(func() {
			rec := r.do("clerk", "POST", "/v1.0/callbacks", body(), "Idempotency-Key", "one")
			var d dto
			if err := json.Unmarshal(rec.Body.Bytes(), &d); err != nil || rec.Code != http.StatusOK {
				t.Errorf("%d %s", rec.Code, rec.Body)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			made[d.ID] = true
		})
	}
	all.Wait()
	if found := r.find("{}"); len(made) != 1 || len(found) != 1 {
		t.Errorf("answered with %v, kept are %v", made, found)
	}
}
