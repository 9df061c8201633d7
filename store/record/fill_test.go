package record_test

import (
	"encoding/json"
	"hash/fnv"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// columns returns the fields that a store keeps outside of the record, which
// must have every other field.
func columns(typ reflect.Type) []string {
	switch typ {
	case reflect.TypeFor[callback.Callback]():
		return []string{"Tenant", "ID", "Service", "State", "Priority", "Ready", "Revision", "NextAt", "Lease"}
	case reflect.TypeFor[callback.Event]():
		return []string{"Tenant", "Callback", "Seq", "Type", "Cursor"}
	}
	return nil
}

// walk calls visit for every leaf below v, with a path such as
// "Attempts[1].Outcome.Raw". It allocates pointers, and slices of two items, on
// the way.
func walk(v reflect.Value, path string, visit func(leaf reflect.Value, path string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		walk(v.Elem(), path, visit)
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		}
		walk(v.Index(0), path+"[0]", visit)
		walk(v.Index(1), path+"[1]", visit)
	case reflect.Struct:
		switch v.Interface().(type) {
		case time.Time, phonenum.Address:
			visit(v, path)
			return
		}
		for i := range v.NumField() {
			walk(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	default:
		visit(v, path)
	}
}

// set gives a leaf a non-zero value that depends on its path only, so that a
// new field does not change the values of others.
func set(t testing.TB, leaf reflect.Value, path string) {
	t.Helper()
	h := fnv.New32a()
	h.Write([]byte(path))
	sum := int64(h.Sum32())
	switch leaf.Kind() {
	case reflect.String:
		leaf.SetString(path)
	case reflect.Bool:
		leaf.SetBool(true)
	case reflect.Int, reflect.Int64:
		leaf.SetInt(sum%1_000_000 + 1)
	case reflect.Uint8:
		leaf.SetUint(uint64(sum%255 + 1))
	case reflect.Float64:
		leaf.SetFloat(float64(sum+1) / 1024)
	case reflect.Map:
		leaf.Set(reflect.ValueOf(callback.Values{"path": path, "sum": json.Number(strconv.FormatUint(uint64(sum), 10)), "list": []any{true, nil, "ü<"}}))
	case reflect.Struct:
		switch leaf.Interface().(type) {
		case time.Time:
			leaf.Set(reflect.ValueOf(time.UnixMicro(1_767_225_600_000_000 + sum*1_000_003).UTC()))
			return
		case phonenum.Address:
			text := "+41785550000;ext=12"
			if path != ".Customer.Number" {
				text = "sip:" + path[1:] + "@example.com"
			}
			leaf.Set(reflect.ValueOf(address(t, text)))
			return
		}
		t.Fatalf("%s: a struct that this test does not know: %v", path, leaf.Type())
	default:
		t.Fatalf("%s: a kind of field that this test does not know: %v", path, leaf.Type())
	}
}

func address(t testing.TB, revealed string) phonenum.Address {
	t.Helper()
	a, err := phonenum.RevealedAddress(revealed)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// filled returns a value without a zero field.
func filled[T any](t testing.TB) *T {
	t.Helper()
	v := new(T)
	walk(reflect.ValueOf(v).Elem(), "", func(leaf reflect.Value, path string) {
		// The golden files call the field by the name of its column.
		set(t, leaf, strings.Replace(path, ".SearchValues", ".Lookups", 1))
	})
	return v
}

// withColumns returns a value that has only the columns of v.
func withColumns[T any](v *T) *T {
	kept := new(T)
	for _, name := range columns(reflect.TypeFor[T]()) {
		reflect.ValueOf(kept).Elem().FieldByName(name).Set(reflect.ValueOf(v).Elem().FieldByName(name))
	}
	return kept
}

// diff compares everything, including the location of times.
func diff(want, got any) string {
	return cmp.Diff(want, got, cmp.Comparer(func(a, b time.Time) bool { return a == b }), cmpopts.EquateNaNs())
}
