package manager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/decide"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// ForgetRequest names the callbacks and people to erase. IDs and Numbers
// together have 1 to 1,000 entries.
type ForgetRequest struct {
	IDs []callback.ID
	// Numbers selects every callback that has one of these as its number or
	// alternative number, and every completed callback that once had it. A number
	// may be in any spelling that a service of the tenant reads.
	Numbers []string
	Actor   string // required; must not contain a number to forget
	Detail  string // the reason, kept in the erased events; must not contain a number to forget
}

// String returns how many callbacks and numbers the request names.
func (r ForgetRequest) String() string {
	return fmt.Sprintf("request to forget %d callbacks and %d numbers", len(r.IDs), len(r.Numbers))
}

// Format prints String for every verb, so that no number is printed.
func (r ForgetRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// LogValue returns String, so that no number is logged.
func (r ForgetRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Forget erases callbacks that are Scheduled or Completed: their records, history
// and idempotency keys, and the counters of each number and value that no other
// callback has. The permits they hold are given back. One event per callback
// remains, with Actor and Detail. An erased callback cannot come back: a late
// report of the dialer gets [callback.ErrNotFound].
//
// Items are independent. The result has one item per distinct ID, in order, then
// for each distinct number one item per callback found, or a single item with N = 0
// and no error if there is none. Err of an item is one of: [callback.ErrNotFound];
// [callback.StateError] for a callback that is neither Scheduled nor Completed,
// which is [callback.ErrInFlight] as well during a call; [callback.OwedError] for
// one whose agent the router does not release, or whose call the dialer does not
// end; [callback.FieldError] or
// [callback.NumberError] for a malformed item; an error of the store. A national
// number that services of the tenant read as different numbers, of which more than
// one has callbacks, is ambiguous and gets a FieldError.
//
// While another callback has a number or value its counters stay, so that the
// limits that protect its customer hold. A callback that is not completed and has
// changed its number keeps everything but the mention of the former one.
//
// GMS: 4.4.
//
// Errors: [callback.FieldError] for a malformed request, also if Actor or
// Detail contains a number of Numbers, and [callback.ErrStopped], both before
// anything is done; or the store's if counters of the erased callbacks could
// not be removed: repeating the request removes those of Numbers, the end of
// the day removes all.
func (m *Manager) Forget(ctx context.Context, req ForgetRequest) (BulkResult, error) {
	result, err := m.forget(ctx, req)
	m.refuseItems(ctx, "forget", result, err)
	return result, err
}

func (m *Manager) forget(ctx context.Context, req ForgetRequest) (BulkResult, error) {
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
	f := &forgetting{m: m, req: &req, now: now, services: services, subjects: make(map[string]bool), keys: make(map[string]bool)}
	if err := f.checkNote(ctx); err != nil {
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

// forgetting is the state of one call of Forget.
type forgetting struct {
	m        *Manager
	req      *ForgetRequest
	now      time.Time
	services []string        // of the tenant
	readers  []string        // services, and others that still have callbacks; nil until read
	subjects map[string]bool // whose counters may have to go
	keys     map[string]bool // of the search values that keep counters of a subject
}

// errRenumbered is the error of a callback that has changed its number since it
// was found.
var errRenumbered = errors.New("callback has another number")

// maxErasures is how often an erasure is tried again after a conflict or an
// unknown outcome.
const maxErasures = 8

// eraseAll erases callbacks and returns the errors of those that remain. If match
// is not nil, a callback that does not match when it is read stays, with
// errRenumbered.
func (f *forgetting) eraseAll(ctx context.Context, ids []callback.ID, match func(*callback.Callback) bool) map[callback.ID]error {
	errs := make(map[callback.ID]error)
	for chunk := range chunks(ids, f.m.engine.Config.Batch) {
		tried := make(map[callback.ID]*callback.Callback)
		for range maxErasures {
			if chunk = f.erase(ctx, chunk, match, tried, errs); len(chunk) == 0 {
				break
			}
		}
	}
	return errs
}

// erase reads callbacks and erases, at the revision read, those that may be
// erased. It returns those to read again, and sets errs for all that remain so
// far. tried has the callbacks whose erasure may have happened.
func (f *forgetting) erase(ctx context.Context, ids []callback.ID, match func(*callback.Callback) bool, tried map[callback.ID]*callback.Callback, errs map[callback.ID]error) (again []callback.ID) {
	found, missing := f.m.readAll(ctx, ids)
	req := callback.EraseRequest{Tenant: f.m.tenant, Actor: f.req.Actor, Detail: f.req.Detail}
	for _, id := range ids {
		cb, err := found[id], missing[id]
		switch {
		case errors.Is(err, callback.ErrNotFound) && tried[id] != nil:
			delete(errs, id)
			continue
		case err != nil && tried[id] != nil:
			err = fmt.Errorf("%w: %w", callback.ErrOutcomeUnknown, err)
		case err == nil && match != nil && !match(cb):
			err = errRenumbered
		case err == nil:
			err = f.allowed(cb)
		}
		if err == nil && len(cb.Owed) > 0 {
			cb, err = f.m.engine.Repay(ctx, cb, f.now)
			if err == nil && len(cb.Owed) > 0 {
				err = &callback.OwedError{ID: id, Owed: len(cb.Owed)}
			}
			found[id] = cb
		}
		if err != nil {
			errs[id] = err
			continue
		}
		req.Items = append(req.Items, callback.Precondition{ID: id, Revision: cb.Revision})
	}
	if len(req.Items) == 0 {
		return nil
	}
	results, _ := f.m.engine.Erase(ctx, f.now, req)
	for i, err := range results {
		id := req.Items[i].ID
		unknown := errors.Is(err, callback.ErrOutcomeUnknown)
		if err == nil || unknown {
			f.noteSubjects(found[id]) // the store keeps the counters of what remains
		}
		if err == nil {
			f.m.engine.Inherit(found[id])
			delete(errs, id)
			continue
		}
		errs[id] = err
		if unknown {
			tried[id] = found[id]
		}
		if unknown || errors.Is(err, callback.ErrConflict) {
			again = append(again, id)
		}
	}
	return again
}

// noteSubjects notes the subjects that counters of a callback may have.
func (f *forgetting) noteSubjects(cb *callback.Callback) {
	f.noteSubject(cb.Customer.Number.Key())
	f.noteSubject(cb.Customer.Alternative.Key())
	for _, v := range cb.SearchValues {
		f.keys[v.Key] = true
		f.noteSubject(v.Value)
	}
}

func (f *forgetting) noteSubject(subject string) {
	if subject != "" {
		f.subjects[subject] = true
	}
}

// dropCounters removes the counters of the noted subjects that no callback has
// any more. It goes on after the caller's context has ended.
func (f *forgetting) dropCounters(ctx context.Context) error {
	const most = 50 // subjects per Config.StoreTimeout
	var faults []error
	for subjects := range chunks(slices.Sorted(maps.Keys(f.subjects)), most) {
		if err := f.dropSome(ctx, subjects); err != nil {
			faults = append(faults, err)
		}
	}
	if faults != nil {
		return fmt.Errorf("removing counters of what was erased: %w", errors.Join(faults...))
	}
	return nil
}

func (f *forgetting) dropSome(ctx context.Context, subjects []string) error {
	ctx, cancel := f.m.engine.Detached(ctx)
	defer cancel()
	err := f.addKeys(ctx)
	if err != nil {
		return err
	}
	req := callback.EraseRequest{
		Tenant: f.m.tenant, Subjects: subjects, SearchKeys: slices.Sorted(maps.Keys(f.keys)), Actor: f.req.Actor, Detail: f.req.Detail,
	}
	for range 3 {
		if _, err = f.m.engine.Store.Erase(ctx, f.now, req); err == nil {
			return nil
		}
	}
	return err
}

// addKeys adds the properties that services of the tenant search or count by.
func (f *forgetting) addKeys(ctx context.Context) error {
	for _, name := range f.services {
		p, err := f.m.engine.PolicyOf(ctx, &callback.Callback{Tenant: f.m.tenant, Service: name}, true)
		if err != nil {
			return err
		}
		for _, key := range slices.Concat(p.Service.SearchKeys, p.Service.Limits.Parameters) {
			f.keys[key] = true
		}
	}
	return nil
}

// allowed returns why a callback must not be forgotten, or nil. GMS: 4.4.
func (f *forgetting) allowed(cb *callback.Callback) error {
	if cb.State != callback.Scheduled && cb.State != callback.Completed {
		return &callback.StateError{ID: cb.ID, State: cb.State, Operation: "forget"}
	}
	addresses := []string{cb.Customer.Number.Key(), cb.Customer.Alternative.Key()}
	for _, v := range cb.SearchValues {
		if v.Key == callback.PropertyNumber {
			addresses = append(addresses, v.Value)
		}
	}
	return f.unnamed(addresses...)
}

// checkNote refuses a request whose Actor or Detail contains one of its numbers,
// since events that remain keep both. Errors of the numbers themselves are left to
// their items.
func (f *forgetting) checkNote(ctx context.Context) error {
	for _, raw := range once(f.req.Numbers) {
		keys, _ := f.readings(ctx, raw)
		if err := f.unnamed(append(keys, raw)...); err != nil {
			return err
		}
	}
	return nil
}

// unnamed returns an error if Actor or Detail contains one of the addresses.
func (f *forgetting) unnamed(addresses ...string) error {
	for _, note := range []struct{ field, text string }{{"detail", f.req.Detail}, {"actor", f.req.Actor}} {
		for _, address := range addresses {
			if mentions(note.text, address) {
				return decide.Invalid(note.field, "holds the number that is to be forgotten")
			}
		}
	}
	return nil
}

// mentions reports whether text contains an address, or a number in any format.
func mentions(text, address string) bool {
	const enough = 7 // last digits that identify a number
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
