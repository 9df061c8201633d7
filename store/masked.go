package store

import (
	"fmt"
	"io"
)

// String returns the type. The records are not shown.
func (m *Memory) String() string { return "memory store" }

// Format prints what String returns, for every formatting verb.
func (m *Memory) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.String()) }

// MarshalText returns what String returns.
func (m *Memory) MarshalText() ([]byte, error) { return []byte(m.String()), nil }
