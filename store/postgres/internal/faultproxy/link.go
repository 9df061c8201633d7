package faultproxy

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"sync"
)

// link is a client connection with its server connection.
type link struct {
	proxy  *Proxy
	client net.Conn

	// Guarded by the proxy's mutex.
	server net.Conn
	lost   bool // something was swallowed, so the link cannot be used any more

	mu       sync.Mutex
	sent     int    // requests forwarded to the server, including the startup
	answered int    // ReadyForQuery messages received from the server
	cut      *fault // a CutAfter that waits for the response
	cutAt    int    // the value of answered at which cut happens
}

// run connects to the server and forwards what the client sends until the
// connection ends.
func (l *link) run() {
	dialer := net.Dialer{}
	server, err := dialer.DialContext(l.proxy.ctx, l.proxy.network, l.proxy.address)
	client := bufio.NewReader(l.client)
	if err != nil {
		l.ended(client)
		return
	}
	if !l.attach(server) {
		_ = server.Close()
		return
	}
	l.proxy.running.Go(func() { l.carryAnswers(bufio.NewReader(server)) })
	if l.carryStartup(client, server) && l.carryRequests(client, server) {
		return
	}
	l.ended(client)
}

// attach sets the server connection, unless the link was closed while dialing.
func (l *link) attach(server net.Conn) bool {
	p := l.proxy
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, open := p.links[l]; !open {
		return false
	}
	l.server = server
	return true
}

// ended is called when one side has ended or cannot be written to. It closes
// the other side as well. While bytes are swallowed the other side must not
// notice: ended then discards what this side still sends and leaves the link
// open until Swallow(false).
func (l *link) ended(side *bufio.Reader) {
	if l.proxy.lose(l) {
		_, _ = io.Copy(io.Discard, side)
		return
	}
	l.close()
}

// close drops both sides and rearms a fault that still waits for the response.
func (l *link) close() {
	p := l.proxy
	p.mu.Lock()
	_, open := p.links[l]
	delete(p.links, l)
	server := l.server
	p.mu.Unlock()
	if !open {
		return
	}
	_ = l.client.Close()
	if server != nil {
		_ = server.Close()
	}
	l.mu.Lock()
	waiting := l.cut
	l.cut = nil
	l.mu.Unlock()
	if waiting != nil {
		p.rearm(waiting)
	}
}

// carryStartup handles the client's first packets: it declines encryption and
// forwards the startup message. It reports whether requests follow.
func (l *link) carryStartup(client *bufio.Reader, server net.Conn) bool {
	for {
		packet, code, err := readStartup(client)
		if err != nil || l.proxy.lose(l) {
			return false
		}
		switch code {
		case codeSSL, codeGSS:
			if _, err := l.client.Write([]byte{'N'}); err != nil {
				return false
			}
		case codeCancel:
			// The client sends nothing more. The server closes the connection
			// once it has handled the cancel request, which ends the link.
			if _, err := server.Write(packet); err == nil {
				_, _ = io.Copy(io.Discard, client)
			}
			return false
		default:
			l.mu.Lock()
			l.sent++
			l.mu.Unlock()
			_, err := server.Write(packet)
			return err == nil
		}
	}
}

// carryRequests forwards requests until the client ends or a fault happens. It
// reports whether carryAnswers closes the link.
func (l *link) carryRequests(client *bufio.Reader, server net.Conn) bool {
	known := newStatements()
	next := &request{}
	defer func() {
		if next.fault != nil {
			l.proxy.rearm(next.fault) // it was due for a request that the client did not complete
		}
	}()
	for {
		m, err := readMessage(client)
		if err != nil || l.proxy.lose(l) {
			return false
		}
		if executes, ok := known.note(m); ok {
			next.texts = append(next.texts, executes)
		}
		next.held.Write(m)
		meaning := partOf(m.kind())
		if meaning == held {
			continue
		}
		if next.fault == nil && len(next.texts) > 0 {
			next.fault = l.proxy.judge(next.texts)
			next.texts = nil
		}
		if met := next.fault; met != nil && met.kind == CutBefore {
			next.fault = nil
			l.close()
			close(met.fired)
			return true
		}
		pass := next.held.Bytes()
		awaited := false
		if meaning == complete {
			l.expectAnswer(next.fault)
			awaited = next.fault != nil
			next = &request{}
		} else {
			next.held = bytes.Buffer{}
		}
		if _, err := server.Write(pass); err != nil {
			return false
		}
		if awaited {
			return l.awaitCut(client, server)
		}
	}
}

// expectAnswer records, before a request is forwarded, that the server owes a
// response, and whether the link is cut at it.
func (l *link) expectAnswer(cut *fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent++
	if cut != nil {
		l.cut, l.cutAt = cut, l.sent
	}
}

// awaitCut reads on after a request whose response is withheld. It forwards
// only the rows of a COPY, which belong to the request. A client that gives up
// does not end the link, because the server continues with the request.
func (l *link) awaitCut(client *bufio.Reader, server net.Conn) bool {
	for {
		m, err := readMessage(client)
		if err != nil {
			return true
		}
		if l.proxy.lose(l) {
			return false
		}
		switch m.kind() {
		case typeCopyData, typeCopyDone, typeCopyFail:
			if _, err := server.Write(m); err != nil {
				return false
			}
		}
	}
}

// carryAnswers forwards what the server sends.
func (l *link) carryAnswers(server *bufio.Reader) {
	for {
		m, err := readMessage(server)
		if err != nil || l.proxy.lose(l) {
			break
		}
		if m.kind() == typeNotification && l.proxy.muted() {
			continue
		}
		withheld, met := l.answer(m.kind())
		if met != nil {
			l.close()
			close(met.fired)
			return
		}
		if withheld {
			continue
		}
		if _, err := l.client.Write(m); err != nil {
			break
		}
	}
	l.ended(server)
}

// answer counts responses. It reports whether a message belongs to a response
// that the client must not get, and which fault happens with this message.
// CopyInResponse is forwarded: without the rows there is no response.
func (l *link) answer(kind byte) (withheld bool, met *fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	withheld = l.cut != nil && l.answered == l.cutAt-1 && kind != typeCopyIn && kind != typeCopyBoth
	if kind == typeReady {
		l.answered++
		if l.cut != nil && l.answered == l.cutAt {
			met, l.cut = l.cut, nil
		}
	}
	return withheld, met
}
