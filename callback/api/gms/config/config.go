// Package config parses a configuration of Genesys Mobile Services into
// callback services, calendars, capacities and settings of the HTTP handler. It
// reads the INI and JSON forms and maps of options, and reports each line that
// it cannot use as a [Problem].
package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unique"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// MaxSize is the maximum size of a configuration in bytes.
const MaxSize = 1 << 20

// Options is the result of parsing a GMS configuration. A host may change
// Services before it calls [Options.Source]. After that Options must not be
// changed and is safe for concurrent use.
type Options struct {
	// Services are the usable callback services, sorted by name. A field whose
	// option is absent has the default of GMS: records are kept for 24 hours
	// (Retention) and not masked (MaskAfter). A field without an option has its
	// zero value.
	Services []callback.Service
	// Calendars are the usable office-hours services and Capacities the usable
	// capacity services, by name. Callback services that refer to them contain
	// them already.
	Calendars  map[string]*availability.Calendar
	Capacities map[string]*availability.Weekly
	// Settings are the options that apply to the HTTP handler, by service.
	Settings map[string]Settings
	// Global are the settings for requests without a service: FilterKeys,
	// ReturnedKeys, ThrottleHeaders, and the Credentials of section [server].
	Global Settings
	// Problems lists what could not be used or works differently, sorted by
	// line. It contains no passwords, phone numbers or text that may be one.
	Problems []Problem
}

// Settings are the options of a service that apply to the HTTP handler.
type Settings struct {
	// FilterKeys are the properties by which a query by queues can filter, and
	// ReturnedKeys those in query responses in addition to the ones that are
	// always present. Without repetitions. Default to those of GMS. GMS:
	// filter-keys, returned-keys
	FilterKeys, ReturnedKeys []string
	// LookupKeys are the properties by which callbacks can be searched: those
	// of the service, or the default.
	LookupKeys []string
	// ThrottleHeaders makes the daily limit count request headers, which take
	// precedence over body parameters of the same name. Defaults to true. GMS:
	// _enable_throttle_header_parameters
	ThrottleHeaders bool
	// Credentials are the username and password of the service, or else of
	// section [server].
	Credentials Credentials
	// Desired is the desired time of requests without one, set by
	// [Resolution.Apply]. Defaults to none. GMS: _desired_time
	Desired time.Time
	// Templates are the options in which [Options.Resolve] replaces tokens,
	// such as "Billing@$stat$.GA". Tokens are the names of all tokens of the
	// service.
	Templates map[string]string
	Tokens    []string
	// QueueTimeStat and EWTService name the statistic for the expected wait of
	// the service; [Options.Estimate] sets its Booking.Estimator. GMS:
	// _request_queue_time_stat, _request_ewt_service
	QueueTimeStat, EWTService string
	// Notification configures status notifications.
	Notification Notification
	// Options are the values of all options that apply to the service: its own
	// and those of [callback]. Passwords are left out.
	Options map[string]string
}

// DefaultSettings returns the settings of a service that sets no option.
func DefaultSettings() Settings {
	return Settings{
		FilterKeys:      []string{"_callback_state", "_callback_reason", "_request_queue_time_stat", "_request_ewt_service", "_vq"},
		ReturnedKeys:    []string{"_desired_time", "_callback_state", "_callback_reason", "_ors_session_id"},
		ThrottleHeaders: true,
		Notification:    Notification{Attempts: 3},
	}
}

// Notification configures the status notifications of a service (GMS
// _enable_status_notification and related options). This package sends none:
// the host passes the configuration to the sender, such as
// interaction.Notifier.
type Notification struct {
	// Mode is notify or subscribe_notify; empty disables notifications.
	Mode string
	// Type is httpcb or orscb. Target is the URL or the session.
	Type, Target       string
	Provider, Language string
	Debug              bool
	// Attempts is the number of attempts per event. Defaults to 3.
	Attempts int
	// Events are the events to send, with their properties, from the list that
	// _callback_events_list names. Nil means all.
	Events map[string][]string
}

// Credentials are a user name and a password. Formatting omits the password.
type Credentials struct {
	Username string
	// A handle hides the password from fmt, which calls no method of a value in an
	// unexported field.
	password unique.Handle[string]
}

// User returns the credentials as a user of [api.NewBasic].
func (c Credentials) User(tenant string, roles ...api.Role) api.User {
	u := api.User{Name: c.Username, Tenant: tenant, Roles: roles}
	if c.password != (unique.Handle[string]{}) {
		u.Password = c.password.Value()
	}
	return u
}

// IsZero reports whether the credentials are empty.
func (c Credentials) IsZero() bool { return c == Credentials{} }

// String returns the user name.
func (c Credentials) String() string { return "{" + c.Username + " ****}" }

// Format prints what String returns, for every formatting verb.
func (c Credentials) Format(s fmt.State, _ rune) { text.Write(s, c.String()) }

// MarshalText returns what String returns.
func (c Credentials) MarshalText() ([]byte, error) { return text.Marshal(c) }

// Parse parses a GMS configuration: INI text or, if it begins with a brace, a
// JSON object of sections that are objects of options. MIGRATION.md describes
// both and lists the options. Services, calendars and lines that cannot be used
// are left out and reported in Problems; see [Options.Err].
//
// The error is a [callback.ErrConfiguration] for text that is not a
// configuration: more than [MaxSize] bytes, not UTF-8, malformed JSON, no
// section.
func Parse(text []byte) (*Options, error) {
	doc, err := readDocument(text)
	if err != nil {
		return nil, err
	}
	return doc.options(), nil
}

// FromMap is like [Parse] for a map of sections to options. Its problems have
// no line numbers.
func FromMap(sections map[string]map[string]string) (*Options, error) {
	doc, err := documentOfMap(sections)
	if err != nil {
		return nil, err
	}
	return doc.options(), nil
}

// Source returns the services as a source for the empty tenant. Its services
// can be changed at run time.
func (o *Options) Source() (*callback.Services, error) {
	return callback.NewServices(o.Services...)
}

// Err joins the problems of [SeverityError] as [callback.ErrConfiguration], for
// hosts that do not start if something is left out.
func (o *Options) Err() error {
	var list []error
	for _, p := range o.Problems {
		if p.Severity == SeverityError {
			list = append(list, fmt.Errorf("%w: %s", callback.ErrConfiguration, p))
		}
	}
	return errors.Join(list...)
}

// Users returns the credentials of section [server] and of the services as
// users of [api.NewBasic], sorted by name, with the given tenant and roles. A
// name with several passwords is a [callback.ErrConfiguration].
//
// Each user can use all services of the tenant. In GMS, credentials are valid
// for one service: a host that needs that implements an [api.Authorizer] with
// Settings.Credentials.
func (o *Options) Users(tenant string, roles ...api.Role) ([]api.User, error) {
	pairs := []Credentials{o.Global.Credentials}
	for _, s := range o.Settings {
		pairs = append(pairs, s.Credentials)
	}
	slices.SortFunc(pairs, func(a, b Credentials) int { return strings.Compare(a.Username, b.Username) })
	var users []api.User
	for i, c := range pairs {
		switch {
		case c.IsZero(), i > 0 && c == pairs[i-1]:
			continue
		case len(users) > 0 && users[len(users)-1].Name == c.Username:
			if users[len(users)-1].Password == c.User(tenant).Password {
				continue
			}
			return nil, callback.NewFieldError(callback.ErrConfiguration, "username", fmt.Sprintf("%q has several passwords", c.Username))
		}
		users = append(users, c.User(tenant, roles...))
	}
	return users, nil
}
