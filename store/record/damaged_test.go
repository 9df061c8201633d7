package record_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/record"
)

// field returns an encoded field: its key and value.
func field(number uint64, kind byte, value ...byte) []byte {
	return append(binary.AppendUvarint(nil, number<<2|uint64(kind)), value...)
}

// sized returns value preceded by its length.
func sized(value ...byte) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(value))), value...)
}

// of returns a record with the fields.
func of(fields ...[]byte) []byte { return append([]byte{1}, bytes.Join(fields, nil)...) }

func TestDamagedCallbacks(t *testing.T) {
	const (
		varint, text, float = 0, 1, 2
		immediate, customer = 1, 2
		agent, properties   = 3, 5
		lookups, desired    = 7, 8
		attempts, detail    = 20, 24
		retry, offer        = 27, 28
		submits             = 33
	)
	tests := []struct {
		name   string
		b      []byte
		offset int
		rule   string
	}{
		{"nil", nil, 0, "record is empty"},
		{"empty", []byte{}, 0, "record is empty"},
		{"no version", []byte{0, 4, 1}, 0, "version is 0"},
		{"field number 0", of(field(0, varint, 1)), 1, "field numbers do not ascend"},
		{"field twice", of(field(desired, varint, 2), field(desired, varint, 2)), 3, "field numbers do not ascend"},
		{"fields out of order", of(field(desired, varint, 2), field(immediate, varint, 1)), 3, "field numbers do not ascend"},
		{"key cut off", []byte{1, 0x84}, 1, "truncated number"},
		{"key overlong", []byte{1, 0x84, 0, 1}, 1, "number is not in its shortest form"},
		{"key of 65 bits", of(bytes.Repeat([]byte{0xff}, 9), []byte{2}), 1, "number overflows 64 bits"},
		{"key of 11 bytes", of(bytes.Repeat([]byte{0xff}, 10), []byte{1}), 1, "number overflows 64 bits"},
		{"value missing", of(field(desired, varint)), 2, "truncated number"},
		{"value cut off", of(field(desired, varint, 0x80)), 2, "truncated number"},
		{"value overlong", of(field(desired, varint, 0x80, 0)), 2, "number is not in its shortest form"},
		{"value of 65 bits", of(field(desired, varint, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2)), 2, "number overflows 64 bits"},
		{"text for a time", of(field(desired, text, 0)), 1, "field has the wrong kind of value"},
		{"float for a bool", of(field(immediate, float, 0, 0, 0, 0, 0, 0, 0, 0)), 1, "field has the wrong kind of value"},
		{"number for a text", of(field(detail, varint, 1)), 1, "field has the wrong kind of value"},
		{"number for a message", of(field(customer, varint, 1)), 1, "field has the wrong kind of value"},
		{"number for a list", of(field(attempts, varint, 1)), 1, "field has the wrong kind of value"},
		{"number for values", of(field(properties, varint, 1)), 1, "field has the wrong kind of value"},
		{"number for a float", of(field(agent, text, sized(field(6, varint, 1)...)...)), 3, "field has the wrong kind of value"},
		{"kind 3 of a known field", of(field(desired, 3, 1)), 1, "field has the wrong kind of value"},
		{"kind 3 of an unknown field", of(field(77, 3, 1)), 1, "unknown kind of value"},
		{"unknown number cut off", of(field(77, varint)), 3, "truncated number"},
		{"unknown text cut off", of(field(77, text, 2, 'x')), 3, "length exceeds the remaining bytes"},
		{"unknown float cut off", of(field(77, float, 1, 2, 3, 4, 5, 6, 7)), 3, "truncated float"},
		{"neither yes nor no", of(field(immediate, varint, 2)), 1, "boolean is neither 0 nor 1"},
		{"text cut off", of(field(detail, text, 3, 'a', 'b')), 2, "length exceeds the remaining bytes"},
		{"length missing", of(field(detail, text)), 2, "truncated number"},
		{"length of 2^63", of(field(detail, text, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1)), 2, "length exceeds the remaining bytes"},
		{"length of 2^64-1", of(field(detail, text, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1)), 2, "length exceeds the remaining bytes"},
		{"length of 2^40 for a list", of(field(attempts, text, 128, 128, 128, 128, 128, 32)), 2, "length exceeds the remaining bytes"},
		{"message longer than the record", of(field(customer, text, 9, 1)), 2, "length exceeds the remaining bytes"},
		{"text longer than its message", of(field(customer, text, sized(field(3, text, 9, 'x')...)...), field(detail, text, sized([]byte("0123456789")...)...)), 4, "length exceeds the remaining bytes"},
		{"number longer than its message", of(field(retry, text, sized(field(1, varint, 0x80)...)...), field(submits, varint, 1)), 4, "truncated number"},
		{"item longer than its list", of(field(lookups, text, sized(5, 5)...)), 3, "length exceeds the remaining bytes"},
		{"item length cut off", of(field(lookups, text, sized(0, 0x80)...)), 4, "truncated number"},
		{"list of too many", of(field(lookups, text, sized(make([]byte, 1<<16+1)...)...)), 5, "list has more than 65536 items"},
		{"fields out of order in an item", of(field(lookups, text, sized(sized(append(field(2, text, 0), field(1, text, 0)...)...)...)...)), 6, "field numbers do not ascend"},
		{"not an address", of(field(customer, text, sized(field(1, text, 1, ' ')...)...)), 3, "invalid address"},
		{"address of control signs", of(field(customer, text, sized(field(2, text, 2, '1', 7)...)...)), 3, "invalid address"},
		{"address too long", of(field(customer, text, sized(field(1, text, sized(bytes.Repeat([]byte("1"), 129)...)...)...)...)), 4, "invalid address"},
		{"empty JSON", of(field(properties, text, 0)), 1, "invalid JSON object"},
		{"JSON null", of(field(properties, text, sized([]byte("null")...)...)), 1, "invalid JSON object"},
		{"JSON list", of(field(properties, text, sized([]byte("[1]")...)...)), 1, "invalid JSON object"},
		{"JSON cut off", of(field(properties, text, sized([]byte(`{"a":1`)...)...)), 1, "invalid JSON object"},
		{"two JSON texts", of(field(properties, text, sized([]byte(`{}{}`)...)...)), 1, "invalid JSON object"},
		{"JSON too deep", of(field(properties, text, sized([]byte(`{"a":`+strings.Repeat("[", 20_000))...)...)), 1, "invalid JSON object"},
		{"kind of offer above 255", of(field(offer, text, sized(field(1, varint, 0x80, 2)...)...)), 3, "number exceeds 255"},
		{"result of an attempt above 255", of(field(attempts, text, sized(sized(field(10, text, sized(field(1, varint, 0xff, 0xff, 3)...)...)...)...)...)), 6, "number exceeds 255"},
	}
	for _, tt := range tests {
		want := filled[callback.Callback](t)
		got := filled[callback.Callback](t)
		err := record.DecodeCallback(tt.b, got)
		damaged, ok := errors.AsType[*record.DamagedError](err)
		if !ok || *damaged != (record.DamagedError{Tenant: want.Tenant, ID: want.ID, Offset: tt.offset, Rule: tt.rule, Err: record.ErrDamaged}) || !errors.Is(err, record.ErrDamaged) || errors.Is(err, record.ErrVersion) {
			t.Errorf("%s: %v, want at byte %d: %s", tt.name, err, tt.offset, tt.rule)
		}
		if d := diff(want, got); d != "" {
			t.Errorf("%s: the target has changed (-want +got):\n%s", tt.name, d)
		}
	}
}

