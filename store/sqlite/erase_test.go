package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store/sqlite"
	"github.com/ringback-go/ringback/store/storetest"
)

// files returns the bytes of a store: its file, its log, and a new backup.
func files(t *testing.T, s *sqlite.Store, path string) map[string][]byte {
	t.Helper()
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]byte)
	for _, name := range []string{path, path + "-wal", backup} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = b
	}
	if len(all[path]) < 4096 || len(all[backup]) < 4096 {
		t.Fatal("there is nothing to search")
	}
	return all
}

// absent checks that no file contains any of some byte strings.
func absent(t *testing.T, files map[string][]byte, what string, needles [][]byte) {
	t.Helper()
	for name, b := range files {
		n := 0
		for _, needle := range needles {
			n += bytes.Count(b, needle)
		}
		if n > 0 {
			t.Errorf("%s: %d of %d in %s", what, n, len(needles), filepath.Base(name))
		}
	}
}

// person returns a callback that has personal data in every field that may have
// it.
func person(i int, r *rand.Rand) (callback.Change, []string) {
	number := fmt.Sprintf("+4930%08d", 10_000_000+i)
	address, err := phonenum.ParseAddress(number, "DE")
	if err != nil {
		address, _ = phonenum.RawAddress(number)
	}
	digits := strings.TrimPrefix(address.Key(), "+")
	name := fmt.Sprintf("Marker-%06d-%06d", i, r.IntN(1_000_000))
	id := callback.ID(fmt.Sprintf("c%08d-%06d", r.IntN(100_000_000), i))
	cb := storetest.New(id, storetest.Queued(storetest.At(time.Duration(r.IntN(100_000))*time.Second)), func(cb *callback.Callback) {
		cb.Customer = callback.Customer{Number: address, Alternative: address, ID: name, Account: name}
		cb.Origin.ExternalID, cb.Agent.Comments = name, "call "+digits
		cb.Desired = storetest.At(time.Duration(r.IntN(100_000)) * time.Second)
		cb.NextAt = cb.Desired
		cb.SearchValues = []callback.SearchValue{{Key: "number", Value: digits}, {Key: "name", Value: name, Former: true}}
		cb.UserData = callback.Values{"number": digits, "text": strings.Repeat("x", r.IntN(700)) + name}
		cb.Idempotency = callback.Idempotency{Key: "key-" + digits, Hash: name}
		cb.Held = []callback.Held{{Key: callback.PermitKey{Kind: callback.PermitNumber, Service: cb.Service, Subject: digits}, N: 1}}
	})
	c := storetest.Write(cb)
	c.Take = []callback.Permit{
		{Key: cb.Held[0].Key, N: 1, Max: 1},
		{Key: callback.PermitKey{Kind: callback.PermitParameter, Service: cb.Service, Name: "_number", Subject: digits}, N: 1, Max: 9, For: time.Hour},
	}
	return c, []string{digits, name}
}

