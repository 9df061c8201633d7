package faulttest

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"
	"time"
)

// askWithin is the time limit of a question whose context has none.
const askWithin = 20 * time.Second

// ask connects to a socket, sends a question and reads the answer. It calls
// sent, if not nil, once the question is sent. The context bounds only the wait
// for the answer: a process that stood still sends before it notices that its
// time is over.
func ask[Q, A any](ctx context.Context, socket string, question Q, sent func()) (answer A, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	conn, err := (&net.Dialer{Timeout: askWithin}).DialContext(context.WithoutCancel(ctx), "unix", socket)
	if err != nil {
		return answer, err
	}
	defer conn.Close()
	if err := json.NewEncoder(conn).Encode(question); err != nil {
		return answer, err
	}
	if sent != nil {
		sent()
	}
	// The context ends the connection by its deadline or cancellation.
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if err := json.NewDecoder(conn).Decode(&answer); err != nil {
		return answer, fmt.Errorf("waiting for an answer: %w", err)
	}
	return answer, nil
}

// server answers the questions sent to a socket, each in its own goroutine.
type server struct {
	listener net.Listener
	all      sync.WaitGroup
}

// serve listens on a socket. If answer returns false, the connection is closed
// without an answer.
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
					// The sender may have ended.
					_ = json.NewEncoder(conn).Encode(reply)
				}
			})
		}
	})
	return s, nil
}

// close stops accepting questions and waits for the answers in progress.
func (s *server) close() {
	_ = s.listener.Close()
	s.all.Wait()
}
