package faulttest

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// question is a request of a node's dialer to the world.
type question struct {
	Op       string
	Key      callback.AttemptKey
	ID       callback.ID
	Epoch    int64
	NotAfter time.Time // deadline of the request
	Node     string
}

// Operations of a question.
const (
	opDial   = "dial"   // place a call
	opWhole  = "whole"  // place a call and wait for its end
	opLookup = "lookup" // look up an attempt
)

// finding is the world's answer.
type finding struct {
	Refused bool // the call was not placed and this request will not place it
	Found   callback.Found
}

// News is a report of the world about a call.
type News struct {
	Key     callback.AttemptKey
	Epoch   int64
	Ref     callback.Ref
	Stage   callback.Stage
	Outcome *callback.Outcome `json:",omitempty"`
}

// WorldConfig configures a world.
type WorldConfig struct {
	Socket string // socket on which it answers
	// Fenced makes it refuse requests by their epoch instead of their deadline;
	// see the package comment.
	Fenced bool
	// Seed determines how calls go.
	Seed uint64
	// Deliver sends a report to a node; after an error the world repeats the
	// report. If Deliver is nil nothing is reported: nodes learn the outcome of
	// whole calls from the answer and of others from look-ups.
	Deliver func(ctx context.Context, n News) error
}

// World is the telephone network.
type World struct {
	Ledger Ledger

	config WorldConfig
	server *server
	ctx    context.Context
	cancel context.CancelFunc
	all    sync.WaitGroup

	mu      sync.Mutex
	random  *rand.Rand
	calls   map[callback.AttemptKey]*call
	highest map[callback.ID]int64
	never   map[callback.AttemptKey]bool // attempts that a fenced world reported as not placed
}

// call is a call that was placed.
type call struct {
	key     callback.AttemptKey
	id      callback.ID
	epoch   int64
	length  time.Duration
	mute    bool // nothing is reported
	lost    bool // the answer to the request is lost
	outcome callback.Outcome
	over    chan struct{} // closed when the call has ended
}

func (c *call) ref() callback.Ref { return callback.Ref("leg of " + c.key) }

func (c *call) ended() bool {
	select {
	case <-c.over:
		return true
	default:
		return false
	}
}

// NewWorld starts a world.
func NewWorld(config WorldConfig) (*World, error) {
	w := &World{config: config, random: rand.New(rand.NewPCG(config.Seed, 1)), calls: make(map[callback.AttemptKey]*call),
		highest: make(map[callback.ID]int64), never: make(map[callback.AttemptKey]bool)}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	var err error
	if w.server, err = serve(config.Socket, w.answer); err != nil {
		w.cancel()
		return nil, err
	}
	return w, nil
}

// Close ends the world and drops its calls.
func (w *World) Close() {
	w.cancel()
	w.server.close()
	w.all.Wait()
}

// rest waits for d. It returns false if the world ended first.
func (w *World) rest(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.ctx.Done():
		return false
	}
}

func (w *World) answer(q question) (f finding, ok bool) {
	if q.Op == opLookup {
		return w.lookUp(q), true
	}
	if !w.rest(w.wire()) {
		return f, false
	}
	c, refused := w.place(q)
	switch {
	case refused:
		return finding{Refused: true}, true
	case q.Op == opWhole:
		select {
		case <-c.over:
			return finding{Found: callback.Found{State: callback.FoundEnded, Outcome: c.outcome, Ref: c.ref()}}, true
		case <-w.ctx.Done():
			return f, false
		}
	case c.lost:
		<-w.ctx.Done()
		return f, false
	}
	return finding{Found: callback.Found{State: callback.FoundLive, Stage: callback.StagePlaced, Ref: c.ref()}}, true
}

// Longest duration of a request in transit, of a late one, and of a call.
const (
	wireMost = 300 * time.Millisecond
	wireLate = 3 * time.Second
	callMost = 200 * time.Millisecond
)

