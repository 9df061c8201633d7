package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
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
type Basic struct {
	realm string
	users []basicUser
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
	b := &Basic{realm: realm}
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

// Authorize implements [Authorizer]. It takes the same time for every wrong
// name and password.
func (b *Basic) Authorize(r *http.Request) (Caller, error) {
	name, password, ok := r.BasicAuth()
	if !ok {
		return Caller{}, ErrUnauthenticated
	}
	n, p := sha256.Sum256([]byte(name)), sha256.Sum256([]byte(password))
	found := -1
	for i := range b.users {
		match := subtle.ConstantTimeCompare(n[:], b.users[i].name[:]) & subtle.ConstantTimeCompare(p[:], b.users[i].password[:])
		found = subtle.ConstantTimeSelect(match, i, found)
	}
	if found < 0 {
		return Caller{}, ErrUnauthenticated
	}
	return b.users[found].caller, nil
}

// Challenge implements [Challenger].
func (b *Basic) Challenge() string {
	return "Basic realm=" + strconv.Quote(b.realm) + `, charset="UTF-8"`
}
