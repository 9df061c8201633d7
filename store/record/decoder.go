package record

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// decoder reads fields from b. After an error next finds no more fields, so
// that whoever reads need not look at every step.
type decoder struct {
	b     []byte
	at    int
	frame // of the message that is read
	kind  byte
	err   error
	keyAt int // where the key of the current field is
}

// frame is the part of a decoder's state that belongs to one message.
type frame struct {
	end  int    // of the message
	last uint64 // the number of the field that was read last
}

// newDecoder stands behind the version byte.
func newDecoder(b []byte) decoder {
	d := decoder{b: b, at: 1, frame: frame{end: len(b)}}
	switch {
	case len(b) == 0:
		d.err = &DamagedError{Offset: 0, Rule: "there is nothing"}
	case b[0] == 0:
		d.err = &DamagedError{Offset: 0, Rule: "there is no version"}
	case b[0] > version:
		d.err = &VersionError{Version: int(b[0])}
	}
	return d
}

// fail keeps the first error.
func (d *decoder) fail(at int, rule string) {
	if d.err == nil {
		d.err = &DamagedError{Offset: at, Rule: rule}
	}
}

// next reads the key of the message's next field and returns its number, or 0
// at the end.
func (d *decoder) next() (number uint64) {
	if d.err != nil || d.at >= d.end {
		return 0
	}
	d.keyAt = d.at
	key := d.uvarint()
	if d.err != nil {
		return 0
	}
	number, d.kind = key>>kindBits, byte(key&(1<<kindBits-1))
	if number <= d.last {
		// Zero included. It also keeps a field from being given twice.
		d.fail(d.keyAt, "field numbers do not rise")
		return 0
	}
	d.last = number
	return number
}

// expect checks the kind of the current field.
func (d *decoder) expect(kind byte) bool {
	if d.kind != kind {
		d.fail(d.keyAt, "the field has a value of another kind")
	}
	return d.err == nil
}

// skip goes past the value of a field that this library does not know.
func (d *decoder) skip() {
	switch d.kind {
	case kindVarint:
		d.uvarint()
	case kindBytes:
		d.span()
	case kindFloat:
		d.eight()
	default:
		d.fail(d.keyAt, "the kind of value is not known")
	}
}

// uvarint reads a number without its kind. A number has one form only.
func (d *decoder) uvarint() uint64 {
	if d.at < d.end && d.b[d.at] < 0x80 {
		d.at++
		return uint64(d.b[d.at-1])
	}
	v, n := binary.Uvarint(d.b[d.at:d.end])
	switch {
	case n == 0:
		d.fail(d.at, "a number is cut off")
		return 0
	case n < 0:
		d.fail(d.at, "a number has more than 64 bits")
		return 0
	case d.b[d.at+n-1] == 0:
		d.fail(d.at, "a number is longer than it need be")
		return 0
	}
	d.at += n
	return v
}

// span reads bytes with their length in front. They stay part of b.
func (d *decoder) span() []byte {
	at := d.at
	n := d.uvarint()
	if n > uint64(d.end-d.at) {
		d.fail(at, "a length goes past the end")
	}
	if d.err != nil {
		return nil
	}
	d.at += int(n)
	return d.b[d.at-int(n) : d.at]
}

func (d *decoder) eight() uint64 {
	if d.end-d.at < 8 {
		d.fail(d.at, "a number of eight bytes is cut off")
		return 0
	}
	d.at += 8
	return binary.LittleEndian.Uint64(d.b[d.at-8:])
}

func (d *decoder) uint() uint64 {
	if !d.expect(kindVarint) {
		return 0
	}
	return d.uvarint()
}

func (d *decoder) small() uint8 {
	v := d.uint()
	if v > math.MaxUint8 {
		d.fail(d.keyAt, "the number is above 255")
		return 0
	}
	return uint8(v)
}

func (d *decoder) int64() int64 {
	v := d.uint()
	return int64(v>>1) ^ -int64(v&1)
}

func (d *decoder) int() int {
	v := d.int64()
	if v < math.MinInt || v > math.MaxInt {
		d.fail(d.keyAt, "the number is too large for this machine")
		return 0
	}
	return int(v)
}

func (d *decoder) bool() bool {
	v := d.uint()
	if v > 1 {
		d.fail(d.keyAt, "the value is neither yes nor no")
	}
	return v == 1
}

func (d *decoder) float() float64 {
	if !d.expect(kindFloat) {
		return 0
	}
	return math.Float64frombits(d.eight())
}

func (d *decoder) time() time.Time {
	v := d.int64()
	if d.err != nil {
		return time.Time{}
	}
	return time.UnixMicro(v).UTC()
}

func (d *decoder) duration() time.Duration { return time.Duration(d.int64()) }

func (d *decoder) text() string {
	if !d.expect(kindBytes) {
		return ""
	}
	return string(d.span())
}

func (d *decoder) address() phonenum.Address {
	a, err := phonenum.RevealedAddress(d.text())
	if err != nil {
		d.fail(d.keyAt, "the text is no address")
	}
	return a
}

func (d *decoder) values() callback.Values {
	if !d.expect(kindBytes) {
		return nil
	}
	text := d.span()
	if d.err != nil {
		return nil
	}
	var v callback.Values
	if err := json.Unmarshal(text, &v); err != nil || v == nil {
		d.fail(d.keyAt, "the text is no JSON object")
	}
	return v
}

// enter begins to read the message or list that is the current field's value.
// leave, with what it returned, goes back to the message around it.
func (d *decoder) enter() (around frame) {
	if !d.expect(kindBytes) {
		return d.frame
	}
	return d.item()
}

// item begins to read what has a length in front and no key.
func (d *decoder) item() (around frame) {
	around = d.frame
	if n := len(d.span()); d.err == nil {
		d.at -= n
		d.frame = frame{end: d.at + n}
	}
	return around
}

func (d *decoder) leave(around frame) { d.frame = around }

// count tells how many items follow in the list that was entered. It looks at
// all of them, so that no more is allocated than there is.
func (d *decoder) count() (n int) {
	start := d.at
	for ; d.err == nil && d.at < d.end; n++ {
		d.span()
	}
	if n > maxItems {
		d.fail(start, "a list has too many items")
	}
	if d.err != nil {
		return 0
	}
	d.at = start
	return n
}
