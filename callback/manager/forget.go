package manager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// ForgetRequest erases what is known of people (GMS 4.4). IDs and Numbers
// together have 1 to 1,000 entries.
type ForgetRequest struct {
	IDs []callback.ID
	// Numbers names people: every callback with one of these as number or
	// alternative, and every completed one that once had it, is erased. A
	// number may be in any spelling that a service of the tenant would read.
	Numbers []string
	Actor   string // required; must name nobody who is forgotten
	Detail  string // why, for the event that remains; must name nobody
}

// String counts what is to be forgotten.
func (r ForgetRequest) String() string {
	return fmt.Sprintf("request to forget %d callbacks and %d numbers", len(r.IDs), len(r.Numbers))
}

// Format prints what String does, for every verb.
func (r ForgetRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// LogValue is what slog records.
func (r ForgetRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Forget erases callbacks that are Scheduled or Completed: records, history,
// idempotency keys, and the counters of whom nothing is left. One event per
// callback stays, which says who erased it and why. Places and seats they held
// are free again. Nothing brings an erased callback back: a late report of a
// dialer is answered with [ErrNotFound].
//
// Each item is on its own. The result has one for each ID in order, without
// repetitions, and then for each number one for each callback it led to, or one
// with N = 0 and no error where there is none (GMS "no callback(s) to delete").
// An item's Err is [ErrNotFound], a [StateError] for a callback that is neither
// Scheduled nor Completed - an [ErrInFlight] as well where a call is on its way
// - a [FieldError] or [NumberError] for an item that is malformed, or what the
// store said. A number in a national form that different services read as
// different numbers, and that both have callbacks, is a FieldError: it is not
// known who is meant.
//
// The counters of a value, such as how often a number was dialled today, go
// with the last callback that has it: as long as another one is left, limits
// that protect its customer hold. From a callback that once had a number and now
// has another, and is not completed, the mention of the number is taken and
// nothing else.
//
// The error is for the whole: [FieldError] for a malformed request, also one
// whose Actor or Detail names a number of Numbers, and [ErrStopped], and nothing
// was done; or that counters of the callbacks that
// were erased, as the items tell, could not be removed, which repeating does for
// Numbers and the end of the day for all.
func (m *Manager) Forget(ctx context.Context, req ForgetRequest) (BulkResult, error) {
	var result BulkResult
	if err := m.engine.Life.Check(); err != nil {
		return result, err
	}
	if err := req.check(); err != nil {
		return result, err
	}
	now, err := m.engine.Now(ctx)
	if err != nil {
		return result, err
	}
	services, err := m.known(ctx)
	if err != nil {
		return result, err
	}
	f := m.forgetting(&req, now, services)
	if err := f.checkNames(ctx); err != nil {
		return result, err
	}
	ids := once(req.IDs)
	errs := f.eraseAll(ctx, ids, nil)
	for _, id := range ids {
		item := BulkItem{ID: id, N: 1, Err: errs[id]}
		if errors.Is(item.Err, callback.ErrNotFound) || checkID(id) != nil {
			item.N = 0
		}
		result.add(item)
	}
	for _, number := range once(req.Numbers) {
		for _, item := range f.number(ctx, number) {
			result.add(item)
		}
	}
	return result, f.dropCounters(ctx)
}

func (r *ForgetRequest) check() error {
	if err := checkDeed(r.Actor, r.Detail, ""); err != nil {
		return err
	}
	if len(r.IDs) == 0 && len(r.Numbers) == 0 {
		return decide.Invalid("ids", "or numbers are required")
	}
	return checkCount("ids and numbers together", len(r.IDs)+len(r.Numbers))
}

// forgetting is one Forget at work.
type forgetting struct {
	m        *Manager
	req      *ForgetRequest
	now      time.Time
	services []string        // of the tenant
	readers  []string        // those and others that have callbacks; nil until read
	subjects map[string]bool // what counters of the erased may be kept under
	names    map[string]bool // properties under which those values are looked up
}

func (m *Manager) forgetting(req *ForgetRequest, now time.Time, services []string) *forgetting {
	return &forgetting{m: m, req: req, now: now, services: services, subjects: make(map[string]bool), names: make(map[string]bool)}
}

// checkNames refuses a request whose note holds one of its numbers: it would
// stay in the events, also in those of other callbacks. What is wrong with a
// number itself, or cannot be read, is told with its items.
func (f *forgetting) checkNames(ctx context.Context) error {
	for _, raw := range once(f.req.Numbers) {
		keys, _ := f.readings(ctx, raw)
		for _, key := range append(keys, raw) {
			if err := f.unnamed(key); err != nil {
				return err
			}
		}
	}
	return nil
}

// unnamed refuses a note that holds a number.
func (f *forgetting) unnamed(address string) error {
	if mentions(f.req.Detail, address) {
		return decide.Invalid("detail", "holds the number that is to be forgotten")
	}
	if mentions(f.req.Actor, address) {
		return decide.Invalid("actor", "holds the number that is to be forgotten")
	}
	return nil
}

// errNotTheirs is the error of a callback that by now has another number than
// the one that is to be forgotten.
var errNotTheirs = errors.New("callback has another number")

// maxErasures is how often an erasure is tried again because somebody else
// changed the callback, or because nobody knows whether it happened.
const maxErasures = 8

// eraseAll erases callbacks by their IDs and returns the errors of those that
// were not erased. Where theirs is given, a callback of which it is false when
// it is read is left as it is: [errNotTheirs].
func (f *forgetting) eraseAll(ctx context.Context, ids []callback.ID, theirs func(*callback.Callback) bool) map[callback.ID]error {
	errs := make(map[callback.ID]error)
	for chunk := range chunks(ids, f.m.engine.Config.Batch) {
		tried := make(map[callback.ID]*callback.Callback) // whose erasure may have happened
		for range maxErasures {
			if chunk = f.erase(ctx, chunk, theirs, tried, errs); len(chunk) == 0 {
				break
			}
		}
	}
	return errs
}

// erase reads callbacks, erases those that may be, under the revision that was
// read, and returns those that have to be read again. Their errors stand until
// then.
func (f *forgetting) erase(ctx context.Context, ids []callback.ID, theirs func(*callback.Callback) bool, tried map[callback.ID]*callback.Callback, errs map[callback.ID]error) (again []callback.ID) {
	found, missing := f.m.readAll(ctx, ids)
	var list []*callback.Callback
	req := callback.EraseRequest{Tenant: f.m.tenant, Actor: f.req.Actor, Detail: f.req.Detail}
	for _, id := range ids {
		cb, err := found[id], missing[id]
		if errors.Is(err, callback.ErrNotFound) && tried[id] != nil {
			f.erased(tried[id])
			delete(errs, id)
			continue
		}
		if err != nil && tried[id] != nil {
			err = fmt.Errorf("%w: %w", callback.ErrOutcomeUnknown, err)
		}
		if err == nil && theirs != nil && !theirs(cb) {
			err = errNotTheirs
		}
		if err == nil {
			err = f.allowed(cb)
		}
		if err != nil {
			errs[id] = err
			continue
		}
		list = append(list, cb)
		req.Items = append(req.Items, callback.EraseItem{ID: id, Revision: cb.Revision})
	}
	if len(list) == 0 {
		return nil
	}
	each, _ := f.m.engine.Erase(ctx, f.now, req)
	for i, failure := range each {
		cb := list[i]
		switch {
		case failure == nil:
			f.erased(cb)
			delete(errs, cb.ID)
			continue
		case errors.Is(failure, callback.ErrOutcomeUnknown):
			tried[cb.ID] = cb
			f.erased(cb) // perhaps; counters of what is left are kept
			again = append(again, cb.ID)
		case errors.Is(failure, callback.ErrConflict):
			again = append(again, cb.ID)
		}
		errs[cb.ID] = failure
	}
	return again
}

// allowed tells whether a callback may be forgotten (GMS 4.4).
func (f *forgetting) allowed(cb *callback.Callback) error {
	if cb.State != callback.Scheduled && cb.State != callback.Completed {
		return &callback.StateError{ID: cb.ID, State: cb.State, Operation: "forget"}
	}
	addresses := []string{cb.Customer.Number.Key(), cb.Customer.Alternative.Key()}
	for _, l := range cb.SearchValues {
		if l.Key == callback.PropertyNumber {
			addresses = append(addresses, l.Value)
		}
	}
	for _, address := range addresses {
		if err := f.unnamed(address); err != nil {
			return err
		}
	}
	return nil
}

// mentions reports whether a text holds a number, in whatever way it is
// written, or an address.
func mentions(text, address string) bool {
	const enough = 7 // the end of a number that tells it from others
	address, _, _ = strings.Cut(address, ";")
	if address == "" || text == "" {
		return false
	}
	if digits := onlyDigits(address); len(digits) >= enough && strings.Contains(onlyDigits(text), digits[len(digits)-enough:]) {
		return true
	}
	_, rest, found := strings.Cut(address, ":")
	return found && strings.Contains(strings.ToLower(text), strings.ToLower(rest))
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
