package record

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/ringback-go/ringback/callback"
)

// noField is the number of the next field if there is none: at the end of a
// message, in a list, and after an error. A key has no room for it.
const noField = math.MaxUint64

// reader is the position of a codec that decodes.
type reader struct {
	scope      // of the innermost message
	at    int  // the next byte to read
	keyAt int  // where the key of the next field is
	kind  byte // of the next field
}

// begin reads the version and the first key.
func (c *codec) begin() {
	c.at, c.end = 1, len(c.b)
	switch {
	case len(c.b) == 0:
		c.damaged(0, "record is empty")
	case c.b[0] == 0:
		c.damaged(0, "version is 0")
	case c.b[0] > version:
		c.err = &DamagedError{Err: &VersionError{Version: int(c.b[0])}}
	}
	c.next()
}

// damaged records that b is invalid, unless an error was found before.
func (c *codec) damaged(at int, rule string) {
	if c.err == nil {
		c.err = &DamagedError{Offset: at, Rule: rule, Err: ErrDamaged}
	}
	c.number = noField
}

// failure returns the error of decoding, with the name of the callback.
func (c *codec) failure(tenant string, id callback.ID) error {
	var d *DamagedError
	if errors.As(c.err, &d) {
		d.Tenant, d.ID = tenant, id
	}
	return c.err
}

// next reads the key of the message's next field.
func (c *codec) next() {
	if c.err != nil || c.at >= c.end {
		c.number = noField
		return
	}
	c.keyAt = c.at
	key := uint64(c.b[c.at])
	if key < 0x80 {
		c.at++
	} else if key = c.uvarint(); c.err != nil {
		return
	}
	number := key >> kindBits
	// Ascending numbers exclude number 0 and repeated fields, too.
	if number <= c.number {
		c.damaged(c.keyAt, "field numbers do not ascend")
		return
	}
	c.number, c.kind = number, byte(key&(1<<kindBits-1))
}

// has reports whether the next field has the number, after skipping lower ones.
func (c *codec) has(number uint64) bool {
	if c.number < number {
		return c.skipTo(number)
	}
	return c.number == number
}

// ended reports whether the message being decoded has no more fields.
func (c *codec) ended() bool { return c.decoding && c.number == noField }

// finish skips the remaining fields of the message.
func (c *codec) finish() {
	if c.number != noField {
		c.skipTo(noField)
	}
}

// skipTo skips the fields below number, which this library does not know, and
// reports whether the next field has the number.
func (c *codec) skipTo(number uint64) bool {
	for c.number < number {
		switch c.kind {
		case kindVarint:
			c.uvarint()
		case kindBytes:
			c.span()
		case kindFloat:
			c.eight()
		default:
			c.damaged(c.keyAt, "unknown kind of value")
		}
		c.next()
	}
	return c.number == number
}

// expect checks the kind of the next field.
func (c *codec) expect(kind byte) bool {
	if c.kind != kind {
		c.damaged(c.keyAt, "field has the wrong kind of value")
	}
	return c.err == nil
}

func (c *codec) getUint() uint64 {
	if !c.expect(kindVarint) {
		return 0
	}
	return c.uvarint()
}

func (c *codec) getInt() int64 {
	v := c.getUint()
	return int64(v>>1) ^ -int64(v&1)
}

// getBytes returns a part of b.
func (c *codec) getBytes() []byte {
	if !c.expect(kindBytes) {
		return nil
	}
	return c.span()
}

// uvarint reads a number in its shortest form; others are invalid.
func (c *codec) uvarint() uint64 {
	if c.at < c.end && c.b[c.at] < 0x80 {
		c.at++
		return uint64(c.b[c.at-1])
	}
	v, n := binary.Uvarint(c.b[c.at:c.end])
	switch {
	case n == 0:
		c.damaged(c.at, "truncated number")
		return 0
	case n < 0:
		c.damaged(c.at, "number overflows 64 bits")
		return 0
	case c.b[c.at+n-1] == 0:
		c.damaged(c.at, "number is not in its shortest form")
		return 0
	}
	c.at += n
	return v
}

// length reads the length of the bytes that follow.
func (c *codec) length() int {
	at := c.at
	n := c.uvarint()
	if n > uint64(c.end-c.at) {
		c.damaged(at, "length exceeds the remaining bytes")
		return 0
	}
	return int(n)
}

// span reads a length and that many bytes, and returns these as a part of b.
func (c *codec) span() []byte {
	n := c.length()
	c.at += n
	return c.b[c.at-n : c.at]
}

func (c *codec) eight() uint64 {
	if c.end-c.at < 8 {
		c.damaged(c.at, "truncated float")
		return 0
	}
	c.at += 8
	return binary.LittleEndian.Uint64(c.b[c.at-8:])
}

// enter makes the bytes that follow their length the current scope, which has
// no fields until next is called. It returns the enclosing scope.
func (c *codec) enter() (outer scope) {
	outer = c.scope
	n := c.length()
	c.scope = scope{end: c.at + n, number: noField}
	return outer
}

// count returns the number of items in the current scope. It checks all their
// lengths, so that the caller allocates only for items that exist.
func (c *codec) count() (n int) {
	start := c.at
	for ; c.err == nil && c.at < c.end; n++ {
		c.span()
	}
	if n > maxItems {
		c.damaged(start, "list has more than 65536 items")
	}
	if c.err != nil {
		return 0
	}
	c.at = start
	return n
}
