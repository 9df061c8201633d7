package availability

import (
	"fmt"
	"slices"
	"time"
)

// PlannerConfig configures a [Planner]. The zero value is valid.
type PlannerConfig struct {
	// Calendar holds the opening hours; its zone is that of the buckets.
	// Defaults to [AlwaysOpen]. GMS: _business_hours_service
	Calendar *Calendar
	// Capacity is the number of seats per bucket. Defaults to Flat(100). GMS:
	// _capacity_service
	Capacity Capacity
	// Bucket is the length of a bucket: 5, 10, 15, 20, 30, 60 or 120 minutes.
	// Defaults to 5 minutes. GMS: _request_time_bucket
	Bucket time.Duration
	// MaxDays is the maximum range of a query in wall-clock days, 1 to 400.
	// Defaults to 31.
	MaxDays int
	// MaxBuckets is the maximum number of buckets in the range of a query, open
	// or closed, 1 to 1,000,000. Defaults to 10,000.
	MaxBuckets int
	// KeepSlots is the maximum number of slots to cache for a range that is
	// queried repeatedly, at 64 bytes each; at most 1,000,000. Defaults to
	// 2,048. Negative disables the cache.
	KeepSlots int
}

func (config PlannerConfig) withDefaults() PlannerConfig {
	config.Calendar = config.Calendar.orAlways()
	if config.Capacity == nil {
		config.Capacity = Flat(100)
	}
	if config.Bucket == 0 {
		config.Bucket = 5 * time.Minute
	}
	if config.MaxDays == 0 {
		config.MaxDays = 31
	}
	if config.MaxBuckets == 0 {
		config.MaxBuckets = 10_000
	}
	if config.KeepSlots == 0 {
		config.KeepSlots = defaultKeep
	}
	return config
}

func (config PlannerConfig) validate() error {
	var f faults
	switch config.Bucket / time.Minute {
	case 5, 10, 15, 20, 30, 60, 120:
	default:
		f.add("Bucket", config.Bucket.String(), "not 5, 10, 15, 20, 30, 60 or 120 minutes")
	}
	if config.Bucket%time.Minute != 0 {
		f.add("Bucket", config.Bucket.String(), "not whole minutes")
	}
	if config.MaxDays < 1 || config.MaxDays > MaxSearchDays {
		f.add("MaxDays", fmt.Sprint(config.MaxDays), "not 1 to %d", MaxSearchDays)
	}
	if config.MaxBuckets < 1 || config.MaxBuckets > 1_000_000 {
		f.add("MaxBuckets", fmt.Sprint(config.MaxBuckets), "not 1 to 1000000")
	}
	if config.KeepSlots > 1_000_000 {
		f.add("KeepSlots", fmt.Sprint(config.KeepSlots), "more than 1000000")
	}
	return f.err()
}

// Planner computes slots from a calendar, a capacity, a load and the current
// time. It caches compiled buckets of at most 512 days, and KeepSlots slots. It
// is safe for concurrent use.
type Planner struct {
	config   PlannerConfig
	calendar *Calendar
	bucket   int64 // seconds

	runs  cache[run]
	ready readyCache
}

// NewPlanner validates a configuration. The error joins a [*ConfigError] per
// fault.
func NewPlanner(config PlannerConfig) (*Planner, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	return &Planner{config: config, calendar: config.Calendar, bucket: int64(config.Bucket / time.Second)}, nil
}

// Calendar returns the calendar of the planner.
func (p *Planner) Calendar() *Calendar { return p.calendar }

// BucketSize returns the length of a bucket that is not cut by a clock change.
func (p *Planner) BucketSize() time.Duration { return p.config.Bucket }

// Bucket is a half-open interval [Start, End), in UTC.
type Bucket struct{ Start, End time.Time }

// BucketOf returns the bucket that contains t.
//
// Buckets begin at multiples of the bucket size after midnight on the wall
// clock of the calendar's zone, and at every change of that clock; each ends
// where the next one begins. They are disjoint, cover all time and contain no
// clock change. A day of 23 or 25 hours has fewer or more buckets: with 120
// minutes, a night in which 03:00 becomes 02:00 has 00:00-02:00, 02:00-03:00
// and 02:00-04:00. A bucket that a clock change shortens has its full capacity.
//
// Outside the years 1 to 9999 it returns the zero Bucket.
func (p *Planner) BucketOf(t time.Time) Bucket {
	if !inYears(t.Unix()) {
		return Bucket{}
	}
	b := p.bucketAt(t.Unix())
	return Bucket{utc(b.start), utc(b.end)}
}

