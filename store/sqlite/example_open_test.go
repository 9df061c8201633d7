package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store/sqlite"
)

// somewhere returns a path for the file of an example.
func somewhere() (path string, remove func()) {
	dir, err := os.MkdirTemp("", "ringback")
	if err != nil {
		fmt.Println(err)
	}
	return filepath.Join(dir, "callbacks.db"), func() { os.RemoveAll(dir) }
}

// A Manager on a file: accepted callbacks are still there after a restart.
func ExampleOpen() {
	ctx := context.Background()
	path, remove := somewhere()
	defer remove()

	services, err := callback.NewServices(callback.Service{Name: "support", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	dialer := callback.DialerFunc(func(ctx context.Context, call callback.Call) (callback.Outcome, error) {
		return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known, Talk: time.Minute}, nil
	})
	var id callback.ID
	for range 2 {
		s, err := sqlite.Open(ctx, path, sqlite.Config{})
		if err != nil {
			fmt.Println(err)
			return
		}
		m, err := manager.New(manager.Config{Store: s, Services: services, Dialer: dialer})
		if err != nil {
			fmt.Println(err)
			return
		}
		// A request with the same key is a repetition, also after a restart.
		cb, err := m.Start(ctx, manager.Request{Service: "support", Number: "044 668 18 00", Key: "order-4711"})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(cb.State, cb.Customer.Number, "known:", cb.ID == id)
		id = cb.ID
		if err := s.Close(); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// QUEUED +41•••••1800 known: false
	// QUEUED +41•••••1800 known: true
}

// With Normal, a power failure may lose the last changes; the end of the
// process cannot.
func ExampleOpen_synchronous() {
	path, remove := somewhere()
	defer remove()
	s, err := sqlite.Open(context.Background(), path, sqlite.Config{Synchronous: sqlite.Normal})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Close())
	// Output:
	// <nil>
}

// The host keeps the digest key. The file does not open without it.
func ExampleConfig() {
	ctx := context.Background()
	path, remove := somewhere()
	defer remove()
	var key [32]byte // from a vault
	copy(key[:], "thirty-two bytes that are secret")
	s, err := sqlite.Open(ctx, path, sqlite.Config{DigestKey: &key})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Close())
	_, err = sqlite.Open(ctx, path, sqlite.Config{})
	fmt.Println(errors.Is(err, sqlite.ErrDigestKey))
	// Output:
	// <nil>
	// true
}

// A backup is made while the store is in use and opens like any other file.
func ExampleStore_Backup() {
	ctx := context.Background()
	path, remove := somewhere()
	defer remove()
	s, err := sqlite.Open(ctx, path, sqlite.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	copied := filepath.Join(filepath.Dir(path), "monday.db")
	fmt.Println(s.Backup(ctx, copied))
	fmt.Println("again:", errors.Is(s.Backup(ctx, copied), fs.ErrExist))

	again, err := sqlite.Open(ctx, copied, sqlite.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(again.Close())
	// Output:
	// <nil>
	// again: true
	// <nil>
}
