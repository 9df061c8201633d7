package sqlkit_test

import (
	"errors"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/internal/sqlkit"
)

func TestConflicts(t *testing.T) {
	for want, err := range map[string]error{
		"callback c1: revision 3 is not the current one, 5": sqlkit.NotCurrent("c1", "revision", 3, 5),
		"callback c1: revision 3 does not follow 5":         sqlkit.NotNext("c1", 3, 5),
		"callback c1: id is taken":                          sqlkit.Conflict("c1", "id", "is taken"),
	} {
		if _, ok := errors.AsType[*store.ConflictError](err); !ok || err.Error() != want || !errors.Is(err, callback.ErrConflict) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := sqlkit.NotFound("c1"); !errors.Is(err, callback.ErrNotFound) {
		t.Error(err)
	}
}

func TestOrderColumnsDiffer(t *testing.T) {
	var columns []string
	for order := callback.ByDesired; order <= callback.ByQueue; order++ {
		columns = append(columns, sqlkit.OrderColumn(order))
	}
	if want := []string{"desired", "created", "updated", "queued_at"}; !slices.Equal(columns, want) {
		t.Errorf("%v, want %v", columns, want)
	}
}

func TestPriority(t *testing.T) {
	for n, want := range map[int64]bool{-1: false, 0: true, scheduler.Levels - 1: true, scheduler.Levels: false, 1 << 40: false} {
		if p, ok := sqlkit.Priority(n); ok != want || ok && int64(p) != n || !ok && p != 0 {
			t.Errorf("%d is %d, %v", n, p, ok)
		}
	}
}

func TestDecodeEvent(t *testing.T) {
	e := callback.Event{Tenant: "acme", Callback: "c1", Seq: 2, Type: callback.EventErased}
	want := e
	sqlkit.DecodeEvent([]byte{1}, &e)
	if e != want {
		t.Errorf("an empty body gives %+v", e)
	}
	sqlkit.DecodeEvent(nil, &e)
	if want.Detail = e.Detail; e.Detail == "" || e != want {
		t.Errorf("a damaged body gives %+v", e)
	}
}

func TestGroups(t *testing.T) {
	var g sqlkit.Groups
	if got := g.Sorted(); got != nil {
		t.Errorf("no groups are %v", got)
	}
	g.Add(callback.Group{Queue: callback.QueueKey{Tenant: "b"}, State: callback.Queued, N: 3, Ready: 1})
	for _, ready := range []bool{true, false, true} {
		g.Count(&callback.Callback{Tenant: "a", Service: "s", State: callback.Queued, Ready: ready})
		g.Count(&callback.Callback{Tenant: "a", Service: "s", State: callback.Scheduled, Ready: ready})
	}
	queue := callback.QueueKey{Tenant: "a", Service: "s"}
	want := []callback.Group{
		{Queue: queue, State: callback.Scheduled, N: 3}, {Queue: queue, State: callback.Queued, N: 3, Ready: 2},
		{Queue: callback.QueueKey{Tenant: "b"}, State: callback.Queued, N: 3, Ready: 1},
	}
	if got := g.Sorted(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestMigrations(t *testing.T) {
	one, two := &fstest.MapFile{Data: []byte("one")}, &fstest.MapFile{Data: []byte("two")}
	list, err := sqlkit.Migrations(fstest.MapFS{"migrations/0002_b.sql": two, "migrations/0001_a.sql": one, "migrations/README": one})
	want := []sqlkit.Migration{{Version: 1, Name: "0001_a.sql", Text: "one"}, {Version: 2, Name: "0002_b.sql", Text: "two"}}
	if err != nil || !slices.Equal(list, want) {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := sqlkit.Migrations(fstest.MapFS{"migrations/0001_a.sql": one, "migrations/0003_b.sql": two}); err == nil {
		t.Error("a gap is accepted")
	}
}
