package store

import (
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Part is what was taken from a rolling counter in one hour.
type Part struct {
	Ends int64 // when the units become free: a whole hour, in Unix seconds
	N    int64 // units; at least 1
}

// Parts is the state of a counter whose permits have a Span: one part per hour in
// which units were taken, the oldest first. The methods return new lists and leave
// the receiver as it is, so that a plan can be abandoned.
type Parts []Part

// At returns the parts that count at now. A part counts until it ends.
func (p Parts) At(now time.Time) Parts {
	// The end is a whole second: it is reached in the second of now or later.
	return p[p.after(now.Unix()):]
}

// after returns the index of the first part that ends after at.
func (p Parts) after(at int64) int {
	i, _ := slices.BinarySearchFunc(p, at, func(x Part, at int64) int {
		if x.Ends <= at {
			return -1
		}
		return 1
	})
	return i
}

// Used returns the sum of the units, or the largest int64 if the sum is larger.
func (p Parts) Used() (n int64) {
	for _, x := range p {
		n = saturatingAdd(n, x.N)
	}
	return n
}

// First returns the end of the oldest part, when the first units become free. It
// is zero if there are no parts.
func (p Parts) First() time.Time { return p.end(0) }

// Last returns the end of the newest part, when all units are free. It is zero if
// there are no parts.
func (p Parts) Last() time.Time { return p.end(len(p) - 1) }

func (p Parts) end(i int) time.Time {
	if len(p) == 0 {
		return time.Time{}
	}
	return time.Unix(p[i].Ends, 0).UTC()
}

// Known returns the parts without those that were taken before the clock was set
// back: they end later than any that the permit could take at now (see [LastEnd]).
func (p Parts) Known(permit *callback.Permit, now time.Time) Parts {
	return p[:p.after(LastEnd(permit, now).Unix())]
}

// Take returns the parts after the units of permit were taken at now. It checks no
// limit.
func (p Parts) Take(permit *callback.Permit, now time.Time) Parts {
	ends := spanEnd(now, permit.Span)
	i := p.after(ends)
	if i > 0 && p[i-1].Ends == ends {
		p = slices.Clone(p)
		p[i-1].N = saturatingAdd(p[i-1].N, permit.N)
		return p
	}
	// Clipped, so that Insert copies in place of writing into the receiver's array.
	return slices.Insert(slices.Clip(p), i, Part{Ends: ends, N: permit.N})
}

// Give returns the parts after n units were given back, from the newest parts
// first.
func (p Parts) Give(n int64) Parts {
	for len(p) > 0 && n > 0 {
		last := len(p) - 1
		if left := p[last].N - n; left > 0 {
			p = slices.Clone(p)
			p[last].N = left
			return p
		}
		n -= p[last].N
		p = p[:last]
	}
	return p
}

// spanEnd returns until when units count that are taken at now: the end of the
// hour (UTC) plus the span, in Unix seconds.
func spanEnd(now time.Time, span time.Duration) int64 {
	const hour = int64(time.Hour / time.Second)
	at := now.Unix()
	into := (at%hour + hour) % hour
	return at - into + hour + int64(span/time.Second)
}
