package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
)

var update = flag.Bool("update", false, "write testdata/quickstart.golden")

// played runs the built-in day and returns it with what it printed.
func played(t *testing.T) (*day, string) {
	t.Helper()
	d, err := newDay()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.play(t.Context(), bytes.NewReader(lines)); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := d.report(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return d, out.String()
}

func TestQuickstartPrintsTheGoldenFile(t *testing.T) {
	began := time.Now()
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := run(t.Context(), bytes.NewReader(lines), out); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("two runs took %v, want under 5s each", took)
	}
	if diff := cmp.Diff(first.String(), second.String()); diff != "" {
		t.Fatalf("two runs differ (-first +second):\n%s", diff)
	}
	golden := filepath.Join("testdata", "quickstart.golden")
	if *update {
		if err := os.WriteFile(golden, first.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), first.String()); diff != "" {
		t.Errorf("output differs from %s; go test -update writes it (-want +got):\n%s", golden, diff)
	}
}

// No number may be readable in the output: neither one of the day, in any
// spelling, nor anything else that looks like one.
func TestOutputShowsNoNumber(t *testing.T) {
	d, out := played(t)
	squeezed := regexp.MustCompile(`[^0-9\n]`).ReplaceAllString(out, "")
	for i, a := range d.answers {
		raws := []string{a.Request.Number}
		if raw, ok := a.Set["_customer_number"].(string); ok {
			raws = append(raws, raw)
		}
		for _, raw := range raws {
			digits := regexp.MustCompile(`[^0-9]`).ReplaceAllString(raw, "")
			if len(digits) >= 7 && strings.Contains(squeezed, strings.TrimLeft(digits, "0")) {
				t.Errorf("line %d: its number can be read in the output", i+1)
			}
		}
	}
	for _, digits := range regexp.MustCompile(`\b\d{5,}`).FindAllString(out, -1) {
		if !regexp.MustCompile(`^[45]00\d\d$`).MatchString(digits) {
			t.Errorf("%q looks like a number", digits)
		}
	}
	if strings.Contains(out, "hans") {
		t.Error("the user of a sip address can be read")
	}
}

func TestOutputFitsATerminal(t *testing.T) {
	_, out := played(t)
	for i, row := range strings.Split(out, "\n") {
		if n := utf8.RuneCountInString(row); n > 110 {
			t.Errorf("row %d has %d columns, at most 110 are wanted: %s", i+1, n, row)
		}
		if strings.TrimRight(row, " ") != row {
			t.Errorf("row %d ends with blanks", i+1)
		}
	}
}

