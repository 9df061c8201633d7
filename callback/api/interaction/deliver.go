package interaction

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
)

// lane holds what is to be told of one callback, in order. It lives, with a
// goroutine of its own, as long as there is something.
type lane struct{ queue []*item }

// work tells what is in a lane until it is empty or ctx ends.
func (n *Notifier) work(ctx context.Context, l *lane, id callback.ID) {
	for {
		n.mu.Lock()
		if len(l.queue) == 0 {
			delete(n.lanes, id)
			n.mu.Unlock()
			return
		}
		it := l.queue[0]
		n.mu.Unlock()
		for len(it.names) > 0 {
			if !n.tell(ctx, notification(it.event, it.names[0])) {
				return
			}
			it.names = it.names[1:]
		}
		n.mu.Lock()
		l.queue = l.queue[1:]
		n.feed.settle(it)
		n.mu.Unlock()
		n.move()
		<-n.room
	}
}

// tell delivers one notification, or gives it up. It returns false when ctx
// ended first.
func (n *Notifier) tell(ctx context.Context, what Notification) bool {
	var first time.Time
	for tries, waits := 0, 1; ; waits++ {
		if !n.await(ctx) {
			return false
		}
		if first.IsZero() {
			first = n.config.Now()
		}
		answer := n.try(ctx, what)
		if answer.retryAfter > 0 {
			// Before anybody else gets the slot.
			n.hold(answer.retryAfter)
		}
		<-n.slots
		if answer.err == nil {
			return true
		}
		if answer.sent {
			tries++
		}
		n.log(ctx, slog.LevelWarn, "a notification was not delivered", slog.String("callback", string(what.Event.Callback)),
			slog.String("notification", string(what.Name)), slog.Int("try", tries), slog.Int("status", answer.status),
			slog.String("error", api.Redact(answer.err.Error())))
		spent := n.config.Attempts > 0 && tries >= n.config.Attempts || n.config.Now().Sub(first) >= n.config.GiveUp
		if spent && n.bury(ctx, what, answer.err) {
			return true
		}
		if !sleep(ctx, max(n.backoff(waits), answer.retryAfter)) {
			return false
		}
	}
}

// await waits for the end of a pause and then for a slot.
func (n *Notifier) await(ctx context.Context) bool {
	for {
		select {
		case n.slots <- struct{}{}:
		case <-ctx.Done():
			return false
		}
		if ctx.Err() != nil {
			<-n.slots
			return false
		}
		n.mu.Lock()
		left := n.pause.Sub(n.config.Now())
		n.mu.Unlock()
		if left <= 0 {
			return true
		}
		<-n.slots
		if !sleep(ctx, left) {
			return false
		}
	}
}

// hold stops all deliveries for a while.
func (n *Notifier) hold(d time.Duration) {
	until := n.config.Now().Add(d)
	n.mu.Lock()
	defer n.mu.Unlock()
	if until.After(n.pause) {
		n.pause = until
	}
}

// backoff is the pause after the nth failure in a row.
func (n *Notifier) backoff(failures int) time.Duration {
	d := n.config.Backoff
	for i := 1; i < failures && d < n.config.MaxBackoff; i++ {
		d *= 2
	}
	d = min(d, n.config.MaxBackoff)
	return d - time.Duration(n.config.Random()*float64(d)/2)
}

// bury hands a notification to whoever takes what cannot be delivered; false
// means that it is to be tried again.
func (n *Notifier) bury(ctx context.Context, what Notification, last error) bool {
	if n.config.DeadLetter == nil {
		n.log(ctx, slog.LevelError, "a notification was given up", slog.String("callback", string(what.Event.Callback)),
			slog.String("notification", string(what.Name)), slog.String("id", what.ID))
		return true
	}
	ctx, cancel := n.detached(ctx)
	defer cancel()
	err := guard(func() error { return n.config.DeadLetter(ctx, what, last) })
	if err != nil {
		n.log(ctx, slog.LevelError, "a dead letter was not taken", slog.String("callback", string(what.Event.Callback)),
			slog.String("notification", string(what.Name)), slog.String("error", api.Redact(err.Error())))
	}
	return err == nil
}

// detached is the context of what is finished though the Notifier is to stop.
func (n *Notifier) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), n.config.Timeout)
}

// answer is what came of one try.
type answer struct {
	err        error
	sent       bool // the subscriber was asked: the try counts
	status     int
	retryAfter time.Duration
}

// DeliveryError says why a notification was not taken. It unwraps to what the
// transport said and tells neither the URL nor anything of the person.
type DeliveryError struct {
	Status int // of the subscriber's answer; 0 when there was none
	Err    error
}

func (e *DeliveryError) Error() string {
	if e.Err != nil {
		return "no answer: " + api.Redact(e.Err.Error())
	}
	return fmt.Sprintf("subscriber answered with status %d", e.Status)
}

// Unwrap returns the transport's error.
func (e *DeliveryError) Unwrap() error { return e.Err }

// try makes one delivery.
func (n *Notifier) try(ctx context.Context, what Notification) answer {
	ctx, cancel := n.detached(ctx)
	defer cancel()
	body, err := n.compose(ctx, what)
	if err != nil {
		return answer{err: fmt.Errorf("composing: %w", err)}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, n.config.URL, bytes.NewReader(body))
	if err != nil {
		return answer{err: fmt.Errorf("composing: %w", err)}
	}
	r.Header = n.config.Header.Clone()
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	r.Header.Set("Content-Type", api.JSON)
	sign(r.Header, what.ID, n.config.Now(), body, n.config.Secrets)
	var response *http.Response
	err = guard(func() (err error) {
		response, err = n.client.Do(r)
		return err
	})
	if err != nil {
		// The error of the client tells the URL, which may hold a secret.
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err
		}
		return answer{err: &DeliveryError{Err: err}, sent: true}
	}
	defer response.Body.Close()
	// What a subscriber says is not read, but the connection is kept where it
	// says little.
	_, _ = io.CopyN(io.Discard, response.Body, 4<<10)
	if response.StatusCode >= 200 && response.StatusCode <= 299 {
		return answer{}
	}
	return answer{err: &DeliveryError{Status: response.StatusCode}, sent: true, status: response.StatusCode,
		retryAfter: retryAfter(response.Header, n.config.Now())}
}

// compose writes the body as things are now.
func (n *Notifier) compose(ctx context.Context, what Notification) ([]byte, error) {
	params := n.config.Notify[what.Name]
	if params == nil {
		params = n.config.Params
	}
	var cb *callback.Callback
	for _, name := range params {
		if ofEvent(name) {
			continue
		}
		found, err := n.config.Manager.Tenant(what.Event.Tenant).Get(ctx, what.Event.Callback)
		if err != nil && !errors.Is(err, callback.ErrNotFound) {
			return nil, err
		}
		cb = found
		break
	}
	return what.body(params, cb)
}

// maxRetryAfter is the longest pause a subscriber can ask for.
const maxRetryAfter = time.Hour

// retryAfter reads the header of that name: seconds or a date.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 63); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}
