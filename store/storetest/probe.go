package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// probe runs operations on a store and collects faults.
type probe struct {
	ctx   context.Context
	store callback.Store

	mu     sync.Mutex
	faults []error
	lack   string // the optional interface that the clause is about and the store lacks
}

// apply makes changes that must all succeed.
func (p *probe) apply(changes ...callback.Change) {
	p.applyAt(Start(), changes...)
}

func (p *probe) applyAt(now time.Time, changes ...callback.Change) {
	errs, err := p.store.Apply(p.ctx, now, changes)
	if err != nil {
		p.fatalf("Apply: %v", err)
	}
	for i, err := range errs {
		if err != nil {
			p.fatalf("Apply: change %d of %d, %s: %v", i, len(changes), describe(changes[i]), err)
		}
	}
}

func describe(c callback.Change) string {
	if c.Record == nil {
		return "no record"
	}
	return fmt.Sprintf("callback %q, revision %d", c.Record.ID, c.Record.Revision)
}

// try makes one change and returns its error.
func (p *probe) try(now time.Time, c callback.Change) error {
	errs, err := p.store.Apply(p.ctx, now, []callback.Change{c})
	switch {
	case err != nil:
		if errs != nil {
			p.errorf("Apply returned errors of changes along with error %v", err)
		}
		return err
	case len(errs) == 0:
		return nil
	case len(errs) != 1:
		p.fatalf("Apply of 1 change returned %d errors", len(errs))
	}
	return errs[0]
}

// refused makes a change that must fail with want.
func (p *probe) refused(what string, c callback.Change, want error) {
	p.is(what, p.try(Start(), c), want)
}

func (p *probe) is(what string, got, want error) {
	if !errors.Is(got, want) {
		p.errorf("%s: error is %v, want %v", what, got, want)
	}
}

// create writes new callbacks.
func (p *probe) create(cbs ...*callback.Callback) {
	for _, cb := range cbs {
		p.apply(Write(cb))
	}
}

func (p *probe) get(id callback.ID) *callback.Callback {
	return p.getBy(callback.By{Tenant: Tenant, ID: id})
}

func (p *probe) getBy(by callback.By) *callback.Callback {
	cb, err := p.store.Get(p.ctx, by)
	if err != nil {
		p.fatalf("Get of %+v: %v", by, err)
	}
	if cb == nil {
		p.fatalf("Get of %+v: no callback and no error", by)
	}
	return cb
}

// missing requires that Get finds nothing.
func (p *probe) missing(by callback.By) {
	cb, err := p.store.Get(p.ctx, by)
	if !errors.Is(err, callback.ErrNotFound) {
		p.errorf("Get of %+v: error is %v, want %v", by, err, callback.ErrNotFound)
	}
	if cb != nil {
		p.errorf("Get of %+v: a callback along with error %v", by, err)
	}
}

// unchanged calls f and requires that callback c1 and its history stay the
// same.
func (p *probe) unchanged(f func()) {
	before, events := p.get("c1"), p.history("c1")
	f()
	p.same("callback c1", p.get("c1"), before)
	p.same("history of c1", p.history("c1"), events)
}

// same compares two results. Nil and empty collections are equal, and times are
// compared as instants.
func (p *probe) same(what string, got, want any) {
	if d := difference(got, want); d != "" {
		p.errorf("%s differs:\n%s", what, d)
	}
}

func difference(got, want any) string {
	if reflect.DeepEqual(got, want) {
		return "" // nearly always, and much faster than cmp
	}
	var r differences
	cmp.Equal(want, got, cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b phonenum.Address) bool { return a == b }), cmp.Reporter(&r))
	return r.String()
}

// mostDifferences is how many differences a report lists.
const mostDifferences = 15

// differences lists where two values differ, a line each, the first one first.
type differences struct {
	path  cmp.Path
	lines []string
	more  int
}

// PushStep is part of the interface of cmp.Reporter.
func (r *differences) PushStep(s cmp.PathStep) { r.path = append(r.path, s) }

// PopStep is part of the interface of cmp.Reporter.
func (r *differences) PopStep() { r.path = r.path[:len(r.path)-1] }

// Report is part of the interface of cmp.Reporter.
func (r *differences) Report(result cmp.Result) {
	if result.Equal() {
		return
	}
	if len(r.lines) == mostDifferences {
		r.more++
		return
	}
	want, got := r.path.Last().Values()
	r.lines = append(r.lines, fmt.Sprintf("%s is %s, want %s", r.path.GoString(), shown(got), shown(want)))
}

func (r *differences) String() string {
	text := strings.Join(r.lines, "\n")
	if r.more > 0 {
		text += fmt.Sprintf("\nand %d more", r.more)
	}
	return text
}

// shown returns a value of a report in one line.
func shown(v reflect.Value) string {
	if !v.IsValid() {
		return "missing"
	}
	text := strings.ReplaceAll(fmt.Sprintf("%v", v), "\n", " ")
	if runes := []rune(text); len(runes) > 200 {
		return string(runes[:200]) + "..."
	}
	return text
}

// stored returns the callback as a store keeps it after a write: without a
// lease.
func stored(cb *callback.Callback, epoch int64) *callback.Callback {
	c := cb.Clone()
	c.Lease = callback.Lease{Epoch: epoch}
	return c
}

