package manager_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
)

// Whatever verb a host prints these with, no number and no value shows.
func TestAdministrativeTypesHideValues(t *testing.T) {
	query := &callback.Query{Number: swiss, SearchValues: []callback.Match{{Key: "k", Value: swiss}}}
	item := manager.BulkItem{Number: swiss, N: 1, Err: errors.New("no")}
	result := manager.BulkResult{Items: []manager.BulkItem{item, {ID: "cb000001", Number: swiss, N: 1}}, Done: 1}
	var out bytes.Buffer
	for _, v := range []any{
		manager.QueuesRequest{Properties: []callback.Match{{Key: "_customer_number", Value: swiss}}},
		manager.CancelAllRequest{Query: query, IDs: []callback.ID{"a"}},
		manager.ForgetRequest{Numbers: []string{swiss}, IDs: []callback.ID{"a"}},
		item, &item, result, &result,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
			slog.New(handler).Info("x", "v", v)
		}
	}
	text, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	if i := strings.Index(out.String(), swiss[3:]); i >= 0 {
		t.Errorf("the number shows: ...%s", out.String()[max(0, i-60):i+10])
	}
	if want := `{"Items":[{"ID":"","Number":"***","N":1,"Err":"no"},{"ID":"cb000001","Number":"***","N":1}],"Done":1}`; string(text) != want {
		t.Errorf("JSON is %s, want %s", text, want)
	}
	for want, v := range map[string]fmt.Stringer{
		"number ***: no, 1 concerned":                                       item,
		"callback cb000001, 1 concerned":                                    result.Items[1],
		"request to forget 1 callbacks and 1 numbers":                       manager.ForgetRequest{Numbers: []string{swiss}, IDs: []callback.ID{"a"}},
		"cancellation of 1 callbacks and a query: true":                     manager.CancelAllRequest{Query: query, IDs: []callback.ID{"a"}},
		`query of the queues of services ["a"], states [QUEUED], at most 7`: manager.QueuesRequest{Services: []string{"a"}, States: []callback.State{callback.Queued}, Max: 7},
	} {
		if got := v.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
