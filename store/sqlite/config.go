package sqlite

import (
	"fmt"
	"log/slog"
)

// Synchronous tells when a change survives a power failure. Changes always
// survive the end of the process.
type Synchronous uint8

const (
	// Full syncs a change to the disk before it is acknowledged.
	Full Synchronous = iota
	// Normal does not sync every change: a power failure or a crash of the
	// operating system may lose the last changes, each as a whole and the
	// latest first. A single caller is about twice as fast.
	Normal
)

// Config is how a [Store] works. The zero value of every field is the
// documented default.
type Config struct {
	// Synchronous is when a change survives a power failure. Defaults to [Full];
	// an unknown value is taken as Full.
	Synchronous Synchronous
	// DigestKey seals the secret that digests are made with. The host keeps the
	// key outside the file: without it, the file and its backups do not tell
	// whether a given number or customer is, or was, in them. A file whose secret
	// is in the clear, as in every file made without a key, is sealed when it is
	// first opened with one; older backups stay as they are.
	//
	// From then on the file and its backups open with this key only, and neither
	// without a key nor with another: the error is [ErrDigestKey], as it is for a
	// key of zeros. Keep copies of the key as long as the file. Processes that
	// share a file need the same key. Defaults to none.
	DigestKey *[32]byte

	// Logger gets an error when the index of due callbacks had to be mended.
	// Defaults to slog.Default().
	Logger *slog.Logger

	hook func(statement string) // called before each statement of the writer; set by tests
}

// check reports an unusable configuration.
func (c *Config) check() error {
	if c.DigestKey != nil && *c.DigestKey == [32]byte{} {
		return fmt.Errorf("%w: it is all zeros", ErrDigestKey)
	}
	return nil
}

// logPages is the size of the log, in pages of 4 KiB, at which the writer
// itself copies the rest of it into the file and restarts it.
const logPages = "16000"

// cacheKiB limits the page cache of the connection that writes. Changes are
// spread over the whole file.
const cacheKiB = "32768"

// reading returns the settings of the connections that read.
func reading() []string {
	return []string{"query_only(1)", "busy_timeout(0)", "temp_store(2)", "cell_size_check(1)", "cache_size(-8192)"}
}

// writing returns the settings of the connection that writes.
func (c *Config) writing() []string {
	synchronous := "FULL"
	if c.Synchronous == Normal {
		synchronous = "NORMAL"
	}
	return []string{
		"busy_timeout = 0", // the writer waits itself, for as long as its callers do
		"synchronous = " + synchronous,
		"secure_delete = ON",
		"wal_autocheckpoint = " + logPages,
		"journal_size_limit = 134217728",
		"temp_store = MEMORY",
		"cache_size = -" + cacheKiB,
		"cell_size_check = ON",
	}
}
