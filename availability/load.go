package availability

import "time"

// Load returns how many seats of the bucket that begins at start are taken. A
// negative number counts as 0. A planner calls it with the starts of its own
// buckets, in UTC; results must not change during a call of the planner. A nil
// Load means that no seats are taken.
type Load interface {
	Taken(start time.Time) int
}

// LoadFunc is a function that implements [Load].
type LoadFunc func(start time.Time) int

// Taken calls f.
func (f LoadFunc) Taken(start time.Time) int { return f(start) }

// LoadMap maps the start of a bucket in Unix seconds to the seats taken.
type LoadMap map[int64]int

// Taken implements [Load].
func (m LoadMap) Taken(start time.Time) int { return m[start.Unix()] }

// DenseLoad stores the seats taken in a table for a range of buckets, the form
// a planner reads fastest. Create one with [Planner.NewLoad] for the range that
// [Planner.Range] returns. Starts outside the range are stored too, but read
// more slowly. It is safe for concurrent reads, not for reads during a write.
type DenseLoad struct {
	base, step int64
	counts     []int32
	others     map[int64]int
}

// index returns the index of a start in the table, -1 if it is outside.
func (l *DenseLoad) index(unix int64) int {
	d := unix - l.base
	if d < 0 || l.step == 0 || d%l.step != 0 || d/l.step >= int64(len(l.counts)) {
		return -1
	}
	return int(d / l.step)
}

// Set stores that n seats of the bucket that begins at start are taken; n is
// clamped to the range 0 to 2147483647.
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

// Add adds n, which may be negative, to the seats taken.
func (l *DenseLoad) Add(start time.Time, n int) { l.Set(start, l.Taken(start)+n) }

// Taken implements [Load].
func (l *DenseLoad) Taken(start time.Time) int {
	if i := l.index(start.Unix()); i >= 0 {
		return int(l.counts[i])
	}
	return l.others[start.Unix()]
}

// NewLoad returns an empty table for the buckets that begin in [from, to). It
// returns a [*RangeError] for more than 2*MaxBuckets buckets, a bound that no
// range from [Planner.NearRange] exceeds.
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
