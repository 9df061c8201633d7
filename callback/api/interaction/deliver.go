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

// lane is the queue of undelivered events of one callback. A goroutine works on
// it and ends when it is empty.
type lane struct{ queue []*item }

// work delivers the events of a lane until it is empty or ctx ends.
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
			if !n.deliver(ctx, notification(it.event, it.names[0])) {
				return
			}
			it.names = it.names[1:]
		}
		n.mu.Lock()
		l.queue = l.queue[1:]
		n.feed.settle(it)
		n.mu.Unlock()
		n.markDirty()
		<-n.unsettled
	}
}

// deliver sends one notification until it is accepted or goes to DeadLetter. It
// returns false when ctx ends first.
func (n *Notifier) deliver(ctx context.Context, what Notification) bool {
	var first time.Time
	for tries, waits := 0, 1; ; waits++ {
		if !n.acquire(ctx) {
			return false
		}
		if first.IsZero() {
			first = n.config.Now()
		}
		answer := n.post(ctx, what)
		if answer.retryAfter > 0 {
			// Must precede the release of the slot, or the next delivery
			// ignores the pause.
			n.pauseFor(answer.retryAfter)
		}
		<-n.slots
		if answer.err == nil {
			return true
		}
		if answer.sent {
			tries++
		}
		n.log(ctx, slog.LevelWarn, "notification not delivered", slog.String("callback", string(what.Event.Callback)),
			slog.String("notification", string(what.Name)), slog.Int("attempt", tries), slog.Int("status", answer.status),
			slog.String("error", api.Redact(answer.err.Error())))
		spent := n.config.Attempts > 0 && tries >= n.config.Attempts || n.config.Now().Sub(first) >= n.config.GiveUp
		if spent && n.deadLetter(ctx, what, answer.err) {
			return true
		}
		if !sleep(ctx, max(n.backoff(waits), answer.retryAfter)) {
			return false
		}
	}
}

// acquire waits for the end of a pause and then for a slot.
func (n *Notifier) acquire(ctx context.Context) bool {
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

// pauseFor stops all deliveries for d.
func (n *Notifier) pauseFor(d time.Duration) {
	until := n.config.Now().Add(d)
	n.mu.Lock()
	defer n.mu.Unlock()
	if until.After(n.pause) {
		n.pause = until
	}
}

// backoff returns the pause after the given number of consecutive failures.
func (n *Notifier) backoff(failures int) time.Duration {
	d := n.config.Backoff
	for i := 1; i < failures && d < n.config.MaxBackoff; i++ {
		d *= 2
	}
	d = min(d, n.config.MaxBackoff)
	return d - time.Duration(n.config.Random()*float64(d)/2)
}

// deadLetter passes a notification that could not be delivered to DeadLetter.
// It returns false if DeadLetter fails and the notification must be retried.
func (n *Notifier) deadLetter(ctx context.Context, what Notification, last error) bool {
	if n.config.DeadLetter == nil {
		n.log(ctx, slog.LevelError, "notification given up", slog.String("callback", string(what.Event.Callback)),
			slog.String("notification", string(what.Name)), slog.String("id", what.ID))
		return true
	}
	ctx, cancel := n.detached(ctx)
	defer cancel()
	err := guard(func() error { return n.config.DeadLetter(ctx, what, last) })
	if err != nil {
		n.log(ctx, slog.LevelError, "DeadLetter failed", slog.String("callback", string(what.Event.Callback)),
			slog.String("notification", string(what.Name)), slog.String("error", api.Redact(err.Error())))
	}
	return err == nil
}

// detached returns a context that outlives the end of ctx by up to Timeout, for
// work that must finish when the Notifier stops.
func (n *Notifier) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), n.config.Timeout)
}

// answer is the result of one delivery attempt.
type answer struct {
	err        error
	sent       bool // a request was made: the attempt counts
	status     int
	retryAfter time.Duration
}

// DeliveryError is the failure of one delivery. Its text contains neither the
// URL nor personal data.
type DeliveryError struct {
	Status int // HTTP status of the answer; 0 without an answer
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

// post makes one delivery attempt.
func (n *Notifier) post(ctx context.Context, what Notification) answer {
	ctx, cancel := n.detached(ctx)
	defer cancel()
	body, err := n.compose(ctx, what)
	if err != nil {
		return answer{err: fmt.Errorf("composing the notification: %w", err)}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, n.config.URL, bytes.NewReader(body))
	if err != nil {
		return answer{err: fmt.Errorf("composing the notification: %w", err)}
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
		// A url.Error contains the URL, which may hold a secret.
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err
		}
		return answer{err: &DeliveryError{Err: err}, sent: true}
	}
	defer response.Body.Close()
	// Draining a short body lets the client reuse the connection.
	_, _ = io.CopyN(io.Discard, response.Body, 4<<10)
	if response.StatusCode >= 200 && response.StatusCode <= 299 {
		return answer{}
	}
	return answer{err: &DeliveryError{Status: response.StatusCode}, sent: true, status: response.StatusCode,
		retryAfter: retryAfter(response.Header, n.config.Now())}
}

// compose returns the body, reading the callback if a parameter needs it.
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

// maxRetryAfter limits the pause that a subscriber can request.
const maxRetryAfter = time.Hour

// retryAfter parses the Retry-After header, which holds seconds or a date.
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
