package availability

import (
	"slices"
	"time"
)

// Slot is an open bucket and the seats left in it.
type Slot struct {
	Start, End  time.Time // UTC
	Left, Total int       // 0 <= Left <= Total
}

// Slots is the result of a [Query], in ascending order.
type Slots struct {
	Slots  []Slot
	Bucket time.Duration
	// Zone is the IANA id of the zone for local times: that of the query, or of
	// the calendar. Location is that zone.
	Zone     string
	Location *time.Location
}

// Range returns the range of bucket starts that a query covers, in UTC, so that
// the load of the buckets that begin in [from, to) can be read before calling
// [Planner.Slots]. It begins with the bucket that contains the start of the
// query, or with the first bucket at or after now, whichever is later. It is
// empty (from equals to) if the query ends before now.
//
// The error is a [*QueryError] for fields that cannot be used, and a
// [*RangeError] if the query spans more than MaxDays or, from now on, more than
// MaxBuckets. Both are detected before any bucket is computed.
func (p *Planner) Range(q Query, now time.Time) (from, to time.Time, err error) {
	if _, err := p.zone(q.Zone); err != nil {
		return from, to, err
	}
	span, err := p.span(&q, now)
	if err != nil {
		return from, to, err
	}
	return utc(span.start), utc(span.end), nil
}

// zone returns the location for the local times of a query.
func (p *Planner) zone(name string) (*time.Location, error) {
	if name == "" || name == zoneName(p.calendar.loc) {
		return p.calendar.loc, nil
	}
	loc, err := LoadZone(name)
	if err != nil {
		return nil, &QueryError{Field: "Zone", Reason: err.Error()}
	}
	return loc, nil
}

func (p *Planner) span(q *Query, now time.Time) (interval, error) {
	start, end, err := q.ends(p.calendar, now, p.config.MaxDays)
	if err != nil {
		return interval{}, err
	}
	first := p.bucketAt(start.Unix())
	to := ceilUnix(end)
	if end.Equal(start) {
		to = first.end // the bucket that contains the instant
	}
	from := first.start
	if from < ceilUnix(now) {
		from = p.notBefore(now)
	}
	if to <= from {
		return interval{from, from}, nil
	}
	if (to-from+p.bucket-1)/p.bucket > int64(p.config.MaxBuckets) {
		return interval{}, &RangeError{From: start, To: end, MaxBuckets: p.config.MaxBuckets}
	}
	return interval{from, to}, nil
}

// notBefore returns the first bucket start at or after now.
func (p *Planner) notBefore(now time.Time) int64 {
	at := ceilUnix(now)
	if !inYears(at) {
		return at
	}
	if b := p.bucketAt(at); b.start < at {
		return b.end
	}
	return at
}

// Slots returns the slots of a query: the buckets that begin in its range, are
// open throughout and have a seat left after load. Full buckets are included if
// the query asks for them. A nil load leaves all seats free. The errors are
// those of [Planner.Range].
func (p *Planner) Slots(q Query, load Load, now time.Time) (Slots, error) {
	loc, err := p.zone(q.Zone)
	if err != nil {
		return Slots{}, err
	}
	span, err := p.span(&q, now)
	if err != nil {
		return Slots{}, err
	}
	slots := p.fill(nil, &q, load, span)
	return Slots{Slots: slots, Bucket: p.config.Bucket, Zone: zoneName(loc), Location: loc}, nil
}

// AppendSlots is like [Planner.Slots] and appends to dst. It allocates nothing
// if dst has the capacity, the range is compiled and the zone is that of the
// calendar. On error it returns dst unchanged.
func (p *Planner) AppendSlots(dst []Slot, q Query, load Load, now time.Time) ([]Slot, error) {
	if _, err := p.zone(q.Zone); err != nil {
		return dst, err
	}
	span, err := p.span(&q, now)
	if err != nil {
		return dst, err
	}
	return p.fill(dst, &q, load, span), nil
}

// filler appends slots until free, the number of those with a seat left,
// reaches most.
type filler struct {
	slots []Slot
	load  Load
	dense *DenseLoad // load, if it has this type
	busy  bool
	free  int
	most  int
}

func newFiller(dst []Slot, load Load, most int, busy bool) filler {
	f := filler{slots: dst, load: load, busy: busy, most: most}
	if l, ok := load.(*DenseLoad); ok {
		if f.dense = l; l == nil {
			f.load = nil
		}
	}
	return f
}

func (p *Planner) fill(dst []Slot, q *Query, load Load, span interval) []Slot {
	most := q.MaxSlots
	if most == 0 {
		most = p.config.MaxBuckets
	}
	f := newFiller(dst, load, most, q.ReportBusy)
	if !inYears(span.start) || span.start >= span.end {
		return f.slots
	}
	p.each(span, &f, p.slotsFrom(span))
	return f.slots
}