func TestDamagedEvents(t *testing.T) {
	const from, attempt, detail = 3, 6, 13
	for name, b := range map[string][]byte{
		"nothing": nil, "no version": {0}, "state above 255": of(field(from, 0, 0x80, 2)), "text for a number": of(field(attempt, 1, 0)),
		"detail cut off": of(field(detail, 1, 1)), "twice": of(field(attempt, 0, 2), field(attempt, 0, 2)),
	} {
		got := filled[callback.Event](t)
		err := record.DecodeEvent(b, got)
		if _, ok := errors.AsType[*record.DamagedError](err); !ok || !errors.Is(err, record.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if d := diff(filled[callback.Event](t), got); d != "" {
			t.Errorf("%s: the target has changed (-want +got):\n%s", name, d)
		}
	}
}

func TestNewerVersions(t *testing.T) {
	for _, version := range []byte{2, 127, 255} {
		b := of(field(1, 0, 1))
		b[0] = version
		for _, err := range []error{
			record.DecodeCallback(b, &callback.Callback{}),
			record.DecodeEvent(b, &callback.Event{}),
			record.DecodeEvent(b[:1], &callback.Event{}),
		} {
			newer, ok := errors.AsType[*record.VersionError](err)
			if !ok || newer.Version != int(version) || !errors.Is(err, record.ErrVersion) || errors.Is(err, record.ErrDamaged) {
				t.Errorf("version %d: %v", version, err)
			}
		}
	}
}

// A record that is cut anywhere, or has any byte changed, gives a result, or an
// error that reveals nothing of the record and leaves the target unchanged.
func testMutations[T any](t *testing.T, f form[T]) {
	b := f.bytes(t, filled[T](t))
	check := func(what string, b []byte) {
		got := new(T)
		err := f.decode(b, got)
		if err == nil {
			if _, err := f.encode(nil, got); err != nil {
				t.Errorf("%s: what was read cannot be written: %v", what, err)
			}
			return
		}
		if !errors.Is(err, record.ErrDamaged) && !errors.Is(err, record.ErrVersion) {
			t.Errorf("%s: %v", what, err)
		}
		if d := diff(new(T), got); d != "" {
			t.Errorf("%s: the target has changed (-want +got):\n%s", what, d)
		}
		for _, secret := range []string{"4178555", "example.com", ".Lookups", ".Held", ".Idempotency", ".Properties", ".UserData"} {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
				t.Errorf("%s: the error tells %s: %v", what, secret, err)
			}
		}
	}
	for i := range b {
		check(fmt.Sprint("cut at ", i), b[:i:i])
		for _, c := range []byte{0, 1, b[i] ^ 1, b[i] ^ 0x80, 0x7f, 0xff, '"'} {
			changed := bytes.Clone(b)
			changed[i] = c
			check(fmt.Sprintf("byte %d is %d", i, c), changed)
		}
	}
}

