package postgrestest

import (
	"errors"
	"net"
	"slices"
	"testing"
)

// The start notices that another process has taken the port after it was
// chosen, even if that process accepts connections.
func TestPortTaken(t *testing.T) {
	c, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	other, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()

	if err := c.StopImmediate(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.port = other.port
	if err := c.startServer(t.Context()); !errors.Is(err, errBusy) {
		t.Errorf("server on a port in use: %v", err)
	}
	// A later failure has its own reason.
	settings := c.args
	c.args = append(slices.Clone(settings), "-c", "no_such_setting=1")
	if err := c.startServer(t.Context()); err == nil || errors.Is(err, errBusy) {
		t.Errorf("start with a bad setting: %v", err)
	}
	c.args = settings
	b := &Bouncer{folder: c.folder, execMode: defaultExecMode, port: other.port}
	if b.program, err = FindBouncer(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.configure(c, 1), b.start(t.Context())); !errors.Is(err, errBusy) {
		t.Errorf("PgBouncer on a port in use: %v", err)
	}
	if err := c.startAnywhere(t.Context()); err != nil || c.port == other.port {
		t.Errorf("startAnywhere: port %d, %v", c.port, err)
	}
}

func TestFreePort(t *testing.T) {
	const tries = 50
	free := 0
	for range tries {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		if port < lowestPort || port > highestPort {
			t.Fatalf("port %d", port)
		}
		if listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err == nil {
			free++
			if err := listener.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if free < tries/2 { // other processes may take some
		t.Errorf("%d of %d ports were free", free, tries)
	}
}
