package gms

import (
	"net/url"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// ReadTime and WriteTime are how times are read and written.
func ReadTime(text string) (time.Time, bool) { return readTime(text) }
func WriteTime(t time.Time) string           { return wire.Time(t) }

// ParseState reads a state filter, ParseStates a list of states.
func ParseState(text string) (states, not []callback.State, ok bool) {
	f, ok := parseState(text)
	return f.states, f.not, ok
}
func ParseStates(text string) ([]callback.State, bool) { return parseStates(text) }

// NameOf is the name GMS has for a state.
func NameOf(s callback.State) string { return wire.GMSState(s) }

// ParseQuery reads the parameters of a range of time.
func ParseQuery(query url.Values) (availability.Query, error) { return parseQuery(query) }

// JSONV1 and JSONV2 encode slots.
func JSONV1(slots []availability.Slot) []byte { return jsonV1(slots) }
func JSONV2(slots availability.Slots) []byte  { return jsonV2(slots) }
