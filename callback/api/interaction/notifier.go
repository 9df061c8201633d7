package interaction

import (
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

// NotifierConfig is what a [NotifyingStore] is made of. Manager, URL, Secrets and
// Cursor are required; the zero value of everything else is the documented
// default.
type NotifierConfig struct {
	// Manager has the events.
	Manager *manager.Manager
	// URL is where the subscriber listens (GMS _status_notification_target). It
	// begins with https:// unless AllowHTTP is set.
	URL       string
	AllowHTTP bool
	// Secrets sign every notification, each on its own, so that a secret can be
	// changed while both are known: see [VerifySignature]. At least 16 bytes
	// each.
	Secrets [][]byte
	// Cursor keeps the place in the feed.
	Cursor CursorKeeper

	// Tenant is the only one whose callbacks are told of.
	Tenant string
	// Services are those whose callbacks are told of. Defaults to all.
	Services []string
	// Notify chooses the notifications and their parameters (GMS
	// _callback_events_list, notify_params): those of the Param constants, and
	// any property or user data by name. A nil list stands for Params. A
	// notification that is not a key is not sent. Defaults to all, with Params.
	Notify map[Name][]string
	// Params are the parameters where Notify chooses none. Defaults to
	// [DefaultParams], which tell nothing of the person.
	Params []string
	// Since leaves out what happened before: for a new subscriber that is not to
	// be told of the past. Defaults to all that the store has kept.
	Since time.Time

	// Header is sent with each notification, such as an Authorization.
	// Defaults to none.
	Header http.Header
	// Transport sends the requests. Defaults to one of its own with the
	// settings of [http.DefaultTransport].
	Transport http.RoundTripper
	// Timeout bounds one delivery, the reading of the answer included; 1 ms to 5
	// minutes. Defaults to 10 s.
	Timeout time.Duration
	// Backoff is the pause after the first failed delivery. Each further one is
	// twice as long, up to MaxBackoff, and shortened by up to a half at random.
	// Default to 1 s and 5 minutes.
	Backoff, MaxBackoff time.Duration
	// Attempts is how often a notification is tried before it goes to
	// DeadLetter (GMS _status_notification_attempts, whose default is 3). Zero
	// sets no bound but GiveUp. Defaults to 0.
	Attempts int
	// GiveUp is how long after its first try a notification is tried again
	// before it goes to DeadLetter. Defaults to 24 h.
	GiveUp time.Duration
	// DeadLetter takes what could not be delivered, with the last failure; it
	// may be asked from several goroutines at once. Its error, or a panic, makes
	// the notification be tried again: it is never dropped. Defaults to an
	// entry in the log.
	DeadLetter func(ctx context.Context, n Notification, last error) error
	// MaxInFlight bounds the deliveries at the same time. Defaults to 8.
	MaxInFlight int
	// MaxPending bounds the events that are read and not yet delivered; 1 to
	// 100,000. Defaults to 1000.
	MaxPending int
	// SaveEvery is the least time between two saves of the cursor. Defaults to
	// 1 s.
	SaveEvery time.Duration

	// Now tells the time for signatures and GiveUp. Defaults to time.Now.
	Now func() time.Time
	// Random gives numbers in [0,1) for the jitter, from any goroutine. Defaults
	// to rand.Float64.
	Random func() float64
	// Logger gets what an operator should know; never a number. Defaults to
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
	setDefault(&c.Timeout, 10*time.Second)
	setDefault(&c.Backoff, time.Second)
	setDefault(&c.MaxBackoff, max(5*time.Minute, c.Backoff))
	setDefault(&c.GiveUp, 24*time.Hour)
	setDefault(&c.MaxInFlight, 8)
	setDefault(&c.MaxPending, 1000)
	setDefault(&c.SaveEvery, time.Second)
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

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// validate reports every fault of a configuration that has its defaults.
func (c NotifierConfig) validate() error {
	faults := check.Faults{Kind: callback.ErrConfiguration}
	faults.Check(c.Manager != nil, "Manager", "is required")
	faults.Check(c.Cursor != nil, "Cursor", "is required")
	u, err := url.Parse(c.URL)
	faults.Check(err == nil && u.Host != "", "URL", "is not an absolute URL")
	if err == nil && u.Host != "" {
		faults.Check(u.Scheme == "https" || u.Scheme == "http" && c.AllowHTTP, "URL", "does not begin with https://")
		faults.Check(u.User == nil, "URL", "holds credentials; they belong into Header")
	}
	faults.Check(len(c.Secrets) > 0, "Secrets", "are required")
	for _, secret := range c.Secrets {
		faults.Check(len(secret) >= 16, "Secrets", "have one of less than 16 bytes")
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

// NotifyingStore tells one subscriber what becomes of callbacks: it posts each status
// change to a URL as JSON,
//
//	{"id":"...","event":"_cbe_on_callback_scheduled","time":"...","sequence":1,
//	 "params":{"_service_id":"...","_service_name":"..."}}
//
// signed, see [VerifySignature]. Any answer of 200 to 299 means that it was
// taken. Everything else, redirections included, is tried again with growing
// pauses; a Retry-After, up to an hour, stops all deliveries for that long.
//
// Each notification is either answered by the subscriber at least once or handed
// to DeadLetter, across crashes, as long as the store still has the event when
// it is read: events go with their callback, Service.Retention after its end.
// Those of one callback are sent one after another, in order; a later one
// waits until the one before is settled, and other callbacks do not wait for
// it. After a crash, and by a second Notifier for the same subscriber on
// another node, notifications are sent again under the same id.
//
// Parameters are of the event where it knows them; the desired time, the queue,
// numbers and properties are the callback's as they are when the notification is
// sent, so that what was forgotten is not sent.
type Notifier struct {
	config  NotifierConfig
	client  *http.Client
	slots   chan struct{} // deliveries under way
	room    chan struct{} // events read and not settled
	moved   chan struct{} // the cursor may have moved
	running atomic.Bool

	mu    sync.Mutex
	lanes map[callback.ID]*lane
	feed  feed
	pause time.Time // the subscriber asked for a pause until then
}

// NewNotifier checks the configuration, reports every fault at once, each a
// [callback.ErrConfiguration], and returns a Notifier that has not begun to
// work: call Run.
func NewNotifier(config NotifierConfig) (*Notifier, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	n := &Notifier{config: config,
		slots: make(chan struct{}, config.MaxInFlight), room: make(chan struct{}, config.MaxPending), moved: make(chan struct{}, 1)}
	n.client = &http.Client{
		Transport:     config.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return n, nil
}
