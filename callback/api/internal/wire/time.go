package wire

import (
	"strings"
	"time"

	"github.com/ringback-go/ringback/availability"
)

// ParseTime parses yyyy-MM-ddTHH:mm[:ss[.fraction]], followed by Z, by an offset such
// as +01:00 or +0100, or by nothing: then it is the local time of loc, which is the
// first instant after a gap and the first occurrence in an overlap. Years are
// written with four digits, from 0001. Every parameter of every adapter that has a point in time takes these
// forms; the products document all of them, for one parameter or another.
func ParseTime(text string, loc *time.Location) (time.Time, bool) {
	s := scanner{text: text, ok: true}
	year, month, day := s.number(4), s.after('-', 2), s.after('-', 2)
	s.skip('T')
	return s.clock(year, month, day, loc, true)
}

// ParseGermanTime parses dd.MM.yyyy HH:mm:ss with an optional fraction and Z, which
// is UTC.
func ParseGermanTime(text string) (time.Time, bool) {
	s := scanner{text: text, ok: true}
	day, month, year := s.number(2), s.after('.', 2), s.after('.', 4)
	s.skip(' ')
	return s.clock(year, month, day, time.UTC, false)
}

// ParseTruth parses true or false, in any case; "" is false.
func ParseTruth(text string) (value, ok bool) {
	switch {
	case strings.EqualFold(text, "true"):
		return true, true
	case strings.EqualFold(text, "false"), text == "":
		return false, true
	}
	return false, false
}

// scanner reads a time from left to right. ok stays false after a mismatch.
type scanner struct {
	text string
	ok   bool
}

// clock reads the time of a day, and the offset. Seconds may be left out, and the
// offset may have a sign, only if international.
func (s *scanner) clock(year, month, day int, loc *time.Location, international bool) (time.Time, bool) {
	hour, minute, second, nsec := s.number(2), s.after(':', 2), 0, 0
	if !international || s.text != "" && s.text[0] == ':' {
		second = s.after(':', 2)
		nsec = s.fraction()
	}
	local := s.text == ""
	offset := s.offset(international)
	if !s.ok || s.text != "" || year < 1 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nsec, time.UTC)
	if t.Day() != day || t.Month() != time.Month(month) {
		return time.Time{}, false // the month does not have the day
	}
	if local && loc != time.UTC {
		instant, kind := availability.LocalOf(t, time.UTC).In(loc)
		if kind != availability.Gap {
			instant = instant.Add(time.Duration(nsec))
		}
		t = instant.UTC()
	}
	return t.Add(-offset), true
}

func (s *scanner) skip(c byte) {
	if s.text == "" || s.text[0] != c {
		s.ok = false
		return
	}
	s.text = s.text[1:]
}

// after reads a number after a separator.
func (s *scanner) after(c byte, digits int) int {
	s.skip(c)
	return s.number(digits)
}

// number reads exactly the given number of digits.
func (s *scanner) number(digits int) int {
	if len(s.text) < digits {
		s.ok = false
		return 0
	}
	n := 0
	for _, c := range []byte(s.text[:digits]) {
		if c < '0' || c > '9' {
			s.ok = false
			return 0
		}
		n = n*10 + int(c-'0')
	}
	s.text = s.text[digits:]
	return n
}

// fraction reads an optional fraction of one to nine digits as nanoseconds.
func (s *scanner) fraction() int {
	if s.text == "" || s.text[0] != '.' {
		return 0
	}
	s.text = s.text[1:]
	digits := len(s.text) - len(strings.TrimLeft(s.text, "0123456789"))
	if digits == 0 || digits > 9 {
		s.ok = false
		return 0
	}
	n := s.number(digits)
	for range 9 - digits {
		n *= 10
	}
	return n
}

// offset reads an optional Z or, if signed, an offset.
func (s *scanner) offset(signed bool) time.Duration {
	switch {
	case s.text == "":
		return 0
	case s.text[0] == 'Z':
		s.text = s.text[1:]
		return 0
	case !signed || s.text[0] != '+' && s.text[0] != '-':
		s.ok = false
		return 0
	}
	negative := s.text[0] == '-'
	s.text = s.text[1:]
	hours := s.number(2)
	if s.text != "" && s.text[0] == ':' {
		s.skip(':')
	}
	minutes := s.number(2)
	if hours > 23 || minutes > 59 {
		s.ok = false
	}
	d := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if negative {
		return -d
	}
	return d
}
