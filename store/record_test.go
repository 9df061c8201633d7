package store

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// fillValue sets every field below v to a non-zero value that is, where
// possible, unlike that of any other field.
func fillValue(t *testing.T, v reflect.Value, n *int, path string) {
	t.Helper()
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("text ", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64, reflect.Int8, reflect.Int16, reflect.Int32:
		v.SetInt(int64(*n))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n%8 + 1))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(t, v.Elem(), n, path)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillValue(t, v.Index(0), n, path+"[0]")
		fillValue(t, v.Index(1), n, path+"[1]")
	case reflect.Map:
		v.Set(reflect.ValueOf(callback.Values{fmt.Sprint("k", *n): *n, "other": "x"}))
	case reflect.Struct:
		switch v.Interface().(type) {
		case time.Time:
			v.Set(reflect.ValueOf(time.Date(2026, 1, 1, 0, 0, *n, *n, time.UTC)))
			return
		case phonenum.Address:
			a, err := phonenum.RawAddress(fmt.Sprint("*", *n))
			if err != nil {
				t.Fatal(err)
			}
			v.Set(reflect.ValueOf(a))
			return
		}
		for i := range v.NumField() {
			fillValue(t, v.Field(i), n, path+"."+v.Type().Field(i).Name)
		}
	default:
		t.Fatalf("%s: a kind of field that this test does not know: %v", path, v.Type())
	}
}

func sameCallback(got, want *callback.Callback) string {
	return cmp.Diff(want, got, cmp.Comparer(func(a, b phonenum.Address) bool { return a == b }))
}

// A field that pack or view does not copy comes back zero.
func TestEveryFieldIsPacked(t *testing.T) {
	cb, n := &callback.Callback{}, 0
	fillValue(t, reflect.ValueOf(cb).Elem(), &n, "Callback")
	s := newTenant(cb.Tenant).service(cb.Service)
	e := &entry{
		id: cb.ID, service: s, body: pack(cb), revision: cb.Revision, nextAt: instantOf(cb.NextAt),
		lease: lease{owner: cb.Lease.Owner, epoch: cb.Lease.Epoch, until: instantOf(cb.Lease.Until)},
	}
	e.body.held = s.tenant.holdings(cb.Held, nil)
	v := e.view()
	if d := sameCallback(v.callback(), cb); d != "" {
		t.Errorf("callback differs (-want +got):\n%s", d)
	}
}

// Each field alone, so that none depends on another.
func TestEachFieldAlone(t *testing.T) {
	s := newTenant("").service("")
	typ := reflect.TypeFor[callback.Callback]()
	for i := range typ.NumField() {
		cb, n := &callback.Callback{}, 0
		name := typ.Field(i).Name
		switch name {
		case "Tenant", "ID", "Service", "Revision", "NextAt", "Lease":
			continue // kept in the entry
		}
		fillValue(t, reflect.ValueOf(cb).Elem().Field(i), &n, name)
		e := &entry{service: s, body: pack(cb)}
		e.body.held = s.tenant.holdings(cb.Held, nil)
		v := e.view()
		if d := sameCallback(v.callback(), cb); d != "" {
			t.Errorf("%s differs (-want +got):\n%s", name, d)
		}
	}
}

// A field of an event that packEvent or read does not copy comes back zero, also
// with a service that is not the callback's.
func TestEveryFieldOfEventsIsPacked(t *testing.T) {
	for _, service := range []string{"", "its service", "another"} {
		var want callback.Event
		n := 0
		fillValue(t, reflect.ValueOf(&want).Elem(), &n, "Event")
		want.Service = service
		x := packEvent(&Change{Record: &callback.Callback{Revision: want.Seq}, Event: want})
		x.belong(&entry{id: want.Callback, service: newTenant(want.Tenant).service("its service")}, service)
		x.position = 35
		want.Cursor = FormatFeed(35)
		if d := cmp.Diff(want, x.read()); d != "" {
			t.Errorf("event of service %q differs (-want +got):\n%s", service, d)
		}
	}
}

func TestEmptyMapsStayEmpty(t *testing.T) {
	for _, values := range []callback.Values{nil, {}, {"a": 1}} {
		for _, other := range []callback.Values{nil, {}, {"b": 2}} {
			p, u := packValues(values, other)
			if got := unpackValues(p); !reflect.DeepEqual(got, values) {
				t.Errorf("properties %#v come back as %#v", values, got)
			}
			if got := unpackValues(u); !reflect.DeepEqual(got, other) {
				t.Errorf("user data %#v comes back as %#v", other, got)
			}
		}
	}
}

func TestInstant(t *testing.T) {
	if i := instantOf(time.Time{}); !i.IsZero() || !i.Time().IsZero() {
		t.Errorf("the zero time is %+v", i)
	}
	times := []time.Time{
		{}, time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(1677, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(-1, 999_999_999),
		time.Unix(0, 0), time.Unix(0, 1), time.Date(2026, 6, 1, 12, 0, 0, 5, time.FixedZone("", 3600)), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	}
	for i, a := range times {
		if got := instantOf(a).Time(); !got.Equal(a) || got.IsZero() != a.IsZero() || got.Location() != time.UTC {
			t.Errorf("%v comes back as %v", a, got)
		}
		for j, b := range times {
			if got := instantOf(a).Compare(instantOf(b)); got != a.Compare(b) || (i == j) != (got == 0) {
				t.Errorf("%v and %v compare as %d", a, b, got)
			}
		}
	}
}
