package faulttest

import "os"

// killSelf kills the process without any clean-up. It does not return.
func killSelf() {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err != nil {
		os.Exit(exitBroken)
	}
	select {}
}
