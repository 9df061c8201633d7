package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// job is the content that every side stores: whom to call, for which service,
// and when.
type job struct {
	number  string
	service string
	desired time.Time
}

// serviceName is the service of all jobs.
const serviceName = "billing"

// source makes jobs. Every number comes once. The times lie in the opening
// hours of some days, or in an hour that is over.
type source struct {
	serial atomic.Int64
	from   time.Time // the first opening
	open   time.Duration
	days   int64
}

// booked is a source of jobs for the next two days, from tomorrow on, ten hours
// each: 240 time buckets of five minutes.
func booked() *source {
	return &source{from: time.Now().Truncate(24 * time.Hour).Add(32 * time.Hour), open: 10 * time.Hour, days: 2}
}

// overdue is a source of jobs that should have been done in the hour before
// last.
func overdue() *source {
	return &source{from: time.Now().Add(-2 * time.Hour), open: time.Hour, days: 1}
}

// next returns a job; the numbers are valid ones of Zurich.
func (s *source) next(random *rand.Rand) job {
	at := time.Duration(random.Int64N(s.days))*24*time.Hour + time.Duration(random.Int64N(int64(s.open)))
	return job{
		number: numberOf(s.serial.Add(1)), service: serviceName,
		desired: s.from.Add(at).Truncate(time.Millisecond),
	}
}

func numberOf(serial int64) string { return fmt.Sprintf("+4144%07d", 2_000_000+serial%8_000_000) }

// many returns a batch of jobs.
func (s *source) many(random *rand.Rand, n int) []job {
	jobs := make([]job, n)
	for i := range jobs {
		jobs[i] = s.next(random)
	}
	return jobs
}

// rng is a random source with a seed.
type rng = *rand.Rand

// seeded returns the random source of one caller.
func seeded(caller int) *rand.Rand { return rand.New(rand.NewPCG(uint64(caller), 1)) }

// fillBatch is how many rows one call stores while a side is being filled.
const fillBatch = 1000

// inBatches stores n jobs with two callers.
func inBatches(ctx context.Context, from *source, n int, store func(ctx context.Context, jobs []job) error) error {
	random := [...]rng{seeded(0), seeded(1)}
	size := min(n, fillBatch)
	return spread(ctx, len(random), n/size, func(ctx context.Context, caller int) error {
		return store(ctx, from.many(random[caller], size))
	})
}
