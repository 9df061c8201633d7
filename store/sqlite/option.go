package sqlite

import "fmt"

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

// Option changes a Store at its making.
type Option func(*options)

type options struct {
	synchronous Synchronous
	digestKey   *[32]byte
	hook        func(statement string)
	pragmas     []string
}

// WithSynchronous sets when a change is safe from a power cut. Defaults to
// [Full]; what is neither is taken as Full.
func WithSynchronous(s Synchronous) Option { return func(o *options) { o.synchronous = s } }

// WithDigestKey keeps the secret that digests are made with sealed under key,
// which the host keeps elsewhere: without the key nobody can tell from the file,
// or from a backup, whether a number or a customer that he thinks of is, or was,
// in it. A file that has its secret in the clear, as all have that are made
// without a key, is sealed when it is first opened with one; backups that were
// made before stay as they are.
//
// From then on the file, and each backup of it, opens with this key only, and
// never without: the error is [ErrDigestKey]. So it is for a key of zeros. Copies
// of the key are to be kept as long as the file is. Processes that share a file
// give the same key.
func WithDigestKey(key [32]byte) Option { return func(o *options) { o.digestKey = &key } }

// check reports an unusable configuration.
func (o *options) check() error {
	if o.digestKey != nil && *o.digestKey == [32]byte{} {
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
func (o *options) writing() []string {
	synchronous := "FULL"
	if o.synchronous == Normal {
		synchronous = "NORMAL"
	}
	return append([]string{
		"busy_timeout = 0", // the writer waits itself, for as long as its callers do
		"synchronous = " + synchronous,
		"secure_delete = ON",
		"wal_autocheckpoint = " + logPages,
		"journal_size_limit = 134217728",
		"temp_store = MEMORY",
		"cache_size = -" + cacheKiB,
		"cell_size_check = ON",
	}, o.pragmas...)
}
