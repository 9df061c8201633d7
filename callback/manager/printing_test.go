package manager_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/phonenum"
)

// holders are the exported struct types of callback and manager that hold a
// number or the value of a property. TestPrintingKnowsEveryType keeps the list
// complete.
func holders() []any {
	return []any{
		callback.Call{}, callback.Callback{}, callback.Change{}, callback.Claimed{}, callback.ContactMode{}, callback.Counter{},
		callback.Customer{}, callback.EraseRequest{}, callback.Held{}, callback.LoadRequest{}, callback.Match{}, callback.Page{},
		callback.Permit{}, callback.PermitError{}, callback.PermitKey{}, callback.Query{}, callback.SearchValue{},
		manager.BulkItem{}, manager.BulkResult{}, manager.CancelAllRequest{}, manager.ForgetRequest{}, manager.QueuesRequest{},
		manager.Request{}, manager.RescheduleRequest{}, manager.ServiceQueue{}, manager.StateReport{}, manager.UpdateRequest{},
	}
}

const (
	personNumber = "+41785556677"
	personValue  = "verysecret"
)

// secretField reports whether a field of strings holds a number or the value of a
// property, by its name. Fields of the types Address and Values are known by
// their types.
func secretField(name string) bool {
	return slices.Contains([]string{"Number", "Numbers", "Alternative", "Value", "Subject", "Subjects"}, name)
}

// fill sets every field that holds a number or the value of a property, and
// reports whether there is one.
func fill(t *testing.T, v reflect.Value, secret bool, depth int) (planted bool) {
	t.Helper()
	if depth > 6 || !v.CanSet() {
		return false
	}
	switch v.Interface().(type) {
	case phonenum.Address:
		address, err := phonenum.ParseAddress(personNumber, "")
		if err != nil {
			t.Fatal(err)
		}
		v.Set(reflect.ValueOf(address))
		return true
	case callback.Values:
		v.Set(reflect.ValueOf(callback.Values{"name": personValue, "_phone": personNumber}))
		return true
	case time.Time, callback.Interaction: // its Subject is no person's number
		return false
	}
	switch v.Kind() {
	case reflect.String:
		if secret {
			v.SetString(personNumber + personValue)
		}
		return secret
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			planted = fill(t, v.Field(i), secretField(name), depth+1) || planted
		}
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		if planted = fill(t, p.Elem(), secret, depth+1); planted {
			v.Set(p)
		}
	case reflect.Slice:
		list := reflect.MakeSlice(v.Type(), 1, 1)
		if planted = fill(t, list.Index(0), secret, depth+1); planted {
			v.Set(list)
		}
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		if planted = fill(t, value, secret, depth+1); planted {
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.Zero(v.Type().Key()), value)
		}
	}
	return planted
}

// Whatever a host prints of a type that holds a number or the value of a
// property, in whatever way, shows neither.
func TestPrintingHidesNumbersAndValues(t *testing.T) {
	for _, zero := range holders() {
		typ := reflect.TypeOf(zero)
		p := reflect.New(typ)
		if !fill(t, p.Elem(), false, 0) {
			t.Errorf("%v holds nothing", typ)
		}
		t.Run(typ.String(), func(t *testing.T) {
			for _, v := range []any{p.Elem().Interface(), p.Interface(), []any{p.Elem().Interface()}} {
				var out bytes.Buffer
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
					fmt.Fprintf(&out, verb+"\n", v)
				}
				for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
					slog.New(handler).Info("x", "v", v)
				}
				body, err := json.Marshal(v)
				if err != nil {
					t.Errorf("JSON: %v", err)
				}
				out.Write(body)
				for _, secret := range []string{personNumber[3:], personValue, fmt.Sprintf("%x", personValue)} {
					if i := strings.Index(out.String(), secret); i >= 0 {
						t.Errorf("shows %q: ...%s", secret, out.String()[max(0, i-80):i+len(secret)])
						return
					}
				}
			}
		})
	}
}

// Every exported struct type that holds something is in the list above: itself,
// or in a field of another such type.
func TestPrintingKnowsEveryType(t *testing.T) {
	fields := make(map[string][]*ast.Field)
	for dir, name := range map[string]string{"..": "callback", ".": "manager"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() && parsed.Name.Name == name {
					if of, ok := spec.Type.(*ast.StructType); ok {
						fields[name+"."+spec.Name.Name] = of.Fields.List
					}
				}
				return true
			})
		}
	}
	delete(fields, "callback.Interaction") // its Subject is no person's number
	holding := map[string]bool{"callback.Values": true, "phonenum.Address": true}
	for grown := true; grown; {
		grown = false
		for name, list := range fields {
			own, _, _ := strings.Cut(name, ".")
			if !holding[name] && slices.ContainsFunc(list, func(f *ast.Field) bool { return holds(f, own, holding) }) {
				holding[name], grown = true, true
			}
		}
	}
	for _, zero := range holders() {
		delete(holding, reflect.TypeOf(zero).String())
	}
	delete(holding, "callback.Values")
	delete(holding, "phonenum.Address")
	for name := range holding {
		t.Errorf("%s holds a number or a value and is not in the list", name)
	}
}

// holds reports whether an exported field, declared in package own, holds a
// number or a value.
func holds(f *ast.Field, own string, holding map[string]bool) bool {
	found, text := false, false
	ast.Inspect(f.Type, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncType, *ast.InterfaceType, *ast.StructType:
			return false
		case *ast.SelectorExpr:
			found = found || holding[n.X.(*ast.Ident).Name+"."+n.Sel.Name]
			return false
		case *ast.Ident:
			found, text = found || holding[own+"."+n.Name], text || n.Name == "string"
		}
		return true
	})
	for _, name := range f.Names {
		found = found || text && secretField(name.Name)
	}
	return found && (len(f.Names) == 0 || f.Names[0].IsExported())
}
