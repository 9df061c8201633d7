package record_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/record"
)

// fuzz checks that any bytes give a result or an error, and that encoding and
// decoding a result gives it back, with the same bytes each time.
func fuzz[T any](f *testing.F, form form[T], seeds ...*T) {
	for _, v := range append(seeds, new(T), filled[T](f)) {
		b := form.bytes(f, v)
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	for _, b := range [][]byte{nil, {0}, {1}, {2, 4, 1}, {1, 4}, {1, 0x84, 0}, {1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2}} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		read := new(T)
		if err := form.decode(b, read); err != nil {
			if !errors.Is(err, record.ErrDamaged) && !errors.Is(err, record.ErrVersion) {
				t.Fatal(err)
			}
			return
		}
		written := form.bytes(t, read)
		again := new(T)
		if err := form.decode(written, again); err != nil {
			t.Fatal(err)
		}
		if d := diff(read, again); d != "" {
			t.Fatalf("%s differs (-want +got):\n%s", form.name, d)
		}
		if twice := form.bytes(t, again); !bytes.Equal(written, twice) {
			t.Fatalf("%x is written as %x the second time", written, twice)
		}
	})
}

func FuzzDecodeCallback(f *testing.F) {
	fuzz(f, callbacks(), scheduled(f), &callback.Callback{
		Properties: callback.Values{"a": -0.5, "b": []any{map[string]any{"c": "\xff"}, nil, false}}, UserData: callback.Values{},
		SearchValues: []callback.SearchValue{}, Held: make([]callback.Held, 3), Attempts: make([]callback.Attempt, 2), Interaction: &callback.Interaction{},
	})
}

func FuzzDecodeEvent(f *testing.F) {
	fuzz(f, events(), accepted())
}
