//go:build unix

package faulttest

import (
	"os"
	"os/exec"
	"syscall"
)

// stopSelf makes the process stand still until it is continued.
func stopSelf() {
	if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
		os.Exit(exitBroken)
	}
}

func resume(p *os.Process) error { return p.Signal(syscall.SIGCONT) }

// killed reports whether a process that has ended was killed, and not run to an end.
func killed(cmd *exec.Cmd) bool {
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
