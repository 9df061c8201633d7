package faultproxy

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	// maxMessage bounds the length of one message, in bytes. The server's own bound for a message is 1 GiB.
	maxMessage = 256 << 20
	// maxStartup bounds the length of a startup packet, in bytes, like the server does.
	maxStartup = 10000
)

// The codes in a client's first packet that are no protocol version.
const (
	codeCancel = 80877102
	codeSSL    = 80877103
	codeGSS    = 80877104
)

// The types of client messages.
const (
	typeBind      = 'B'
	typeClose     = 'C'
	typeCopyData  = 'd'
	typeCopyDone  = 'c'
	typeCopyFail  = 'f'
	typeExecute   = 'E'
	typeFlush     = 'H'
	typeFunction  = 'F'
	typeParse     = 'P'
	typePassword  = 'p'
	typeQuery     = 'Q'
	typeSync      = 'S'
	typeTerminate = 'X'
)

// The types of server messages.
const (
	typeCopyBoth     = 'W'
	typeCopyIn       = 'G'
	typeNotification = 'A'
	typeReady        = 'Z'
)

// message is one message with its header: a type byte, four bytes of length that count themselves, and the body.
type message []byte

func (m message) kind() byte   { return m[0] }
func (m message) body() []byte { return m[5:] }

// readMessage reads one message. The buffer grows with what arrives, not with what the length promises.
func readMessage(r *bufio.Reader) (message, error) {
	header, err := r.Peek(5)
	if err != nil {
		return nil, err
	}
	length := int64(binary.BigEndian.Uint32(header[1:]))
	if length < 4 || length > maxMessage {
		return nil, fmt.Errorf("a message %q of length %d: it has to be between 4 and %d", header[0], length, maxMessage)
	}
	return readExactly(r, 1+length)
}

// readStartup reads one packet without a type byte, as a client sends first, and returns it with its code.
func readStartup(r *bufio.Reader) (packet []byte, code uint32, err error) {
	header, err := r.Peek(8)
	if err != nil {
		return nil, 0, err
	}
	length := int64(binary.BigEndian.Uint32(header))
	if length < 8 || length > maxStartup {
		return nil, 0, fmt.Errorf("a startup packet of length %d: it has to be between 8 and %d", length, maxStartup)
	}
	code = binary.BigEndian.Uint32(header[4:])
	packet, err = readExactly(r, length)
	return packet, code, err
}

func readExactly(r io.Reader, length int64) ([]byte, error) {
	var buffer bytes.Buffer
	if _, err := io.CopyN(&buffer, r, length); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return buffer.Bytes(), nil
}

// text cuts a zero-terminated text off the front of a body; without a terminator there is none.
func text(body []byte) (s string, rest []byte, ok bool) {
	before, rest, ok := bytes.Cut(body, []byte{0})
	if !ok {
		return "", nil, false
	}
	return string(before), rest, true
}
