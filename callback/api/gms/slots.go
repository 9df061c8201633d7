package gms

import (
	"strconv"
	"time"

	"github.com/ringback-go/ringback/availability"
)

// Slots are encoded without encoding/json, which would take several times as
// long as computing them; a response has thousands. After each slot the encoders
// pass what they have to flush, which returns what they append to.
type flush func(b []byte) []byte

// keep is a flush that sends nothing.
func keep(b []byte) []byte { return b }

// jsonV1 encodes the slots with a seat left as an object, in ascending order.
func jsonV1(slots []availability.Slot) []byte {
	return appendV1(make([]byte, 0, 2+32*len(slots)), slots, keep)
}

func appendV1(b []byte, slots []availability.Slot, flush flush) []byte {
	b = append(b, '{')
	first := true
	for _, s := range slots {
		if s.Left <= 0 {
			continue
		}
		if b = flush(b); !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, '"')
		b = appendTime(b, s.Start.UTC())
		b = append(b, `Z":`...)
		b = strconv.AppendInt(b, int64(s.Left), 10)
	}
	return append(b, '}')
}

// jsonV2 encodes slots with times in UTC and in the zone of the response.
func jsonV2(s availability.Slots) []byte {
	return appendV2(make([]byte, 0, 80+120*len(s.Slots)), s, keep)
}

func appendV2(b []byte, s availability.Slots, flush flush) []byte {
	b = append(b, `{"slots":[`...)
	for i, slot := range s.Slots {
		if b = flush(b); i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"utcTime":"`...)
		b = appendTime(b, slot.Start.UTC())
		b = append(b, `Z","localTime":"`...)
		b = appendTime(b, slot.Start.In(s.Location))
		b = append(b, `","capacity":`...)
		b = strconv.AppendInt(b, int64(slot.Left), 10)
		b = append(b, `,"total":`...)
		b = strconv.AppendInt(b, int64(slot.Total), 10)
		b = append(b, '}')
	}
	b = append(b, `],"durationMin":`...)
	b = strconv.AppendInt(b, int64(s.Bucket/time.Minute), 10)
	b = append(b, `,"timezone":`...)
	b = strconv.AppendQuote(b, s.Zone)
	return append(b, '}')
}

// appendTime appends the wall-clock time of t as yyyy-MM-ddTHH:mm:ss.SSS.
func appendTime(b []byte, t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b = append(appendDigits(b, year, 4), '-')
	b = append(appendDigits(b, int(month), 2), '-')
	b = append(appendDigits(b, day, 2), 'T')
	b = append(appendDigits(b, hour, 2), ':')
	b = append(appendDigits(b, minute, 2), ':')
	b = append(appendDigits(b, second, 2), '.')
	return appendDigits(b, t.Nanosecond()/int(time.Millisecond), 3)
}

// appendDigits appends a number of at most width digits.
func appendDigits(b []byte, n, width int) []byte {
	at := len(b)
	b = append(b, "0000"[:width]...)
	for i := at + width - 1; n > 0 && i >= at; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}
