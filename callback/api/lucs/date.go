package lucs

import "time"

// parseDate parses a date in one of the formats of LUCS clients:
// "2019-06-14T10:02:07.455Z" with an optional fraction and offset, or
// "14.06.2019 10:02:07" with an optional fraction and Z. The default is UTC.
func parseDate(text string) (time.Time, bool) {
	s := scanner{text: text, ok: true}
	var year, month, day int
	iso := len(text) > 4 && text[4] == '-'
	if iso {
		year, month, day = s.number(4), s.after('-', 2), s.after('-', 2)
		s.skip('T')
	} else {
		day, month, year = s.number(2), s.after('.', 2), s.after('.', 4)
		s.skip(' ')
	}
	hour, minute, second := s.number(2), s.after(':', 2), s.after(':', 2)
	nsec := s.fraction()
	offset := s.offset(iso)
	if !s.ok || s.text != "" || year < 1 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nsec, time.UTC)
	if t.Day() != day || t.Month() != time.Month(month) {
		return time.Time{}, false // the month does not have the day
	}
	return t.Add(-offset), true
}

// scanner reads a date from left to right. ok stays false after a mismatch.
type scanner struct {
	text string
	ok   bool
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
	digits := 0
	for digits < len(s.text) && s.text[digits] >= '0' && s.text[digits] <= '9' {
		digits++
	}
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
	hours, minutes := s.number(2), s.after(':', 2)
	if hours > 23 || minutes > 59 {
		s.ok = false
	}
	d := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if negative {
		return -d
	}
	return d
}
