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

// ErrNoReporter is returned by [Dialer.Advance] if it has no reporter and [Dialer]
// is not attached to one.
var ErrNoReporter = errors.New("dialer has no reporter")

// Refusal is a report that the reporter refused and that is not repeated.
type Refusal struct {
	Report callback.Report
	Err    error
}

// A delivery is a report that has not been delivered yet.
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

// deliveries is a heap of reports in the order of delivery: by due time, then by
// tenant and attempt, so that the order of concurrent calls of Dial does not matter,
// then in the order in which the platform makes them.
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

// hasten makes the remaining reports of a call due now.
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

// Next returns when the next report is due. If there is none, ok is false.
func (d *Dialer) Next() (at time.Time, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.pending) == 0 {
		return time.Time{}, false
	}
	return d.pending[0].due, true
}

// Advance delivers every report that is due at now to r or, if r is nil, to the
// attached reporter, in a fixed order. It returns how many reports were accepted.
//
// A report that fails is repeated, a second after now at the earliest. Advance
// returns the joined errors of these reports. A report that is refused with
// [callback.ErrNotFound], [callback.ErrInvalidParameter] or [callback.ErrConflict] is
// not repeated; [Dialer.Refused] lists it. If ctx ends, the remaining reports are
// delivered by the next call.
func (d *Dialer) Advance(ctx context.Context, now time.Time, r callback.Reporter) (delivered int, err error) {
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

func (d *Dialer) attached() callback.Reporter {
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

// deliver makes one report. The lock is not held, because the reporter may call the
// dialer.
func (d *Dialer) deliver(ctx context.Context, r callback.Reporter, item *delivery, now time.Time) error {
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

// forGood reports whether a repeated report would fail with err again, as documented
// for Manager.Report.
func forGood(err error) bool {
	return errors.Is(err, callback.ErrNotFound) || errors.Is(err, callback.ErrInvalidParameter) || errors.Is(err, callback.ErrConflict)
}

// Run delivers reports to r as they become due, until ctx ends, and repeats reports
// as Advance does. It is for programs in real time and for tests in a
// testing/synctest bubble, and the dialer's clock must be that of the program or the
// bubble. Other tests call Advance.
func (d *Dialer) Run(ctx context.Context, r callback.Reporter) {
	for {
		// Reports that fail are delivered again later.
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

// alarm returns a timer for the next report and its channel; both are nil if there
// is no report.
func (d *Dialer) alarm() (*time.Timer, <-chan time.Time) {
	next, ok := d.Next()
	if !ok {
		return nil, nil
	}
	timer := time.NewTimer(next.Sub(d.now()))
	return timer, timer.C
}
