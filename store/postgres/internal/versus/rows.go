package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// The places of the sides in a contest.
const (
	ours = iota
	theirs
	hand
	redisSide
)

// callersOf returns the random sources of callers.
func callersOf(n int) []rng {
	random := make([]rng, n)
	for i := range random {
		random[i] = seeded(i)
	}
	return random
}

// steady makes a side of one operation, repeated by callers.
func (b *bench) steady(name string, callers int, do func(ctx context.Context, random rng) (int, error)) *side {
	random := callersOf(callers)
	op := func(ctx context.Context, caller int) (int, error) { return do(ctx, random[caller]) }
	return &side{name: name, run: hammer(callers, b.sizes.span, op), warm: hammer(callers, b.sizes.warm, op)}
}

// single makes a side of an operation about one job.
func (b *bench) single(name string, callers int, from *source, do func(ctx context.Context, j job) error) *side {
	return b.steady(name, callers, func(ctx context.Context, random rng) (int, error) { return 1, do(ctx, from.next(random)) })
}

// starts is durable starts of one scheduled callback by several callers.
func starts(name string, callers int, want, wantOfRedis goal) func(context.Context, *bench, *contenders) error {
	return func(ctx context.Context, b *bench, c *contenders) error {
		from := booked()
		sides := []*side{
			b.single("ringback", callers, from, func(ctx context.Context, j job) error { return c.ours.start(ctx, j) }),
			b.single("River", callers, from, c.river.start),
			b.single("hand-written table", callers, from, c.hand.start),
		}
		if c.asynq != nil {
			sides = append(sides, b.single("asynq", callers, from, func(ctx context.Context, j job) error { return c.asynq.start(ctx, j, false) }))
		}
		r, err := b.contest(ctx, b.sizes.rounds, sides...)
		if err != nil {
			return err
		}
		rows := []row{rates(name, "River Insert", r, theirs, want)}
		if callers > 1 {
			p99 := goal{}
			if callers <= 16 {
				p99 = atMost(3, 0)
			}
			rows = append(rows, row{
				name: name + "-p99", against: "River Insert", unit: millis, goal: p99,
				ours: r[ours].p99, theirs: r[theirs].p99, hand: r[hand].p99,
			})
		}
		if c.asynq != nil {
			rows = append(rows, rates("asynq-"+name, "asynq Enqueue", r, redisSide, wantOfRedis))
		}
		return b.report.add(rows...)
	}
}

// rates makes the row that compares our rate with another's.
func rates(name, against string, r []result, other int, g goal) row {
	return row{
		name: name, against: against, goal: g, ours: r[ours].rate, theirs: r[other].rate, hand: r[hand].rate,
		cpu: [3]result{r[ours], r[other], r[hand]},
	}
}

// bulk is starts of a thousand callbacks in one call that gives identifiers.
func bulk(name string, callers int, want goal) func(context.Context, *bench, *contenders) error {
	return func(ctx context.Context, b *bench, c *contenders) error {
		from := booked()
		batches := func(name string, do func(ctx context.Context, jobs []job) error) *side {
			return b.steady(name, callers, func(ctx context.Context, random rng) (int, error) {
				return b.sizes.batch, do(ctx, from.many(random, b.sizes.batch))
			})
		}
		r, err := b.contest(ctx, b.sizes.rounds,
			batches("ringback", func(ctx context.Context, jobs []job) error { return c.ours.start(ctx, jobs...) }),
			batches("River", c.river.many), batches("hand-written table", c.hand.many))
		if err != nil {
			return err
		}
		return b.report.add(rates(name, "River InsertMany", r, theirs, want))
	}
}

