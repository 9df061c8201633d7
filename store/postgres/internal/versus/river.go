package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// riverQueue is River with its own migrations in a schema of its own.
type riverQueue struct {
	server *server
	schema string
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx] // only inserts
}

// riverArgs are the content of a job.
type riverArgs struct {
	Number  string    `json:"number"`
	Service string    `json:"service"`
	Desired time.Time `json:"desired"`
}

// Kind names the job for River.
func (riverArgs) Kind() string { return "callback" }

func argsOf(j job) riverArgs {
	return riverArgs{Number: j.number, Service: j.service, Desired: j.desired}
}

func newRiver(ctx context.Context, s *server) (*riverQueue, error) {
	schema, err := s.newSchema(ctx, "river", true)
	if err != nil {
		return nil, err
	}
	r := &riverQueue{server: s, schema: schema}
	if r.pool, err = s.connect(ctx, schema); err != nil {
		return nil, errors.Join(err, s.drop(ctx, schema))
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(r.pool), &rivermigrate.Config{Logger: quiet()})
	if err != nil {
		return nil, errors.Join(err, r.close(ctx))
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, errors.Join(err, r.close(ctx))
	}
	if r.client, err = river.NewClient(riverpgxv5.New(r.pool), &river.Config{Logger: quiet()}); err != nil {
		return nil, errors.Join(err, r.close(ctx))
	}
	return r, nil
}

func (r *riverQueue) close(ctx context.Context) error {
	r.pool.Close()
	return r.server.drop(ctx, r.schema)
}

// start inserts one scheduled job.
func (r *riverQueue) start(ctx context.Context, j job) error {
	_, err := r.client.Insert(ctx, argsOf(j), &river.InsertOpts{ScheduledAt: j.desired})
	return err
}

// params are jobs as River takes many; those that are not scheduled can be
// worked at once.
func params(jobs []job, scheduled bool) []river.InsertManyParams {
	list := make([]river.InsertManyParams, len(jobs))
	for i, j := range jobs {
		list[i].Args = argsOf(j)
		if scheduled {
			list[i].InsertOpts = &river.InsertOpts{ScheduledAt: j.desired}
		}
	}
	return list
}

// many inserts scheduled jobs and gets their identifiers.
func (r *riverQueue) many(ctx context.Context, jobs []job) error {
	_, err := r.client.InsertMany(ctx, params(jobs, true))
	return err
}

// fill inserts n jobs by COPY, the quickest way that River has.
func (r *riverQueue) fill(ctx context.Context, from *source, n int, scheduled bool) error {
	err := inBatches(ctx, from, n, func(ctx context.Context, jobs []job) error {
		_, err := r.client.InsertManyFast(ctx, params(jobs, scheduled))
		return err
	})
	return errors.Join(err, r.server.tidy(ctx, r.schema))
}

// empty puts the table back to how it began, as River's benchmark tool does.
func (r *riverQueue) empty(ctx context.Context) error {
	if _, err := r.pool.Exec(ctx, "TRUNCATE river_job"); err != nil {
		return err
	}
	_, err := r.pool.Exec(ctx, "VACUUM FULL river_job")
	return err
}

// riverTuned are the settings of River's benchmark tool.
func riverTuned() *river.Config {
	return &river.Config{
		FetchCooldown: 2 * time.Millisecond, FetchPollInterval: 20 * time.Millisecond,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2000}},
	}
}

// riverDefaults are River's defaults with 100 workers.
func riverDefaults() *river.Config {
	return &river.Config{Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 100}}}
}

// worker calls a function for each job.
type worker struct {
	river.WorkerDefaults[riverArgs]
	do func(number string)
}

// Work does one job.
func (w *worker) Work(_ context.Context, j *river.Job[riverArgs]) error {
	w.do(j.Args.Number)
	return nil
}

// working starts a client that works; stop ends it.
func (r *riverQueue) working(ctx context.Context, config *river.Config, do func(number string), events int) (completed <-chan *river.Event, stop func() error, err error) {
	config.Workers, config.Logger = river.NewWorkers(), quiet()
	river.AddWorker(config.Workers, &worker{do: do})
	client, err := river.NewClient(riverpgxv5.New(r.pool), config)
	if err != nil {
		return nil, nil, err
	}
	cancel := func() {}
	if events > 0 {
		completed, cancel = client.SubscribeConfig(&river.SubscribeConfig{
			ChanSize: events, Kinds: []river.EventKind{river.EventKindJobCompleted, river.EventKindJobFailed},
		})
	}
	if err := client.Start(ctx); err != nil {
		cancel()
		return nil, nil, err
	}
	return completed, sync.OnceValue(func() error {
		cancel()
		stopping, release := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer release()
		return client.Stop(stopping)
	}), nil
}

// burn works n jobs. As in River's benchmark tool the time begins when the
// client has started, and ends with the last completion that was written.
func (r *riverQueue) burn(ctx context.Context, w *watch, config *river.Config, n int) error {
	completed, stop, err := r.working(ctx, config, func(string) {}, n+1000)
	if err != nil {
		return err
	}
	w.start()
	for w.n < n && err == nil {
		select {
		case e, ok := <-completed:
			if !ok || e.Kind != river.EventKindJobCompleted {
				err = errors.New("a job did not complete")
			}
			w.n++
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	w.stop()
	return errors.Join(err, stop())
}

// due works jobs at the times they are scheduled for, with River's defaults.
func (r *riverQueue) due(ctx context.Context, m *meter, jobs []job) ([]time.Duration, error) {
	b := newBegun(m, jobs)
	_, stop, err := r.working(ctx, riverDefaults(), b.note, 0)
	if err != nil {
		return nil, err
	}
	var waits []time.Duration
	if err = spreadJobs(ctx, jobs, r.start); err == nil {
		waits, err = b.await(ctx, last(jobs))
	}
	return waits, errors.Join(err, stop())
}
