package main

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

var suite postgrestest.Suite

// The nodes of a test are processes of the test's own program.
func TestMain(m *testing.M) {
	if settings := os.Getenv(nodeVariable); settings != "" {
		os.Exit(nodeMain(settings))
	}
	os.Exit(suite.Main(m))
}

// smallPlan is the whole show with fewer people in it.
func smallPlan() plan {
	return plan{
		bookings: 20, seats: 15, now: 30, burst: 12, lines: 6,
		release: time.Second, spread: time.Second, asking: 2 * time.Second,
		kill: 1500 * time.Millisecond, back: 3 * time.Second, limit: 2 * time.Minute,
	}
}

// amount returns the number before a text in the output.
func amount(t *testing.T, output, text string) int {
	t.Helper()
	found := regexp.MustCompile(`(\d+) +` + regexp.QuoteMeta(text)).FindStringSubmatch(output)
	if found == nil {
		t.Fatalf("the output does not count %q", text)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestShow(t *testing.T) {
	dsn := suite.NewDatabase(t)
	var out bytes.Buffer
	if err := run(t.Context(), &out, dsn, false, smallPlan()); err != nil {
		t.Fatalf("run: %v\n%s", err, &out)
	}
	text := out.String()
	defer func() {
		if t.Failed() {
			t.Log(text)
		}
	}()
	for want, n := range map[string]int{
		"requests: 135 accepted, 15 refused": 150,
		"callbacks completed after":          135,
	} {
		if got := amount(t, text, want); got != n {
			t.Errorf("%d %s, want %d", got, want, n)
		}
	}
	if got := strings.Count(text, "at most 15 of 15 seats taken"); got != len(serviceNames()) {
		t.Errorf("%d services were full, want all", got)
	}
	// The death must have hurt, or the count proves nothing.
	for _, want := range []string{"requests without an answer", "attempts in doubt"} {
		if amount(t, text, want) == 0 {
			t.Errorf("no %s", want)
		}
	}
	// How many calls were up at the death is a matter of the machine's speed.
	resolved := amount(t, text, "resolved by look-up: the call had ended") + amount(t, text, "resolved by look-up: never placed")
	if doubts := amount(t, text, "attempts in doubt"); resolved != doubts {
		t.Errorf("%d of %d attempts in doubt were resolved by look-up", resolved, doubts)
	}
	for _, zero := range new(tally).zeros() {
		if got := amount(t, text, zero.name); got != 0 {
			t.Errorf("%d %s", got, zero.name)
		}
	}
	if strings.Contains(text, "WRONG") || !strings.Contains(text, "Nothing was lost") {
		t.Error("the verdict is wrong")
	}
	if schemas(t, dsn) != 0 {
		t.Error("the schema is still there")
	}
}

// schemas counts the schemas that the program has left in a database.
func schemas(t *testing.T, dsn string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	var n int
	err = conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'ringback_multinode_%'").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestKeep(t *testing.T) {
	dsn := suite.NewDatabase(t)
	for _, keep := range []bool{false, true} {
		db, err := openDatabase(t.Context(), dsn, keep)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if kept := schemas(t, dsn) == 1; kept != keep {
			t.Errorf("keep %v: the schema is there: %v", keep, kept)
		}
	}
	if err := run(t.Context(), new(bytes.Buffer), "", true, smallPlan()); !errors.Is(err, errKeep) {
		t.Errorf("-keep without a database: %v", err)
	}
}

func TestNoServer(t *testing.T) {
	t.Setenv(postgrestest.BinVariable, t.TempDir())
	err := run(t.Context(), new(bytes.Buffer), "", false, smallPlan())
	if err == nil || strings.Count(err.Error(), "\n") != 1 || !strings.Contains(err.Error(), dsnVariable) {
		t.Errorf("without a server: %v", err)
	}
}

func TestBadDatabase(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out, "postgres:///none?host="+t.TempDir(), false, smallPlan()); err == nil {
		t.Errorf("a database that does not exist was taken:\n%s", &out)
	}
}

func TestLedgerFindsFaults(t *testing.T) {
	l := newLedger()
	a := Placing{Node: "n", Key: "a.1", Service: "billing", Number: "1"}
	bridged := callback.Outcome{Result: callback.ResultBridged, Certainty: callback.Known}
	l.place(a)
	if f := l.find(a.Key); f.State != callback.FoundLive {
		t.Errorf("a call that is up: %v", f.State)
	}
	l.place(a)
	l.end(a, bridged)
	l.end(a, bridged)
	if f := l.find(a.Key); f.State != callback.FoundEnded || f.Outcome != bridged {
		t.Errorf("a call that ended: %+v", f)
	}
	l.place(Placing{Node: "n", Key: "a.2", Service: "billing", Number: "1"})
	if f := l.find("b.1"); f.State != callback.FoundNotPlaced {
		t.Errorf("a call that never came: %v", f.State)
	}
	if l.place(Placing{Node: "n", Key: "b.1", Service: "billing", Number: "2"}) {
		t.Error("a call that was denied has been placed")
	}
	f := l.count()
	if f.twice != 1 || f.doubled != 1 || f.again != 1 || f.refused != 1 || f.mostLines["billing"] != 2 || f.byNode["n"] != 3 {
		t.Errorf("the counts are %+v", f)
	}
	if l.up() != 1 || !l.reached("1") || l.reached("2") {
		t.Errorf("up %d, reached %v and %v", l.up(), l.reached("1"), l.reached("2"))
	}
}

func TestAuditFindsFaults(t *testing.T) {
	load, calls := newLoad(nil), newLedger()
	load.accepted = map[string]callback.ID{"gone": "g", "open": "o", "good": "d"}
	stored := map[callback.ID]*callback.Callback{
		"o": {ID: "o", State: callback.Queued, Idempotency: callback.Idempotency{Key: "open"}},
		"d": {ID: "d", State: callback.Completed, Reason: callback.ReasonAgentConnected, Idempotency: callback.Idempotency{Key: "good"}},
		"e": {ID: "e", State: callback.Completed, Idempotency: callback.Idempotency{Key: "good"}},
	}
	calls.place(Placing{Node: "n", Key: "x.1", Service: "billing", Number: "1"})
	tally := &tally{
		plan: plan{seats: 1, lines: 1}, completedBy: make(map[string]int), mostSeats: make(map[string]int),
	}
	tally.compareLoad(load, stored)
	tally.compareCalls(calls, stored)
	seats, doubt, held := make(map[callback.ID]bool), make(map[callback.ID]bool), make(map[string]int)
	for _, e := range []callback.Event{
		{Callback: "o", Service: "billing", Type: callback.EventAccepted, To: callback.Scheduled},
		{Callback: "d", Service: "billing", Type: callback.EventAccepted, To: callback.Scheduled},
		{Callback: "d", Service: "billing", Type: callback.EventCompleted, Actor: "n"},
		{Callback: "e", Service: "billing", Type: callback.EventUnresolved},
		{Callback: "e", Service: "billing", Type: callback.EventLookedUp},
		{Callback: "o", Type: callback.EventUnresolved},
		{Callback: "o", Type: callback.EventAttemptEnded, Certainty: callback.NotPlaced},
	} {
		tally.follow(e, seats, doubt, held)
	}
	tally.open = len(doubt)
	if tally.lost != 2 || tally.twice != 1 || tally.unasked != 1 || tally.wordOnly != 1 || tally.unknown != 1 || tally.open != 1 || tally.never != 1 {
		t.Errorf("the tally is %+v", tally)
	}
	if tally.mostSeats["billing"] != 2 || held["billing"] != 1 {
		t.Errorf("seats: at most %d, now %d", tally.mostSeats["billing"], held["billing"])
	}
	var out bytes.Buffer
	if err := tally.print(&out); !errors.Is(err, errWrong) {
		t.Errorf("the verdict is %v", err)
	}
	if got := strings.Count(out.String(), "WRONG"); got != 7 {
		t.Errorf("%d counts are marked:\n%s", got, &out)
	}
}

// Every request has a number and a key of its own, and all bookings lie in one
// bucket.
func TestLoad(t *testing.T) {
	p := fullPlan()
	now := time.Date(2026, 3, 1, 11, 58, 30, 0, time.UTC)
	first := now.Add(ahead(now) + p.release)
	keys, numbers := make(map[string]bool), make(map[string]bool)
	for _, a := range append(bookings(p, first), immediates(p)...) {
		keys[a.Key], numbers[a.Number] = true, true
		if !a.Desired.IsZero() && !a.Desired.Truncate(bucket).Equal(first.Truncate(bucket)) {
			t.Errorf("%s is for %v, in another bucket", a.Key, a.Desired)
		}
	}
	if want := (p.bookings + p.now) * len(serviceNames()); len(keys) != want || len(numbers) != want {
		t.Errorf("%d keys and %d numbers, want %d", len(keys), len(numbers), want)
	}
}
