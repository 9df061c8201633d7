package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
)

// Role is a permission of a caller.
type Role uint8

// Roles of callers.
const (
	// RoleCreate: start callbacks; cancel, reschedule, update and confirm those
	// the caller can see.
	RoleCreate Role = iota + 1
	// RoleRead: read the callbacks the caller can see, availability and queue
	// positions.
	RoleRead
	// RoleOperate: search and read all callbacks of the tenant, answer
	// previews, report states.
	RoleOperate
	// RoleAdmin: read queues and watermarks, cancel in bulk, pause.
	RoleAdmin
	// RoleForget: erase the data of a person.
	RoleForget
	// RoleExport: export callbacks with their numbers.
	RoleExport
)

var roleNames = [...]string{RoleCreate: "create", RoleRead: "read", RoleOperate: "operate", RoleAdmin: "admin", RoleForget: "forget", RoleExport: "export"}

// String returns the name of the role.
func (r Role) String() string {
	if r >= RoleCreate && r <= RoleExport {
		return roleNames[r]
	}
	return "unknown"
}

// Roles returns all roles.
func Roles() []Role {
	return []Role{RoleCreate, RoleRead, RoleOperate, RoleAdmin, RoleForget, RoleExport}
}

// Caller is the client that makes a request.
type Caller struct {
	Name   string // actor in the history; not empty
	Tenant string
	Roles  []Role
	// Own restricts the caller to the callbacks of one customer, if not empty:
	// it is the [callback.Customer] ID of those it starts and can see.
	Own string
}

// Has reports whether the caller has a role.
func (c *Caller) Has(role Role) bool { return slices.Contains(c.Roles, role) }

// Reaches reports whether the caller can see cb: it is of the caller's tenant
// and, if the caller is restricted to a customer, of that customer.
func (c *Caller) Reaches(cb *callback.Callback) bool {
	return cb.Tenant == c.Tenant && (c.Own == "" || cb.Customer.ID == c.Own)
}

// Reach returns nil if the caller can see cb. Otherwise it returns an error that is a
// [callback.ErrNotFound], as if there were no such callback; only an observer is told
// that there is one (see [callback.Kind]).
func (c *Caller) Reach(cb *callback.Callback) error {
	if c.Reaches(cb) {
		return nil
	}
	return hiddenError{}
}

// hiddenError hides a callback from the caller.
type hiddenError struct{}

func (hiddenError) Error() string { return callback.ErrNotFound.Error() }

func (hiddenError) Unwrap() error { return callback.ErrNotFound }

func (hiddenError) Kind() string { return "ownership" }

// Authorizer identifies the caller of a request. It returns
// [ErrUnauthenticated] if it cannot, and [ErrForbidden] if the caller is not
// allowed to make requests; any other error is answered with status 500. It
// must be safe for concurrent use and must not read the body.
//
// The handler checks the role that an operation needs.
type Authorizer interface {
	Authorize(r *http.Request) (Caller, error)
}

// AuthorizerFunc is a function that implements [Authorizer].
type AuthorizerFunc func(r *http.Request) (Caller, error)

// Authorize calls f.
func (f AuthorizerFunc) Authorize(r *http.Request) (Caller, error) { return f(r) }

// Errors of an [Authorizer].
var (
	ErrUnauthenticated error = &accessError{"credentials are missing or wrong", "unauthenticated"}
	ErrForbidden       error = &accessError{"caller is not permitted", "forbidden"}
)

// accessError says why a caller may not do what it asks for.
type accessError struct{ text, kind string }

func (e *accessError) Error() string { return e.text }

func (e *accessError) Kind() string { return e.kind }

// Challenger is implemented by authorizers whose rejections need a
// WWW-Authenticate header.
type Challenger interface {
	Challenge() string
}

// Permit returns the caller of r if a identifies it and it has one of the
// roles. The error is a [*Fault] with status 401, 403 or 500. With status 401,
// Permit sets the header WWW-Authenticate if a is a [Challenger].
func Permit(w http.ResponseWriter, r *http.Request, a Authorizer, roles ...Role) (*Caller, error) {
	caller, err := a.Authorize(r)
	switch {
	case errors.Is(err, ErrForbidden):
		return nil, &Fault{Status: http.StatusForbidden, Rule: ErrForbidden.Error(), cause: err}
	case errors.Is(err, ErrUnauthenticated), err == nil && caller.Name == "":
		if c, ok := a.(Challenger); ok {
			w.Header().Set("WWW-Authenticate", c.Challenge())
		}
		return nil, &Fault{Status: http.StatusUnauthorized, Rule: ErrUnauthenticated.Error(), cause: ErrUnauthenticated}
	case err != nil:
		return nil, &Fault{Status: http.StatusInternalServerError, Rule: "the authorizer failed", cause: err}
	}
	if !slices.ContainsFunc(roles, caller.Has) {
		names := make([]string, len(roles))
		for i, role := range roles {
			names[i] = role.String()
		}
		return nil, &Fault{Status: http.StatusForbidden, Rule: "needs the role " + strings.Join(names, " or "), cause: ErrForbidden}
	}
	return &caller, nil
}
