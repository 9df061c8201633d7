package postgrestest

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	// maxSocketPath is the length of a socket's path that every unix system
	// allows (Linux 107 bytes, macOS and the BSDs 103).
	maxSocketPath = 103
	// The ports are below the range from which systems choose the local end of
	// outgoing connections (Linux from 32768, others from 49152), so that a
	// restart finds its port free.
	lowestPort, highestPort = 15000, 31999
	// portTries limits the search for a free port.
	portTries = 100
	// logTail is the number of bytes of the log that an error quotes.
	logTail = 2000
)

// folder is the temporary directory of a server with its socket, log and files.
// It is removed when the caller closes the server or dies.
type folder struct {
	path  string
	owner *owner
	guard *guard
}

// newFolder creates a folder that the server processes own and whose path is
// short enough for a socket. It is in memory if inMemory is set, $TMPDIR is
// not, and there is room. pidFile is as for [newGuard], but may be relative to
// the folder.
func newFolder(pidFile string, inMemory bool) (*folder, error) {
	who, err := serverOwner()
	if err != nil {
		return nil, err
	}
	parent := os.TempDir()
	if inMemory && os.Getenv("TMPDIR") == "" {
		if dir, ok := memoryDir(); ok {
			parent = dir
		}
	}
	if len(socketPath(filepath.Join(parent, "rbpg-4294967295"), highestPort)) > maxSocketPath {
		parent = "/tmp"
	}
	path, err := os.MkdirTemp(parent, "rbpg-")
	if err != nil {
		return nil, err
	}
	if pidFile != "" && !filepath.IsAbs(pidFile) {
		pidFile = filepath.Join(path, pidFile)
	}
	watch, err := newGuard(path, pidFile)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	f := &folder{path: path, owner: who, guard: watch}
	if err := who.take(path); err != nil {
		return nil, errors.Join(err, f.remove())
	}
	return f, nil
}

// remove deletes the folder and ends its guard.
func (f *folder) remove() error {
	return errors.Join(os.RemoveAll(f.path), f.guard.release())
}

func (f *folder) log() string { return filepath.Join(f.path, "server.log") }

// tail returns the end of what a process wrote to the log.
func (f *folder) tail(p *process) string {
	file, err := os.Open(f.log())
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	begin := p.log
	if info, err := file.Stat(); err == nil {
		begin = max(begin, info.Size()-logTail)
	}
	text, err := io.ReadAll(io.NewSectionReader(file, begin, logTail))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}

// socketPath returns the path of a server's socket in a directory.
func socketPath(dir string, port int) string {
	return filepath.Join(dir, ".s.PGSQL."+strconv.Itoa(port))
}

// freePort returns a free loopback port. Another process may take it before the
// server does, so callers retry.
func freePort() (int, error) {
	var last error
	for range portTries {
		var random [8]byte
		if _, err := rand.Read(random[:]); err != nil {
			return 0, err
		}
		port := lowestPort + int(binary.LittleEndian.Uint64(random[:])%(highestPort-lowestPort+1))
		listener, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			last = err
			continue
		}
		return port, listener.Close()
	}
	return 0, fmt.Errorf("no free port after %d tries: %w", portTries, last)
}
