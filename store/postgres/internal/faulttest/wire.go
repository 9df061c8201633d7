package faulttest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"
)

// askWithin bounds a question that nobody else bounds.
const askWithin = 20 * time.Second

// ask connects to a socket, writes a question and reads the answer. sent, when not nil, is called when the question was written.
func ask[Q, A any](ctx context.Context, socket string, question Q, sent func()) (answer A, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", socket)
	if err != nil {
		return answer, err
	}
	defer conn.Close()
	// The deadline of the connection follows the context, and so does its end.
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if err := json.NewEncoder(conn).Encode(question); err != nil {
		return answer, err
	}
	if sent != nil {
		sent()
	}
	if err := json.NewDecoder(conn).Decode(&answer); err != nil {
		return answer, fmt.Errorf("waiting for an answer: %w", err)
	}
	return answer, nil
}

// server answers the questions that come to a socket, each on a goroutine.
type server struct {
	listener net.Listener
	all      sync.WaitGroup
}

// serve listens on a socket. When ok is false the question stays unanswered: the connection is closed.
func serve[Q, A any](socket string, answer func(question Q) (reply A, ok bool)) (*server, error) {
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	s := &server{listener: listener}
	s.all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.all.Go(func() {
				defer conn.Close()
				var question Q
				if err := json.NewDecoder(conn).Decode(&question); err != nil {
					return
				}
				if reply, ok := answer(question); ok {
					// Whoever asked may be gone.
					_ = json.NewEncoder(conn).Encode(reply)
				}
			})
		}
	})
	return s, nil
}

// close takes no more questions and waits for the answers that are under way.
func (s *server) close() {
	_ = s.listener.Close()
	s.all.Wait()
}
