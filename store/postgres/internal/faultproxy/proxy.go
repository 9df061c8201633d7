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

// acceptAgain is the pause after a failed accept, which happens when the process has no file descriptor left.
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

// New starts a proxy on a free port of 127.0.0.1 before the server at target: "host:port", the path of a unix socket, or either
// with its network before it, as in "tcp:127.0.0.1:5432" and "unix:/tmp/.s.PGSQL.5432". The server is dialed anew for every
// connection, so it can be down for a time.
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
		return "", "", fmt.Errorf("target of the fault proxy: %w", err)
	}
	return network, address, nil
}

// Addr returns where the proxy listens, as "127.0.0.1:port".
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// DSN returns the connection string of a server, which has to be a URL, with the proxy in the place of the server's host and port.
func (p *Proxy) DSN(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		// The message of a url.Error quotes the whole string, and with it a password.
		if inner := (*url.Error)(nil); errors.As(err, &inner) {
			err = inner.Err
		}
		return "", fmt.Errorf("connection string: %w", err)
	}
	if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", errors.New("connection string: it has to be a URL that begins with postgres://")
	}
	u.Host = p.Addr()
	parameters := u.Query()
	parameters.Del("host")
	parameters.Del("port")
	u.RawQuery = parameters.Encode()
	return u.String(), nil
}

// Swallow turns on and off that every byte in both directions, of open and of new connections, is read and lost. Connections stay
// open meanwhile: when one end closes, the other does not learn of it, so that the server keeps the session and its locks. Turning
// it off closes the connections that lost something; the others go on.
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

// DropNotifications turns on and off that notifications (of LISTEN) are lost on their way to the client.
func (p *Proxy) DropNotifications(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute = on
}

// Cut drops every open connection now, on both sides. New ones are not affected.
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

// Close ends the proxy and every connection through it and returns when none of its goroutines is left. A second Close does nothing.
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

// add registers a new link unless the proxy is closed.
func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.links[l] = struct{}{}
	return true
}

// lose reports whether what a link just received is lost, and remembers that the link lost something.
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
