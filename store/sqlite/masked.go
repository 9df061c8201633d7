package sqlite

import (
	"fmt"
	"io"
)

// String returns the type. The data of callbacks and the key of digests are not shown.
func (s *Store) String() string { return "SQLite store" }

// Format prints what String returns, for every formatting verb.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText returns what String returns.
func (s *Store) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String returns the type, as Config holds the key of digests.
func (c Config) String() string { return "configuration of an SQLite store" }

// Format prints what String returns, for every formatting verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// MarshalText returns what String returns.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
