//go:build !unix

package faulttest

import (
	"errors"
	"os"
	"os/exec"
)

// stopSelf ends the process: there is no way to make it stand still.
func stopSelf() { os.Exit(exitBroken) }

func resume(*os.Process) error { return errors.ErrUnsupported }

// killed reports whether a process that has ended did not end well: more is not known.
func killed(cmd *exec.Cmd) bool { return !cmd.ProcessState.Success() }
