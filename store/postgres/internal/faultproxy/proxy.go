package faultproxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// acceptAgain is the pause after a failed accept, for instance when the process
// has no file descriptor left.
const acceptAgain = 10 * time.Millisecond

// Proxy is a running proxy. Its methods are safe for concurrent use.
type Proxy struct {
	network, address string // of the server
	listener         net.Listener
	ctx              context.Context // ends with Close
	cancel           context.CancelFunc
	running          sync.WaitGroup

	mu      sync.Mutex
	links   map[*link]struct{}
	armed   []*fault
	swallow bool
	mute    bool // notifications are dropped
	closed  bool
}

// New starts a proxy on a free port of 127.0.0.1 for the server at target:
// "host:port", the path of a unix socket, or either after its network, as in
// "tcp:127.0.0.1:5432" and "unix:/tmp/.s.PGSQL.5432". The proxy connects to the
// server for each client connection, so the server may be down for a time.
func New(target string) (*Proxy, error) {
	network, address, err := parseTarget(target)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("fault proxy: %w", err)
	}
	p := &Proxy{network: network, address: address, listener: listener, links: map[*link]struct{}{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.running.Go(p.accept)
	return p, nil
}

func parseTarget(target string) (network, address string, err error) {
	network, address, ok := strings.Cut(target, ":")
	switch {
	case strings.HasPrefix(target, "/"):
		return "unix", target, nil
	case ok && network == "unix" && address != "":
		return network, address, nil
	case !ok || network != "tcp":
		network, address = "tcp", target
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil && port == "" {
		err = &net.AddrError{Err: "missing port in address", Addr: address}
	}
	if err != nil {
		return "", "", fmt.Errorf("fault proxy: target: %w", err)
	}
	return network, address, nil
}

// Addr returns the address of the proxy as "127.0.0.1:port".
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// DSN returns the connection string of a server, which must be a URL, with the
// server's host and port replaced by those of the proxy.
func (p *Proxy) DSN(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		// The message of a url.Error contains the string, including a password.
		if inner := (*url.Error)(nil); errors.As(err, &inner) {
			err = inner.Err
		}
		return "", fmt.Errorf("connection string: %w", err)
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", errors.New("connection string is not a URL that begins with postgres://")
	}
	u.Host = p.Addr()
	parameters := u.Query()
	parameters.Del("host")
	parameters.Del("port")
	u.RawQuery = parameters.Encode()
	return u.String(), nil
}

// Swallow turns a silent failure on or off: every byte in both directions, of
// existing and new connections, is read and lost. Connections stay
// open. If one end closes, the other does not learn of it, so the server
// keeps the session and its locks. Turning it off closes the connections that
// lost something; the others continue.
func (p *Proxy) Swallow(on bool) {
	var lost []*link
	p.mu.Lock()
	p.swallow = on
	for l := range p.links {
		if !on && l.lost {
			lost = append(lost, l)
		}
	}
	p.mu.Unlock()
	for _, l := range lost {
		l.close()
	}
}

// DropNotifications turns the loss of notifications (of LISTEN) on or off.
func (p *Proxy) DropNotifications(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute = on
}

// Cut drops every open connection on both sides. New connections are not
// affected.
func (p *Proxy) Cut() {
	var open []*link
	p.mu.Lock()
	for l := range p.links {
		open = append(open, l)
	}
	p.mu.Unlock()
	for _, l := range open {
		l.close()
	}
}

// Close closes the proxy and every connection through it, and waits for its
// goroutines. Further calls do nothing.
func (p *Proxy) Close() error {
	p.mu.Lock()
	closed := p.closed
	p.closed = true
	p.mu.Unlock()
	var err error
	if !closed {
		p.cancel()
		err = p.listener.Close()
		p.Cut()
	}
	p.running.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			pause := time.NewTimer(acceptAgain)
			select {
			case <-p.ctx.Done():
				pause.Stop()
				return
			case <-pause.C:
				continue
			}
		}
		l := &link{proxy: p, client: client}
		if !p.add(l) {
			_ = client.Close()
			return
		}
		p.running.Go(l.run)
	}
}

// add registers a new link, unless the proxy is closed.
func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.links[l] = struct{}{}
	return true
}

// lose reports whether what a link has just received is to be lost, and if so
// marks the link.
func (p *Proxy) lose(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.swallow {
		l.lost = true
	}
	return p.swallow
}

func (p *Proxy) muted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mute
}
