package linearize

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// perform executes an operation on a store. An error is a fault that no order
// of operations explains.
func (f form) perform(ctx context.Context, s callback.Store, in *Input) (*Output, error) {
	if in.Patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		var impatient sync.WaitGroup
		impatient.Go(func() {
			for range in.Patience {
				runtime.Gosched()
			}
			cancel()
		})
		defer impatient.Wait()
	}
	out := &Output{Next: Never}
	var err error
	switch {
	case in.Kind == Forget:
		err = f.forget(ctx, s, in)
	case in.Kind.claims():
		err = f.claim(ctx, s, in, out)
	case in.Kind == Load:
		err = f.load(ctx, s, in, out)
	case in.Kind.reads():
		err = f.read(ctx, s, in, out)
	default:
		err = only(s.Apply(ctx, f.at(in.Now), []callback.Change{f.change(in)}))
	}
	if fault := f.settle(ctx, in, out, err); fault != nil {
		return nil, fmt.Errorf("%s: %w", describe(in), fault)
	}
	return out, nil
}

// settle converts an error to an outcome.
func (f form) settle(ctx context.Context, in *Input, out *Output, err error) error {
	var wrong *wrongError
	switch {
	case err == nil:
		out.Outcome = OK
	case errors.As(err, &wrong):
		return err
	case errors.Is(err, callback.ErrOutcomeUnknown):
		out.Outcome = Uncertain
	case errors.Is(err, callback.ErrPermitRefused):
		out.Outcome = Refused
		return f.refusal(out, err)
	case errors.Is(err, callback.ErrConflict):
		out.Outcome = Conflict
	case errors.Is(err, callback.ErrNotFound):
		out.Outcome = NotFound
	case in.Patience > 0 && ctx.Err() != nil:
		// Any other error means that the call had no effect.
		out.Outcome = GivenUp
	default:
		return err
	}
	return nil
}

func (f form) refusal(out *Output, err error) error {
	refused, ok := errors.AsType[*callback.PermitError](err)
	if !ok {
		return fmt.Errorf("not a PermitError: %w", err)
	}
	counter, fault := f.counterOf(refused.Permit.Key)
	out.Refusal = Units{Counter: counter, N: refused.Permit.N, Max: refused.Permit.Max}
	out.InUse = refused.Used
	return fault
}

// wrongError is a result that no store may return.
type wrongError struct{ text string }

func (e *wrongError) Error() string { return e.text }

func wrong(format string, args ...any) error { return &wrongError{fmt.Sprintf(format, args...)} }

// only returns the error of a call with a single change or item.
func only(errs []error, err error) error {
	switch {
	case err != nil || errs == nil:
		return err
	case len(errs) != 1:
		return wrong("%d errors for one item", len(errs))
	}
	return errs[0]
}

func (f form) change(in *Input) callback.Change {
	if in.Kind == Unclaim {
		record := &callback.Callback{Tenant: f.tenant, ID: idOf(in.ID), Revision: in.Row.Revision, NextAt: f.at(in.Row.NextAt)}
		return callback.Change{Record: record, Epoch: in.Epoch, Unclaim: true}
	}
	c := callback.Change{Record: f.callback(in.Row), Epoch: in.Epoch}
	for _, u := range in.Give {
		c.Give = append(c.Give, callback.Held{Key: f.counter(u.Counter), N: u.N})
	}
	for _, u := range in.Take {
		c.Take = append(c.Take, callback.Permit{Key: f.counter(u.Counter), N: u.N, Max: u.Max})
	}
	c.Event = callback.Event{
		Tenant: f.tenant, Callback: c.Record.ID, Service: service, Seq: in.Row.Revision, At: f.at(in.Now),
		Type: eventOf(in.Kind), To: in.Row.State, Next: c.Record.NextAt, Epoch: in.Epoch, Actor: ownerOf(in.Client),
	}
	return c
}

func eventOf(k Kind) callback.EventType {
	switch k {
	case Start:
		return callback.EventAccepted
	case Reschedule:
		return callback.EventRescheduled
	case Release:
		return callback.EventReleased
	}
	return callback.EventCompleted
}

func (f form) forget(ctx context.Context, s callback.Store, in *Input) error {
	item := callback.Precondition{ID: idOf(in.ID), Revision: in.Row.Revision}
	errs, err := s.Erase(ctx, f.at(in.Now), callback.EraseRequest{
		Tenant: f.tenant, Items: []callback.Precondition{item}, Actor: ownerOf(in.Client),
	})
	if err == nil && errs == nil {
		return wrong("an erasure without errors per item")
	}
	return only(errs, err)
}

func (f form) claim(ctx context.Context, s callback.Store, in *Input, out *Output) error {
	req := callback.ClaimRequest{Owner: ownerOf(in.Client), Lease: time.Duration(in.Lease) * time.Second}
	if in.Kind == ClaimDue {
		req.Due, req.Limit = true, in.Limit
	} else {
		req.Queues = []callback.QueueClaim{{Queue: f.queue(), N: in.Limit}}
	}
	got, err := s.Claim(ctx, f.at(in.Now), req)
	if err != nil {
		return err
	}
	if out.Rows, err = f.rows(got.Callbacks); err != nil {
		return asWrong(err)
	}
	if in.Kind == ClaimDue {
		if out.Next, err = f.second(got.NextAt); err != nil {
			out.Next = between
		}
	}
	return nil
}

// between stands for an instant that is not a whole second, so that no client
// has written it.
const between Second = -1<<31 + 1

func asWrong(err error) error {
	if err != nil {
		return wrong("%v", err)
	}
	return nil
}

func (f form) read(ctx context.Context, s callback.Store, in *Input, out *Output) error {
	var found []*callback.Callback
	if in.Kind == List {
		page, err := s.Search(ctx, callback.Query{Tenant: f.tenant, Order: callback.ByCreated, Limit: 1000})
		if err != nil {
			return err
		}
		found = page.Callbacks
	} else {
		by := callback.By{Tenant: f.tenant, Key: keyOf(in.Key)}
		if in.Kind == Get {
			by = callback.By{Tenant: f.tenant, ID: idOf(in.ID)}
		}
		cb, err := s.Get(ctx, by)
		if err != nil {
			return err
		}
		found = append(found, cb)
	}
	var err error
	out.Rows, err = f.rows(found)
	return asWrong(err)
}

func (f form) load(ctx context.Context, s callback.Store, in *Input, out *Output) error {
	first, last := f.counter(places), f.counter(places)
	if in.Seats {
		first, last = f.counter(places+1), f.counter(MaxCounters-1)
	}
	counters, err := s.Load(ctx, f.at(in.Now), callback.LoadRequest{
		Tenant: f.tenant, Kind: first.Kind, Service: service, From: first.Slot, To: last.Slot,
	})
	if err != nil {
		return err
	}
	previous := -1
	for _, c := range counters {
		n, err := f.counterOf(c.Key)
		if err != nil {
			return asWrong(err)
		}
		if n <= previous || !c.Ends.IsZero() {
			return wrong("counter %d follows counter %d and ends at %v", n, previous, c.Ends)
		}
		out.Used[n], previous = c.Used, n
	}
	return nil
}
