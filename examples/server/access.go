package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"

	"github.com/ringback-go/ringback/callback/api"
)

// access is who may do what: an operator who may do everything, and an
// application that takes callbacks and looks at them. A host has its own
// authorizer, on top of the sessions or tokens that it knows.
type access struct {
	basic *api.Basic
	users []api.User
}

// newAccess knows admin/admin where only this machine can connect. Elsewhere
// passwords are made up.
func newAccess(addr net.Addr) (*access, error) {
	a := &access{users: []api.User{
		{Name: "admin", Password: "admin", Roles: api.Roles()},
		{Name: "app", Password: "app", Roles: []api.Role{api.RoleCreate, api.RoleRead}},
	}}
	if !isLoopback(addr) {
		for i := range a.users {
			a.users[i].Password = rand.Text()
		}
	}
	var err error
	a.basic, err = api.NewBasic("ringback demonstration", a.users...)
	return a, err
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// print shows the credentials.
func (a *access) print(w io.Writer) {
	for _, u := range a.users {
		fmt.Fprintf(w, "  %s:%s\t%v\n", u.Name, u.Password, u.Roles)
	}
}
