//go:build !unix

package faulttest

import (
	"errors"
	"os"
	"os/exec"
)

// stopSelf ends the process, because it cannot be stopped here.
func stopSelf() { os.Exit(exitBroken) }

func resume(*os.Process) error { return errors.ErrUnsupported }

// killed reports whether a process that has ended did so abnormally; whether it
// was killed is not known here.
func killed(cmd *exec.Cmd) bool { return !cmd.ProcessState.Success() }
