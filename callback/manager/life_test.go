package manager_test

import (
	"context"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// mostFiles is how many files of manager, engine and decide one callback's life
// may enter on its ways to the store and the dialer: so many a reader follows.
const mostFiles = 8

// trace is the set of files that were on the stack of calls of a store or a
// dialer.
type trace struct {
	mu    sync.Mutex
	files map[string]bool
}

// note adds the files of the caller's stack.
func (t *trace) note() {
	var counters [64]uintptr
	frames := runtime.CallersFrames(counters[:runtime.Callers(2, counters[:])])
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		frame, more := frames.Next()
		for _, pkg := range []string{"callback/manager", "callback/internal/engine", "callback/internal/decide"} {
			dir, file := filepath.Split(frame.File)
			if strings.HasSuffix(filepath.ToSlash(dir), "/"+pkg+"/") && !strings.HasSuffix(file, "_test.go") {
				t.files[pkg[strings.LastIndex(pkg, "/")+1:]+"/"+file] = true
			}
		}
		if !more {
			return
		}
	}
}

// The life of examples/hello: one callback is taken, dialed, answered and waited for.
func TestOneLifeEntersFewFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trace := &trace{files: make(map[string]bool)}
		services, err := callback.NewServices(callback.Service{Name: "billing", Numbers: callback.Numbers{Country: "CH"}})
		if err != nil {
			t.Fatal(err)
		}
		dial := func(context.Context, callback.Call) (callback.Outcome, error) {
			trace.note()
			return callback.Outcome{Result: callback.ResultAnswer, Certainty: callback.Known}, nil
		}
		memory := callbacktest.NewFaultyStore(store.NewMemory(store.Config{}))
		memory.Inject(callbacktest.Fault{Method: callbacktest.AnyMethod, Kind: callbacktest.Pass, Times: -1,
			Hook: func(context.Context, callbacktest.Op) { trace.note() }})
		m, err := manager.New(manager.Config{Store: memory.Store(), Services: services, Dialer: callback.DialerFunc(dial)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- m.Run(ctx) }()
		cb, err := m.Start(ctx, manager.Request{Service: "billing", Number: "044 668 18 00"})
		if err != nil {
			t.Fatal(err)
		}
		cb, err = m.Wait(ctx, cb.ID)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err != nil || cb.Reason != callback.ReasonAgentConnected {
			t.Fatalf("the callback ended as %v, %v: the life is not the one meant", cb, err)
		}
		trace.mu.Lock()
		defer trace.mu.Unlock()
		var files []string
		for file := range trace.files {
			files = append(files, file)
		}
		slices.Sort(files)
		t.Logf("%d files: %s", len(files), strings.Join(files, ", "))
		if len(files) > mostFiles {
			t.Errorf("one life enters %d files, at most %d are easy to follow: %s", len(files), mostFiles, strings.Join(files, ", "))
		}
	})
}