// After erasures, the file, its log and a backup contain no digits of a number,
// no other text of the person, and no key that would decrypt a copy that SQLite
// left behind when it moved a row.
func TestErasedLeavesNothing(t *testing.T) {
	t.Parallel()
	const n = 300
	s, path := openNew(t)
	r := rand.New(rand.NewPCG(8, 9))
	var texts, keys [][]byte
	var cbs []*callback.Callback
	var subjects []string
	for i := range n {
		c, markers := person(i, r)
		apply(t, s, c)
		cbs = append(cbs, c.Record)
		subjects = append(subjects, markers[0])
		for _, m := range markers {
			texts = append(texts, []byte(m))
		}
		if i%3 == 0 { // grow a record, so that SQLite moves rows
			old := r.IntN(len(cbs))
			next := storetest.Revise(cbs[old], func(cb *callback.Callback) {
				cb.UserData["more"] = strings.Repeat("y", r.IntN(1500))
				cb.Customer.Number = storetest.Number(1)
			})
			apply(t, s, next)
			cbs[old] = next.Record
		}
	}
	for i, cb := range cbs {
		own, err := s.Keys(t.Context(), cb.Tenant, cb.ID)
		if err != nil || len(own) == 0 {
			t.Fatal(own, err)
		}
		keys = append(keys, own[0])
		if i == 0 {
			keys = append(keys, own[1:]...) // keys of all counters
		}
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(append(before, readLog(t, path)...), keys[0]) {
		t.Fatal("the key of a callback is not in the file before it is erased: the search is worth nothing")
	}
	for some := range slices.Chunk(r.Perm(n), 10) {
		req := callback.EraseRequest{Tenant: storetest.Tenant}
		for _, i := range some {
			req.Items = append(req.Items, callback.Precondition{ID: cbs[i].ID, Revision: cbs[i].Revision})
			req.Subjects = append(req.Subjects, subjects[i])
		}
		errs, err := s.Erase(t.Context(), storetest.Start(), req)
		if err := errors.Join(append(errs, err)...); err != nil {
			t.Fatal(err)
		}
	}
	all := files(t, s, path)
	absent(t, all, "texts", texts)
	absent(t, all, "keys", keys)
	left, err := s.Search(t.Context(), callback.Query{Tenant: storetest.Tenant})
	if err != nil || len(left.Callbacks) > 0 {
		t.Errorf("%d callbacks are left, %v", len(left.Callbacks), err)
	}
}

func readLog(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func erase(t *testing.T, s *sqlite.Store, cb *callback.Callback, subjects ...string) {
	t.Helper()
	errs, err := s.Erase(t.Context(), storetest.Start(), callback.EraseRequest{
		Tenant: cb.Tenant, Items: []callback.Precondition{{ID: cb.ID, Revision: cb.Revision}}, Subjects: subjects,
	})
	if err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
}

// A log that a reader uses cannot be emptied. It is emptied as soon as the
// reader has finished, without another change.
func TestLogIsEmptiedAfterReaders(t *testing.T) {
	tried := make(chan struct{}, 1)
	s, path := openNew(t, sqlite.Config{}.WithHook(func(statement string) {
		if strings.Contains(statement, "wal_checkpoint") {
			select {
			case tried <- struct{}{}:
			default:
			}
		}
	}))
	r := rand.New(rand.NewPCG(1, 2))
	c, _ := person(1, r)
	apply(t, s, c)
	keys, err := s.Keys(t.Context(), c.Record.Tenant, c.Record.ID)
	if err != nil {
		t.Fatal(err)
	}
	db := openRaw(t, path)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM callbacks").Scan(&n); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	erase(t, s, c.Record, "somebody")
	if log := readLog(t, path); !bytes.Contains(log, keys[0]) {
		t.Fatal("the log is empty though a reader needs it: this test shows nothing")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-tried: // before the reader has finished
	default:
	}
	<-tried
	if _, err := s.Number(t.Context(), "SELECT 1"); err != nil { // runs after the attempt
		t.Fatal(err)
	}
	if log := readLog(t, path); len(log) > 0 {
		t.Errorf("the log still has %d bytes", len(log))
	}
	absent(t, files(t, s, path), "keys", keys[:1])
}

// Consecutive erasures without a subject share one emptying of the log, shortly
// after the last.
func TestRetentionSharesTheEmptying(t *testing.T) {
	var times atomic.Int64
	tried := make(chan struct{}, 1000)
	s, path := openNew(t, sqlite.Config{}.WithHook(func(statement string) {
		if strings.Contains(statement, "wal_checkpoint") {
			times.Add(1)
			tried <- struct{}{}
		}
	}))
	const n = 200
	var cbs []*callback.Callback
	for i := range n {
		cbs = append(cbs, storetest.New(callback.ID(fmt.Sprint("c", i))))
		apply(t, s, storetest.Write(cbs[i]))
	}
	keys, err := s.Keys(t.Context(), storetest.Tenant, cbs[n-1].ID)
	if err != nil {
		t.Fatal(err)
	}
	times.Store(0)
	for _, cb := range cbs {
		erase(t, s, cb)
	}
	if got := times.Load(); got > n/2 {
		t.Errorf("the log was emptied %d times for %d erasures", got, n)
	}
	for len(readLog(t, path)) > 0 {
		<-tried
		if _, err := s.Number(t.Context(), "SELECT 1"); err != nil { // runs after the attempt
			t.Fatal(err)
		}
	}
	absent(t, files(t, s, path), "keys", keys)
}

// If a process dies after an erasure and before the log is emptied, opening the
// store empties it.
func TestLogIsEmptiedAtOpening(t *testing.T) {
	path := filepath.Join(t.TempDir(), "callbacks.db")
	s := openAt(t, path)
	c, _ := person(1, rand.New(rand.NewPCG(1, 2)))
	apply(t, s, c)
	keys, err := s.Keys(t.Context(), c.Record.Tenant, c.Record.ID)
	if err != nil {
		t.Fatal(err)
	}
	// A copy of the files is what a killed process leaves.
	left := filepath.Join(t.TempDir(), "left.db")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := openAt(t, left)
	if n := len(readLog(t, left)); n > 0 {
		t.Errorf("the log has %d bytes after opening", n)
	}
	if got, err := again.Get(t.Context(), callback.By{Tenant: c.Record.Tenant, ID: c.Record.ID}); err != nil || got.Revision != 1 {
		t.Error(got, err)
	}
	erase(t, again, c.Record, "somebody")
	absent(t, files(t, again, left), "keys", keys[:1])
}
