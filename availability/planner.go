package availability

import (
	"fmt"
	"slices"
	"time"
)

// PlannerConfig says what a [Planner] plans with. The zero value is a usable
// configuration.
type PlannerConfig struct {
	// Calendar holds the opening hours and the zone of the buckets (GMS
	// _business_hours_service). Defaults to [AlwaysOpen].
	Calendar *Calendar
	// Capacity gives the seats of a bucket (GMS _capacity_service). Defaults to
	// Flat(100) (GMS _max_request_by_time_bucket).
	Capacity Capacity
	// Bucket is 5, 10, 15, 20, 30, 60 or 120 minutes (GMS _request_time_bucket).
	// Defaults to 5 minutes.
	Bucket time.Duration
	// MaxDays bounds the range of a query in wall-clock days, 1 to 400. Defaults
	// to 31. Negative is refused.
	MaxDays int
	// MaxBuckets bounds the buckets of a query, open or not, 1 to 1,000,000.
	// Defaults to 10,000. Negative is refused.
	MaxBuckets int
	// KeepSlots bounds the slots kept made out, of the range that is asked again
	// and again, to be copied into the next answer; a slot is 64 bytes. Defaults
	// to 2,048 (128 KiB). Negative keeps none, more than 1,000,000 is refused.
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

// Planner turns a calendar, a capacity, a load and the present moment into
// slots. It is immutable and safe for concurrent use; what it compiles from the
// calendar and the capacity it keeps for 512 days at most, and KeepSlots slots.
type Planner struct {
	config   PlannerConfig
	calendar *Calendar
	bucket   int64 // seconds

	runs  cache[run]
	ready readyCache
}

// NewPlanner checks the configuration. The error joins a [*ConfigError] for
// every fault.
func NewPlanner(config PlannerConfig) (*Planner, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	return &Planner{config: config, calendar: config.Calendar, bucket: int64(config.Bucket / time.Second)}, nil
}

// Calendar is the calendar the planner works with.
func (p *Planner) Calendar() *Calendar { return p.calendar }

// BucketSize is the length of a bucket that no change of the clock cuts.
func (p *Planner) BucketSize() time.Duration { return p.config.Bucket }

// Bucket is a half-open span [Start, End) of time, in UTC.
type Bucket struct{ Start, End time.Time }

// BucketOf returns the bucket an instant lies in.
//
// Buckets begin where the wall clock of the calendar's zone shows a multiple of
// the bucket size after midnight, and wherever that clock is set forward or
// back; each ends where the next begins. So they are disjoint and leave nothing
// out, none holds a change of the clock, and a day of 23 or 25 hours has the
// buckets it has: with 120 minutes, a night in which the clock goes from 03:00
// back to 02:00 has 00:00-02:00, 02:00-03:00 and again 02:00-04:00. A bucket
// that a change cuts short keeps its full capacity.
//
// Outside the years 1 to 9999 there are no buckets: the zero Bucket is returned.
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

// Seats returns the capacity of a bucket, 0 when any part of it is closed or
// when it is not a bucket of this planner.
func (p *Planner) Seats(b Bucket) int {
	seats, ok := p.seatsAt(b.Start.Unix(), b.End.Unix())
	if !ok || b.Start.Nanosecond() != 0 || b.End.Nanosecond() != 0 {
		return 0
	}
	return seats
}

// seatsAt finds an open bucket among the compiled ones.
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

// run is a row of n open buckets of one size that follow each other and have
// equal seats.
type run struct {
	start, size int64 // unix seconds, seconds
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

// compiled returns the open buckets that begin in one chunk.
func (p *Planner) compiled(index int64) []run {
	if runs, ok := p.runs.get(index); ok {
		return runs
	}
	runs := p.compile(max(index*chunkSeconds, minUnix), min((index+1)*chunkSeconds, maxUnix+1))
	p.runs.put(index, runs)
	return runs
}

// compile lists the open buckets that begin in [from, to). The calendar is read
// one bucket further, because the last one may end later.
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
	step StepCapacity // nil when the capacity has to be asked for every bucket
	runs []run
}

// span adds the buckets of one segment that lie wholly in an open interval.
func (c *compiler) span(s *segment, open interval) {
	size := c.p.bucket
	from, to := max(s.start, open.start), min(s.end, open.end)
	first := -floorDiv(-(from+s.off), size)*size - s.off // the first full boundary at or after from
	if from == s.start && first > from {                 // the change of the clock cut this one
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

// row adds n buckets, as many of them as begin before the end of the chunk, in
// runs of equal seats.
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

// seats returns the capacity of the first of n buckets and how many have it.
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
