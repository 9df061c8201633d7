package manager

import (
	"encoding/json"
	"fmt"
	"iter"
	"log/slog"
	"slices"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// BulkItem is what became of one item of a bulk operation.
type BulkItem struct {
	// ID is the callback; empty for a number of Forget that has none.
	ID callback.ID
	// Number is the number as it was given, for what a number of Forget led to.
	// It is hidden where the item is printed.
	Number string
	// N is how many callbacks the item concerns: 1, or 0 where there is none.
	N int
	// Err is nil when it happened.
	Err error
}

// String shows the item, not the number.
func (i BulkItem) String() string {
	s := "callback " + string(i.ID)
	switch {
	case i.ID == "":
		s = "number " + text.Hidden(i.Number)
	case i.N == 0:
		s = "callback " + text.Clip(string(i.ID)) // anything a caller took for one
	}
	if i.Err != nil {
		s += ": " + i.Err.Error()
	}
	return fmt.Sprintf("%s, %d concerned", s, i.N)
}

// Format prints what String does, for every verb.
func (i BulkItem) Format(f fmt.State, _ rune) { text.Write(f, i.String()) }

// LogValue is what slog records.
func (i BulkItem) LogValue() slog.Value { return slog.StringValue(i.String()) }

// MarshalJSON hides the number and writes the error as text.
func (i BulkItem) MarshalJSON() ([]byte, error) {
	out := struct {
		ID     callback.ID
		Number string
		N      int
		Err    string `json:",omitempty"`
	}{ID: i.ID, Number: text.Hidden(i.Number), N: i.N}
	if i.Err != nil {
		out.Err = i.Err.Error()
	}
	return json.Marshal(out)
}

// BulkResult is what became of each item, in order.
type BulkResult struct {
	Items []BulkItem
	Done  int // items that happened
}

func (r *BulkResult) add(i BulkItem) {
	r.Items = append(r.Items, i)
	if i.Err == nil {
		r.Done++
	}
}

// chunks splits a list into what one store call takes.
func chunks[T any](list []T, size int) iter.Seq[[]T] { return slices.Chunk(list, min(size, maxPage)) }
