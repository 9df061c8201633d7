package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
)

// committer makes changes. Callers that come while every transaction is busy
// share the next one.
type committer struct {
	store *Store

	mu      sync.Mutex
	queue   []*call
	waiting int       // changes in the queue
	busy    int       // workers
	heavy   int       // workers with more than enough
	began   time.Time // the last transaction
	flying  int       // calls in transactions
	closed  bool
	idle    sync.Cond // no worker is left
	linger  linger
	lane    lane
}

// call is the changes of one caller.
type call struct {
	writes []write
	done   chan struct{}
	fate   atomic.Int32
	// held: a row that it needs is locked, and not all of it has been decided.
	held  bool
	until time.Time // when to give up
}

// How far a call has come, for a caller that gives up.
const (
	callWaits int32 = iota
	callSent        // it may have reached the server
	callLeft        // its caller has gone before
)

func (c *committer) init(s *Store) {
	c.store = s
	c.idle.L = &c.mu
}

// submit makes the writes, or says that the caller gave up. Each write has its
// fault afterwards, unless err is set.
func (c *committer) submit(ctx context.Context, writes []write) error {
	ctx, cancel := c.store.bounded(ctx)
	defer cancel()
	own := &call{writes: writes}
	c.mu.Lock()
	switch {
	case c.closed:
		c.mu.Unlock()
		return store.ErrClosed
	case len(c.queue) == 0 && c.linger.joined == nil && c.room(0) && !c.lane.concerns(own):
		// There is no other change to share a transaction with: the
		// caller's own goroutine is the quickest.
		c.busy++
		c.begin(1, len(writes))
		c.mu.Unlock()
		c.store.commit(ctx, []*call{own})
		c.handOver(len(writes))
		if !own.held {
			return nil
		}
		own.wait()
		c.mu.Lock()
	}
	if end, ok := ctx.Deadline(); ok {
		own.until = end.Add(-2 * lockTimeout) // in time for a last attempt to end
	}
	own.done = make(chan struct{})
	c.enqueue(own)
	c.mu.Unlock()
	select {
	case <-own.done:
		return nil
	case <-ctx.Done():
	}
	if own.fate.CompareAndSwap(callWaits, callLeft) {
		if c.forget(own) {
			return fmt.Errorf("%w: %w", ErrLocked, ctx.Err())
		}
		return ctx.Err()
	}
	select {
	case <-own.done:
		return nil
	default:
		for i := range writes {
			c.store.doubts.tell(writes[i].tenant, writes[i].id)
		}
		return fmt.Errorf("%w: %w", callback.ErrOutcomeUnknown, ctx.Err())
	}
}

// enqueue lets a call wait for a worker.
func (c *committer) enqueue(own *call) {
	if own.held || c.lane.concerns(own) {
		c.detour(own)
		return
	}
	c.queue = append(c.queue, own)
	c.waiting += len(own.writes)
	if c.linger.joined != nil {
		c.linger.join(len(c.queue))
	} else if c.room(c.waiting) {
		c.busy++
		go c.work()
	}
}

// forget takes a call whose caller has left out of the queue, and reports whether
// it waited for a row that was locked.
func (c *committer) forget(own *call) (locked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.queue, own); i >= 0 {
		c.queue = slices.Delete(c.queue, i, i+1)
		c.waiting -= len(own.writes)
	}
	return c.lane.forget(own) || own.held
}

const (
	// enough is how many changes make a transaction worth its commit. While
	// fewer wait, another worker would only make the groups smaller,
	enough = 64
	// unless the one at work is slow.
	slow = 2 * time.Millisecond
)

// room reports whether another worker may begin with so many changes waiting.
func (c *committer) room(waiting int) bool {
	return c.busy < c.store.config.Committers && (c.busy == c.heavy || waiting >= enough || time.Since(c.began) > slow)
}

// begin notes a transaction with n changes of so many calls.
func (c *committer) begin(calls, n int) {
	c.began = time.Now()
	c.flying += calls
	if n > enough {
		c.heavy++
	}
}

// end notes that it is over.
func (c *committer) end(calls, n int) {
	c.flying -= calls
	if n > enough {
		c.heavy--
	}
}

// handOver ends the turn of a caller as a worker. A new worker commits the
// changes that have arrived since.
func (c *committer) handOver(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(1, n)
	if len(c.queue) > 0 {
		go c.work()
		return
	}
	c.busy--
	c.idle.Broadcast()
}

// work commits until no change waits.
func (c *committer) work() {
	last, n := 0, 0
	for {
		// The callers of the last group, just woken, get a chance to join the
		// next one.
		runtime.Gosched()
		c.await(last)
		var calls []*call
		if calls, n = c.next(last, n); len(calls) == 0 {
			return
		}
		last = len(calls)
		c.store.commit(context.Background(), calls)
		c.answer(calls)
	}
}

// next ends a transaction of so many calls and changes and takes the calls of the
// next one; none ends the worker.
func (c *committer) next(last, ended int) (calls []*call, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(last, ended)
	n := 0
	for n < len(c.queue) && (n == 0 || changes+len(c.queue[n].writes) <= c.store.config.Group) {
		changes += len(c.queue[n].writes)
		n++
	}
	if n == 0 {
		c.busy--
		c.idle.Broadcast()
		return nil, 0
	}
	calls = slices.Clone(c.queue[:n])
	c.waiting -= changes
	c.begin(n, changes)
	rest := copy(c.queue, c.queue[n:])
	clear(c.queue[rest:])
	c.queue = c.queue[:rest]
	return calls, changes
}

