package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/ringback-go/ringback/callback"
)

// Role is one thing that a caller may do.
type Role uint8

// The roles.
const (
	// RoleCreate: start callbacks, and cancel, reschedule and update those the
	// caller may reach.
	RoleCreate Role = iota + 1
	// RoleRead: read callbacks the caller may reach, the availability and the
	// position in the queue.
	RoleRead
	// RoleOperate: search and read all callbacks of the tenant, answer
	// previews, report states.
	RoleOperate
	// RoleAdmin: queues, watermarks, bulk cancellation, pausing.
	RoleAdmin
	// RoleForget: erase what is known of a person.
	RoleForget
	// RoleExport: export callbacks with their numbers.
	RoleExport
)

var roleNames = [...]string{RoleCreate: "create", RoleRead: "read", RoleOperate: "operate", RoleAdmin: "admin", RoleForget: "forget", RoleExport: "export"}

// String names the role.
func (r Role) String() string {
	if r >= RoleCreate && r <= RoleExport {
		return roleNames[r]
	}
	return "unknown"
}

// Roles lists all roles in order.
func Roles() []Role {
	return []Role{RoleCreate, RoleRead, RoleOperate, RoleAdmin, RoleForget, RoleExport}
}

// Caller is who makes a request.
type Caller struct {
	Name   string // the actor in the history; never empty
	Tenant string
	Roles  []Role
	// Own, when not empty, is the only customer whose callbacks the caller may
	// reach: [callback.Customer] ID of what it starts and what it reads.
	Own string
}

// Has reports whether the caller has a role.
func (c *Caller) Has(role Role) bool { return slices.Contains(c.Roles, role) }

// Reaches reports whether a callback is one that the caller may know of: of its
// tenant and, when it is bound to a customer, of that customer.
func (c *Caller) Reaches(cb *callback.Callback) bool {
	return cb.Tenant == c.Tenant && (c.Own == "" || cb.Customer.ID == c.Own)
}

// Authorizer says who makes a request. It returns [ErrUnauthenticated] when it
// cannot tell, [ErrForbidden] when it knows and says no; any other error is a
// failure of its own, answered with status 500. It must be safe for concurrent
// use and must not read the body.
//
// A handler asks for the caller first and checks the role of the operation
// itself.
type Authorizer interface {
	Authorize(r *http.Request) (Caller, error)
}

// AuthorizerFunc is a function that is an [Authorizer].
type AuthorizerFunc func(r *http.Request) (Caller, error)

// Authorize calls f.
func (f AuthorizerFunc) Authorize(r *http.Request) (Caller, error) { return f(r) }

// What an [Authorizer] says when it does not say who it is.
var (
	ErrUnauthenticated = errors.New("credentials are missing or wrong")
	ErrForbidden       = errors.New("caller may not do this")
)

// Challenger is implemented by authorizers whose refusals come with a
// WWW-Authenticate header.
type Challenger interface {
	Challenge() string
}

// Permit asks a for the caller of r and checks that it has one of the roles. The
// error is a [*Fault] with status 401, 403 or 500; the first sets the header
// WWW-Authenticate where the authorizer has a challenge.
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
