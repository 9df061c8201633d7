package record

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// version is the first byte of every record.
const version = 1

// The kinds of values are the low bits of a field's key. They tell how long a
// value is, so that a reader can skip an unknown field.
const (
	kindVarint = 0
	kindBytes  = 1
	kindFloat  = 2
	kindBits   = 2
)

// maxItems bounds the length of a list: an item without contents takes one byte
// encoded and may take hundreds decoded.
const maxItems = 1 << 16

// noTime is the zero time in microseconds since the Unix epoch.
const noTime = -62_135_596_800_000_000

// codec encodes or decodes one record. A field method takes the number of a
// field and a pointer to its value. When encoding, it appends the value unless
// that is zero; when decoding, it sets the value if the field comes next in b.
// The fields of a message must be visited in ascending order of their numbers.
//
// After an error, encoding continues but its output is invalid, and decoding
// finds no more fields.
type codec struct {
	decoding bool
	b        []byte // encoding: the output so far; decoding: the input
	err      error  // the first error
	reader
}

// scope is the state of a message that [codec.leave] needs after an inner one.
type scope struct {
	start  int    // encoding: where the inner message begins
	end    int    // decoding: where the message ends
	number uint64 // decoding: the next field of the message, or noField
}

// The field methods are small enough to be inlined, so that an absent field costs
// no call. When encoding, c.number is noField; when decoding, *p is zero.

func (c *codec) text(number uint64, p *string) {
	if c.number <= number || *p != "" {
		c.textField(number, p)
	}
}

func (c *codec) bool(number uint64, p *bool) {
	if c.number <= number || *p {
		c.boolField(number, p)
	}
}

func (c *codec) uint8(number uint64, p *uint8) {
	if c.number <= number || *p != 0 {
		c.uint8Field(number, p)
	}
}

func (c *codec) int64(number uint64, p *int64) {
	if c.number <= number || *p != 0 {
		c.int64Field(number, p)
	}
}

func (c *codec) int(number uint64, p *int) {
	if c.number <= number || *p != 0 {
		c.intField(number, p)
	}
}

func (c *codec) float(number uint64, p *float64) {
	if c.number <= number || *p != 0 {
		c.floatField(number, p)
	}
}

func (c *codec) time(number uint64, field string, p *time.Time) {
	if c.number <= number || *p != (time.Time{}) {
		c.timeField(number, field, p)
	}
}

func (c *codec) textField(number uint64, p *string) {
	if !c.decoding {
		c.putText(number, *p)
	} else if c.has(number) {
		if c.expect(kindBytes) {
			*p = string(c.span())
		}
		c.next()
	}
}

func (c *codec) boolField(number uint64, p *bool) {
	if !c.decoding {
		c.putUint(number, 1)
	} else if c.has(number) {
		v := c.getUint()
		if v > 1 {
			c.damaged(c.keyAt, "boolean is neither 0 nor 1")
		}
		*p = v == 1
		c.next()
	}
}

func (c *codec) uint8Field(number uint64, p *uint8) {
	if !c.decoding {
		c.putUint(number, uint64(*p))
	} else if c.has(number) {
		v := c.getUint()
		if v > math.MaxUint8 {
			c.damaged(c.keyAt, "number exceeds 255")
		}
		*p = uint8(v)
		c.next()
	}
}

func (c *codec) int64Field(number uint64, p *int64) {
	if !c.decoding {
		c.putInt(number, *p)
	} else if c.has(number) {
		*p = c.getInt()
		c.next()
	}
}

func (c *codec) intField(number uint64, p *int) {
	if !c.decoding {
		c.putInt(number, int64(*p))
	} else if c.has(number) {
		v := c.getInt()
		if v < math.MinInt || v > math.MaxInt {
			c.damaged(c.keyAt, "number overflows int")
		}
		*p = int(v)
		c.next()
	}
}

func (c *codec) floatField(number uint64, p *float64) {
	if !c.decoding {
		c.b = binary.LittleEndian.AppendUint64(appendKey(c.b, number, kindFloat), math.Float64bits(*p))
	} else if c.has(number) {
		if c.expect(kindFloat) {
			*p = math.Float64frombits(c.eight())
		}
		c.next()
	}
}

