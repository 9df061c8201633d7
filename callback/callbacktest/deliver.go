package callbacktest

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// A report that could not be stored is delivered again after a second, then
// after twice as long each time, up to a minute.
const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// ErrNoReporter is what [Dialer.Advance] returns when it has nobody to report
// to.
var ErrNoReporter = errors.New("dialer has nobody to report to")

// Refusal is a report that its reporter refused for good.
type Refusal struct {
	Report callback.Report
	Err    error
}

// A delivery is a report on its way.
type delivery struct {
	leg    *leg
	due    time.Time
	seq    uint64
	tries  int
	report callback.Report
}

// again returns a copy that shares nothing with the first.
func (item *delivery) again() *delivery {
	c := *item
	if c.report.Outcome != nil {
		c.report.Outcome = new(*c.report.Outcome)
	}
	return &c
}

// deliveries is a heap of what is on its way, in the order of delivery: by due
// time, then by tenant and attempt so that concurrent Dials at one instant make
// no difference, then in the order in which the platform speaks.
type deliveries []*delivery

func (q deliveries) Len() int      { return len(q) }
func (q deliveries) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *deliveries) Push(x any)   { *q = append(*q, x.(*delivery)) }

func (q deliveries) Less(i, j int) bool {
	a, b := q[i], q[j]
	return cmp.Or(
		a.due.Compare(b.due),
		strings.Compare(a.leg.call.Tenant, b.leg.call.Tenant),
		strings.Compare(string(a.leg.call.Key), string(b.leg.call.Key)),
		cmp.Compare(a.seq, b.seq),
	) < 0
}

func (q *deliveries) Pop() any {
	last := len(*q) - 1
	item := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return item
}

func (d *Dialer) number(item *delivery) {
	d.seq++
	item.seq = d.seq
}

func (d *Dialer) push(item *delivery) {
	d.number(item)
	heap.Push(&d.pending, item)
}

// forget drops the reports that f picks.
func (d *Dialer) forget(f func(*delivery) bool) {
	kept := d.pending[:0]
	for _, item := range d.pending {
		if !f(item) {
			kept = append(kept, item)
		}
	}
	clear(d.pending[len(kept):])
	d.pending = kept
	heap.Init(&d.pending)
}

// hasten makes what is still to be said of a call due now.
func (d *Dialer) hasten(l *leg, now time.Time) {
	for _, item := range d.pending {
		if item.leg == l && item.due.After(now) {
			item.due = now
		}
	}
	heap.Init(&d.pending)
}

// signal wakes Run.
func (d *Dialer) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Next returns when the next report is due; ok is false when there is nothing
// to report.
func (d *Dialer) Next() (at time.Time, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.pending) == 0 {
		return time.Time{}, false
	}
	return d.pending[0].due, true
}

// Advance delivers every report that is due at now to r, or to whom the dialer
// is attached when r is nil, and returns how many were taken. The order is
// always the same.
//
// A report that fails is delivered again later, a second after now at the
// earliest, unless it was refused for good, with [callback.ErrNotFound],
// [callback.ErrInvalidParameter] or [callback.ErrConflict]: those are kept for
// [Dialer.Refused]. The error joins what failed and will be repeated; nil means
// that nothing did. A context that ends stops the delivery and loses nothing.
func (d *Dialer) Advance(ctx context.Context, now time.Time, r Reporter) (delivered int, err error) {
	if r == nil {
		if r = d.attached(); r == nil {
			return 0, ErrNoReporter
		}
	}
	var failures []error
	for {
		if err := ctx.Err(); err != nil {
			return delivered, errors.Join(append(failures, err)...)
		}
		item := d.pop(now)
		if item == nil {
			return delivered, errors.Join(failures...)
		}
		if err := d.deliver(ctx, r, item, now); err != nil {
			failures = append(failures, err)
		} else {
			delivered++
		}
	}
}

func (d *Dialer) attached() Reporter {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reporter
}

func (d *Dialer) pop(now time.Time) *delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.pending) == 0 || d.pending[0].due.After(now) {
		return nil
	}
	return heap.Pop(&d.pending).(*delivery)
}

// deliver makes one report. The lock is not held: the reporter may call back.
func (d *Dialer) deliver(ctx context.Context, r Reporter, item *delivery, now time.Time) error {
	err := r.Report(ctx, item.again().report)
	if err == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if forGood(err) {
		d.refused = append(d.refused, Refusal{item.report, err})
		return nil
	}
	item.due = now.Add(min(firstRetry<<min(item.tries, 6), lastRetry))
	item.tries++
	heap.Push(&d.pending, item)
	return err
}

// forGood reports whether a report that was answered with err would always be:
// the contract of Manager.Report names these.
func forGood(err error) bool {
	return errors.Is(err, callback.ErrNotFound) || errors.Is(err, callback.ErrInvalidParameter) || errors.Is(err, callback.ErrConflict)
}

// Run delivers reports to r as they become due, until ctx ends. It is for live
// examples and for tests in a testing/synctest bubble; everything else drives
// the dialer with Advance. The dialer's clock has to run like the real one, or
// the bubble's. Failing reports are repeated as Advance does.
func (d *Dialer) Run(ctx context.Context, r Reporter) {
	for {
		// Failures are not lost: they are on their way again.
		_, _ = d.Advance(ctx, d.now(), r)
		timer, due := d.alarm()
		select {
		case <-ctx.Done():
		case <-d.wake:
		case <-due:
		}
		if timer != nil {
			timer.Stop()
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// alarm returns a timer for the next report and its channel; nil when nothing
// is on its way.
func (d *Dialer) alarm() (*time.Timer, <-chan time.Time) {
	next, ok := d.Next()
	if !ok {
		return nil, nil
	}
	timer := time.NewTimer(next.Sub(d.now()))
	return timer, timer.C
}