// each passes the runs of a span to f, with their cached slots if there are
// any.
func (p *Planner) each(span interval, f *filler, made []Slot) {
	for index := chunkOf(span.start); index*chunkSeconds < span.end; index++ {
		runs := p.compiled(index)
		for i := runAfter(runs, span.start); i < len(runs) && runs[i].start < span.end; i++ {
			r := runs[i]
			if r.start < span.start || r.end() > span.end {
				r = r.cut(span)
			}
			if room := cap(f.slots) - len(f.slots); room < r.n && room < f.most-f.free {
				f.slots = slices.Grow(f.slots, p.open(interval{r.start, span.end}, f))
			}
			f.row(r, made)
			if made != nil {
				made = made[r.n:]
			}
			if f.free >= f.most {
				return
			}
		}
	}
}

// open returns an upper bound for the slots in a span, so that they are
// allocated once.
func (p *Planner) open(span interval, f *filler) int {
	n, most := 0, f.most-f.free
	for index := chunkOf(span.start); index*chunkSeconds < span.end; index++ {
		runs := p.compiled(index)
		for i := runAfter(runs, span.start); i < len(runs) && runs[i].start < span.end; i++ {
			if n += runs[i].n; n >= most && !f.busy {
				return most
			}
		}
	}
	return n
}

// cut returns the buckets of a run that begin in a span.
func (r run) cut(span interval) run {
	c := r
	if c.start < span.start {
		skip := -floorDiv(c.start-span.start, c.size)
		c.start += skip * c.size
		c.n -= int(skip)
	}
	if left := -floorDiv(c.start-span.end, c.size); int64(c.n) > left {
		c.n = int(max(left, 0))
	}
	return c
}

// row appends the slots of a run. made are the same slots without load, if
// cached.
func (f *filler) row(r run, made []Slot) {
	if r.n <= 0 {
		return
	}
	base, need := len(f.slots), r.n
	if !f.busy {
		need = min(need, f.most-f.free)
	}
	f.slots = slices.Grow(f.slots, need)
	out := f.slots[base : base+need]
	counts, stride := f.dense.row(&r)
	k := 0
	switch plain := stride == 1 && !f.busy && need == r.n; {
	case plain && made != nil:
		k = copyFree(out, made, counts, r.seats)
		f.free += k
	case plain:
		k = writeFree(out, counts, r)
		f.free += k
	default:
		k = f.write(out, counts, stride, r)
	}
	f.slots = f.slots[:base+k]
}

// writeFree writes the slots with a seat left for the common case: a dense load
// with a count per bucket and no limit in reach. It does not call utc, which
// the compiler does not inline here.
func writeFree(out []Slot, counts []int32, r run) int {
	k, at, seats, size := 0, r.start, r.seats, r.size
	for _, taken := range counts {
		if left := seats - int(taken); left > 0 && k < len(out) {
			s := &out[k]
			s.Start = time.Unix(at, 0).UTC()
			s.End = time.Unix(at+size, 0).UTC()
			s.Left, s.Total = left, seats
			k++
		}
		at += size
	}
	return k
}

// write writes slots for any load.
func (f *filler) write(out []Slot, counts []int32, stride int, r run) int {
	k := 0
	at, start := r.start, utc(r.start)
	for i := range r.n {
		left := r.seats
		switch {
		case stride > 0:
			left -= int(counts[i*stride])
		case f.load != nil:
			left -= max(0, f.load.Taken(start))
		}
		at += r.size
		end := utc(at)
		if left > 0 || f.busy {
			out[k] = Slot{Start: start, End: end, Left: max(left, 0), Total: r.seats}
			k++
		}
		start = end
		if left > 0 {
			if f.free++; f.free >= f.most {
				break
			}
		}
	}
	return k
}

// row returns the counts of a run and the distance between the counts of
// adjacent buckets. The distance is 0 if the table does not cover the run.
func (l *DenseLoad) row(r *run) (counts []int32, stride int) {
	if l == nil || r.start < l.base || l.step == 0 {
		return nil, 0
	}
	stride = 1
	if r.size != l.step {
		if r.size%l.step != 0 {
			return nil, 0
		}
		stride = int(r.size / l.step)
	}
	first := (r.start - l.base) / l.step
	last := first + int64(r.n-1)*int64(stride)
	if first*l.step != r.start-l.base || last >= int64(len(l.counts)) {
		return nil, 0
	}
	return l.counts[first : last+1], stride
}
