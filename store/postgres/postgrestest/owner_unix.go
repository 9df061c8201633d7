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

// Shutdown modes of a PostgreSQL server. A fast stop terminates sessions and
// writes a checkpoint; an immediate stop leaves recovery to the next start.
const (
	stopFast      = syscall.SIGINT
	stopImmediate = syscall.SIGQUIT
)

// owner is the user that server processes run as. A nil owner is the caller.
type owner struct {
	uid, gid uint32
}

// serverOwner returns the user for server processes. initdb, postgres and
// pgbouncer refuse to run as root, so if the caller is root they run as
// postgres or, if there is no such user, as nobody.
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
			return nil, fmt.Errorf("id of user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("group of user %s: %w", name, err)
		}
		return &owner{uid: uint32(uid), gid: uint32(gid)}, nil
	}
	return nil, fmt.Errorf("PostgreSQL does not run as root, and no other user was found: %w", errors.Join(missing...))
}

// take makes the owner own a file or folder.
func (o *owner) take(path string) error {
	if o == nil {
		return nil
	}
	return os.Chown(path, int(o.uid), int(o.gid))
}

// attributes runs a process as the owner, in a process group of its own, so
// that Ctrl-C on the terminal does not reach it.
func (o *owner) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if o != nil {
		attributes.Credential = &syscall.Credential{Uid: o.uid, Gid: o.gid}
	}
	return attributes
}
