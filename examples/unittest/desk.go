package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// Desk is the code of a host: it offers a callback to customers who would wait
// too long, in their words. What it gets is a *manager.Manager; it takes
// just the methods it needs, so that a test may pass a fake.
type Desk struct {
	callbacks callbacks
	service   string
	zone      *time.Location
}

// callbacks has the methods of a Manager that a Desk uses.
type callbacks interface {
	Start(ctx context.Context, req manager.Request) (*callback.Callback, error)
	SearchPage(ctx context.Context, q callback.Query) (callback.Page, error)
}

// NewDesk returns a desk for one service that speaks of times in one zone.
func NewDesk(m callbacks, service string, zone *time.Location) *Desk {
	return &Desk{callbacks: m, service: service, zone: zone}
}

// Answer is the reply to the customer.
type Answer struct {
	Text string
	// ID is the callback, when one was taken.
	ID callback.ID
	// Choices are the times to choose from, when none was.
	Choices []time.Time
}

// most is how many times a customer can listen to.
const most = 3

// CallBack takes a callback for a time; the zero time means now. key is the
// host's own name for the customer's wish, so that pressing the button twice
// is one callback. After an error the customer may try again.
func (d *Desk) CallBack(ctx context.Context, key, number string, at time.Time) (Answer, error) {
	cb, err := d.callbacks.Start(ctx, manager.Request{Service: d.service, Key: key, Number: number, Desired: at})
	var elsewhen *callback.AvailabilityError
	switch {
	case err == nil && cb.Immediate:
		return Answer{Text: "We call you back in a moment.", ID: cb.ID}, nil
	case err == nil:
		return Answer{Text: "We call you on " + d.say(cb.Desired) + ".", ID: cb.ID}, nil
	case errors.As(err, &elsewhen):
		return d.propose(elsewhen), nil
	case errors.Is(err, callback.ErrInvalidNumber):
		return Answer{Text: "We cannot call this number."}, nil
	case errors.Is(err, callback.ErrNumberLimit):
		return Answer{Text: "We have noted your wish already."}, nil
	}
	return Answer{}, err
}

// propose offers the times that a refusal came with.
func (d *Desk) propose(refused *callback.AvailabilityError) Answer {
	why := "We are closed then."
	if errors.Is(refused, callback.ErrFull) {
		why = "Everybody is busy then."
	}
	a := Answer{Choices: starts(refused.Alternatives)}
	if len(a.Choices) == 0 {
		a.Text = why
		return a
	}
	times := make([]string, len(a.Choices))
	for i, at := range a.Choices {
		times[i] = d.say(at)
	}
	a.Text = why + " How about " + strings.Join(times, " or ") + "?"
	return a
}

func starts(slots []availability.Slot) []time.Time {
	var times []time.Time
	for _, slot := range slots[:min(len(slots), most)] {
		times = append(times, slot.Start)
	}
	return times
}

func (d *Desk) say(t time.Time) string { return t.In(d.zone).Format("Monday 15:04") }

// Status tells a customer who asks what became of the last callback.
func (d *Desk) Status(ctx context.Context, number string) (string, error) {
	page, err := d.callbacks.SearchPage(ctx, callback.Query{
		Services: []string{d.service}, Number: number, Order: callback.ByCreated, Desc: true, Limit: 1,
	})
	switch {
	case err != nil:
		return "", err
	case len(page.Callbacks) == 0:
		return "You have not asked for a callback.", nil
	}
	cb := page.Callbacks[0]
	switch {
	case cb.Reason.Succeeded():
		return "We have spoken.", nil
	case cb.State == callback.Completed:
		return "We could not reach you.", nil
	case cb.State == callback.Scheduled:
		return "We call you on " + d.say(cb.Desired) + ".", nil
	case len(cb.Attempts) > 0:
		return fmt.Sprintf("We have tried %d times and try again.", len(cb.Attempts)), nil
	}
	return "You are next.", nil
}
