package interaction

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/check"
	"github.com/ringback-go/ringback/callback/manager"
)

// NotifierConfig configures a [Notifier]. Manager, URL, Secrets and Cursor are
// required. The zero value of every other field is its default.
type NotifierConfig struct {
	// Manager provides the events.
	Manager *manager.Manager
	// URL is the address of the subscriber (GMS: _status_notification_target).
	// It must begin with https:// unless AllowHTTP is set.
	URL       string
	AllowHTTP bool
	// Secrets sign every notification, each with a signature of its own, which
	// permits key rotation; see [VerifySignature]. Each has at least 16 bytes.
	Secrets [][]byte
	// Cursor stores the position in the event feed.
	Cursor CursorKeeper

	// Tenant is the tenant whose callbacks cause notifications.
	Tenant string
	// Services are the services whose callbacks cause notifications. Defaults
	// to all.
	Services []string
	// Notify selects notifications and their parameters (GMS:
	// _callback_events_list, notify_params). A parameter is a Param constant or
	// the name of a property or user data. A nil list means Params.
	// Notifications that are not a key are not sent. Defaults to all
	// notifications, with Params.
	Notify map[Name][]string
	// Params are the parameters of notifications for which Notify has no list.
	// Defaults to [DefaultParams], which contain no personal data.
	Params []string
	// Since skips events before this time, for a new subscriber. Defaults to
	// all events in the store.
	Since time.Time

	// Header is added to each request, for example an Authorization. Defaults
	// to none.
	Header http.Header
	// Transport sends the requests. Defaults to a clone of
	// [http.DefaultTransport].
	Transport http.RoundTripper
	// Timeout limits one delivery including the read of the answer; 1 ms to 5
	// minutes. Defaults to 10 s.
	Timeout time.Duration
	// Backoff is the pause after the first failed delivery. It doubles with
	// each failure up to MaxBackoff; random jitter shortens it by up to half.
	// Default to 1 s and 5 minutes.
	Backoff, MaxBackoff time.Duration
	// Attempts is the number of delivery attempts before a notification goes to
	// DeadLetter (GMS: _status_notification_attempts, default 3). Defaults to
	// 0: only GiveUp limits the attempts.
	Attempts int
	// GiveUp is the time after the first attempt at which a notification goes
	// to DeadLetter. Defaults to 24 h.
	GiveUp time.Duration
	// DeadLetter receives a notification that could not be delivered, with the
	// last failure. It may be called concurrently. If it fails or panics, the
	// notification is retried, never dropped. Defaults to a log entry.
	DeadLetter func(ctx context.Context, n Notification, last error) error
	// MaxInFlight limits concurrent deliveries. Defaults to 8.
	MaxInFlight int
	// MaxPending limits the events that are read but not settled; 1 to 100,000.
	// Defaults to 1000.
	MaxPending int
	// SaveEvery is the minimum interval between two saves of the cursor.
	// Defaults to 1 s.
	SaveEvery time.Duration

	// Now returns the time for signatures and GiveUp. Defaults to time.Now.
	Now func() time.Time
	// Random returns numbers in [0,1) for the jitter. It must be safe for
	// concurrent use. Defaults to rand.Float64.
	Random func() float64
	// Logger receives failures of delivery, without personal data. Defaults to
	// slog.Default().
	Logger *slog.Logger
}

