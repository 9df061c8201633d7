package manager_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
)

// An attempt whose outcome is unknown is not repeated, because the customer may have
// answered. An operator who knows what happened resolves it.
func ExampleManager_Resolve() {
	ctx := context.Background()
	m, sim := simulate(support())
	// The platform does not answer in time, and later it cannot tell either.
	sim.Dialer.On(callbacktest.AnyNumber, callbacktest.Answered(time.Minute).Fails(nil).With(callbacktest.Mute, callbacktest.Forgotten))
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(3 * time.Hour)
	if cb, err = m.Get(ctx, cb.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Detail)

	cb, err = m.Resolve(ctx, manager.Resolution{
		ID:      cb.ID,
		Outcome: callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known},
		Actor:   "ann",
		Detail:  "the agent remembers the call",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cb.State, cb.Reason)
	// Output:
	// UNRESOLVED the dialer cannot tell what became of the call
	// COMPLETED AGENT_CONNECTED
}

// The operator can also accept that the customer may be called twice.
func ExampleManager_Resolve_redial() {
	ctx := context.Background()
	m, sim := simulate(support())
	sim.Dialer.On(callbacktest.AnyNumber,
		callbacktest.Lost(nil).With(callbacktest.Forgotten), // the first attempt
		callbacktest.Answered(2*time.Minute),                // the second
	)
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(10 * time.Minute)
	show(sim, cb.ID)

	if _, err = m.Resolve(ctx, manager.Resolution{ID: cb.ID, Redial: true, Actor: "ann"}); err != nil {
		fmt.Println(err)
		return
	}
	sim.Run(10 * time.Minute)
	show(sim, cb.ID)

	_, err = m.Resolve(ctx, manager.Resolution{ID: cb.ID, Redial: true, Actor: "ann"})
	fmt.Println(err) // there is no doubt about it any more
	// Output:
	// 09:10:00 UNRESOLVED, 1 attempts
	// 09:20:00 COMPLETED, 2 attempts
	// cannot resolve callback cb000001: it is COMPLETED
}

// Operators find what waits for them by its state.
func ExampleManager_Resolve_list() {
	ctx := context.Background()
	m, sim := simulate(support())
	sim.Dialer.On("+442079460101", callbacktest.Lost(nil).With(callbacktest.Forgotten))
	for _, number := range []string{"044 668 18 00", "+44 20 7946 0101"} {
		if _, err := m.Start(ctx, manager.Request{Service: "support", Number: number}); err != nil {
			fmt.Println(err)
			return
		}
	}
	sim.Run(30 * time.Minute)

	doubtful := callback.Query{States: []callback.State{callback.Unresolved}}
	for cb, err := range m.Search(ctx, doubtful) {
		if err != nil {
			fmt.Println(err)
			return
		}
		attempt := cb.Current()
		fmt.Println(attempt.Key, cb.Customer.Number, "since", attempt.Began.Format("15:04"), "asked", attempt.Lookups, "times")
	}
	// Output:
	// cb000002.1 +44••••••0101 since 09:00 asked 6 times
}

// Another system makes the calls and reports the states. The service has no lines,
// so that the engine does not dial.
func ExampleManager_ReportState() {
	ctx := context.Background()
	service := support()
	service.Queueing.Lines = callback.None
	m, sim := simulate(service)
	cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, report := range []manager.StateReport{
		{State: callback.Routing},
		{State: callback.Processing, Detail: "agent 7 has taken it"},
		{State: callback.Routing}, // back is not possible
		{State: callback.Completed, Reason: callback.ReasonAgentConnected},
	} {
		report.ID, report.Actor = cb.ID, "dialler"
		sim.Clock.Advance(30 * time.Second)
		now, err := m.ReportState(ctx, report)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s %q\n", now.State, now.Reason)
	}
	// Output:
	// ROUTING ""
	// PROCESSING ""
	// cannot report ROUTING for callback cb000001: it is PROCESSING
	// COMPLETED "AGENT_CONNECTED"
}