// wire returns how long a request is in transit: usually not at all, sometimes
// long, and in a fenced world, which tolerates it, sometimes longer than the
// node waits.
func (w *World) wire() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch n := w.random.IntN(100); {
	case n < 1 && w.config.Fenced:
		return wireLate
	case n < 10:
		return time.Duration(w.random.Int64N(int64(wireMost)))
	}
	return 0
}

// place places the call that is asked for.
func (w *World) place(q question) (c *call, refused bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	line := Entry{Key: q.Key, ID: q.ID, Epoch: q.Epoch, Node: q.Node}
	// The clock is read under the lock that look-ups take, so that a look-up
	// after the deadline and its tolerance is final however long this request
	// has waited for a processor.
	if !w.config.Fenced && time.Now().After(q.NotAfter.Add(wireMost)) {
		line.Deed = Refused
		w.Ledger.add(line)
		return nil, true
	}
	if w.config.Fenced {
		if w.never[q.Key] || q.Epoch < w.highest[q.ID] {
			line.Deed = Refused
			w.Ledger.add(line)
			return nil, true
		}
		w.highest[q.ID] = q.Epoch
		if c := w.calls[q.Key]; c != nil {
			line.Deed = Repeated
			w.Ledger.add(line)
			return c, false
		}
	}
	c = w.script(q)
	w.calls[q.Key] = c
	line.Deed = Placed
	w.Ledger.add(line)
	w.all.Go(func() { w.play(c, line) })
	return c, false
}

// script determines how a call goes. Of twenty calls, fourteen reach an agent
// and four are busy; for one the request is never answered, and for one nothing
// is reported.
func (w *World) script(q question) *call {
	c := &call{key: q.Key, id: q.ID, epoch: q.Epoch, over: make(chan struct{}), length: time.Duration(w.random.Int64N(int64(callMost))),
		outcome: callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known, Reached: callback.StageBridged}}
	switch w.random.IntN(20) {
	case 0, 1, 2, 3:
		c.outcome = callback.Outcome{Result: callback.ResultBusy, Certainty: callback.Known, Reached: callback.StageRinging}
	case 4:
		c.lost = true
	case 5:
		c.mute = true
	}
	return c
}

// play runs a call to its end.
func (w *World) play(c *call, line Entry) {
	if !w.rest(c.length / 2) {
		return
	}
	if c.outcome.Reached == callback.StageBridged {
		w.report(c, News{Stage: callback.StageBridged})
	}
	if !w.rest(c.length / 2) {
		return
	}
	w.mu.Lock()
	line.Deed, line.Talked = Ended, c.outcome.Reached == callback.StageBridged
	w.Ledger.add(line)
	close(c.over)
	w.mu.Unlock()
	outcome := c.outcome
	w.report(c, News{Outcome: &outcome})
}

// reportAgain is the delay before a report that no node took is repeated.
const reportAgain = 20 * time.Millisecond

// report sends a report until a node has taken it.
func (w *World) report(c *call, n News) {
	if w.config.Deliver == nil || c.mute {
		return
	}
	n.Key, n.Epoch, n.Ref = c.key, c.epoch, c.ref()
	for w.config.Deliver(w.ctx, n) != nil {
		if !w.rest(reportAgain) {
			return
		}
	}
}

// lookUp returns what became of an attempt. In a fenced world an attempt that
// is not placed by now never will be.
func (w *World) lookUp(q question) finding {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Ledger.add(Entry{Deed: LookedUp, Key: q.Key, ID: q.ID, Node: q.Node})
	c := w.calls[q.Key]
	switch {
	case c == nil:
		w.never[q.Key] = w.config.Fenced
		return finding{Found: callback.Found{State: callback.FoundNotPlaced}}
	case c.ended():
		return finding{Found: callback.Found{State: callback.FoundEnded, Outcome: c.outcome, Ref: c.ref()}}
	}
	return finding{Found: callback.Found{State: callback.FoundLive, Stage: callback.StagePlaced, Ref: c.ref()}}
}
