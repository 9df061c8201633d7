package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// redisQueue is asynq with a queue of its own in the user's Redis, which close
// removes with all that is in it.
type redisQueue struct {
	options   asynq.RedisClientOpt
	queue     string
	raw       *redis.Client
	client    *asynq.Client
	inspector *asynq.Inspector
}

// taskType names the tasks for asynq.
const taskType = "callback"

func newRedis(ctx context.Context, address string) (*redisQueue, error) {
	q := &redisQueue{
		options: asynq.RedisClientOpt{Addr: address},
		queue:   "versus-" + strings.ToLower(rand.Text()[:8]),
		raw:     redis.NewClient(&redis.Options{Addr: address}),
	}
	if err := q.raw.Ping(ctx).Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("redis: %w", err), q.raw.Close())
	}
	q.client, q.inspector = asynq.NewClient(q.options), asynq.NewInspector(q.options)
	return q, nil
}

func (q *redisQueue) close() error {
	err := q.inspector.DeleteQueue(q.queue, true)
	if errors.Is(err, asynq.ErrQueueNotFound) {
		err = nil
	}
	// The queue's statistics outlive it.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	keys := q.raw.Scan(ctx, 0, "asynq:{"+q.queue+"}:*", 1000).Iterator()
	for keys.Next(ctx) {
		err = errors.Join(err, q.raw.Del(ctx, keys.Val()).Err())
	}
	return errors.Join(err, keys.Err(), q.client.Close(), q.inspector.Close(), q.raw.Close())
}

// describe says in one line how safe what Redis has answered is.
func (q *redisQueue) describe(ctx context.Context) string {
	var set [2]string
	for i, name := range []string{"appendonly", "appendfsync"} {
		values, err := q.raw.ConfigGet(ctx, name).Result()
		if err != nil {
			return "Redis: its settings cannot be read: " + err.Error()
		}
		set[i] = values[name]
	}
	text := "Redis, appendonly " + set[0] + ", appendfsync " + set[1]
	if set != [2]string{"yes", "always"} {
		text += ": not the same durability, because it loses what it has answered in a power cut"
	}
	return text
}

// cpu returns the processor time of the Redis server.
func (q *redisQueue) cpu() (time.Duration, bool) {
	text, err := q.raw.Info(context.Background(), "cpu").Result()
	if err != nil {
		return 0, false
	}
	var total time.Duration
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name != "used_cpu_sys" && name != "used_cpu_user" {
			continue
		}
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, false
		}
		total += time.Duration(seconds * float64(time.Second))
	}
	return total, true
}

// start enqueues one task, scheduled unless now is set.
func (q *redisQueue) start(ctx context.Context, j job, now bool) error {
	payload, err := json.Marshal(argsOf(j))
	if err != nil {
		return err
	}
	options := []asynq.Option{asynq.Queue(q.queue)}
	if !now {
		options = append(options, asynq.ProcessAt(j.desired))
	}
	_, err = q.client.EnqueueContext(ctx, asynq.NewTask(taskType, payload), options...)
	return err
}

// fill enqueues n tasks to be processed at once.
func (q *redisQueue) fill(ctx context.Context, from *source, n int) error {
	random := make([]rng, 16)
	for i := range random {
		random[i] = seeded(i)
	}
	return spread(ctx, len(random), n, func(ctx context.Context, caller int) error {
		return q.start(ctx, from.next(random[caller]), true)
	})
}

// working starts a server that calls a function for each task.
func (q *redisQueue) working(workers int, do func(number string)) (stop func(), err error) {
	server := asynq.NewServer(q.options, asynq.Config{
		Concurrency: workers, Queues: map[string]int{q.queue: 1}, LogLevel: asynq.ErrorLevel,
	})
	err = server.Start(asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error {
		var args riverArgs
		if err := json.Unmarshal(t.Payload(), &args); err != nil {
			return err
		}
		do(args.Number)
		return nil
	}))
	return server.Shutdown, err
}

// burn processes n tasks with 100 workers.
func (q *redisQueue) burn(ctx context.Context, w *watch, n int) error {
	var done atomic.Int64
	all := make(chan struct{})
	w.start()
	stop, err := q.working(100, func(string) {
		if done.Add(1) == int64(n) {
			close(all)
		}
	})
	if err != nil {
		return err
	}
	defer stop()
	select {
	case <-all:
	case <-ctx.Done():
		return ctx.Err()
	}
	w.stop()
	w.n = n
	return nil
}

// due processes tasks at the times they are scheduled for, with asynq's
// intervals.
func (q *redisQueue) due(ctx context.Context, m *meter, jobs []job) ([]time.Duration, error) {
	b := newBegun(m, jobs)
	stop, err := q.working(100, b.note)
	if err != nil {
		return nil, err
	}
	defer stop()
	if err := spreadJobs(ctx, jobs, func(ctx context.Context, j job) error { return q.start(ctx, j, false) }); err != nil {
		return nil, err
	}
	return b.await(ctx, last(jobs))
}
