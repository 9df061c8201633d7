package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
)

func testSaturation[T int8 | int16 | int32 | int64 | int](t *testing.T, most T) {
	t.Helper()
	if got := largest[T](); got != most {
		t.Errorf("largest %T is %d, want %d", most, got, most)
	}
	for _, c := range []struct{ a, b, want T }{
		{0, 0, 0}, {1, 2, 3}, {most - 1, 1, most}, {most, 1, most}, {most - 1, 2, most}, {most, most, most}, {-5, most, most - 5},
	} {
		if got := saturatingAdd(c.a, c.b); got != c.want {
			t.Errorf("%T: %d + %d = %d, want %d", c.a, c.a, c.b, got, c.want)
		}
	}
}

func TestSaturatingAdd(t *testing.T) {
	testSaturation[int8](t, math.MaxInt8)
	testSaturation[int16](t, math.MaxInt16)
	testSaturation[int32](t, math.MaxInt32)
	testSaturation[int64](t, math.MaxInt64)
	testSaturation(t, math.MaxInt)
}

// Later changes remove counters whose windows have ended, so that limits per
// second do not accumulate.
func TestEndedCountersGo(t *testing.T) {
	m, now := NewMemory(Config{}), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	const n = 2000
	for i := range n {
		at := now.Add(time.Duration(i) * time.Second)
		c := Change{
			Record: &callback.Callback{ID: callback.ID(fmt.Sprint(i)), Revision: 1, State: callback.Scheduled},
			Event:  callback.Event{Type: callback.EventAccepted},
			Take: []callback.Permit{
				{Key: callback.PermitKey{Kind: callback.PermitRate, Slot: at.Unix()}, N: 1, Max: 5, Until: at.Add(time.Second)},
				{Key: callback.PermitKey{Kind: callback.PermitAttempt, Subject: fmt.Sprint(i)}, N: 1, Max: 5, For: 10 * time.Second},
			},
		}
		if errs, err := m.Apply(context.Background(), at, []Change{c}); errs != nil || err != nil {
			t.Fatal(errs, err)
		}
	}
	limits := m.tenants[""].services[""].limits
	people, _ := limits[callback.PermitAttempt].slots.Get(slot{})
	if rates := limits[callback.PermitRate].slots.Len(); rates > 5 || len(people.subjects) > 15 || m.windows.Len() > 30 {
		t.Errorf("%d rates, %d attempts, %d windows are left", rates, len(people.subjects), m.windows.Len())
	}
}

func TestFeedAgainstList(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 9))
		f, live := feed{}, []*event(nil)
		for step := range 12_000 {
			if r.IntN(10) < 6 || len(live) == 0 {
				e := &event{seq: int64(step), service: &service{tenant: &tenant{name: fmt.Sprint(step % 3)}}}
				f.append(e)
				live = append(live, e)
			} else {
				// Mostly old ones go, as with retention.
				i := r.IntN(min(len(live), 20))
				f.remove(live[i])
				live = slices.Delete(live, i, i+1)
			}
			if step%500 != 0 {
				continue
			}
			for _, limit := range []int{1, 7, 5000} {
				position := r.Int64N(f.end + 1)
				var want []*event
				for _, e := range live {
					if e.position > position && e.service.tenant.name == "1" && len(want) < limit {
						want = append(want, e)
					}
				}
				got, upTo := f.after(position, limit, func(e *event) bool { return e.service.tenant.name == "1" })
				if !slices.Equal(got, want) || len(got) < limit && upTo != f.end || len(got) == limit && upTo != got[limit-1].position {
					t.Fatalf("after %d: %d events up to %d, want %d of %d", position, len(got), upTo, len(want), f.end)
				}
			}
		}
		for _, e := range live {
			f.remove(e)
		}
		if len(f.segments) > 1 {
			t.Errorf("%d segments are left of an empty feed", len(f.segments))
		}
		if got, upTo := f.after(0, 10, func(*event) bool { return true }); len(got) != 0 || upTo != f.end {
			t.Errorf("an empty feed has %d events up to %d of %d", len(got), upTo, f.end)
		}
	}
}