// engine is Manager.Start, with all that it does before the store is asked.
func engine(name string, callers int) func(context.Context, *bench, *contenders) error {
	return func(ctx context.Context, b *bench, c *contenders) error {
		host, err := c.ours.host(callback.DialerFunc(func(context.Context, callback.Call) (callback.Outcome, error) {
			return callback.Outcome{}, callback.ErrNotPlaced
		}))
		if err != nil {
			return err
		}
		from := booked()
		r, err := b.contest(ctx, b.sizes.rounds,
			b.single("ringback", callers, from, func(ctx context.Context, j job) error {
				_, err := host.Start(ctx, manager.Request{Service: j.service, Number: j.number, Desired: j.desired})
				return err
			}),
			b.single("River", callers, from, c.river.start), b.single("hand-written table", callers, from, c.hand.start))
		if err != nil {
			return err
		}
		return b.report.add(rates(name, "River Insert", r, theirs, goal{}))
	}
}

// burning makes the sides that claim and complete what is due.
func (b *bench) burning(c *contenders) (*side, *side) {
	from := overdue()
	return &side{
			name: "ringback",
			before: func(ctx context.Context) error {
				fresh, err := newRingback(ctx, b.server)
				if err != nil {
					return err
				}
				old := c.ours
				c.ours = fresh
				if err := old.close(ctx); err != nil {
					return err
				}
				return c.ours.fill(ctx, from, b.sizes.burn)
			},
			run: func(ctx context.Context, w *watch) error { return c.ours.burn(ctx, w, b.sizes.burn) },
		}, &side{
			name: "hand-written table",
			before: func(ctx context.Context) error {
				if err := c.hand.empty(ctx); err != nil {
					return err
				}
				return c.hand.fill(ctx, from, b.sizes.burn)
			},
			run: func(ctx context.Context, w *watch) error { return c.hand.burn(ctx, w, b.sizes.burn) },
		}
}

// claimTuned compares claims and completions with River as its benchmark tool
// runs it.
func claimTuned(want goal) func(context.Context, *bench, *contenders) error {
	return func(ctx context.Context, b *bench, c *contenders) error {
		us, byHand := b.burning(c)
		from := overdue()
		sides := []*side{us, b.riverBurning(c, "River, tuned", from, b.sizes.burn, true), byHand}
		if c.asynq != nil {
			sides = append(sides, &side{
				name:   "asynq",
				before: func(ctx context.Context) error { return c.asynq.fill(ctx, from, b.sizes.burn) },
				run:    func(ctx context.Context, w *watch) error { return c.asynq.burn(ctx, w, b.sizes.burn) },
			})
		}
		r, err := b.contest(ctx, b.sizes.rounds, sides...)
		if err != nil {
			return err
		}
		rows := []row{rates("claim-tuned", "River, tuned", r, theirs, want)}
		if c.asynq != nil {
			rows = append(rows, rates("asynq-claim", "asynq, 100 workers", r, redisSide, goal{}))
		}
		return b.report.add(rows...)
	}
}

// claimDefault compares them with River's defaults and 100 workers.
func claimDefault(want goal) func(context.Context, *bench, *contenders) error {
	return func(ctx context.Context, b *bench, c *contenders) error {
		us, byHand := b.burning(c)
		r, err := b.contest(ctx, b.sizes.rounds, us, b.riverBurning(c, "River, defaults", overdue(), b.sizes.burnOff, false), byHand)
		if err != nil {
			return err
		}
		return b.report.add(rates("claim-default", "River, defaults", r, theirs, want))
	}
}

func (b *bench) riverBurning(c *contenders, name string, from *source, n int, tuned bool) *side {
	return &side{
		name: name,
		before: func(ctx context.Context) error {
			if err := c.river.empty(ctx); err != nil {
				return err
			}
			return c.river.fill(ctx, from, n, false)
		},
		run: func(ctx context.Context, w *watch) error {
			config := riverDefaults()
			if tuned {
				config = riverTuned()
			}
			return c.river.burn(ctx, w, config, n)
		},
	}
}

