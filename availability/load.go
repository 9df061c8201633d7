package availability

import "time"

// Load tells how many seats of the bucket that starts at an instant are taken.
// A planner asks only for starts of its own buckets, in UTC. Implementations
// must answer alike during one call of the planner. Negative counts stand for
// none. Where a Load is expected, nil means that nothing is taken.
type Load interface {
	Taken(start time.Time) int
}

// LoadFunc is a function as a [Load].
type LoadFunc func(start time.Time) int

// Taken calls the function.
func (f LoadFunc) Taken(start time.Time) int { return f(start) }

// LoadMap counts seats by the start of the bucket in unix seconds.
type LoadMap map[int64]int

// Taken looks the start up.
func (m LoadMap) Taken(start time.Time) int { return m[start.Unix()] }

// DenseLoad counts seats in one flat table over a range of buckets, which is the
// fastest form for a planner to read: make it with [Planner.NewLoad] for the
// range [Planner.Range] gives. Starts outside the table are kept too, more
// slowly. It may be read by several goroutines, but not while it is written.
type DenseLoad struct {
	base, step int64
	counts     []int32
	others     map[int64]int
}

// index finds the place of a start in the table, -1 for none.
func (l *DenseLoad) index(unix int64) int {
	d := unix - l.base
	if d < 0 || l.step == 0 || d%l.step != 0 || d/l.step >= int64(len(l.counts)) {
		return -1
	}
	return int(d / l.step)
}

// Set records that n seats of the bucket starting at start are taken, 0 to
// 2147483647.
func (l *DenseLoad) Set(start time.Time, n int) {
	n = min(max(n, 0), 1<<31-1)
	if i := l.index(start.Unix()); i >= 0 {
		l.counts[i] = int32(n)
		return
	}
	if l.others == nil {
		l.others = make(map[int64]int)
	}
	l.others[start.Unix()] = n
}

// Add changes the seats taken by n, which may be negative.
func (l *DenseLoad) Add(start time.Time, n int) { l.Set(start, l.Taken(start)+n) }

// Taken implements [Load].
func (l *DenseLoad) Taken(start time.Time) int {
	if i := l.index(start.Unix()); i >= 0 {
		return int(l.counts[i])
	}
	return l.others[start.Unix()]
}

// NewLoad returns an empty table for the buckets that start in [from, to). The
// error is a [*RangeError] when that is more than twice the buckets the planner
// allows in a query, which is what [Planner.NearRange] may span.
func (p *Planner) NewLoad(from, to time.Time) (*DenseLoad, error) {
	start, end := from.Unix(), ceilUnix(to)
	if !inYears(start) || !inYears(end) {
		return nil, &RangeError{From: from, To: to}
	}
	if (end-start)/p.bucket > 2*int64(p.config.MaxBuckets) {
		return nil, &RangeError{From: from, To: to, MaxBuckets: 2 * p.config.MaxBuckets}
	}
	l := &DenseLoad{base: p.bucketAt(start).start, step: p.bucket}
	var buf [8]segment
	segs := segments(buf[:0], p.calendar.loc, start-p.bucket, end)
	for i, s := range segs {
		if i > 0 {
			l.step = gcd(gcd(l.step, s.start-l.base), s.off-segs[0].off)
		}
	}
	if l.step < 5*minuteSeconds {
		l.step = p.bucket
	}
	l.counts = make([]int32, max(0, (end-l.base+l.step-1)/l.step))
	return l, nil
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}
