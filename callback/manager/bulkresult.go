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

// BulkItem is the result of a bulk operation for one item.
type BulkItem struct {
	// ID is the callback. It is empty for a number of Forget without callbacks.
	ID callback.ID
	// Number is the number of Forget that led to the item, as it was given.
	// Printing the item hides it.
	Number string
	// N is the number of callbacks of the item: 1, or 0 if there is none.
	N int
	// Err is nil if the operation succeeded for the item.
	Err error
}

// String returns the item without the number.
func (i BulkItem) String() string {
	s := "callback " + string(i.ID)
	switch {
	case i.ID == "":
		s = "number " + text.Hidden(i.Number)
	case i.N == 0:
		s = "callback " + text.Clip(string(i.ID)) // any text that a caller took for an ID
	}
	if i.Err != nil {
		s += ": " + i.Err.Error()
	}
	return fmt.Sprintf("%s, %d concerned", s, i.N)
}

// Format prints String for every formatting verb.
func (i BulkItem) Format(f fmt.State, _ rune) { text.Write(f, i.String()) }

// LogValue returns String.
func (i BulkItem) LogValue() slog.Value { return slog.StringValue(i.String()) }

// MarshalJSON encodes the item with the number hidden and the error as text.
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

// BulkResult is the result of a bulk operation.
type BulkResult struct {
	Items []BulkItem // one per item, in order
	Done  int        // items without an error
}

func (r *BulkResult) add(i BulkItem) {
	r.Items = append(r.Items, i)
	if i.Err == nil {
		r.Done++
	}
}

// chunks splits a list into lists for one call of the store each.
func chunks[T any](list []T, size int) iter.Seq[[]T] { return slices.Chunk(list, min(size, maxPage)) }
