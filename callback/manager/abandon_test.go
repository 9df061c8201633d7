package manager_test

import (
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// A store that fails between the reservation of an agent and the attempt keeps no
// agent busy.
func TestStoreFailsAfterAReservation(t *testing.T) {
	router := callbacktest.NewRouter(2)
	r, faults := faultyRig(t, func(_ *callback.Service, c *manager.Config) { c.Router = personal{router, "absent"} })
	claims := 0
	faults.Inject(callbacktest.Fault{
		Method: callbacktest.MethodClaim, Kind: callbacktest.FailBefore,
		When: func(op callbacktest.Op) bool {
			if !op.Claim.Due {
				claims++
			}
			return claims == 2
		},
	})
	numbers := []string{swiss, swiss2, "+41785556688"}
	for i, number := range numbers {
		req := manager.Request{Number: number}
		if i == 1 {
			req.Agent.Personal = "absent"
		}
		r.start(req)
	}
	if _, err := r.m.Tick(r.ctx, r.clock.Now()); err == nil {
		t.Fatal("the claim did not fail")
	}
	if n := len(router.Reserved("")); n != 0 {
		t.Fatalf("%d agents are kept", n)
	}
	r.dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute))
	r.run(10 * time.Minute)
	if n := len(r.dialer.Calls()); n != 2 {
		t.Errorf("%d calls", n)
	}
}
