package sqlite

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/record"
)

func TestInstant(t *testing.T) {
	base := time.Date(2026, 3, 2, 9, 0, 0, 123_456_000, time.UTC)
	for _, c := range []struct {
		at          time.Time
		floor, ceil instant
	}{
		{time.Time{}, none, none},
		{time.Unix(0, 0), 0, 0},
		{base, instant(base.UnixMicro()), instant(base.UnixMicro())},
		{base.Add(time.Nanosecond), instant(base.UnixMicro()), instant(base.UnixMicro() + 1)},
		{base.Add(999 * time.Nanosecond), instant(base.UnixMicro()), instant(base.UnixMicro() + 1)},
		{time.Unix(-1, 999_999_999), -1, 0},
		{time.Unix(math.MaxInt64/1_000_000+5, 0), farthest * 1_000_000, farthest * 1_000_000},
		{time.Unix(-(math.MaxInt64/1_000_000 + 5), 0), -farthest * 1_000_000, -farthest * 1_000_000},
	} {
		if got := floor(c.at); got != c.floor {
			t.Errorf("floor of %v is %d, want %d", c.at, got, c.floor)
		}
		if got := ceil(c.at); got != c.ceil {
			t.Errorf("ceil of %v is %d, want %d", c.at, got, c.ceil)
		}
		if !inReach(c.at) {
			continue
		}
		if got := ceil(c.at).Time(); got.Before(c.at) || got.Sub(c.at) >= time.Microsecond {
			t.Errorf("%v comes back as %v", c.at, got)
		}
	}
	if inReach(time.Unix(math.MaxInt64/1_000_000+5, 0)) || inReach(time.Unix(-(math.MaxInt64/1_000_000+5), 0)) || !inReach(base) || !inReach(time.Time{}) {
		t.Error("the wrong times are out of reach")
	}
	if none.value() != nil || instant(5).value() != int64(5) || !none.Time().IsZero() {
		t.Error("no time is not NULL")
	}
}

func TestSeal(t *testing.T) {
	key, plain, bound := newKey(), []byte("a record"), []byte("its columns")
	sealed, err := seal(key, plain, bound)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, plain) {
		t.Error("the record can be read")
	}
	if got, err := unseal(key, sealed, bound); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%q, %v", got, err)
	}
	again, err := seal(key, plain, bound)
	if err != nil || bytes.Equal(again, sealed) {
		t.Error("the same bytes twice")
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if got, err := unseal(key, bad, bound); err == nil {
			t.Errorf("byte %d altered: %q", i, got)
		}
	}
	for name, open := range map[string]func() ([]byte, error){
		"another key":       func() ([]byte, error) { return unseal(newKey(), sealed, bound) },
		"no key":            func() ([]byte, error) { return unseal(noKey(), sealed, bound) },
		"a short key":       func() ([]byte, error) { return unseal(key[:8], sealed, bound) },
		"other columns":     func() ([]byte, error) { return unseal(key, sealed, []byte("other")) },
		"cut short":         func() ([]byte, error) { return unseal(key, sealed[:20], bound) },
		"nothing":           func() ([]byte, error) { return unseal(key, nil, bound) },
		"only a version":    func() ([]byte, error) { return unseal(key, []byte{sealVersion}, bound) },
		"an erased seal":    func() ([]byte, error) { s, _ := seal(noKey(), plain, bound); return unseal(noKey(), s, bound) },
		"of a later format": func() ([]byte, error) { return unseal(key, append([]byte{9}, sealed[1:]...), bound) },
	} {
		if got, err := open(); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestDigest(t *testing.T) {
	var s, other secret
	other[0] = 1
	all := [][]byte{
		s.digest('a', "x", "y"), s.digest('b', "x", "y"), s.digest('a', "xy"), s.digest('a', "x", "y", ""), s.digest('a', "", "xy"),
		other.digest('a', "x", "y"), s.digest('a'), s.digest('a', string(make([]byte, 1000))),
	}
	for i, a := range all {
		if len(a) != digestSize {
			t.Errorf("digest %d has %d bytes", i, len(a))
		}
		for j, b := range all {
			if (i == j) != bytes.Equal(a, b) {
				t.Errorf("digests %d and %d: %x, %x", i, j, a, b)
			}
		}
	}
	if !bytes.Equal(s.digest('a', "x"), s.digest('a', "x")) {
		t.Error("a digest is another each time")
	}
}

func TestTerms(t *testing.T) {
	var s secret
	cb := &callback.Callback{Tenant: "t", Customer: callback.Customer{ID: "c"}, Origin: callback.Origin{ExternalID: "e"}}
	for i := range 5 {
		cb.SearchValues = append(cb.SearchValues, callback.SearchValue{Key: "k", Value: fmt.Sprint(i % 3), Former: i > 2})
	}
	terms := s.terms(cb)
	if len(terms) != 5 || !slices.IsSorted(terms) {
		t.Errorf("terms: %v", terms)
	}
	if got := unpackTerms(packTerms(terms)); !slices.Equal(got, terms) {
		t.Errorf("%v come back as %v", terms, got)
	}
	if packTerms(nil) != nil || len(unpackTerms([]byte{1, 2, 3})) != 0 {
		t.Error("no terms")
	}
}

func TestErrors(t *testing.T) {
	if err := lost("t", "c"); !errors.Is(err, record.ErrDamaged) {
		t.Error(err)
	}
	for code, want := range map[int]error{5: ErrBusy, 6: ErrBusy, 261: ErrBusy, 8: store.ErrReadOnly, 11: ErrCorrupt, 26: ErrCorrupt, 13: ErrFull, 1: nil} {
		err := classify(fmt.Errorf("statement: %w", coded(code)))
		if want != nil && !errors.Is(err, want) || codeOf(err) != code&0xff {
			t.Errorf("code %d: %v", code, err)
		}
		if unknown := errors.Is(outcome(coded(code)), callback.ErrOutcomeUnknown); unknown != (code == 1 || code == 11 || code == 26) {
			t.Errorf("code %d at the commit leaves it open: %v", code, unknown)
		}
	}
	if !errors.Is(outcome(coded(10)), callback.ErrOutcomeUnknown) || classify(nil) != nil {
		t.Error("a disk that fails at the commit")
	}
}

type coded int

func (c coded) Error() string { return fmt.Sprint("code ", int(c)) }

func (c coded) Code() int { return int(c) }

func TestCacheDropsTheOldest(t *testing.T) {
	var k rowCache
	for i := range 3 * mostCached {
		k.keep(cachedRow{head: head{id: callback.ID(fmt.Sprint(i))}, cb: int64(i)})
	}
	if n := len(k.latest) + len(k.older); n > 2*mostCached {
		t.Errorf("%d are kept", n)
	}
	if g, ok := k.find(name{"", callback.ID(fmt.Sprint(3*mostCached - 1))}); !ok || g.cb != 3*mostCached-1 {
		t.Error("the latest is forgotten")
	}
	if _, ok := k.find(name{"", "0"}); ok {
		t.Error("the oldest is kept")
	}
	k.drop(name{"", callback.ID(fmt.Sprint(2*mostCached - 1))})
	if _, ok := k.find(name{"", callback.ID(fmt.Sprint(2*mostCached - 1))}); ok {
		t.Error("what was dropped is kept")
	}
}

// Without hard links, a backup still gets its name and does not overwrite
// another file.
func TestPublishWithoutLinks(t *testing.T) {
	none := func(string, string) error { return errors.ErrUnsupported }
	dir := t.TempDir()
	part, path := filepath.Join(dir, "part"), filepath.Join(dir, "path")
	for _, text := range []string{"first", "second"} {
		if err := os.WriteFile(part, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := publish(part, path, none)
		if text == "first" && err != nil || text == "second" && !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", text, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "first" {
			t.Errorf("%s: at the path is %q, %v", text, b, err)
		}
	}
	if err := publish(filepath.Join(dir, "nothing"), filepath.Join(dir, "other"), none); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a part that is gone: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "other")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty file is left at the path: %v", err)
	}
}

