//go:build unix

package postgrestest

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// The shutdown modes of a PostgreSQL server: a fast stop ends sessions and writes a checkpoint, an immediate stop leaves
// recovery to the next start.
const (
	stopFast      = syscall.SIGINT
	stopImmediate = syscall.SIGQUIT
)

// owner is the user that server processes run as; nil means the caller's own.
type owner struct {
	uid, gid uint32
}

// serverOwner returns the user for server processes. initdb, postgres and pgbouncer refuse to run as root, so root hands them
// to the user postgres or, when there is none, to nobody.
func serverOwner() (*owner, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	var missing []error
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			missing = append(missing, err)
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("the id of user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("the group of user %s: %w", name, err)
		}
		return &owner{uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("a PostgreSQL server does not run as root and no other user was found: %w", errors.Join(missing...))
}

// take gives a file or folder to the owner.
func (o *owner) take(path string) error {
	if o == nil {
		return nil
	}
	return os.Chown(path, int(o.uid), int(o.gid))
}

// attributes puts a process into a group of its own, so that Ctrl-C on the terminal reaches the host alone, and gives it to the owner.
func (o *owner) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if o != nil {
		attributes.Credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
	}
	return attributes
}
