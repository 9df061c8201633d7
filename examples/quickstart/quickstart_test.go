package main

import (
	"bytes"
	"context"
	"flag"
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

var update = flag.Bool("update", false, "write testdata/quickstart.golden anew")

// played runs the built-in day and returns what it was and what it printed.
func played(t *testing.T) (*play, []line, string) {
	t.Helper()
	lines, err := readDay(bytes.NewReader(day))
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlay(lines[0].At)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.play(t.Context(), lines); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := p.print(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return p, lines, out.String()
}

func TestQuickstartPrintsTheGoldenFile(t *testing.T) {
	began := time.Now()
	var first, second bytes.Buffer
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := run(t.Context(), bytes.NewReader(day), out); err != nil {
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
		t.Errorf("output differs from %s; go test -update writes it anew (-want +got):\n%s", golden, diff)
	}
}

func TestOpenReadsTheSameDayFromAFile(t *testing.T) {
	var builtIn, file bytes.Buffer
	if err := open("", &builtIn); err != nil {
		t.Fatal(err)
	}
	if err := open("day.jsonl", &file); err != nil {
		t.Fatal(err)
	}
	if builtIn.String() != file.String() {
		t.Error("the file and the built-in day print different accounts")
	}
	if err := open(filepath.Join("testdata", "none.jsonl"), &file); !os.IsNotExist(err) {
		t.Errorf("open of a missing file: %v", err)
	}
}

// No number may be readable in the output: neither one of the day's, in any
// spelling, nor anything else that looks like one.
func TestOutputShowsNoNumber(t *testing.T) {
	_, lines, out := played(t)
	squeezed := regexp.MustCompile(`[^0-9\n]`).ReplaceAllString(out, "")
	for _, l := range lines {
		for _, raw := range l.raws() {
			digits := regexp.MustCompile(`[^0-9]`).ReplaceAllString(raw, "")
			if len(digits) >= 7 && strings.Contains(squeezed, strings.TrimLeft(digits, "0")) {
				t.Errorf("line %d: its number can be read in the output", l.number)
			}
		}
	}
	if long := regexp.MustCompile(`\d{5,}`).FindAllString(out, -1); len(long) > 0 {
		for _, digits := range long {
			if !regexp.MustCompile(`^[45]00\d\d$`).MatchString(digits) {
				t.Errorf("%q looks like a number", digits)
			}
		}
	}
	if strings.Contains(out, "hans") {
		t.Error("the user of a sip address can be read")
	}
}

// raws are the numbers of a line as they are written.
func (l *line) raws() []string {
	raws := []string{l.Number}
	for _, values := range []callback.Values{l.GMS, l.Set} {
		if raw, ok := values["_customer_number"].(string); ok {
			raws = append(raws, raw)
		}
	}
	if l.LUCS != nil {
		raws = append(raws, l.LUCS.Target, l.LUCS.AlternativeTarget)
	}
	if l.Interaction != nil {
		raws = append(raws, l.Interaction.CustomerNumber)
	}
	return raws
}

func TestOutputFitsATerminal(t *testing.T) {
	_, _, out := played(t)
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
	p, _, _ := played(t)
	codes := map[int]bool{}
	for _, n := range p.notes {
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
	for cb, err := range p.m.Search(context.Background(), callback.Query{}) {
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
		history, err := p.m.History(context.Background(), cb.ID)
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
	p, _, _ := played(t)
	callbacktest.RequireNoDoubles(t, p.dialer)
	if n := callbacktest.VerifyAudit(t, p.store); n != len(p.names) {
		t.Errorf("the store has %d callbacks, %d were accepted", n, len(p.names))
	}
	if refused := p.dialer.Refused(); len(refused) > 0 {
		t.Errorf("%d reports of the dialer were refused, the first with %v", len(refused), refused[0].Err)
	}
	// A cancellation while the phone rings ends the callback with that call.
	cb, err := p.m.Get(t.Context(), p.latest["Yves Petit"])
	if err != nil {
		t.Fatal(err)
	}
	if cb.Reason != callback.ReasonCancelled || len(cb.Attempts) != 1 {
		t.Errorf("cancelled in flight: %s after %d attempts, want %s after 1", cb.Reason, len(cb.Attempts), callback.ReasonCancelled)
	}
}
