package api

import (
	"fmt"

	"github.com/ringback-go/ringback/callback/internal/text"
)

// String returns name, tenant and roles, and "***" instead of the password and the customer.
func (u User) String() string { return text.Mask(u, "Name", "Tenant", "Roles") }

// Format prints what String returns, for every formatting verb.
func (u User) Format(f fmt.State, _ rune) { text.Write(f, u.String()) }

// MarshalText returns what String returns.
func (u User) MarshalText() ([]byte, error) { return text.Marshal(u) }

// String returns name, tenant and roles, and "***" instead of the customer.
func (c Caller) String() string { return text.Mask(c, "Name", "Tenant", "Roles") }

// Format prints what String returns, for every formatting verb.
func (c Caller) Format(f fmt.State, _ rune) { text.Write(f, c.String()) }

// MarshalText returns what String returns.
func (c Caller) MarshalText() ([]byte, error) { return text.Marshal(c) }

// String returns realm and number of users.
func (b Basic) String() string {
	return fmt.Sprintf("basic authentication for %q of %d users", b.realm, len(b.users))
}

// Format prints what String returns, for every formatting verb.
func (b Basic) Format(f fmt.State, _ rune) { text.Write(f, b.String()) }

// MarshalText returns what String returns.
func (b Basic) MarshalText() ([]byte, error) { return text.Marshal(b) }

// Format prints what Error returns, for every formatting verb.
func (f Fault) Format(s fmt.State, _ rune) { text.Write(s, f.Error()) }

// MarshalText returns what Error returns.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.Error()), nil }