func (c NotifierConfig) withDefaults() NotifierConfig {
	if c.Notify == nil {
		c.Notify = make(map[Name][]string)
		for _, name := range Names() {
			c.Notify[name] = nil
		}
	}
	if c.Params == nil {
		c.Params = DefaultParams()
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
		if t, ok := c.Transport.(*http.Transport); ok {
			c.Transport = t.Clone()
		}
	}
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.Backoff = cmp.Or(c.Backoff, time.Second)
	c.MaxBackoff = cmp.Or(c.MaxBackoff, max(5*time.Minute, c.Backoff))
	c.GiveUp = cmp.Or(c.GiveUp, 24*time.Hour)
	c.MaxInFlight = cmp.Or(c.MaxInFlight, 8)
	c.MaxPending = cmp.Or(c.MaxPending, 1000)
	c.SaveEvery = cmp.Or(c.SaveEvery, time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Float64
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// validate reports all faults of a configuration whose defaults are filled in.
func (c NotifierConfig) validate() error {
	faults := check.Faults{Kind: callback.ErrConfiguration}
	faults.Check(c.Manager != nil, "Manager", "is required")
	faults.Check(c.Cursor != nil, "Cursor", "is required")
	u, err := url.Parse(c.URL)
	faults.Check(err == nil && u.Host != "", "URL", "is not an absolute URL")
	if err == nil && u.Host != "" {
		faults.Check(u.Scheme == "https" || u.Scheme == "http" && c.AllowHTTP, "URL", "does not begin with https://")
		faults.Check(u.User == nil, "URL", "must not contain credentials; use Header")
	}
	faults.Check(len(c.Secrets) > 0, "Secrets", "are required")
	for _, secret := range c.Secrets {
		faults.Check(len(secret) >= 16, "Secrets", "must have at least 16 bytes each")
	}
	for name := range c.Notify {
		faults.Check(slices.Contains(Names(), name), "Notify", "has the unknown notification %q", name)
	}
	for name := range c.Header {
		own := []string{HeaderID, HeaderTimestamp, HeaderSignature, "Content-Type"}
		faults.Check(!slices.Contains(own, http.CanonicalHeaderKey(name)), "Header", "%s is the Notifier's own", name)
	}
	faults.Check(c.Timeout >= time.Millisecond && c.Timeout <= 5*time.Minute, "Timeout", "is not between 1ms and 5m")
	faults.Check(c.Backoff > 0 && c.MaxBackoff >= c.Backoff, "Backoff", "is not positive, or over MaxBackoff")
	faults.Check(c.Attempts >= 0, "Attempts", "is negative")
	faults.Check(c.GiveUp > 0, "GiveUp", "is not positive")
	faults.Check(c.MaxInFlight > 0, "MaxInFlight", "is not positive")
	faults.Check(c.MaxPending > 0 && c.MaxPending <= 100_000, "MaxPending", "is not between 1 and 100000")
	faults.Check(c.SaveEvery > 0, "SaveEvery", "is not positive")
	return faults.Err()
}

// Notifier posts the status changes of callbacks to the URL of one subscriber
// as signed JSON (see [VerifySignature]):
//
//	{"id":"...","event":"_cbe_on_callback_scheduled","time":"...","sequence":1,
//	 "params":{"_service_id":"...","_service_name":"..."}}
//
// An answer with status 200 to 299 accepts a notification. Any other answer,
// including redirects, and any failure leads to a retry with increasing pauses.
// A Retry-After header pauses all deliveries for up to an hour.
//
// Each notification is accepted by the subscriber at least once or passed to
// DeadLetter, even across crashes, provided that the store still has the event
// when the Notifier reads it: events are deleted with their callback,
// Service.Retention after its end. Notifications of one callback are sent
// sequentially and in order; those of other callbacks do not wait for them.
// After a crash, or with a second Notifier for the same subscriber on another
// node, notifications are repeated with the same id.
//
// Parameters are those of the event where it has them. The desired time, queue,
// numbers and properties are those of the callback at the time of sending, so
// that erased data is not sent.
type Notifier struct {
	config    NotifierConfig
	client    *http.Client
	slots     chan struct{} // deliveries in flight
	unsettled chan struct{} // events read and not settled
	dirty     chan struct{} // the cursor to save may have changed
	running   atomic.Bool

	mu    sync.Mutex
	lanes map[callback.ID]*lane
	feed  feed
	pause time.Time // the subscriber requested a pause until then
}

// NewNotifier returns a Notifier that is idle until Run. It reports all faults
// of the configuration at once, each as a [callback.ErrConfiguration].
func NewNotifier(config NotifierConfig) (*Notifier, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	n := &Notifier{config: config,
		slots: make(chan struct{}, config.MaxInFlight), unsettled: make(chan struct{}, config.MaxPending), dirty: make(chan struct{}, 1)}
	n.client = &http.Client{
		Transport:     config.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return n, nil
}
