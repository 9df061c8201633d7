package record

import (
	"encoding/binary"

	"github.com/ringback-go/ringback/callback"
)

// newRecord is the capacity of a record that is appended to a nil slice. Most
// callbacks fit.
const newRecord = 512

// start appends the version to b.
func (c *codec) start(b []byte) {
	if cap(b) == 0 {
		b = make([]byte, 0, newRecord)
	}
	b = append(b, version)
	c.b, c.number = b, noField
}

// result returns the output, or b if encoding failed.
func (c *codec) result(b []byte) ([]byte, error) {
	if c.err != nil {
		return b, c.err
	}
	return c.b, nil
}

// invalid records that a value cannot be encoded.
func (c *codec) invalid(field, rule string) {
	if c.err == nil {
		c.err = callback.NewFieldError(callback.ErrInvalidParameter, field, rule)
	}
}

func appendKey(b []byte, number uint64, kind byte) []byte {
	if number < 1<<(7-kindBits) {
		return append(b, byte(number)<<kindBits|kind)
	}
	return binary.AppendUvarint(b, number<<kindBits|uint64(kind))
}

func (c *codec) putUint(number, v uint64) {
	c.b = binary.AppendUvarint(appendKey(c.b, number, kindVarint), v)
}

func (c *codec) putInt(number uint64, v int64) { c.putUint(number, uint64(v)<<1^uint64(v>>63)) }

func (c *codec) putText(number uint64, s string) {
	b := binary.AppendUvarint(appendKey(c.b, number, kindBytes), uint64(len(s)))
	b = append(b, s...)
	c.b = b
}

// putLength writes the length of what was appended since start. One byte is
// reserved for it, which is enough for most; a longer length moves the rest.
func (c *codec) putLength(start int) {
	n := len(c.b) - start
	if n < 0x80 {
		c.b[start-1] = byte(n)
		return
	}
	var length [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(length[:], uint64(n))
	c.b = append(c.b, length[1:size]...)
	copy(c.b[start+size-1:], c.b[start:start+n])
	copy(c.b[start-1:], length[:size])
}