// The day is worth reading only while it shows what it is there to show.
func TestDayShowsWhatCanHappen(t *testing.T) {
	d, _ := played(t)
	codes := map[int]bool{}
	for _, n := range d.answers {
		codes[callback.Code(n.err)] = true
	}
	for _, code := range []int{40001, 40002, 40003, 40004, 40010, 40020, 40030, 40040, 40050, 40051} {
		if !codes[code] {
			t.Errorf("nothing is refused with %d", code)
		}
	}
	reasons := map[callback.Reason]bool{}
	results := map[callback.CallResult]bool{}
	priorities := map[string]bool{}
	events := map[callback.EventType]bool{}
	for cb, err := range d.m.Search(context.Background(), callback.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if cb.State != callback.Completed {
			t.Errorf("callback %s is %v at the end", cb.ID, cb.State)
		}
		reasons[cb.Reason], priorities[cb.Priority.String()] = true, true
		for _, a := range cb.Attempts {
			results[a.Outcome.Result] = true
		}
		history, err := d.m.History(context.Background(), cb.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range history {
			events[e.Type] = true
		}
	}
	for _, reason := range []callback.Reason{
		callback.ReasonAgentConnected, callback.ReasonCancelled, callback.ReasonCallToCustomer,
		callback.ReasonFaxReached, callback.ReasonSubmitFailed, callback.ReasonAbandonedInQueue,
	} {
		if !reasons[reason] {
			t.Errorf("nothing is completed with %s", reason)
		}
	}
	for _, result := range []callback.CallResult{
		callback.ResultBusy, callback.ResultNoAnswer, callback.ResultAnsweringMachine, callback.ResultFaxDetected, callback.ResultAllTrunksBusy,
		callback.ResultSITInvalidNumber, callback.ResultRemoteRelease, callback.ResultAbandoned, callback.ResultBridged,
	} {
		if !results[result] {
			t.Errorf("no call ends with %v", result)
		}
	}
	for _, typ := range []callback.EventType{
		callback.EventUnresolved, callback.EventLookedUp, callback.EventRescheduled, callback.EventUpdated, callback.EventReleased,
	} {
		if !events[typ] {
			t.Errorf("no event is %s", typ)
		}
	}
	if len(priorities) != 9 {
		t.Errorf("the day has %d priorities, want all nine", len(priorities))
	}
}

func TestDayIsKeptStraight(t *testing.T) {
	d, _ := played(t)
	callbacktest.RequireNoDoubles(t, d.dialer)
	accepted := make(map[callback.ID]bool)
	for _, a := range d.answers {
		if a.err == nil {
			accepted[a.id] = true
		}
	}
	if n := callbacktest.VerifyAudit(t, d.store); n != len(accepted) {
		t.Errorf("the store has %d callbacks, %d were accepted", n, len(accepted))
	}
	callbacktest.VerifyPermits(t, d.store, d.clock.Now(), "")
	if refused := d.dialer.Refused(); len(refused) > 0 {
		t.Errorf("%d reports of the dialer were refused, the first with %v", len(refused), refused[0].Err)
	}
	// A cancellation while the phone rings ends the callback with that call.
	cb, err := d.m.Get(t.Context(), d.latest["Yves Petit"])
	if err != nil {
		t.Fatal(err)
	}
	if cb.Reason != callback.ReasonCancelled || len(cb.Attempts) != 1 {
		t.Errorf("cancelled in flight: %s after %d attempts, want %s after 1", cb.Reason, len(cb.Attempts), callback.ReasonCancelled)
	}
}

func TestLinesAreChecked(t *testing.T) {
	const good = `{"at":"2026-03-27T08:00:00Z","who":"A","request":{"Service":"support","Number":"030 23125 101"}}`
	for _, test := range []struct{ name, in, want string }{
		{"nothing", "\n\n", "no lines"},
		{"no JSON", good + "\nhello", "line 2: invalid character"},
		{"an unknown field", `{"at":"2026-03-27T08:00:00Z","who":"A","wen":1}`, `unknown field "wen"`},
		{"an unknown order", `{"at":"2026-03-27T08:00:00Z","who":"A","do":"dance"}`, `line 1: "dance" is not known`},
		{"an unknown call", `{"at":"2026-03-27T08:00:00Z","who":"A","calls":["sings"]}`, `"sings" is not known`},
		{"a call of no length", `{"at":"2026-03-27T08:00:00Z","who":"A","calls":["answered long"]}`, "invalid duration"},
		{"disorder", good + "\n" + strings.Replace(good, "08:00", "07:59", 1), "line 2: 2026-03-27 07:59:00 +0000 UTC is before"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := run(t.Context(), strings.NewReader(test.in), io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestRunAnotherDay(t *testing.T) {
	const in = `{"at":"2027-01-04T10:00:00+01:00","who":"A","request":{"Service":"support","Number":"030 23125 101"}}

{"at":"2027-01-04T10:01:00+01:00","who":"B","request":{"Service":"support","Number":"112"}}
{"at":"2027-01-04T10:02:00+01:00","who":"C","do":"cancel"}`
	var out bytes.Buffer
	if err := run(t.Context(), strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Monday, 4 January 2027: 3 lines", "cb000001", "AGENT_CONNECTED", "emergency", "40030"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &out)
		}
	}
}