func TestMutations(t *testing.T) {
	testMutations(t, callbacks())
	testMutations(t, events())
}

// Decoding a small input allocates little, whatever lengths and counts it
// claims.
func TestNoLargeAllocations(t *testing.T) {
	lists := bytes.Join([][]byte{
		field(7, 1, sized(make([]byte, 1<<16)...)...), field(20, 1, sized(make([]byte, 1<<16)...)...), field(21, 1, sized(make([]byte, 1<<16)...)...),
	}, nil)
	for name, tt := range map[string]struct {
		b    []byte
		most uint64
	}{
		"length of 2^62":       {of(field(24, 1, 128, 128, 128, 128, 128, 128, 128, 128, 64)), 1 << 16},
		"lists of 2^62":        {of(field(7, 1, 128, 128, 128, 128, 128, 128, 128, 128, 64)), 1 << 16},
		"item of 2^62":         {of(field(7, 1, sized(128, 128, 128, 128, 128, 128, 128, 128, 64)...)), 1 << 16},
		"empty items":          {of(lists), 64 << 20},
		"too many empty items": {of(field(20, 1, sized(make([]byte, 8<<20)...)...)), 1 << 16},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := record.DecodeCallback(tt.b, &callback.Callback{})
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > tt.most {
			t.Errorf("%s: %d bytes are allocated for %d, %v", name, used, len(tt.b), err)
		}
		if (err == nil) != (name == "empty items") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Decoding skips, at every level, fields that a newer library of the same
// version adds.
func TestUnknownFieldsAreSkipped(t *testing.T) {
	var unknown []byte
	for i, number := range []uint64{60, 61, 4000, math.MaxUint64 >> 2} {
		kinds := [][]byte{
			binary.AppendUvarint(nil, math.MaxUint64), sized([]byte("what is this")...), {1, 2, 3, 4, 5, 6, 7, 8}, {0},
		}
		unknown = append(unknown, field(number, byte(i%3), kinds[i]...)...)
	}
	inner := func(known []byte) []byte { return sized(append(bytes.Clone(known), unknown...)...) }
	name := field(1, 1, sized([]byte("a")...)...)
	outcome := field(10, 1, inner(field(1, 0, 6))...)
	b := of(
		field(3, 1, inner(name)...), field(4, 1, inner(name)...), field(7, 1, sized(append(inner(name), inner(nil)...)...)...),
		field(20, 1, sized(inner(outcome)...)...), field(21, 1, sized(inner(name)...)...), field(22, 1, inner(name)...),
		field(27, 1, inner(field(1, 0, 8))...), field(28, 1, inner(field(3, 0, 1))...), field(29, 1, inner(name)...),
		field(31, 1, inner(name)...), field(32, 1, sized([]byte("why")...)...), unknown,
	)
	want := &callback.Callback{
		Agent: callback.Agent{Target: "a"}, Origin: callback.Origin{Creator: "a"}, SearchValues: []callback.SearchValue{{Key: "a"}, {}},
		Attempts: []callback.Attempt{{Outcome: callback.Outcome{Result: callback.ResultBusy}}}, Held: []callback.Held{{Key: callback.PermitKey{Kind: "a"}}},
		Idempotency: callback.Idempotency{Key: "a"}, Retry: &callback.RetryLimits{MaxAttempts: 4}, Offer: &callback.Offer{CanReject: true},
		Reservation: &callback.Reservation{ID: "a"}, Interaction: &callback.Interaction{MediaType: "a"}, CancelReason: "why",
	}
	got := &callback.Callback{}
	if err := record.DecodeCallback(b, got); err != nil {
		t.Fatal(err)
	}
	if d := diff(want, got); d != "" {
		t.Errorf("callback differs (-want +got):\n%s", d)
	}
	e := &callback.Event{}
	if err := record.DecodeEvent(of(name, unknown), e); err != nil || *e != (callback.Event{Service: "a"}) {
		t.Errorf("event: %+v, %v", e, err)
	}
}