func (p *Planner) bucketAt(unix int64) interval {
	var buf [8]segment
	for _, s := range segments(buf[:0], p.calendar.loc, unix-p.bucket, unix+p.bucket) {
		if unix < s.end {
			start := floorDiv(unix+s.off, p.bucket)*p.bucket - s.off
			return interval{max(start, s.start), min(start+p.bucket, s.end)}
		}
	}
	return interval{unix, unix} // not reached: the segments cover the instant
}

// Seats returns the capacity of a bucket. It is 0 if part of the bucket is
// closed or if b is not a bucket of this planner.
func (p *Planner) Seats(b Bucket) int {
	seats, ok := p.seatsAt(b.Start.Unix(), b.End.Unix())
	if !ok || b.Start.Nanosecond() != 0 || b.End.Nanosecond() != 0 {
		return 0
	}
	return seats
}

// seatsAt returns the seats of an open bucket.
func (p *Planner) seatsAt(start, end int64) (seats int, ok bool) {
	if !inYears(start) {
		return 0, false
	}
	runs := p.compiled(chunkOf(start))
	i := runAfter(runs, start)
	if i == len(runs) {
		return 0, false
	}
	r := &runs[i]
	if start < r.start || (start-r.start)%r.size != 0 || end-start != r.size {
		return 0, false
	}
	return r.seats, true
}

// run is a sequence of n adjacent open buckets of equal size and seats.
type run struct {
	start, size int64 // Unix seconds, seconds
	n           int
	seats       int
}

func (r *run) end() int64 { return r.start + int64(r.n)*r.size }

// runAfter returns the index of the first run that ends after an instant.
func runAfter(runs []run, unix int64) int {
	i, _ := slices.BinarySearchFunc(runs, unix, func(r run, at int64) int {
		if r.end() <= at {
			return -1
		}
		return 1
	})
	return i
}

// compiled returns the open buckets that begin in a chunk.
func (p *Planner) compiled(index int64) []run {
	if runs, ok := p.runs.get(index); ok {
		return runs
	}
	runs := p.compile(max(index*chunkSeconds, minUnix), min((index+1)*chunkSeconds, maxUnix+1))
	p.runs.put(index, runs)
	return runs
}

// compile returns the open buckets that begin in [from, to). It reads the
// calendar one bucket further, because the last bucket may end after to.
func (p *Planner) compile(from, to int64) []run {
	open := p.calendar.windows(from, to+p.bucket)
	if len(open) == 0 {
		return nil
	}
	var buf [8]segment
	segs := segments(buf[:0], p.calendar.loc, from-p.bucket, to+2*p.bucket)
	c := compiler{p: p, to: to, runs: make([]run, 0, len(open)+2)}
	c.step, _ = p.config.Capacity.(StepCapacity)
	next := 0
	for _, iv := range open {
		for next < len(segs) && segs[next].end <= iv.start {
			next++
		}
		for i := next; i < len(segs) && segs[i].start < iv.end; i++ {
			c.span(&segs[i], iv)
		}
	}
	return c.runs
}

type compiler struct {
	p    *Planner
	to   int64
	step StepCapacity // nil if the capacity must be asked for every bucket
	runs []run
}

// span adds the buckets of a segment that are within an open interval.
func (c *compiler) span(s *segment, open interval) {
	size := c.p.bucket
	from, to := max(s.start, open.start), min(s.end, open.end)
	first := -floorDiv(-(from+s.off), size)*size - s.off // first full boundary at or after from
	if from == s.start && first > from {                 // the clock change cut this bucket
		if cut := min(first, s.end); cut <= to {
			c.row(from, cut-from, 1)
		}
	}
	if first >= to {
		return
	}
	n := (to - first) / size
	c.row(first, size, n)
	if last := first + n*size; to == s.end && last < to {
		c.row(last, to-last, 1)
	}
}

// row adds those of n buckets that begin before the end of the chunk, in runs
// of equal seats.
func (c *compiler) row(start, size, n int64) {
	n = min(n, -floorDiv(start-c.to, size))
	for n > 0 {
		seats, same := c.seats(start, size, n)
		seats = max(seats, 0)
		if k := len(c.runs) - 1; k >= 0 && c.runs[k].seats == seats && c.runs[k].size == size && c.runs[k].end() == start {
			c.runs[k].n += int(same)
		} else {
			c.runs = append(c.runs, run{start: start, size: size, n: int(same), seats: seats})
		}
		start += same * size
		n -= same
	}
}

// seats returns the capacity of the first of n buckets and the number of
// buckets that share it.
func (c *compiler) seats(start, size, n int64) (seats int, same int64) {
	if f, ok := c.p.config.Capacity.(flat); ok {
		return int(f), n
	}
	if c.step == nil {
		return c.p.config.Capacity.At(utc(start)), 1
	}
	seats, until := c.step.Step(utc(start))
	return seats, min(max(1, -floorDiv(start-ceilUnix(until), size)), n)
}