// close refuses new calls and waits for those that are accepted.
func (c *committer) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for c.busy > 0 || c.lane.busy {
		c.idle.Wait()
	}
}

// commit makes the writes of callers in their order. For several of them ctx is
// not the context of any: commit goes on when one gives up, because the others
// wait for it.
func (s *Store) commit(ctx context.Context, calls []*call) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	l := &link{store: s}
	defer l.close()
	if err := l.openAgain(ctx); err != nil {
		for _, c := range calls {
			for i := range c.writes {
				if w := &c.writes[i]; !w.decided {
					w.fail(err)
				}
			}
		}
		return
	}
	var wave []*write
	seen := make(map[[3]string]struct{})
	for _, c := range calls {
		// A call that was held up with half of its writes made is still sent.
		if !c.fate.CompareAndSwap(callWaits, callSent) && c.fate.Load() == callLeft {
			continue
		}
		c.held = false
		for i := range c.writes {
			w := &c.writes[i]
			if w.fault != nil || w.decided {
				continue
			}
			w.call = c
			id, key := [3]string{"id", w.tenant, w.id}, [3]string{"key", w.tenant, w.key}
			_, again := seen[id]
			_, taken := seen[key]
			_, moved := seen[[3]string{"id", w.tenant, w.source}]
			if again || taken && w.key != "" || moved && w.source != "" {
				s.runWave(ctx, l, wave)
				wave = wave[:0]
				clear(seen)
			}
			seen[id] = struct{}{}
			if w.key != "" {
				seen[key] = struct{}{}
			}
			wave = append(wave, w)
		}
	}
	s.runWave(ctx, l, wave)
}

// runWave runs what does not belong to a call of which an earlier write is held up:
// its writes are made in order.
func (s *Store) runWave(ctx context.Context, l *link, wave []*write) {
	s.run(ctx, l, slices.DeleteFunc(wave, func(w *write) bool { return w.call.held }))
}

// run makes writes to different callbacks in one transaction. When one of them
// is what the database cannot take, or needs a row that is locked, the others are
// made without it.
func (s *Store) run(ctx context.Context, l *link, writes []*write) {
	if len(writes) == 0 {
		return
	}
	b := newBatch(writes)
	err := s.attempt(ctx, l, b)
	if err == nil {
		for _, w := range writes {
			w.decided = true
			if w.alone {
				s.run(ctx, l, []*write{w})
			}
		}
		return
	}
	if len(writes) > 1 && (isLocked(err) || fateOf(err) == failed && !ends(err)) {
		part := len(writes) / 2
		if isLocked(err) && len(writes) <= enough {
			part = 1 // each write that finds a row locked costs time, and the others with that row none
		}
		for some := range slices.Chunk(writes, max(part, 1)) {
			s.run(ctx, l, s.committer.hold(some))
		}
		return
	}
	if isLocked(err) && writes[0].doubt == certain {
		writes[0].call.held = true
		s.committer.noteLocked(writes[0])
		return
	}
	for _, w := range writes {
		w.decided = true
		w.fail(err)
	}
	s.resolve(ctx, l, b)
	s.confirm(ctx, l, b)
}

// fail gives a write the error that kept it from being made.
func (w *write) fail(err error) {
	w.fault = explain(err)
	w.outside = !errors.Is(w.fault, callback.ErrInvalidParameter)
}

// ends reports whether an error would meet every other change, too.
func ends(err error) bool {
	return errors.Is(explain(err), store.ErrReadOnly) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// attempt calls apply until it answers, or a row is locked for too long. A call
// whose fate is unknown is repeated, too: it either finds that it has happened, by
// its nonce, or happens now.
func (s *Store) attempt(ctx context.Context, l *link, b *batch) error {
	done, err := s.quick(ctx, l, b)
	if done && err == nil || isLocked(err) {
		return err
	}
	b.doubt(err)
	args := append(b.arguments(), false)
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err := s.call(ctx, l, b, args)
		if err == nil {
			s.resolve(ctx, l, b)
			s.confirm(ctx, l, b)
			return nil
		}
		args[len(args)-1] = true // look first
		if fateOf(err) == failed || isLocked(err) {
			return err
		}
		b.doubt(err)
		if !pause(ctx, wait) {
			return err
		}
	}
}

const (
	firstWait = time.Millisecond
	lastWait  = 100 * time.Millisecond
)

// pause waits about d; false means that ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d/2 + rand.N(d))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// call sends a batch and notes the fault of each write that did not happen.
func (s *Store) call(ctx context.Context, l *link, b *batch, args []any) error {
	for _, w := range b.writes {
		w.fault, w.alone = nil, false
	}
	query := s.sql.apply
	if masks := b.masks(); masks != nil {
		query, args = s.sql.applyMasked, append(slices.Clone(args), masks...)
	}
	rows, err := l.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var a answer
		if err := rows.Scan(&a.change, &a.fault, &a.item, &a.used, &a.ends, &a.stored); err != nil {
			return err
		}
		w := b.writes[a.change-1]
		w.fault = a.explain(w, b)
		w.alone = a.fault == "key" && w.op == opReplace && a.item.Valid && a.item.Int32 < a.change
	}
	return l.end(rows)
}
