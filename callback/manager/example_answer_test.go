package manager_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// previewed is a service whose agents look at a callback before it is dialed,
// and may hand it back once.
func previewed() callback.Service {
	service := support()
	service.Preview = callback.Preview{On: true, Timeout: 20 * time.Second, Rejects: 2, RejectRetry: time.Minute}
	return service
}

// In the preview the reserved agent sees the callback and accepts it, hands it
// back, or cancels it.
func ExampleManager_Answer() {
	ctx := context.Background()
	m, sim := simulate(previewed(), func(c *manager.Config) { c.Router = callbacktest.NewRouter(1) })
	cb, err := m.Start(ctx, manager.Request{
		Service:    "support",
		Number:     "044 668 18 00",
		Properties: callback.Values{"topic": "invoice"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	// An agent is free: the engine reserves her and asks.
	sim.Tick()
	if cb, err = m.Get(ctx, cb.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Offer.Kind, "to", cb.Reservation.Agent, "until", cb.Offer.Until.Format("15:04:05"))
	fmt.Println(cb.UserData.Reveal(), "may reject:", cb.Offer.CanReject)

	// She accepts. The next tick dials.
	cb, err = m.Answer(ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerAccept, Actor: cb.Reservation.Agent})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Tick()
	show(sim, cb.ID)

	// A second answer comes too late.
	_, err = m.Answer(ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerReject, Actor: "agent-1"})
	fmt.Println(callback.Code(err), err)
	// Output:
	// OFFERED preview to agent-1 until 09:00:20
	// map[topic:invoice] may reject: true
	// 09:00:00 DIALING, 1 attempts
	// 40020 cannot take the answer "reject" for callback cb000001: it is DIALING
}

// A rejected callback is offered again after a pause, until it was rejected
// often enough.
func ExampleManager_Answer_reject() {
	ctx := context.Background()
	m, sim := simulate(previewed(), func(c *manager.Config) { c.Router = callbacktest.NewRouter(1) })
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		sim.Tick()
		show(sim, cb.ID)
		cb, err = m.Answer(ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerReject, Actor: "agent-1"})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("rejected %d: %s %q\n", cb.Rejects, cb.State, cb.Reason)
		sim.Clock.Advance(time.Minute)
	}
	fmt.Println("calls:", len(sim.Dialer.Calls()))
	// Output:
	// 09:00:00 OFFERED, 0 attempts
	// rejected 1: QUEUED ""
	// 09:01:00 OFFERED, 0 attempts
	// rejected 2: COMPLETED "AGENT_PREVIEW_CANCEL_AFTER_2REJECTS"
	// calls: 0
}

// An agent who does not answer in time does not get the callback; it goes back
// to its queue and is offered again.
func ExampleManager_Answer_timeout() {
	ctx := context.Background()
	router := callbacktest.NewRouter(1)
	m, sim := simulate(previewed(), func(c *manager.Config) { c.Router = router })
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Tick()
	show(sim, cb.ID)

	router.SetFree(callbacktest.AnyService, 0) // she has left her desk
	sim.Clock.Advance(20 * time.Second)
	sim.Tick()
	show(sim, cb.ID)
	fmt.Println("agents given back:", len(router.Releases()))
	// Output:
	// 09:00:00 OFFERED, 0 attempts
	// 09:00:20 QUEUED, 0 attempts
	// agents given back: 1
}

// With Confirm the customer is asked, by a push message of the host, whether to
// be called now.
func ExampleManager_Answer_confirm() {
	ctx := context.Background()
	service := support()
	service.Confirm = callback.Confirm{On: true, Timeout: time.Minute, Strict: true}
	m, sim := simulate(service)
	yes, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	silent, err := m.Start(ctx, manager.Request{Service: "support", Number: "+44 20 7946 0101"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Tick() // both are asked
	if _, err := m.Answer(ctx, manager.AnswerRequest{ID: yes.ID, Answer: callback.AnswerAccept, Actor: "app"}); err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(time.Hour)
	for _, id := range []callback.ID{yes.ID, silent.ID} {
		cb, err := m.Get(ctx, id)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(cb.Reason)
	}
	// Output:
	// AGENT_CONNECTED
	// FAIL_USER_NO_CONFIRM
}

// A customer who calls in himself gets an access number and a code, and is on
// the line when he has called it.
func ExampleManager_Answer_calledIn() {
	ctx := context.Background()
	service := support()
	service.Inbound = callback.Inbound{
		On:            true,
		NoWait:        true,
		Codes:         true,
		AccessNumbers: []string{"+49 30 23125 199"},
	}
	m, _ := simulate(service)
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Offer.Kind, "with a code of", len(cb.AccessCode), "digits")

	cb, err = m.Answer(ctx, manager.AnswerRequest{ID: cb.ID, Answer: callback.AnswerCalledIn, Actor: "ivr"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State)
	// Output:
	// OFFERED booking with a code of 6 digits
	// ROUTING
}
