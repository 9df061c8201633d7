//go:build unix

package faulttest

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// stopSelf stops the process until it is continued.
func stopSelf() {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
		os.Exit(exitBroken)
	}
	// Another thread may be the one that takes the signal, long after Kill has
	// returned in this one.
	<-continued
	signal.Stop(continued)
}

func resume(p *os.Process) error { return p.Signal(syscall.SIGCONT) }

// killed reports whether a process that has ended was killed.
func killed(cmd *exec.Cmd) bool {
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
