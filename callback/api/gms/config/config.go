package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
)

// MaxSize is how many bytes a configuration may have.
const MaxSize = 1 << 20

// Options is a GMS configuration in terms of this library. It is read only
// once it is made, so that any number of requests can use it; a host that wants
// something else of a service changes Services before [Options.Source].
type Options struct {
	// Services are the callback services that can be used, by name. Fields that
	// no option stands for have their zero value: their default.
	Services []callback.Service
	// Calendars are the office-hours services, Capacities the capacity services
	// that can be used. Callback services that name them have them already.
	Calendars  map[string]*availability.Calendar
	Capacities map[string]*availability.Weekly
	// Settings are what belongs to the HTTP face of each of these services.
	Settings map[string]Settings
	// Global holds what applies where a request names no service: FilterKeys,
	// ReturnedKeys, ThrottleHeaders and the Credentials of section [server].
	Global Settings
	// Problems are all that could not be used or is done in another way, in the
	// order of the lines. They name no password, no number and no text that may
	// be one.
	Problems []Problem
}

// Settings are the options of a service that belong to its HTTP face.
type Settings struct {
	// FilterKeys may be passed to the query by queues (GMS filter-keys), and
	// ReturnedKeys are returned by queries beside those that always are (GMS
	// returned-keys). Without repetitions. Default to those of GMS.
	FilterKeys, ReturnedKeys []string
	// LookupKeys are the properties under which callbacks are found; the same
	// as in the service, with the default in place.
	LookupKeys []string
	// ThrottleHeaders: request headers are counted by the daily limit as well,
	// and win over body parameters of the same name (GMS
	// _enable_throttle_header_parameters). Defaults to true.
	ThrottleHeaders bool
	// Credentials are the pair username and password of the service, else that
	// of section [server]; empty when there is none.
	Credentials Credentials
	// Desired is the desired time of requests that have none (GMS
	// _desired_time). [Resolution.Apply] sets it. Defaults to none.
	Desired time.Time
	// Templates are the options in which [Options.Resolve] fills tokens, such
	// as "Billing@$stat$.GA", and Tokens the names of all tokens of the
	// service.
	Templates map[string]string
	Tokens    []string
	// QueueTimeStat and EWTService name the statistic to which the service's
	// expected wait belongs (GMS _request_queue_time_stat,
	// _request_ewt_service): a host that knows it sets Booking.Estimator.
	QueueTimeStat, EWTService string
	// Notification says whom status changes are sent to.
	Notification Notification
	// Options are the texts of all options of the service as they count: its
	// own, and those of [callback] that it does not have. Passwords are left
	// out.
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

// Notification says whom the status changes of a service's callbacks are sent
// to (GMS _enable_status_notification and companions). Nothing is sent by the
// package: the host gives it to whatever does.
type Notification struct {
	// Mode is notify or subscribe_notify; empty when nothing is sent.
	Mode string
	// Type is httpcb or orscb, Target the URL or the session.
	Type, Target       string
	Provider, Language string
	Debug              bool
	// Attempts is how often one event is tried. Defaults to 3.
	Attempts int
	// Events are the events that are sent with the properties they carry, from
	// the list that _callback_events_list names. Nil means all.
	Events map[string][]string
}

// Credentials are a user name and its password. They print without the
// password.
type Credentials struct {
	Username string
	password string
}

// User returns the pair as a user of [api.NewBasic].
func (c Credentials) User(tenant string, roles ...api.Role) api.User {
	return api.User{Name: c.Username, Password: c.password, Tenant: tenant, Roles: roles}
}

// IsZero reports whether there is no pair.
func (c Credentials) IsZero() bool { return c == Credentials{} }

// Format prints the user name, whatever the verb.
func (c Credentials) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "{%s ****}", c.Username) }

// Parse reads a GMS configuration: INI text or, when it begins with a
// brace, a JSON object of sections that are objects of options. MIGRATION.md
// describes both forms and lists the options. A service, a calendar or a line
// that cannot be used is left out and reported in Problems, which belongs to be
// looked at; see [Options.Err].
//
// The error is a [callback.ErrConfiguration], for what is no configuration at
// all: more than [MaxSize] bytes, no UTF-8, malformed JSON, not one section.
func Parse(text []byte) (*Options, error) {
	doc, err := readDocument(text)
	if err != nil {
		return nil, err
	}
	return doc.options(), nil
}

// FromMap is [Parse] of sections that are maps of options. Problems have
// no lines then.
func FromMap(sections map[string]map[string]string) (*Options, error) {
	doc, err := documentOfMap(sections)
	if err != nil {
		return nil, err
	}
	return doc.options(), nil
}

// Source returns a source of the services, of the empty tenant, that can be
// changed while it is used.
func (o *Options) Source() (*callback.Services, error) {
	return callback.NewServices(o.Services...)
}

// Err returns the problems of [SeverityError] as one error, a
// [callback.ErrConfiguration], for hosts that rather do not start than leave
// something out; nil when there is none.
func (o *Options) Err() error {
	var list []error
	for _, p := range o.Problems {
		if p.Severity == SeverityError {
			list = append(list, fmt.Errorf("%w: %s", callback.ErrConfiguration, p))
		}
	}
	return errors.Join(list...)
}

// Users returns the credentials of the configuration as users of
// [api.NewBasic], by name: the pair of section [server] and those of the
// services, each with the tenant and the roles given. The error is a
// [callback.ErrConfiguration]: one name has several passwords.
//
// A user made this way may use every service of the tenant. A host that keeps
// them apart, as GMS does, makes its own [api.Authorizer] from
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
			if users[len(users)-1].Password == c.password {
				continue
			}
			return nil, callback.NewFieldError(callback.ErrConfiguration, "username", fmt.Sprintf("%q has several passwords", c.Username))
		}
		users = append(users, c.User(tenant, roles...))
	}
	return users, nil
}
