package faultproxy

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"testing"
)

// build returns a message with a body of zero-terminated strings.
func build(kind byte, texts ...string) message {
	m := message{kind, 0, 0, 0, 0}
	for _, s := range texts {
		m = append(append(m, s...), 0)
	}
	binary.BigEndian.PutUint32(m[1:], uint32(len(m)-1))
	return m
}

// raw returns a message with the given body.
func raw(kind byte, body string) message {
	m := message{kind, 0, 0, 0, byte(4 + len(body))}
	return append(m, body...)
}

func TestReadMessage(t *testing.T) {
	for name, c := range map[string]struct {
		bytes []byte
		want  error // nil for any other error
		ok    bool
	}{
		"empty body":    {bytes: raw('S', ""), ok: true},
		"text":          {bytes: build('Q', "select 1"), ok: true},
		"end":           {want: io.EOF},
		"half a header": {bytes: []byte{'Q', 0, 0}, want: io.EOF},
		"half a body":   {bytes: []byte{'Q', 0, 0, 0, 9, 'x'}, want: io.ErrUnexpectedEOF},
		"length 3":      {bytes: []byte{'Q', 0, 0, 0, 3}},
		"length -1":     {bytes: []byte{'Q', 255, 255, 255, 255}},
		"too long":      {bytes: binary.BigEndian.AppendUint32([]byte{'Q'}, maxMessage+1)},
	} {
		got, err := readMessage(bufio.NewReader(bytes.NewReader(c.bytes)))
		switch {
		case c.ok && (err != nil || !bytes.Equal(got, c.bytes)):
			t.Errorf("%s: %q, %v", name, got, err)
		case !c.ok && (err == nil || c.want != nil && err != c.want):
			t.Errorf("%s: %q, %v; want error %v", name, got, err, c.want)
		}
	}
}

func TestReadStartup(t *testing.T) {
	for name, c := range map[string]struct {
		bytes []byte
		code  uint32
		ok    bool
	}{
		"ssl":        {bytes: []byte{0, 0, 0, 8, 4, 210, 22, 47}, code: codeSSL, ok: true},
		"gss":        {bytes: []byte{0, 0, 0, 8, 4, 210, 22, 48}, code: codeGSS, ok: true},
		"cancel":     {bytes: []byte{0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 1, 0, 0, 0, 2}, code: codeCancel, ok: true},
		"version 3":  {bytes: []byte{0, 0, 0, 9, 0, 3, 0, 0, 0}, code: 3 << 16, ok: true},
		"length 7":   {bytes: []byte{0, 0, 0, 7, 0, 3, 0, 0}},
		"too long":   {bytes: []byte{0, 0, 39, 17, 0, 3, 0, 0}},
		"cut short":  {bytes: []byte{0, 0, 0, 9, 0, 3, 0, 0}},
		"half a one": {bytes: []byte{0, 0, 0}},
	} {
		packet, code, err := readStartup(bufio.NewReader(bytes.NewReader(c.bytes)))
		if ok := err == nil; ok != c.ok || ok && (code != c.code || !bytes.Equal(packet, c.bytes)) {
			t.Errorf("%s: %q, %d, %v", name, packet, code, err)
		}
	}
}

// Messages preserve the bytes of any input, and each has at most one meaning.
func FuzzMessages(f *testing.F) {
	f.Add([]byte(build(typeQuery, "commit")))
	f.Add(slices.Concat[[]byte](build(typeParse, "s", "insert"), build(typeBind, "p", "s"), build(typeExecute, "p"), raw(typeSync, "")))
	f.Add(slices.Concat[[]byte](raw(typeClose, "Ss\x00"), raw(typeFlush, ""), raw(typeCopyData, "1\n")))
	f.Add([]byte{'Q', 255, 255, 255, 255})
	f.Add([]byte{0, 0, 0, 8, 4, 210, 22, 47})
	f.Fuzz(func(t *testing.T, stream []byte) {
		if _, code, err := readStartup(bufio.NewReader(bytes.NewReader(stream))); err == nil && code != binary.BigEndian.Uint32(stream[4:]) {
			t.Errorf("code %d of %q", code, stream)
		}
		reader, s := bufio.NewReader(bytes.NewReader(stream)), newStatements()
		rest := stream
		for {
			m, err := readMessage(reader)
			if err != nil {
				return
			}
			if len(m) < 5 || !bytes.HasPrefix(rest, m) {
				t.Fatalf("message %q from %q", m, rest)
			}
			rest = rest[len(m):]
			if _, ok := s.note(m); ok && m.kind() != typeQuery && m.kind() != typeExecute {
				t.Errorf("%q executes a statement", m)
			}
		}
	})
}