// due is how late the dialer, or the worker, is called, while many other rows
// are pending.
func due(p50, p99 goal) func(context.Context, *bench, *contenders) error {
	return func(ctx context.Context, b *bench, c *contenders) error {
		z := b.sizes
		b.report.say("# due: storing " + grouped(int64(z.pending)) + " other rows on each side of PostgreSQL")
		from := booked()
		if err := c.ours.fill(ctx, from, z.pending); err != nil {
			return err
		}
		if err := c.river.fill(ctx, from, z.pending, true); err != nil {
			return err
		}
		if err := c.hand.fill(ctx, from, z.pending); err != nil {
			return err
		}
		b.server.checkpoint(ctx)
		random := seeded(0)
		timed := func(name string, n int, do func(context.Context, *meter, []job) ([]time.Duration, error)) *side {
			return &side{name: name, run: func(ctx context.Context, w *watch) (err error) {
				w.waits, err = do(ctx, b.meter, b.soon(from, random, n))
				w.n = len(w.waits)
				return err
			}}
		}
		sides := []*side{
			timed("ringback", z.dueOurs, c.ours.due), timed("River, defaults", z.dueRiver, c.river.due),
			timed("hand-written table", z.dueOurs, c.hand.due),
		}
		if c.asynq != nil {
			sides = append(sides, timed("asynq, defaults", z.dueRiver, c.asynq.due))
		}
		r, err := b.contest(ctx, z.dueRounds, sides...)
		if err != nil {
			return err
		}
		rows := lateness("due", "River, defaults", r, theirs, p50, p99, goal{never: true})
		if c.asynq != nil {
			rows = append(rows, lateness("asynq-due", "asynq, defaults", r, redisSide, goal{}, goal{}, goal{never: true})...)
		}
		return b.report.add(rows...)
	}
}

// soon makes jobs at random milliseconds, a little later.
func (b *bench) soon(from *source, random *rand.Rand, n int) []job {
	jobs := from.many(random, n)
	first := b.meter.now().Add(b.sizes.dueLead).Truncate(time.Millisecond)
	for i := range jobs {
		jobs[i].desired = first.Add(time.Duration(random.Int64N(b.sizes.dueSpan.Milliseconds())) * time.Millisecond)
	}
	return jobs
}

// lateness makes the rows of how late jobs were begun.
func lateness(name, against string, r []result, other int, p50, p99, earliest goal) []row {
	line := func(suffix string, g goal, of func(waits []time.Duration) time.Duration) row {
		return row{
			name: name + suffix, against: against, unit: millis, goal: g, ours: milliseconds(of(r[ours].waits)),
			theirs: milliseconds(of(r[other].waits)), hand: milliseconds(of(r[hand].waits)),
		}
	}
	at := func(part float64) func([]time.Duration) time.Duration {
		return func(waits []time.Duration) time.Duration { return quantile(waits, part) }
	}
	rows := []row{
		line("-p50", p50, at(0.5)), line("-p99", p99, at(0.99)), line("-earliest", earliest, slices.Min[[]time.Duration]),
	}
	// Of the whole round, from storing the jobs on.
	rows[0].cpu = [3]result{r[ours], r[other], r[hand]}
	return rows
}

// space is the bytes of a pending row with all its indexes, and with all other
// rows that it brings with it.
func space(ctx context.Context, b *bench, c *contenders) error {
	n := b.sizes.rows
	measure := func(schema string, fill func(from *source) error) (float64, error) {
		before, err := b.server.size(ctx, schema)
		if err != nil {
			return 0, err
		}
		if err := fill(booked()); err != nil {
			return 0, err
		}
		after, err := b.server.size(ctx, schema)
		return float64(after-before) / float64(n), err
	}
	r := row{name: "bytes", against: "River", unit: inBytes}
	var err error
	if r.ours, err = measure(c.ours.schema, func(from *source) error { return c.ours.fill(ctx, from, n) }); err != nil {
		return err
	}
	if r.theirs, err = measure(c.river.schema, func(from *source) error { return c.river.fill(ctx, from, n, true) }); err != nil {
		return err
	}
	if r.hand, err = measure(c.hand.schema, func(from *source) error { return c.hand.fill(ctx, from, n) }); err != nil {
		return err
	}
	return b.report.add(r)
}
