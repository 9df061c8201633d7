package record_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/record"
)

// form lets tests handle both kinds of records.
type form[T any] struct {
	name   string
	encode func([]byte, *T) ([]byte, error)
	decode func([]byte, *T) error
}

func callbacks() form[callback.Callback] {
	return form[callback.Callback]{"callback", record.AppendCallback, record.DecodeCallback}
}

func events() form[callback.Event] {
	return form[callback.Event]{"event", record.AppendEvent, record.DecodeEvent}
}

// bytes returns the record of v.
func (f form[T]) bytes(t testing.TB, v *T) []byte {
	t.Helper()
	b, err := f.encode(nil, v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// again returns v after encoding and decoding, with the columns of v.
func (f form[T]) again(t testing.TB, v *T) *T {
	t.Helper()
	got := withColumns(v)
	if err := f.decode(f.bytes(t, v), got); err != nil {
		t.Fatal(err)
	}
	return got
}

// A field that is neither encoded nor a column comes back zero.
func testEveryField[T any](t *testing.T, f form[T]) {
	want := filled[T](t)
	if d := diff(want, f.again(t, want)); d != "" {
		t.Errorf("%s differs (-want +got):\n%s", f.name, d)
	}
}

func TestEveryFieldIsWritten(t *testing.T) {
	testEveryField(t, callbacks())
	testEveryField(t, events())
}

// Each leaf alone, in structs that are otherwise zero, so that none depends on
// another.
func testEachLeaf[T any](t *testing.T, f form[T]) {
	leaves := 0
	walk(reflect.ValueOf(new(T)).Elem(), "", func(reflect.Value, string) { leaves++ })
	for i := range leaves {
		want, n, name := new(T), 0, ""
		walk(reflect.ValueOf(want).Elem(), "", func(leaf reflect.Value, path string) {
			if n == i {
				name = path
				set(t, leaf, path)
			}
			n++
		})
		if d := diff(want, f.again(t, want)); d != "" {
			t.Errorf("%s%s differs (-want +got):\n%s", f.name, name, d)
		}
	}
	if leaves < 12 {
		t.Errorf("%s has %d leaves: the walk misses some", f.name, leaves)
	}
}

func TestEachLeafAlone(t *testing.T) {
	testEachLeaf(t, callbacks())
	testEachLeaf(t, events())
}

// Columns are not encoded.
func testColumns[T any](t *testing.T, f form[T]) {
	only := withColumns(filled[T](t))
	if b := f.bytes(t, only); !bytes.Equal(b, []byte{1}) {
		t.Errorf("a %s of columns alone is %x", f.name, b)
	}
	// Decoding replaces everything else.
	got := filled[T](t)
	if err := f.decode([]byte{1}, got); err != nil {
		t.Fatal(err)
	}
	if d := diff(only, got); d != "" {
		t.Errorf("%s read from nothing differs (-want +got):\n%s", f.name, d)
	}
}

func TestColumnsAreLeftAlone(t *testing.T) {
	testColumns(t, callbacks())
	testColumns(t, events())
}

var update = flag.Bool("update", false, "write new golden files")

// The format must not change unnoticed, because new releases have to decode old
// records. A new field changes the golden file by its own bytes only.
func testGolden[T any](t *testing.T, f form[T]) {
	name := filepath.Join("testdata", f.name+".hex")
	b := f.bytes(t, filled[T](t))
	if *update {
		var text strings.Builder
		for line := range slices.Chunk(b, 40) {
			text.WriteString(hex.EncodeToString(line) + "\n")
		}
		if err := os.WriteFile(name, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	golden, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, golden) {
		t.Errorf("the form of a %s has changed:\nwas %x\nis  %x", f.name, golden, b)
	}
	want := filled[T](t)
	got := withColumns(want)
	if err := f.decode(golden, got); err != nil {
		t.Fatal(err)
	}
	if d := diff(want, got); d != "" {
		t.Errorf("golden %s differs (-want +got):\n%s", f.name, d)
	}
}

func TestGolden(t *testing.T) {
	testGolden(t, callbacks())
	testGolden(t, events())
}

// A record that was written before some fields existed is decoded with these
// fields zero.
func TestOlderGolden(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "callback_before_contacts.hex"))
	if err != nil {
		t.Fatal(err)
	}
	older, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	want := filled[callback.Callback](t)
	want.Customer.CampaignID, want.Customer.ContactID, want.Origin.RetryType = "", "", ""
	want.PausedAt, want.PausedFor = time.Time{}, 0
	want.Trace, want.Source = callback.Trace{}, callback.Source{}
	want.MaskAt, want.MaskedAt = time.Time{}, time.Time{}
	want.Offset, want.ClosedFrom = 0, time.Time{}
	want.Owed, want.CancelledInBulk = nil, false
	for i := range want.Attempts {
		want.Attempts[i].Outcome.Confirmed = false
	}
	got := withColumns(want)
	if err := record.DecodeCallback(older, got); err != nil {
		t.Fatal(err)
	}
	if d := diff(want, got); d != "" {
		t.Errorf("an older record differs (-want +got):\n%s", d)
	}
	if b := callbacks().bytes(t, want); !bytes.Equal(b, older) {
		t.Errorf("what an older library wrote is written otherwise now:\nwas %x\nis  %x", older, b)
	}
}

// Appending keeps what is in the slice, and an error appends nothing.
func TestAppendKeepsWhatIsThere(t *testing.T) {
	c := filled[callback.Callback](t)
	alone := callbacks().bytes(t, c)
	for _, room := range []int{0, 1, len(alone), 10_000} {
		b := append(make([]byte, 0, 4+room), "head"...)
		got, err := record.AppendCallback(b, c)
		if err != nil || string(got[:4]) != "head" || !bytes.Equal(got[4:], alone) {
			t.Errorf("with room for %d bytes: %q, %v", room, got, err)
		}
	}
	c.UserData["bad"] = func() {}
	if b, err := record.AppendCallback([]byte("head"), c); err == nil || string(b) != "head" {
		t.Errorf("an error left %q, %v", b, err)
	}
}

// Reusing the slice does not change what was decoded from it.
func TestDecodedSharesNothing(t *testing.T) {
	want := filled[callback.Callback](t)
	b := callbacks().bytes(t, want)
	got := withColumns(want)
	if err := record.DecodeCallback(b, got); err != nil {
		t.Fatal(err)
	}
	clear(b)
	if d := diff(want, got); d != "" {
		t.Errorf("callback differs (-want +got):\n%s", d)
	}
}
