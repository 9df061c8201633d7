package api

import (
	"bytes"
	"net/http"
	"strings"
	"unicode/utf8"
)

// charset is the encoding that a body or a part of one declares.
type charset int

const (
	charsetUTF8 charset = iota
	charsetASCII
	charsetLatin1
)

// charsetOf returns the charset of a name, as clients write them. ok is false if it
// is not known. Names are those of IANA's registry, and utf8.
func charsetOf(name string) (c charset, ok bool) {
	switch strings.ToLower(strings.Trim(name, "' ")) {
	case "", "utf-8", "utf8":
		return charsetUTF8, true
	case "us-ascii", "ascii":
		return charsetASCII, true
	case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "l1":
		return charsetLatin1, true
	}
	return 0, false
}

// decode returns text in UTF-8. ok is false if it has bytes that the charset has no
// character for. A byte order mark is dropped.
func (c charset) decode(text []byte) (decoded []byte, ok bool) {
	switch c {
	case charsetASCII:
		return text, bytes.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
	case charsetLatin1:
		decoded = make([]byte, 0, len(text)+len(text)/8)
		for _, b := range text {
			if b >= 0x80 && b < 0xa0 {
				return nil, false // these are assigned by windows-1252 only
			}
			decoded = utf8.AppendRune(decoded, rune(b))
		}
		return decoded, true
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), utf8.Valid(text)
}

// unknownCharset is the fault of a body whose charset is not known.
func unknownCharset() *Fault {
	return NewFault(http.StatusUnsupportedMediaType, "Content-Type", "charset is not utf-8, us-ascii or iso-8859-1")
}

// badText is the fault of a body that is not of its charset.
func badText() *Fault {
	return NewFault(http.StatusBadRequest, "", "the body is not of the charset that it declares, which is UTF-8 without one")
}