// What a callback holds does not depend on the counter that it was taken from: that may
// end, or its subject be forgotten, and a new one have the same key.
func TestHeldOutlivesItsCounter(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	rate := callback.PermitKey{Kind: callback.PermitRate, Service: "desk", Slot: 7}
	person := callback.PermitKey{Kind: callback.PermitNumber, Service: "desk", Subject: "+41785556677"}
	held := []callback.Held{{Key: rate, N: 2}, {Key: person, N: 1}}
	take := []callback.Permit{{Key: rate, N: 2, Max: -1, For: time.Minute}, {Key: person, N: 1, Max: -1}}
	for _, test := range []struct {
		name string
		lose func(m *Memory) error
		lost callback.PermitKey
	}{
		{"window", func(m *Memory) error {
			errs, err := m.Apply(t.Context(), now.Add(time.Hour), nil)
			return errors.Join(append(errs, err)...)
		}, rate},
		{"subject", func(m *Memory) error {
			_, err := m.Erase(t.Context(), now, callback.EraseRequest{Subjects: []string{person.Subject}})
			return err
		}, person},
	} {
		m := NewMemory(Config{})
		apply := func(c Change) {
			t.Helper()
			if errs, err := m.Apply(t.Context(), now, []Change{c}); errs != nil || err != nil {
				t.Fatal(test.name, errs, err)
			}
		}
		change := func(id callback.ID, revision int64) Change {
			return Change{
				Record: &callback.Callback{ID: id, Service: "desk", Revision: revision, State: callback.Scheduled, Held: held},
				Event:  callback.Event{Type: callback.EventAccepted},
			}
		}
		first := change("first", 1)
		first.Take = take
		apply(first)
		if err := test.lose(m); err != nil {
			t.Fatal(test.name, err)
		}
		if c := m.tenants[""].find(&test.lost); c != nil {
			t.Fatalf("%s: the counter is still there", test.name)
		}
		apply(change("first", 2))
		second := change("second", 1)
		second.Take = take
		apply(second)
		for _, id := range []callback.ID{"first", "second"} {
			if cb, err := m.Get(t.Context(), callback.By{ID: id}); err != nil || !slices.Equal(cb.Held, held) {
				t.Errorf("%s: %s holds %d permits, %v", test.name, id, len(cb.Held), err)
			}
		}
		last := change("second", 2)
		last.Record.Held, last.Give = nil, held
		apply(last)
		if c := m.tenants[""].find(&test.lost); c != nil {
			t.Errorf("%s: the counter has %d units after all were given back", test.name, c.used)
		}
	}
}

