//go:build !unix

package postgrestest

import (
	"errors"
	"os"
	"syscall"
)

const (
	stopFast      = syscall.SIGINT
	stopImmediate = syscall.SIGQUIT
)

// owner is used on unix only.
type owner struct{}

func serverOwner() (*owner, error) {
	return nil, errors.New("private clusters need a unix system")
}

func (o *owner) take(path string) error { return os.Chown(path, 0, 0) }

func (o *owner) attributes() *syscall.SysProcAttr { return nil }