const lease = 30 * time.Second

// claimDue claims due work.
func (p *probe) claimDue(now time.Time, limit int) []*callback.Callback {
	return p.claim(now, callback.ClaimRequest{Owner: "node-1", Lease: lease, Due: true, Limit: limit}).Callbacks
}

// claimQueue claims the heads of the queue of New's service and priority.
func (p *probe) claimQueue(now time.Time, n int) []*callback.Callback {
	return p.claim(now, queueRequest(callback.QueueKey{Tenant: Tenant, Service: Service}, n)).Callbacks
}

// claimBehind claims the first behind a place in the queue of New's service and
// priority.
func (p *probe) claimBehind(now time.Time, place callback.Place, n int) []*callback.Callback {
	req := queueRequest(callback.QueueKey{Tenant: Tenant, Service: Service}, n)
	req.Queues[0].After = place
	return p.claim(now, req).Callbacks
}

func queueRequest(key callback.QueueKey, n int) callback.ClaimRequest {
	return callback.ClaimRequest{Owner: "node-1", Lease: lease, Queues: []callback.QueueClaim{{Queue: key, N: n}}}
}

func (p *probe) claim(now time.Time, req callback.ClaimRequest) callback.Claimed {
	c, err := p.store.Claim(p.ctx, now, req)
	if err != nil {
		p.fatalf("Claim: %v", err)
	}
	return c
}

// claimOne claims the only callback that is due.
func (p *probe) claimOne(now time.Time) *callback.Callback {
	got := p.claimDue(now, 10)
	if len(got) != 1 {
		p.fatalf("Claim of due work returned %d callbacks, want 1", len(got))
	}
	return got[0]
}

func ids(cbs []*callback.Callback) []callback.ID {
	out := make([]callback.ID, len(cbs))
	for i, cb := range cbs {
		out[i] = cb.ID
	}
	return out
}

// history returns the events of a callback without their cursors.
func (p *probe) history(id callback.ID) []callback.Event {
	return p.events(callback.EventQuery{Tenant: Tenant, Callback: id}).Events
}

// events returns a page of events without their cursors.
func (p *probe) events(q callback.EventQuery) callback.EventPage {
	page, err := p.store.Events(p.ctx, q)
	if err != nil {
		p.fatalf("Events of %+v: %v", q, err)
	}
	for i := range page.Events {
		page.Events[i].Cursor = ""
	}
	return page
}

// search returns one page.
func (p *probe) search(q callback.Query) callback.Page {
	page, err := p.store.Search(p.ctx, q)
	if err != nil {
		p.fatalf("Search: %v", err)
	}
	return page
}

// finds requires the result of a search in New's tenant, in order.
func (p *probe) finds(what string, q callback.Query, want ...callback.ID) {
	q.Tenant = Tenant
	p.same("Search by "+what, ids(p.search(q).Callbacks), want)
}

// used returns the units in use of a counter.
func (p *probe) used(now time.Time, key callback.PermitKey) int64 {
	var n int64
	for _, c := range p.load(now, key) {
		if c.Key == key {
			n += c.Used
		}
	}
	return n
}

func (p *probe) load(now time.Time, key callback.PermitKey) []callback.Counter {
	counters, err := p.store.Load(p.ctx, now, callback.LoadRequest{
		Tenant: Tenant, Kind: key.Kind, Service: key.Service, From: key.Slot, To: key.Slot,
	})
	if err != nil {
		p.fatalf("Load: %v", err)
	}
	return counters
}

// uses requires the units in use of a counter.
func (p *probe) uses(what string, key callback.PermitKey, want int64) {
	if got := p.used(Start(), key); got != want {
		p.errorf("%s: %d units of the counter are in use, want %d", what, got, want)
	}
}

// applyErrs makes changes in one call and demands the error of each.
func (p *probe) applyErrs(what string, want []error, changes ...callback.Change) {
	errs, err := p.store.Apply(p.ctx, Start(), changes)
	if err != nil || len(errs) != len(want) {
		p.fatalf("%s: %d errors of %d changes, %v", what, len(errs), len(changes), err)
	}
	for i := range want {
		p.is(what, errs[i], want[i])
	}
}

// erase removes one callback.
func (p *probe) erase(cb *callback.Callback) {
	if err := p.tryErase(cb.Tenant, callback.Precondition{ID: cb.ID, Revision: cb.Revision}); err != nil {
		p.fatalf("Erase: %v", err)
	}
}

func (p *probe) tryErase(tenant string, item callback.Precondition, subjects ...string) error {
	return p.tryEraseWithin(callback.Window{}, tenant, item, subjects...)
}

func (p *probe) tryEraseWithin(w callback.Window, tenant string, item callback.Precondition, subjects ...string) error {
	errs, err := p.store.Erase(p.ctx, At(time.Minute), callback.EraseRequest{
		Tenant: tenant, Items: []callback.Precondition{item}, Window: w, Subjects: subjects, Actor: "clerk", Detail: "asked to",
	})
	if err != nil {
		return err
	}
	if len(errs) > 1 {
		p.fatalf("Erase of 1 item returned %d errors", len(errs))
	}
	return errors.Join(errs...)
}
