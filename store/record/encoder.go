package record

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store"
)

// version is the first byte of every record.
const version = 1

// The kinds of values, the low bits of a field's key. They tell how long a
// value is, so that a reader can skip what it does not know.
const (
	kindVarint = 0
	kindBytes  = 1
	kindFloat  = 2
	kindBits   = 2
)

// maxItems bounds the lists of a record, because an item without contents takes
// a single byte and may become hundreds when it is read.
const maxItems = 1 << 16

// encoder appends fields to b. Every method leaves out a zero value. After an
// error what is in b is of no use.
type encoder struct {
	b   []byte
	err error
}

func newEncoder(b []byte) encoder {
	if cap(b) == 0 {
		b = make([]byte, 0, newRecord)
	}
	return encoder{b: append(b, version)}
}

// result is what was appended to b, or b when that failed.
func (e *encoder) result(b []byte) ([]byte, error) {
	if e.err != nil {
		return b, e.err
	}
	return e.b, nil
}

func (e *encoder) fail(field, rule string) {
	if e.err == nil {
		e.err = &store.InvalidError{Field: field, Rule: rule}
	}
}

func (e *encoder) key(number uint64, kind byte) {
	if number < 1<<(7-kindBits) {
		e.b = append(e.b, byte(number)<<kindBits|kind)
		return
	}
	e.b = binary.AppendUvarint(e.b, number<<kindBits|uint64(kind))
}

func (e *encoder) uint(number, v uint64) {
	if v != 0 {
		e.key(number, kindVarint)
		e.b = binary.AppendUvarint(e.b, v)
	}
}

func (e *encoder) int(number uint64, v int64) {
	if v != 0 {
		e.signed(number, v)
	}
}

// signed writes zero, too.
func (e *encoder) signed(number uint64, v int64) {
	e.key(number, kindVarint)
	e.b = binary.AppendUvarint(e.b, uint64(v)<<1^uint64(v>>63))
}

func (e *encoder) bool(number uint64, v bool) {
	if v {
		e.key(number, kindVarint)
		e.b = append(e.b, 1)
	}
}

func (e *encoder) float(number uint64, v float64) {
	if v != 0 {
		e.key(number, kindFloat)
		e.b = binary.LittleEndian.AppendUint64(e.b, math.Float64bits(v))
	}
}

func (e *encoder) text(number uint64, s string) {
	if s != "" {
		e.key(number, kindBytes)
		e.b = binary.AppendUvarint(e.b, uint64(len(s)))
		e.b = append(e.b, s...)
	}
}

// noTime is what the zero time would be in microseconds since the Unix epoch.
const noTime = -62_135_596_800_000_000

// time cuts off what is below a microsecond. What is left may be the zero time.
func (e *encoder) time(number uint64, field string, t time.Time) {
	const lastSecond = math.MaxInt64 / 1_000_000
	sec, micros := t.Unix(), t.UnixMicro()
	switch {
	case sec > lastSecond, sec < -lastSecond-1, (sec < 0) != (micros < 0):
		e.fail(field, "is too far from the year 1970 to be counted in microseconds")
	case micros != noTime:
		e.signed(number, micros)
	}
}

func (e *encoder) address(number uint64, a phonenum.Address) {
	n, ok := a.Number()
	if !ok {
		e.text(number, a.Reveal())
		return
	}
	// Address.Reveal in two parts, which puts no text on the heap.
	start := e.begin(number)
	e.b = append(e.b, n.E164()...)
	if ext := a.Ext(); ext != "" {
		e.b = append(e.b, ";ext="...)
		e.b = append(e.b, ext...)
	}
	e.end(start)
}

func (e *encoder) values(number uint64, field string, v callback.Values) {
	if v == nil {
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		// The error may quote a value.
		e.fail(field, "holds a value that JSON cannot express")
		return
	}
	e.key(number, kindBytes)
	e.b = binary.AppendUvarint(e.b, uint64(len(text)))
	e.b = append(e.b, text...)
}

// begin opens a field of bytes, whose length end fills in.
func (e *encoder) begin(number uint64) (start int) {
	e.key(number, kindBytes)
	return e.item()
}

// list opens a list of n items.
func (e *encoder) list(number uint64, field string, n int) (start int) {
	if n > maxItems {
		e.fail(field, fmt.Sprintf("%d items are above %d", n, maxItems))
	}
	return e.begin(number)
}

// item opens what has a length in front and no key.
func (e *encoder) item() (start int) {
	e.b = append(e.b, 0)
	return len(e.b)
}

// end writes the length of what was appended since start. One byte is kept for
// it: most are short, and the others are moved.
func (e *encoder) end(start int) {
	n := len(e.b) - start
	if n < 0x80 {
		e.b[start-1] = byte(n)
		return
	}
	var length [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(length[:], uint64(n))
	e.b = append(e.b, length[1:size]...)
	copy(e.b[start+size-1:], e.b[start:start+n])
	copy(e.b[start-1:], length[:size])
}
