package architecture

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unique"
	"unsafe"

	"github.com/ringback-go/ringback/phonenum"
)

const (
	personNumber = "+41785556677"
	personText   = "verysecret"
)

// sort says what a field of text may hold.
type sort int

const (
	secret  sort = iota // anything about a person, or a password: never shown
	checked             // text of others, in which a number may be: its digits are not shown
	plain               // names, identifiers and rules that the host or the library chooses
)

// sortOf returns the sort of a text by where it stands. A field that is not named
// here is secret.
func sortOf(owner reflect.Type, field string) sort {
	name := strings.TrimPrefix(owner.String(), "*")
	pkg, _, _ := strings.Cut(name, ".")
	switch {
	case slices.Contains(checkedFields(), name+"."+field):
		return checked
	case pkg == "route", name == "gms.view", pkg == "availability", pkg == "scheduler", slices.Contains(plainTypes(), name), slices.Contains(plainFields(), name+"."+field):
		return plain
	case slices.Contains([]string{
		"Tenant", "tenant", "Service", "Services", "Node", "Owner", "Actor", "Zone", "Kind", "Field", "Rule", "Operation", "Method", "Condition",
		"name", "service",
	}, field):
		return plain
	}
	return secret
}

// plainTypes hold what the host configures.
func plainTypes() []string {
	return []string{
		"callback.Service", "callback.Numbers", "callback.DialOptions", "callback.Treatments", "callback.Preview", "callback.Inbound", "callback.Limits",
		"callback.Throttle", "callback.Confirm", "callback.Queueing", "callback.catalogKey", "callback.Pause", "callback.Trace", "callback.DialerLimits",
		"config.Settings", "config.Options", "config.Notification", "config.Problem", "config.Resolution",
		"gms.Config", "gms.Handler", "lcm.Config", "lcm.Handler", "lucs.Config", "lucs.Handler", "interaction.Options", "interaction.Config", "api.Origins",
		"manager.Subscription", "manager.PauseRequest", "manager.Watermarks", "phonenum.Patterns", "phonenum.List", "storetest.Clause", "storetest.LackError",
	}
}

func plainFields() []string {
	return []string{
		"callback.Attempt.Agent", "callback.Report.Agent", "callback.Reservation.Agent", "callback.Call.Agent", // identifiers of agents
		"callback.LimitError.Parameter", "callback.ModeError.Rule", "callback.PanicError.In", "callback.PermitKey.Name",
		"callback.Reservation.ID", "callback.Release.Reason", "callback.Release.ReasonKey", "callback.SearchValue.Key", "callback.Match.Key",
		"api.User.Name", "api.Caller.Name", "config.Credentials.Username", "interaction.Interaction.ID", "interaction.NotifierConfig.Params",
		"interaction.Notification.ID", "callback.Query.AppPool", "callback.LoadRequest.Name", "callback.Interaction.MediaType", "api.Basic.realm", "interaction.SignatureError.Header", "callbacktest.Call.Agent", "callbacktest.Recorder.tenant",
	}
}

// checkedFields are texts of others that are shown without digits.
func checkedFields() []string {
	return []string{
		"callback.Event.Detail", "callback.Reservation.Address", "callback.Outcome.Raw", "callback.ContactMode.ID", "callback.ModeError.Mode", "callback.ContactError.Err",
		"callback.PanicError.Value", "api.Fault.cause", "interaction.DeliveryError.Err",
	}
}

// fill plants text in everything that v holds, also in unexported fields, and
// reports whether a secret or a number is there.
func fill(v reflect.Value, of sort, depth int) (planted bool) {
	if depth > 7 {
		return false
	}
	typ := v.Type()
	switch typ {
	case reflect.TypeFor[phonenum.Address]():
		address, _ := phonenum.ParseAddress(personNumber, "")
		v.Set(reflect.ValueOf(address))
		return true
	case reflect.TypeFor[phonenum.Number]():
		number, _ := phonenum.Parse(personNumber, "")
		v.Set(reflect.ValueOf(number))
		return true
	case reflect.TypeFor[unique.Handle[string]]():
		v.Set(reflect.ValueOf(unique.Make(text(of))))
		return true
	case reflect.TypeFor[error]():
		if of == checked {
			v.Set(reflect.ValueOf(errors.New(personNumber)))
		}
		return of == checked
	}
	foreign := typ.PkgPath() != "" && !strings.HasPrefix(typ.PkgPath(), module)
	switch typ.Kind() {
	case reflect.String:
		if foreign || typ.PkgPath() != "" && typ.Name() != "" {
			return false // a name of this library, such as an ID or a reason
		}
		v.SetString(text(of))
		return of != plain
	case reflect.Interface:
		if typ.NumMethod() == 0 {
			v.Set(reflect.ValueOf(text(of)))
			return of != plain
		}
	case reflect.Struct:
		for i := range typ.NumField() {
			if foreign {
				break
			}
			f := v.Field(i)
			if f.CanAddr() {
				f = reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem() //nolint:gosec // reaches unexported fields
			}
			planted = fill(f, sortOf(typ, typ.Field(i).Name), depth+1) || planted
		}
	case reflect.Pointer:
		if p := reflect.New(typ.Elem()); fill(p.Elem(), of, depth+1) {
			v.Set(p)
			return true
		}
	case reflect.Array:
		for i := range v.Len() {
			planted = fill(v.Index(i), of, depth+1) || planted
		}
	case reflect.Slice:
		if typ.Elem() == reflect.TypeFor[byte]() {
			if of == secret {
				v.SetBytes([]byte(text(of)))
			}
			return of == secret
		}
		list := reflect.MakeSlice(typ, 1, 1)
		if planted = fill(list.Index(0), of, depth+1); planted {
			v.Set(list)
		}
	case reflect.Map:
		key, value := reflect.New(typ.Key()).Elem(), reflect.New(typ.Elem()).Elem()
		keyOf := of
		if typ.Elem().Kind() != reflect.String {
			keyOf = plain // names of services and properties
		}
		planted = fill(key, keyOf, depth+1)
		planted = fill(value, of, depth+1) || planted
		if planted {
			v.Set(reflect.MakeMap(typ))
			v.SetMapIndex(key, value)
		}
	}
	return planted
}

