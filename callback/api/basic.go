package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// User is a user of a [Basic] authorizer.
type User struct {
	Name, Password string
	Tenant         string
	Roles          []Role
	Own            string // see [Caller]
}

// Basic is an [Authorizer] for HTTP Basic authentication (RFC 7617), which the
// administrative operations of GMS use. The connection must be encrypted,
// because every request contains the password.
//
// After failures, the attempts with a name are made one after another with a
// delay between them: 5 ms after the first, 500 ms after ten, at most 5 s. Each
// failure is forgotten after 10 s. An attempt that would wait for more than 10 s
// is refused without checking it. A client that knows a name can thus delay its
// user; a limit per client address belongs in front of the library.
type Basic struct {
	realm   string
	users   []basicUser
	backoff *backoff
}

type basicUser struct {
	name, password [sha256.Size]byte
	caller         Caller
}

// NewBasic returns an authorizer for users. Names must not be empty, repeated
// or contain a colon; passwords must not be empty. Clients show the realm when
// they ask for a password; it defaults to "callbacks".
func NewBasic(realm string, users ...User) (*Basic, error) {
	if realm == "" {
		realm = "callbacks"
	}
	b := &Basic{realm: realm, backoff: newBackoff()}
	seen := make(map[string]bool)
	for i, u := range users {
		switch {
		case u.Name == "" || seen[u.Name]:
			return nil, errors.New("user " + strconv.Itoa(i+1) + ": name is empty or not unique")
		case strings.Contains(u.Name, ":"):
			return nil, errors.New("user " + strconv.Itoa(i+1) + ": name contains a colon")
		case u.Password == "":
			return nil, errors.New("user " + u.Name + ": password is empty")
		}
		seen[u.Name] = true
		b.users = append(b.users, basicUser{sha256.Sum256([]byte(u.Name)), sha256.Sum256([]byte(u.Password)),
			Caller{Name: u.Name, Tenant: u.Tenant, Roles: slices.Clone(u.Roles), Own: u.Own}})
	}
	return b, nil
}

// Authorize implements [Authorizer]. A wrong name takes as long as a wrong
// password, whatever the users are.
func (b *Basic) Authorize(r *http.Request) (Caller, error) {
	name, password, ok := r.BasicAuth()
	if !ok {
		return Caller{}, ErrUnauthenticated
	}
	if !b.backoff.await(r.Context(), name) {
		return Caller{}, ErrUnauthenticated
	}
	n, p := sha256.Sum256([]byte(name)), sha256.Sum256([]byte(password))
	found := -1
	for i := range b.users {
		match := subtle.ConstantTimeCompare(n[:], b.users[i].name[:]) & subtle.ConstantTimeCompare(p[:], b.users[i].password[:])
		found = subtle.ConstantTimeSelect(match, i, found)
	}
	b.backoff.done(name, found >= 0, time.Now())
	if found < 0 {
		return Caller{}, ErrUnauthenticated
	}
	return b.users[found].caller, nil
}

// Challenge implements [Challenger].
func (b *Basic) Challenge() string {
	return "Basic realm=" + strconv.Quote(b.realm) + `, charset="UTF-8"`
}