func TestOpenSecret(t *testing.T) {
	plain := bytes.Repeat([]byte{9}, 32)
	key, other := &[32]byte{1}, &[32]byte{2}
	s, sealed, err := openSecret(plain, nil)
	if err != nil || sealed != nil || !bytes.Equal(s[:], plain) {
		t.Errorf("in the clear: %x, %x, %v", s, sealed, err)
	}
	s, sealed, err = openSecret(plain, key)
	if err != nil || !bytes.Equal(s[:], plain) || bytes.Contains(sealed, plain) {
		t.Fatalf("to be sealed: %x, %x, %v", s, sealed, err)
	}
	s, again, err := openSecret(sealed, key)
	if err != nil || again != nil || !bytes.Equal(s[:], plain) {
		t.Errorf("sealed: %x, %x, %v", s, again, err)
	}
	for name, c := range map[string]struct {
		value []byte
		key   *[32]byte
		want  error
	}{
		"another key": {sealed, other, ErrDigestKey},
		"no key":      {sealed, nil, ErrDigestKey},
		"altered":     {append(bytes.Clone(sealed[:60]), sealed[60]^1), key, ErrDigestKey},
		"cut short":   {sealed[:60], key, ErrCorrupt},
		"too long":    {append(bytes.Clone(plain), 1), nil, ErrCorrupt},
		"nothing":     {nil, key, ErrCorrupt},
	} {
		if _, _, err := openSecret(c.value, c.key); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzUnseal(f *testing.F) {
	key := bytes.Repeat([]byte{7}, keySize)
	sealed, err := seal(key, []byte("plain"), []byte("bound"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(key, sealed, []byte("bound"))
	f.Add([]byte{}, []byte{}, []byte{})
	f.Add(key, []byte{sealVersion}, []byte("x"))
	f.Fuzz(func(t *testing.T, key, sealed, bound []byte) {
		plain, err := unseal(key, sealed, bound)
		if err == nil && (len(sealed) < 1+12+16 || len(plain) != len(sealed)-1-12-16) {
			t.Errorf("%d bytes open to %d", len(sealed), len(plain))
		}
	})
}
