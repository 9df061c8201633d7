package availability

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

const (
	utcWire   = "2006-01-02T15:04:05.000Z"
	localWire = "2006-01-02T15:04:05.000"
)

// V1Slot is one entry of the map that GMS availability version 1 answers with.
type V1Slot struct {
	UTC  string // the start, yyyy-MM-ddTHH:mm:ss.SSSZ
	Left int
}

// V1Slots is the answer of GMS availability version 1, ascending. It marshals to
// a JSON object whose keys keep that order.
type V1Slots []V1Slot

// V1 gives the form of GMS availability version 1: full slots are left out.
func (s Slots) V1() V1Slots {
	list := make(V1Slots, 0, len(s.Slots))
	for _, slot := range s.Slots {
		if slot.Left > 0 {
			list = append(list, V1Slot{UTC: slot.Start.UTC().Format(utcWire), Left: slot.Left})
		}
	}
	return list
}

// MarshalJSON implements [json.Marshaler].
func (v V1Slots) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, slot := range v {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(slot.UTC)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(slot.Left))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// V2Slot is one slot of GMS availability version 2.
type V2Slot struct {
	UTCTime   string `json:"utcTime"`   // the start, yyyy-MM-ddTHH:mm:ss.SSSZ
	LocalTime string `json:"localTime"` // the start on the wall clock, without a zone
	Capacity  int    `json:"capacity"`  // seats left
	Total     int    `json:"total"`     // seats of the bucket
}

// V2Slots is the answer of GMS availability version 2.
type V2Slots struct {
	Slots       []V2Slot `json:"slots"`
	DurationMin int      `json:"durationMin"` // the bucket size in minutes
	Timezone    string   `json:"timezone"`    // the IANA id of the local times
}

// V2 gives the form of GMS availability version 2.
func (s Slots) V2() V2Slots {
	loc := s.loc
	if loc == nil {
		var err error
		if loc, err = LoadZone(s.Zone); err != nil {
			loc = time.UTC
		}
	}
	v := V2Slots{
		Slots:       make([]V2Slot, len(s.Slots)),
		DurationMin: int(s.Bucket / time.Minute),
		Timezone:    zoneName(loc),
	}
	for i, slot := range s.Slots {
		v.Slots[i] = V2Slot{
			UTCTime:   slot.Start.UTC().Format(utcWire),
			LocalTime: slot.Start.In(loc).Format(localWire),
			Capacity:  slot.Left,
			Total:     slot.Total,
		}
	}
	return v
}
