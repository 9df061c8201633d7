package availability

import (
	"slices"
	"time"
)

// NearRange returns the range of bucket starts that [Planner.Near] considers,
// so that the store can be asked for their load. It extends MaxDays of 24 hours
// or half of MaxBuckets, whichever is less, to each side of want, and does not
// begin before now. It is empty if now is after it.
func (p *Planner) NearRange(want, now time.Time) (from, to time.Time) {
	span := p.nearSpan(want, now)
	return utc(span.start), utc(span.end)
}

func (p *Planner) nearSpan(want, now time.Time) interval {
	at := min(max(want.Unix(), minUnix), maxUnix)
	reach := min(int64(p.config.MaxDays)*daySeconds, int64(p.config.MaxBuckets)/2*p.bucket)
	floor := p.notBefore(now)
	from := max(p.bucketAt(max(at-reach, minUnix)).start, floor)
	to := max(p.bucketAt(min(at+reach, maxUnix)).end, from)
	return interval{from, to}
}

// Near returns the n open buckets with a seat left that are nearest to want, in
// ascending order. The distance is that from the start of the bucket that
// contains want, which is itself included if it has a seat; of two equal
// distances the earlier bucket is nearer. All buckets are within
// [Planner.NearRange] and begin at or after now. It returns nil for n below 1.
func (p *Planner) Near(want time.Time, n int, load Load, now time.Time) []Slot {
	span := p.nearSpan(want, now)
	n = min(n, p.config.MaxBuckets)
	if n < 1 || !inYears(want.Unix()) || !inYears(span.start) {
		return nil
	}
	own := p.bucketAt(want.Unix()).start
	later := p.forward(interval{max(span.start, own), span.end}, n, load)
	earlier := p.backward(interval{span.start, min(span.end, own)}, n, load)
	for len(later)+len(earlier) > n {
		switch {
		case len(later) == 0:
			earlier = earlier[1:]
		case len(earlier) == 0 || later[len(later)-1].Start.Unix()-own >= own-earlier[0].Start.Unix():
			later = later[:len(later)-1]
		default:
			earlier = earlier[1:]
		}
	}
	return append(earlier, later...)
}

// forward returns the first n slots with a seat left in a span, in ascending
// order.
func (p *Planner) forward(span interval, n int, load Load) []Slot {
	return p.fill(nil, &Query{MaxSlots: n}, load, span)
}

// backward returns the last n slots with a seat left in a span, in ascending
// order.
func (p *Planner) backward(span interval, n int, load Load) []Slot {
	var found []Slot // in descending order
	if span.start >= span.end {
		return nil
	}
	var scratch [1]Slot
	for index := chunkOf(span.end - 1); (index+1)*chunkSeconds > span.start; index-- {
		runs := p.compiled(index)
		for i := len(runs) - 1; i >= 0; i-- {
			r := runs[i].cut(span)
			for k := r.n - 1; k >= 0; k-- {
				f := newFiller(scratch[:0], load, 1, false)
				f.row(run{start: r.start + int64(k)*r.size, size: r.size, n: 1, seats: r.seats}, nil)
				if found = append(found, f.slots...); len(found) == n {
					slices.Reverse(found)
					return found
				}
			}
		}
	}
	slices.Reverse(found)
	return found
}

// Check returns nil if t can be booked: its bucket is open throughout, has a
// seat left and has not ended by now. Otherwise it returns a [*ClosedError]
// with the rule that closes the bucket, or a [*FullError]. A zero now skips the
// check of the time.
func (p *Planner) Check(t time.Time, load Load, now time.Time) error {
	b := p.BucketOf(t)
	seats, open := p.seatsAt(b.Start.Unix(), b.End.Unix())
	past := !now.IsZero() && !b.End.After(now)
	if !open || past {
		why := p.calendar.Explain(t)
		switch {
		case why.Kind == KindOutOfRange:
		case past:
			why = Explanation{Kind: KindPast, Local: why.Local, Zone: why.Zone}
		case why.Open:
			why.Open, why.Kind = false, KindPartial
		}
		return &ClosedError{At: t, Bucket: b, Why: why}
	}
	taken := 0
	if load != nil {
		taken = max(0, load.Taken(b.Start))
	}
	if taken >= seats {
		return &FullError{Bucket: b, Seats: seats, Taken: taken}
	}
	return nil
}