// Erasing every callback empties every index.
func TestErasedLeavesNothing(t *testing.T) {
	m, ctx, now := NewMemory(Config{ErasedKept: 1}), context.Background(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	const n = 300
	for i := range n {
		cb := &callback.Callback{
			ID: callback.ID(fmt.Sprint(i)), Revision: 1, State: callback.States()[i%9], Ready: true, QueuedAt: now,
			NextAt: now.Add(time.Duration(i%5) * time.Second), Idempotency: callback.Idempotency{Key: fmt.Sprint("k", i)},
			Customer: callback.Customer{ID: fmt.Sprint(i % 7)}, Origin: callback.Origin{ExternalID: fmt.Sprint(i % 3)},
			SearchValues: []callback.SearchValue{{Key: "a", Value: fmt.Sprint(i % 4)}, {Key: "a", Value: fmt.Sprint(i % 4), Former: true}},
			Held:         []callback.Held{{Key: callback.PermitKey{Kind: callback.PermitBucket, Slot: int64(i % 10)}, N: 1}},
		}
		c := Change{Record: cb, Event: callback.Event{Type: callback.EventAccepted}, Take: []callback.Permit{{Key: cb.Held[0].Key, N: 1, Max: -1}}}
		if errs, err := m.Apply(ctx, now, []Change{c}); errs != nil || err != nil {
			t.Fatal(errs, err)
		}
	}
	if _, err := m.Claim(ctx, now.Add(time.Minute), ClaimRequest{Owner: "n", Lease: time.Minute, Due: true, Limit: 100}); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		errs, err := m.Erase(ctx, now, EraseRequest{Items: []Precondition{{ID: callback.ID(fmt.Sprint(i)), Revision: 1}}})
		if err != nil || errs[0] != nil {
			t.Fatal(errs, err)
		}
	}
	tn := m.tenants[""]
	left := map[string]int{
		"entries": len(tn.entries), "keys": len(tn.keys), "customers": len(tn.customers), "externals": len(tn.externals),
		"lookups": len(tn.lookups), "created": tn.created.Len(), "updated": tn.updated.Len(), "queued": tn.queued.Len(),
		"leased": m.leased.Len(), "due": m.due.Len(),
		"buckets": tn.services[""].limits[callback.PermitBucket].slots.Len(),
		"queue":   tn.services[""].queue(0).Len(), "segments": len(m.feed.segments) - 1, "erased": len(tn.erased) - 1,
	}
	for i := range tn.desired {
		left["desired"] += tn.desired[i].Len()
	}
	for name, n := range left {
		if n != 0 {
			t.Errorf("%s: %d are left", name, n)
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
		ok    bool
	}{
		{"x", "x", true}, {"", "", false}, {nil, "", false}, {true, "true", true}, {5.0, "5", true}, {0.25, "0.25", true},
		{7, "7", true}, {[]any{"x"}, "", false}, {map[string]any{}, "", false}, {callback.Values{}, "", false},
		{math.NaN(), "", false}, {make(chan int), "", false},
	} {
		if got, ok := callback.TextOf(c.value); ok != c.ok || ok && got != c.want {
			t.Errorf("callback.TextOf(%T %v) = %q, %v", c.value, c.value, got, ok)
		}
	}
}

func TestCursor(t *testing.T) {
	for _, at := range []time.Time{{}, time.Unix(-5, 7), time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 999_999_999, time.UTC)} {
		for order := callback.ByDesired; order <= callback.ByQueue; order++ {
			for _, desc := range []bool{false, true} {
				c := FormatCursor(order, desc, Mark{Last: Place{QueuedAt: at, ID: "id"}, End: at.Add(time.Hour)})
				p, ok, err := ParseCursor(c, order, desc)
				if err != nil || !ok || !p.Last.QueuedAt.Equal(at) || p.Last.ID != "id" || !p.End.Equal(at.Add(time.Hour)) {
					t.Errorf("cursor %q comes back as %+v, %v, %v", c, p, ok, err)
				}
				for _, other := range []callback.OrderBy{order, (order + 1) % 4} {
					if _, _, err := ParseCursor(c, other, !desc); !errors.Is(err, callback.ErrInvalidParameter) {
						t.Errorf("a cursor of another search: %v", err)
					}
				}
			}
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	f.Add("", uint8(0), false)
	f.Add("nonsense", uint8(1), true)
	f.Add(string(FormatCursor(callback.ByQueue, true, Mark{Last: Place{QueuedAt: time.Unix(1, 2), ID: "c1"}})), uint8(3), true)
	f.Add(string(FormatFeed(77)), uint8(0), false)
	f.Fuzz(func(t *testing.T, text string, order uint8, desc bool) {
		c := callback.Cursor(text)
		p, ok, err := ParseCursor(c, callback.OrderBy(order%4), desc)
		if err != nil && !errors.Is(err, callback.ErrInvalidParameter) {
			t.Errorf("%q: error is %v", text, err)
		}
		if ok && FormatCursor(callback.OrderBy(order%4), desc, p) != c {
			t.Errorf("%q is not what is written for its own place", text)
		}
	})
}

func FuzzParseFeed(f *testing.F) {
	for _, c := range []string{"", "f0", "f1z", "f-1", "nonsense", "f01", "fzzzzzzzzzzzzzzzz"} {
		f.Add(c, int64(100))
	}
	f.Fuzz(func(t *testing.T, text string, end int64) {
		pos, err := ParseFeed(callback.Cursor(text), end)
		switch {
		case err != nil:
			if !errors.Is(err, callback.ErrInvalidParameter) {
				t.Errorf("%q: %v", text, err)
			}
		case text == "" && pos != 0:
			t.Errorf("the beginning is %d", pos)
		case text != "" && (pos < 0 || pos > end || string(FormatFeed(pos)) != text):
			t.Errorf("%q is place %d of %d", text, pos, end)
		}
	})
}

func TestSchemaError(t *testing.T) {
	if err := (&SchemaError{Found: 3, Want: 2}); !errors.Is(err, ErrSchemaNewer) || errors.Is(err, ErrSchemaOlder) {
		t.Error(err)
	}
	if err := (&SchemaError{Found: 1, Want: 2}); !errors.Is(err, ErrSchemaOlder) {
		t.Error(err)
	}
}

// A claim behind a place goes there directly.
func TestClaimGoesToThePlace(t *testing.T) {
	const n = 20_000
	m, now := NewMemory(Config{}), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	place := func(i int) callback.Place {
		return callback.Place{QueuedAt: now.Add(time.Duration(i/3) * time.Millisecond), ID: callback.ID(fmt.Sprintf("c%06d", i))}
	}
	changes := make([]Change, n)
	for i := range changes {
		at := place(i)
		changes[i] = Change{
			Record: &callback.Callback{ID: at.ID, Revision: 1, State: callback.Queued, Ready: true, QueuedAt: at.QueuedAt},
			Event:  callback.Event{Type: callback.EventAccepted},
		}
	}
	if errs, err := m.Apply(t.Context(), now, changes); errs != nil || err != nil {
		t.Fatal(errs, err)
	}
	compared := 0
	m.tenants[""].services[""].queues[0].compare = func(a, b item) int {
		compared++
		return compareItems(a, b)
	}
	for i := 10; i < n-1; i += 1000 {
		req := ClaimRequest{Owner: "n", Lease: time.Minute, Queues: []QueueClaim{{N: 1, After: place(i)}}}
		got, err := m.Claim(t.Context(), now, req)
		if err != nil || len(got.Callbacks) != 1 || got.Callbacks[0].ID != place(i+1).ID {
			t.Fatal(got.Callbacks, err)
		}
	}
	if compared > 100*n/1000 {
		t.Errorf("%d comparisons for %d claims", compared, n/1000)
	}
}
