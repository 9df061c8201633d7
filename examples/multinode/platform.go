package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/rpc"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// platform is the telephony that all nodes share, in the process of the
// parent. It makes believe that phones ring, and writes each call into a ledger
// that the database knows nothing of.
//
// It tells what happens to a call to the node that placed it, and to no other:
// what becomes of the calls of a node that died has to be asked for.
type platform struct {
	token    string
	ledger   *ledger
	listener net.Listener
	calls    sync.WaitGroup
	ctx      context.Context // ends with the platform
	end      context.CancelFunc

	mu    sync.Mutex
	nodes map[string]*node // the living process of each name
}

// wire is the platform's side of one node.
type wire struct {
	up        int           // calls that are up
	enough    int           // how many are waited for
	reached   chan struct{} // closed when so many are up
	swallow   int           // how many requests are still to be swallowed
	swallowed chan struct{} // closed when the first one was
}

func newPlatform(token string) (*platform, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &platform{
		token: token, ledger: newLedger(), listener: listener, nodes: make(map[string]*node),
	}
	p.ctx, p.end = context.WithCancel(context.Background())
	server := rpc.NewServer()
	if err := server.RegisterName("Platform", &platformCalls{p}); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	p.calls.Go(func() { p.accept(server) })
	return p, nil
}

// accept serves the nodes until the platform is closed.
func (p *platform) accept(server *rpc.Server) {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		context.AfterFunc(p.ctx, func() { _ = conn.Close() })
		p.calls.Go(func() { server.ServeConn(conn) })
	}
}

func (p *platform) address() string { return p.listener.Addr().String() }

// close ends the calls that are still up.
func (p *platform) close() error {
	p.end()
	err := p.listener.Close()
	p.calls.Wait()
	return err
}

// attach makes a process the one that has its name.
func (p *platform) attach(n *node) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.nodes[n.name] = n
}

// enough returns a channel that is closed when a node has that many calls up.
func (p *platform) enough(n *node, calls int) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	n.wire.enough, n.wire.reached = calls, make(chan struct{})
	reached := n.wire.reached
	p.count(n, 0)
	return reached
}

// began adds to the calls of a node that are up.
func (p *platform) began(n *node, by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count(n, by)
}

// count is began for those who hold mu.
func (p *platform) count(n *node, by int) {
	w := &n.wire
	w.up += by
	if w.reached != nil && w.up >= w.enough {
		close(w.reached)
		w.reached = nil
	}
}

// swallow lets the next requests of a node vanish, as in a network that fails.
// The channel is closed when the first one has.
func (p *platform) swallow(n *node, requests int) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	n.wire.swallow, n.wire.swallowed = requests, make(chan struct{})
	return n.wire.swallowed
}

// sender returns the process that a request comes from, and whether its network
// swallows the request.
func (p *platform) sender(name string) (n *node, swallowed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n = p.nodes[name]
	if n == nil || n.wire.swallow == 0 {
		return n, false
	}
	n.wire.swallow--
	if n.wire.swallowed != nil {
		close(n.wire.swallowed)
		n.wire.swallowed = nil
	}
	return n, true
}

// platformCalls are what nodes ask of the platform.
type platformCalls struct{ p *platform }

// Placing asks for a call.
type Placing struct {
	Token   string
	Node    string
	Key     callback.AttemptKey
	Service string
	Number  string
}

// Placed is the answer to a Placing.
type Placed struct {
	Ref     callback.Ref
	Refused bool // the attempt was said never to have come: it does not come now
}

// Question asks what became of an attempt.
type Question struct {
	Token string
	Key   callback.AttemptKey
}

var errStranger = errors.New("the platform does not know you")

// Place takes a call, and answers a moment later, as a real platform does.
func (c *platformCalls) Place(a Placing, r *Placed) error {
	p := c.p
	n, swallowed := p.sender(a.Node)
	switch {
	case a.Token != p.token || n == nil:
		return errStranger
	case swallowed:
		<-n.gone
		return errStranger
	}
	if !p.ledger.place(a) {
		r.Refused = true
		return nil
	}
	p.began(n, 1)
	t := timingOf(a.Key)
	p.calls.Go(func() {
		defer p.began(n, -1)
		p.ring(n, a, t)
	})
	r.Ref = callback.Ref("call-" + string(a.Key))
	p.wait(t.place)
	return nil
}

// SearchValue says what became of an attempt. One that has not come is refused from
// then on, so that the answer stays true.
func (c *platformCalls) Lookup(q Question, f *callback.Found) error {
	if q.Token != c.p.token {
		return errStranger
	}
	*f = c.p.ledger.find(q.Key)
	return nil
}

// timing is how long the parts of a call take.
type timing struct{ place, ring, talk time.Duration }

// timingOf draws the times of a call from its key: 0.3 to 0.7 s in all.
func timingOf(key callback.AttemptKey) timing {
	var seed uint64
	for _, b := range []byte(key) {
		seed = seed*31 + uint64(b)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	between := func(low, high int) time.Duration {
		return time.Duration(low+random.IntN(high-low)) * time.Millisecond
	}
	return timing{place: between(10, 40), ring: between(100, 300), talk: between(150, 350)}
}

// ring is the life of a call: the phone rings, and then the customer either is
// on the phone already or talks to an agent.
func (p *platform) ring(n *node, a Placing, t timing) {
	if !p.wait(t.place + t.ring/2) {
		return
	}
	p.tell(n, callback.Report{Key: a.Key, Stage: callback.StageRinging})
	outcome := outcomeOf(a)
	rest := t.ring / 2
	if outcome.Result == callback.ResultBridged {
		rest += t.talk
	}
	if !p.wait(rest) {
		return
	}
	p.ledger.end(a, outcome)
	p.tell(n, callback.Report{Key: a.Key, Outcome: &outcome})
}

// outcomeOf says how a call ends. Every tenth customer is on the phone when
// first called.
func outcomeOf(a Placing) callback.Outcome {
	_, attempt, _ := a.Key.Split()
	if attempt == 1 && strings.HasSuffix(a.Number, "7") {
		return callback.Outcome{Result: callback.ResultBusy, Certainty: callback.Known}
	}
	return callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known}
}

// tells is how often the platform repeats a report that was not taken.
const tells = 10

// isRefused reports whether a node answered a call with an error.
func isRefused(err error) bool {
	var answered rpc.ServerError
	return errors.As(err, &answered)
}

// tell reports to the node that placed the call, unless the node is dead.
func (p *platform) tell(n *node, r callback.Report) {
	for try := range tells {
		err := n.orders.Call("Node.Report", r, &struct{}{})
		if !isRefused(err) {
			if err != nil {
				p.ledger.unheard(r)
			}
			return
		}
		if !p.wait(time.Duration(try) * 20 * time.Millisecond) {
			return
		}
	}
	p.ledger.unheard(r)
}

// wait waits for d and reports false if the platform is closed first.
func (p *platform) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-p.ctx.Done():
		return false
	}
}

// numberOf returns a number of its own for the nth customer.
func numberOf(n int) string {
	text := strconv.Itoa(n)
	return "030 23125 " + strings.Repeat("0", max(0, 3-len(text))) + text
}
