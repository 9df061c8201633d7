package linearize

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

const (
	service  = "sales"
	bucketOf = 15 * time.Minute
)

// form converts between the values of the specification and those of a store.
type form struct {
	tenant string
	base   time.Time
}

// formOf gives each seed its own tenant and its own hour. A claim that the
// store completes late, after its client cancelled it, then finds nothing due
// in later histories.
func formOf(seed uint64) form {
	start := time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	return form{tenant: "history " + strconv.FormatUint(seed, 10), base: start.Add(time.Duration(seed%seeds) * time.Hour)}
}

// seeds is the number of seeds with an hour of their own.
const seeds = 1 << 20

func (f form) at(s Second) time.Time {
	if s == Never {
		return time.Time{}
	}
	return f.base.Add(time.Duration(s) * time.Second)
}

func (f form) second(t time.Time) (Second, error) {
	if t.IsZero() {
		return Never, nil
	}
	d := t.Sub(f.base)
	s := Second(d / time.Second)
	if time.Duration(s)*time.Second != d {
		return 0, fmt.Errorf("unexpected instant %v", t)
	}
	return s, nil
}

func idOf(id int) callback.ID { return callback.ID("c" + strconv.Itoa(id)) }
func keyOf(key int) string {
	if key == 0 {
		return ""
	}
	return "k" + strconv.Itoa(key)
}
func ownerOf(client int) string { return "client " + strconv.Itoa(client) }

// numberIn returns the number after a prefix, or 0 for empty text.
func numberIn(text, prefix string, most int) (int, error) {
	if text == "" {
		return 0, nil
	}
	rest, ok := strings.CutPrefix(text, prefix)
	n, err := strconv.Atoi(rest)
	if !ok || err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("unexpected text %q", text)
	}
	return n, nil
}

func (f form) counter(n int) callback.PermitKey {
	if n == places {
		return callback.PermitKey{Kind: callback.PermitQueued, Service: service}
	}
	return callback.PermitKey{Kind: callback.PermitBucket, Service: service, Slot: f.base.Add(time.Duration(n) * bucketOf).Unix()}
}

func (f form) counterOf(key callback.PermitKey) (int, error) {
	for n := range MaxCounters {
		if f.counter(n) == key {
			return n, nil
		}
	}
	return 0, fmt.Errorf("unexpected counter %+v", key)
}

func (f form) queue() callback.QueueKey { return callback.QueueKey{Tenant: f.tenant, Service: service} }

// callback converts a row to a record.
func (f form) callback(r Row) *callback.Callback {
	cb := &callback.Callback{
		Tenant: f.tenant, ID: idOf(int(r.ID)), Service: service, Revision: r.Revision, State: r.State, Ready: r.Ready,
		Created: f.base, Updated: f.base, Desired: f.base, QueuedAt: f.at(r.QueuedAt), NextAt: f.at(r.NextAt),
		Detail: "write " + strconv.Itoa(int(r.Tag)), Idempotency: callback.Idempotency{Key: keyOf(int(r.Key))},
	}
	for n, units := range r.Held {
		if units > 0 {
			cb.Held = append(cb.Held, callback.Held{Key: f.counter(n), N: int64(units)})
		}
	}
	return cb
}

// row converts a record to a row. It returns an error for a record that no
// client can have written.
func (f form) row(cb *callback.Callback) (Row, error) {
	if cb.Tenant != f.tenant || cb.Service != service {
		return Row{}, fmt.Errorf("callback %s has tenant %q and service %q", cb.ID, cb.Tenant, cb.Service)
	}
	if !slices.Contains(callback.States(), cb.State) {
		return Row{}, fmt.Errorf("callback %s has state %v", cb.ID, cb.State)
	}
	r := Row{Life: Live, State: cb.State, Ready: cb.Ready, Revision: cb.Revision, Epoch: cb.Lease.Epoch}
	id, err1 := numberIn(string(cb.ID), "c", MaxCallbacks-1)
	tag, err2 := numberIn(cb.Detail, "write ", 1<<30)
	key, err3 := numberIn(cb.Idempotency.Key, "k", MaxKeys)
	owner := 0
	var err4 error
	if cb.Lease.Owner != "" {
		owner, err4 = numberIn(cb.Lease.Owner, "client ", maxClients)
		owner++
	}
	r.ID, r.Tag, r.Key, r.Owner = int8(id), int32(tag), int8(key), int8(owner)
	var err5, err6, err7 error
	r.QueuedAt, err5 = f.second(cb.QueuedAt)
	r.NextAt, err6 = f.second(cb.NextAt)
	r.Until, err7 = f.second(cb.Lease.Until)
	for _, err := range []error{err1, err2, err3, err4, err5, err6, err7} {
		if err != nil {
			return r, fmt.Errorf("callback %s: %w", cb.ID, err)
		}
	}
	for _, h := range cb.Held {
		n, err := f.counterOf(h.Key)
		if err != nil {
			return r, fmt.Errorf("callback %s: %w", cb.ID, err)
		}
		r.Held[n] += int8(h.N)
	}
	return r, nil
}

func (f form) rows(all []*callback.Callback) ([]Row, error) {
	var rows []Row
	for _, cb := range all {
		r, err := f.row(cb)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}