func text(of sort) string {
	switch of {
	case secret:
		return personNumber + personText
	case checked:
		return personNumber
	}
	return "shown"
}

// forms are what the verbs and encoders make of the texts that are planted.
func forms() []string {
	var list []string
	for _, s := range []string{personNumber[3:], personText} {
		decimal := strings.Trim(fmt.Sprint([]byte(s)), "[]")
		list = append(list, s, fmt.Sprintf("%x", s), fmt.Sprintf("%X", s), fmt.Sprintf("% x", s), fmt.Sprintf("%#v", []byte(s))[7:], decimal, strings.ReplaceAll(decimal, " ", ","))
	}
	return append(list, base64.StdEncoding.EncodeToString([]byte(text(secret))))
}

// printed returns everything that fmt, log/slog and encoding/json print of v. The JSON
// of a document is left out.
func printed(v any, document bool) string {
	var out bytes.Buffer
	for _, verb := range "vsqxXdtbcoOUeEfFgG" {
		for _, flags := range []string{"", "+", "#", " ", "-30.3"} {
			fmt.Fprintf(&out, "%"+flags+string(verb)+"\n", v)
		}
	}
	fmt.Fprintln(&out, v)
	logged := []any{"v", v, slog.Group("g", "v", v), "list", []any{v}, "map", map[string]any{"v": v}, "struct", struct{ V any }{v}}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", logged...)
	if document {
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
		return out.String()
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", logged...)
	slog.New(slog.NewJSONHandler(&out, nil)).With("v", v).WithGroup("g").Info("x", "v", v)
	if body, err := json.Marshal(v); err == nil { // some hold functions
		out.Write(body)
	}
	return out.String()
}

// Whatever is printed of an exported type, in whatever way, shows nothing of a
// person and no password, also not from unexported fields.
func TestPrintingShowsNoPerson(t *testing.T) {
	secrets := forms()
	for _, typ := range exported() {
		t.Run(typ.String(), func(t *testing.T) {
			p := reflect.New(typ)
			if !fill(p.Elem(), secret, 0) {
				return
			}
			values := []any{p.Interface()}
			if !holdsLock(typ) {
				values = append(values, p.Elem().Interface())
			}
			for _, v := range values {
				got := printed(v, slices.Contains(wireTypes(), typ.String()))
				for _, s := range secrets {
					if i := strings.Index(got, s); i >= 0 {
						t.Errorf("%T shows %q: ...%s", v, s, got[max(0, i-120):i+len(s)])
						return
					}
				}
			}
		})
	}
}

// wireTypes are documents that a host sends: their JSON is their purpose.
func wireTypes() []string { return []string{"interaction.Interaction"} }

// holdsLock reports whether values of the type must not be copied.
func holdsLock(typ reflect.Type) bool {
	if typ.Kind() != reflect.Struct {
		return false
	}
	for i := range typ.NumField() {
		if f := typ.Field(i).Type; f.PkgPath() == "sync" || f.PkgPath() == "sync/atomic" || holdsLock(f) {
			return true
		}
	}
	return false
}

// Every exported type is in the list above.
func TestPrintingKnowsEveryType(t *testing.T) {
	listed := make(map[string]bool)
	for _, typ := range exported() {
		listed[typ.PkgPath()+"."+typ.Name()] = true
	}
	root := filepath.Join("..", "..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != root {
			return fs.SkipDir // a module of its own
		}
		if name := d.Name(); name == "internal" || name == "testdata" || path != root && strings.HasPrefix(name, ".") && name != ".." {
			return fs.SkipDir
		}
		dir, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files, err := filepath.Glob(filepath.Join(path, "*.go"))
		if err != nil {
			return err
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				return err
			}
			for _, spec := range typesOf(parsed) {
				if name := module + "/" + filepath.ToSlash(dir) + "." + spec.Name.Name; parsed.Name.Name != "main" && !listed[name] {
					t.Errorf("%s is not in the list", name)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// typesOf returns the exported types of a file that are printed by their fields.
func typesOf(file *ast.File) (list []*ast.TypeSpec) {
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range group.Specs {
			spec, ok := s.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() || spec.Assign != 0 {
				continue
			}
			switch spec.Type.(type) {
			case *ast.InterfaceType, *ast.FuncType:
			default:
				list = append(list, spec)
			}
		}
	}
	return list
}
