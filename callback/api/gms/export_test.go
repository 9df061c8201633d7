package gms

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// ReadTime and WriteTime parse and format times.
func ReadTime(text string) (time.Time, bool) { return readTime(text) }
func WriteTime(t time.Time) string           { return wire.Time(t) }

// ParseState parses a state filter, ParseStates a list of states.
func ParseState(text string) (states, not []callback.State, ok bool) {
	f, ok := parseState(text)
	return f.states, f.not, ok
}
func ParseStates(text string) ([]callback.State, bool) { return parseStates(text) }

// NameOf returns the GMS name of a state.
func NameOf(s callback.State) string { return wire.GMSState(s) }

// ParseQuery parses the parameters of a time range.
func ParseQuery(query url.Values) (availability.Query, error) { return parseQuery(query) }

// JSONV1 and JSONV2 encode slots.
func JSONV1(slots []availability.Slot) []byte { return jsonV1(slots) }
func JSONV2(slots availability.Slots) []byte  { return jsonV2(slots) }

// Cell returns a cell of an export.
func Cell(text string) string { return cell(text) }

// Hold takes the turn of a tenant for exports until done is called.
func (h *Handler) Hold(ctx context.Context, tenant string) (done func(), err error) {
	return h.turns.Take(ctx, make(http.Header), tenant)
}