// timeField truncates to microseconds, which may give the zero time.
func (c *codec) timeField(number uint64, field string, p *time.Time) {
	if c.decoding {
		if c.has(number) {
			*p = time.UnixMicro(c.getInt()).UTC()
			c.next()
		}
		return
	}
	const lastSecond = math.MaxInt64 / 1_000_000
	sec, micros := p.Unix(), p.UnixMicro()
	switch {
	case sec > lastSecond, sec < -lastSecond-1, (sec < 0) != (micros < 0):
		c.invalid(field, "does not fit into microseconds since 1970")
	case micros != noTime:
		c.putInt(number, micros)
	}
}

func (c *codec) address(number uint64, p *phonenum.Address) {
	if c.decoding {
		if c.has(number) {
			a, err := phonenum.RevealedAddress(string(c.getBytes()))
			if err != nil {
				c.damaged(c.keyAt, "invalid address")
			}
			*p = a
			c.next()
		}
		return
	}
	n, ok := p.Number()
	if !ok {
		if s := p.Reveal(); s != "" {
			c.putText(number, s)
		}
		return
	}
	// The parts of Address.Reveal, which would allocate to join them.
	outer := c.open(number)
	c.b = append(c.b, n.E164()...)
	if ext := p.Ext(); ext != "" {
		c.b = append(c.b, ";ext="...)
		c.b = append(c.b, ext...)
	}
	c.putLength(outer.start)
}

// values encodes an empty map, but not nil.
func (c *codec) values(number uint64, field string, p *callback.Values) {
	if c.number <= number || *p != nil {
		c.valuesField(number, field, p)
	}
}

func (c *codec) valuesField(number uint64, field string, p *callback.Values) {
	if !c.decoding {
		text, err := json.Marshal(p.Reveal())
		if err != nil {
			// err is dropped because it may quote a value.
			c.invalid(field, "has a value that JSON cannot express")
			return
		}
		c.b = binary.AppendUvarint(appendKey(c.b, number, kindBytes), uint64(len(text)))
		c.b = append(c.b, text...)
	} else if c.has(number) {
		// A variable, because what Unmarshal writes to escapes to the heap.
		var v callback.Values
		if text := c.getBytes(); c.err == nil {
			d := json.NewDecoder(bytes.NewReader(text))
			d.UseNumber()
			if err := d.Decode(&v); err != nil || v == nil || d.InputOffset() != int64(len(text)) {
				c.damaged(c.keyAt, "invalid JSON object")
			}
		}
		*p = v
		c.next()
	}
}

// present reports whether to visit a message or list: when encoding, if there is
// a value; when decoding, if it is the next field.
func (c *codec) present(number uint64, value bool) bool {
	return value || c.number <= number && c.skipTo(number)
}

// open begins a message. The caller visits its fields and then calls leave with
// outer.
func (c *codec) open(number uint64) (outer scope) {
	if !c.decoding {
		c.b = append(appendKey(c.b, number, kindBytes), 0)
		return scope{start: len(c.b)}
	}
	c.expect(kindBytes)
	return c.item()
}

// openPointer begins a message that is absent only if *p is nil. When decoding,
// it allocates the message.
func openPointer[T any](c *codec, number uint64, p **T) (v *T, outer scope) {
	if c.decoding {
		*p = new(T)
	}
	return *p, c.open(number)
}

// openList begins a list that is absent only if *list is nil. When decoding, it
// allocates the items. The caller visits each with item and leave, and then calls
// leave with outer.
func openList[T any](c *codec, number uint64, field string, list *[]T) (outer scope) {
	if !c.decoding {
		if n := len(*list); n > maxItems {
			c.invalid(field, fmt.Sprintf("has %d items, more than %d", n, maxItems))
		}
		return c.open(number)
	}
	c.expect(kindBytes)
	outer = c.enter()
	*list = make([]T, c.count())
	return outer
}

// item begins a message in a list, which has no key.
func (c *codec) item() (outer scope) {
	if !c.decoding {
		c.b = append(c.b, 0)
		return scope{start: len(c.b)}
	}
	outer = c.enter()
	c.number = 0
	c.next()
	return outer
}

// leave ends what open, openPointer, openList or item began.
func (c *codec) leave(outer scope) {
	if !c.decoding {
		c.putLength(outer.start)
		return
	}
	c.finish()
	if c.scope = outer; outer.number != noField {
		c.next()
	}
}
