package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// bench is one run of the program.
type bench struct {
	options options
	sizes   sizes
	server  *server
	meter   *meter
	report  *report
}

// group is rows that are measured together.
type group struct {
	name string
	run  func(ctx context.Context, b *bench, c *contenders) error
}

// groups lists them in the order in which they run. The goals are ratios, or
// bounds in milliseconds, must and aim; those against asynq are for a Redis
// that keeps what it has answered.
func groups() []group {
	return []group{
		{"start-1", starts("start-1", 1, ratioOf(1.5, 1.8), goal{})},
		{"start-2", starts("start-2", 2, goal{}, goal{})},
		{"start-4", starts("start-4", 4, goal{}, goal{})},
		{"start-16", starts("start-16", 16, ratioOf(2.8, 3.5), ratioOf(0.8, 1.05))},
		{"start-64", starts("start-64", 64, goal{}, goal{})},
		{"bulk-1", bulk("bulk-1", 1, ratioOf(1.3, 1.8))},
		{"bulk-2", bulk("bulk-2", 2, ratioOf(1.15, 1.75))},
		{"engine-1", engine("engine-1", 1)},
		{"engine-16", engine("engine-16", 16)},
		{"claim-tuned", claimTuned(ratioOf(1.5, 1.7))},
		{"claim-default", claimDefault(ratioOf(15, 25))},
		{"due", due(atMost(5, 0), atMost(25, 10))},
		{"bytes", space},
	}
}

func groupNames() string {
	var names []string
	for _, g := range groups() {
		names = append(names, g.name)
	}
	return strings.Join(names, ", ")
}

// run measures the groups that are asked for.
func run(ctx context.Context, out io.Writer, o options) (err error) {
	var chosen []group
	for _, g := range groups() {
		if strings.HasPrefix(g.name, o.only) {
			chosen = append(chosen, g)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("no row begins with %q: there are %s", o.only, groupNames())
	}
	if o.rounds < 0 {
		return fmt.Errorf("%d rounds are too few", o.rounds)
	}
	b := &bench{options: o, sizes: sizesOf(o), report: &report{out: out}}
	if b.server, err = openServer(ctx, o.dsn, b.sizes); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.server.close()) }()
	if b.meter, err = newMeter(ctx, b.server.pool); err != nil {
		return err
	}
	if err := b.introduce(ctx); err != nil {
		return err
	}
	for _, g := range chosen {
		if err := b.with(ctx, func(c *contenders) error { return g.run(ctx, b, c) }); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	if len(b.report.missed) > 0 {
		b.report.say("missed: " + strings.Join(b.report.missed, ", "))
	}
	return nil
}

// introduce writes what the figures are taken on, and the heading.
func (b *bench) introduce(ctx context.Context) error {
	text, err := b.server.describe(ctx)
	if err != nil {
		return err
	}
	b.report.say(text)
	if b.options.redis != "" {
		q, err := newRedis(ctx, b.options.redis)
		if err != nil {
			return err
		}
		b.report.say(q.describe(ctx))
		if err := q.close(); err != nil {
			return err
		}
	}
	if b.options.quick {
		b.report.say("a smoke test: the figures say nothing")
	}
	b.report.say(fmt.Sprintf("rounds: %d, the sides in turns; rates are medians\n", b.sizes.rounds))
	b.report.say(heading())
	return nil
}

// contenders are the sides of a group, fresh for each.
type contenders struct {
	ours  *ringback
	river *riverQueue
	hand  *handTable
	asynq *redisQueue // nil without a Redis
}

// with opens the sides, and removes afterwards all that they have stored.
func (b *bench) with(ctx context.Context, do func(c *contenders) error) (err error) {
	c := &contenders{}
	if c.ours, err = newRingback(ctx, b.server); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.ours.close(ctx)) }()
	if c.river, err = newRiver(ctx, b.server); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.river.close(ctx)) }()
	if c.hand, err = newHand(ctx, b.server); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.hand.close(ctx)) }()
	b.meter.redis = nil
	if b.options.redis != "" {
		if c.asynq, err = newRedis(ctx, b.options.redis); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.asynq.close()) }()
		b.meter.redis = c.asynq.cpu
	}
	b.server.checkpoint(ctx)
	return do(c)
}
