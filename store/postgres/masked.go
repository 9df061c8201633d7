package postgres

import (
	"fmt"
	"io"
)

// String returns the type. The address and the credentials of the database are not shown.
func (s *Store) String() string { return "PostgreSQL store" }

// Format prints what String returns, for every formatting verb.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText returns what String returns.
func (s *Store) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
