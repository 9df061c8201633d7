package storetest

import (
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// taken is one unit of a rolling counter.
type taken struct {
	tenant string
	key    callback.PermitKey
	ends   time.Time
	n      int64
}

// spans reports whether a permit has no rolling window or a valid one.
func spans(p callback.Permit) bool {
	return p.Span == 0 || p.For == 0 && p.Until.IsZero() && p.Span >= time.Hour && p.Span <= 31*24*time.Hour && p.Span%time.Hour == 0
}

func (n *naive) dropRolling(drop func(t taken) bool) { n.rolling = slices.DeleteFunc(n.rolling, drop) }

// usedRolling returns the units that count at now, and when the first become free.
func (n *naive) usedRolling(tenant string, now time.Time, key callback.PermitKey) (used int64, first time.Time) {
	for _, t := range n.rolling {
		if t.tenant == tenant && t.key == key && t.ends.After(now) {
			used += t.n
			if first.IsZero() || t.ends.Before(first) {
				first = t.ends
			}
		}
	}
	return used, first
}

func (n *naive) takeRolling(tenant string, now time.Time, p callback.Permit) error {
	if i := n.at(tenant, now, p.Key); i >= 0 {
		n.counters = slices.Delete(n.counters, i, i+1)
	}
	n.dropRolling(func(t taken) bool {
		return t.tenant == tenant && t.key == p.Key && (!t.ends.After(now) || t.ends.After(now.Add(p.Span+time.Hour+time.Second)))
	})
	used, first := n.usedRolling(tenant, now, p.Key)
	if p.Max >= 0 && (p.N > p.Max || used > p.Max-p.N) {
		return &callback.PermitError{Permit: p, Used: used, Ends: first}
	}
	t := taken{tenant, p.Key, now.UTC().Truncate(time.Hour).Add(time.Hour + p.Span), p.N}
	n.rolling = append(n.rolling, t)
	slices.SortStableFunc(n.rolling, func(a, b taken) int { return a.ends.Compare(b.ends) })
	return nil
}

func (n *naive) giveRolling(tenant string, now time.Time, h callback.Held) {
	for i := range slices.Backward(n.rolling) {
		if t := &n.rolling[i]; t.tenant == tenant && t.key == h.Key && t.ends.After(now) {
			back := min(t.n, h.N)
			t.n, h.N = t.n-back, h.N-back
		}
	}
	n.dropRolling(func(t taken) bool { return t.n == 0 })
}

func (n *naive) loadRolling(now time.Time, req callback.LoadRequest) (out []callback.Counter) {
	for _, t := range n.rolling {
		seen := func(c callback.Counter) bool { return c.Key == t.key }
		if used, first := n.usedRolling(t.tenant, now, t.key); used > 0 && asks(req, t.tenant, t.key) && !slices.ContainsFunc(out, seen) {
			out = append(out, callback.Counter{Key: t.key, Used: used, Ends: first})
		}
	}
	return out
}
