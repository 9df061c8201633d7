//go:build unix

package faulttest

import (
	"os"
	"os/exec"
	"syscall"
)

// stopSelf stops the process until it is continued.
func stopSelf() {
	if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
		os.Exit(exitBroken)
	}
}

func resume(p *os.Process) error { return p.Signal(syscall.SIGCONT) }

// killed reports whether a process that has ended was killed.
func killed(cmd *exec.Cmd) bool {
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
