package faultproxy

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	// maxMessage limits the length of a message in bytes. The server's own
	// limit is 1 GiB.
	maxMessage = 256 << 20
	// maxStartup limits the length of a startup packet in bytes, as the server
	// does.
	maxStartup = 10000
)

// Codes in a client's first packet that are not protocol versions.
const (
	codeCancel = 80877102
	codeSSL    = 80877103
	codeGSS    = 80877104
)

// Types of client messages.
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

// Types of server messages.
const (
	typeCopyBoth     = 'W'
	typeCopyIn       = 'G'
	typeNotification = 'A'
	typeReady        = 'Z'
)

// message is a message with its header: a type byte, a length of four bytes
// that includes itself, and the body.
type message []byte

func (m message) kind() byte   { return m[0] }
func (m message) body() []byte { return m[5:] }

// readMessage reads one message. Its buffer grows with the bytes received, not
// with the announced length.
func readMessage(r *bufio.Reader) (message, error) {
	header, err := r.Peek(5)
	if err != nil {
		return nil, err
	}
	length := int64(binary.BigEndian.Uint32(header[1:]))
	if length < 4 || length > maxMessage {
		return nil, fmt.Errorf("message %q has length %d, want 4 to %d", header[0], length, maxMessage)
	}
	return readExactly(r, 1+length)
}

// readStartup reads a packet without a type byte, as a client sends first, and
// returns it with its code.
func readStartup(r *bufio.Reader) (packet []byte, code uint32, err error) {
	header, err := r.Peek(8)
	if err != nil {
		return nil, 0, err
	}
	length := int64(binary.BigEndian.Uint32(header))
	if length < 8 || length > maxStartup {
		return nil, 0, fmt.Errorf("startup packet has length %d, want 8 to %d", length, maxStartup)
	}
	code = binary.BigEndian.Uint32(header[4:])
	packet, err = readExactly(r, length)
	return packet, code, err
}

func readExactly(r io.Reader, length int64) ([]byte, error) {
	var buffer bytes.Buffer
	if _, err := io.CopyN(&buffer, r, length); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return buffer.Bytes(), nil
}

// text splits a zero-terminated string off the body. It returns false without a
// terminator.
func text(body []byte) (s string, rest []byte, ok bool) {
	before, rest, ok := bytes.Cut(body, []byte{0})
	if !ok {
		return "", nil, false
	}
	return string(before), rest, true
}
