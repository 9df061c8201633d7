package main

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ringback-go/ringback/store/postgres/postgrestest"
)

var suite postgrestest.Suite

func TestMain(m *testing.M) { os.Exit(suite.Main(m)) }

// lineOf returns the line of a row in words.
func lineOf(t *testing.T, output, name string) []string {
	t.Helper()
	var found []string
	for line := range strings.Lines(output) {
		if words := strings.Fields(line); len(words) > 0 && words[0] == name {
			if found != nil {
				t.Errorf("row %q comes twice", name)
			}
			found = words
		}
	}
	if found == nil {
		t.Fatalf("no row %q in\n%s", name, output)
	}
	return found
}

// figure reads a figure such as 1,234/s or 1.25.
func figure(t *testing.T, word string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSuffix(word, "/s"), ",", ""), 64)
	if err != nil {
		t.Fatalf("%q is no figure: %v", word, err)
	}
	return v
}

// The whole program, very briefly, on a server of its own.
func TestQuick(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out, options{quick: true}); err != nil {
		t.Fatalf("run: %v\n%s", err, &out)
	}
	text := out.String()
	defer func() {
		if t.Failed() {
			t.Log(text)
		}
	}()
	for _, name := range []string{
		"start-1", "start-16", "bulk-1", "bulk-2", "engine-1", "engine-16", "claim-tuned", "claim-default",
	} {
		words := lineOf(t, text, name)
		ours, theirs, ratio := figure(t, words[1]), figure(t, words[2]), figure(t, words[3])
		if ours <= 0 || theirs <= 0 || math.Abs(ours/theirs-ratio) > 0.01+ratio*0.01 {
			t.Errorf("%s: %v", name, words)
		}
		if !strings.HasPrefix(name, "engine") && !slices.ContainsFunc([]string{"MISSED", "must", "aim"}, func(s string) bool { return slices.Contains(words, s) }) {
			t.Errorf("%s has no verdict: %v", name, words)
		}
	}
	for _, name := range []string{"start-16-p99", "due-p50", "due-p99", "bytes"} {
		words := lineOf(t, text, name)
		if figure(t, words[1]) <= 0 || figure(t, words[3]) <= 0 {
			t.Errorf("%s: %v", name, words)
		}
	}
	earliest := lineOf(t, text, "due-earliest")
	if figure(t, earliest[1]) < 0 || !slices.Contains(earliest, "must") {
		t.Errorf("a customer was called early: %v", earliest)
	}
	if !strings.Contains(text, "fsync on, full_page_writes on, synchronous_commit on") {
		t.Error("the private server is not durable, or does not say so")
	}
}

// In a database of the user's, nothing is left behind, and a server that is not
// durable is named.
func TestOwnDatabase(t *testing.T) {
	dsn := suite.NewDatabase(t)
	var out bytes.Buffer
	if err := run(t.Context(), &out, options{quick: true, dsn: dsn, only: "start-1", rounds: 2}); err != nil {
		t.Fatalf("run: %v\n%s", err, &out)
	}
	lineOf(t, out.String(), "start-1")
	lineOf(t, out.String(), "start-16")
	if strings.Contains(out.String(), "bulk") {
		t.Errorf("rows that were not asked for:\n%s", &out)
	}
	if !strings.Contains(out.String(), "take no figure from it") {
		t.Errorf("the server is not durable, and the report does not say so:\n%s", &out)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	var left int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'versus%'").Scan(&left); err != nil {
		t.Fatal(err)
	}
	if left != 0 {
		t.Errorf("%d schemas are left", left)
	}
}

func TestRefused(t *testing.T) {
	for says, o := range map[string]options{
		"no row begins with": {only: "nothing"},
		"too few":            {rounds: -1},
		"failed to connect":  {dsn: "postgres:///none?host=" + t.TempDir()},
	} {
		if err := run(t.Context(), new(bytes.Buffer), o); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	dsn := suite.NewDatabase(t)
	if err := run(t.Context(), new(bytes.Buffer), options{dsn: dsn, redis: gone, quick: true}); err == nil || !strings.Contains(err.Error(), "redis") {
		t.Errorf("a Redis that does not exist: %v", err)
	}
	t.Setenv(postgrestest.BinVariable, t.TempDir())
	if err := run(t.Context(), new(bytes.Buffer), options{}); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("without a server: %v", err)
	}
}

func TestGoals(t *testing.T) {
	for _, c := range []struct {
		goal        goal
		ours, ratio float64
		text, want  string
	}{
		{goal{}, 1, 0, "-", ""},
		{ratioOf(2, 2.6), 0, 1.99, "2 / 2.6", "MISSED"},
		{ratioOf(2, 2.6), 0, 2, "2 / 2.6", "must"},
		{ratioOf(2, 2.6), 0, 2.6, "2 / 2.6", "aim"},
		{ratioOf(2, 2.6), 0, math.NaN(), "2 / 2.6", "MISSED"},
		{atMost(25, 10), 25.1, 99, "<= 25 / 10", "MISSED"},
		{atMost(25, 10), 25, 0, "<= 25 / 10", "must"},
		{atMost(25, 10), 10, 0, "<= 25 / 10", "aim"},
		{atMost(3, 0), 1, 0, "<= 3", "must"},
		{goal{never: true}, -0.01, 0, "never early", "MISSED"},
		{goal{never: true}, 0, 0, "never early", "must"},
	} {
		if got := c.goal.verdict(c.ours, c.ratio); got != c.want || c.goal.String() != c.text {
			t.Errorf("%v of %v, ratio %v: %q, want %q", c.goal, c.ours, c.ratio, got, c.want)
		}
	}
}

func TestReport(t *testing.T) {
	var out bytes.Buffer
	p := &report{out: &out}
	err := p.add(
		row{name: "rate", against: "River Insert", ours: 1234.6, theirs: 2469.2, hand: math.NaN(), goal: ratioOf(2, 3),
			cpu: [3]result{{client: 10.4, server: 20.6}, {client: 1, server: math.NaN()}}},
		row{name: "time", unit: millis, ours: 2, theirs: 500, hand: 1, goal: atMost(5, 0)},
		row{name: "early", unit: millis, ours: -0.5, theirs: 1, goal: goal{never: true}},
		row{name: "size", unit: inBytes, ours: 200, theirs: 300, hand: 100},
	)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, want := range []string{
		"rate 1,235/s 2,469/s 0.50 2 / 3 MISSED River Insert - 10+21 - -",
		"time 2.00 ms 500.00 ms 250.00 <= 5 must 1.00 ms - - -",
		"early -0.50 ms 1.00 ms - never early MISSED 0.00 ms - - -",
		"size 200 B 300 B 1.50 - 100 B - - -",
	} {
		if got := strings.Join(strings.Fields(lines[i]), " "); got != want {
			t.Errorf("line %d is %q, want %q", i, got, want)
		}
	}
	if !slices.Equal(p.missed, []string{"rate", "early"}) {
		t.Errorf("missed: %v", p.missed)
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
}

func TestMedians(t *testing.T) {
	for want, values := range map[float64][]float64{2: {3, 1, 2}, 2.5: {4, 1, 2, 3}, 7: {7}} {
		if got := median(values); got != want {
			t.Errorf("median of %v is %v", values, got)
		}
	}
	waits := make([]time.Duration, 100)
	for i := range waits {
		waits[i] = time.Duration(100-i) * time.Millisecond
	}
	for part, want := range map[float64]time.Duration{0.5: 50, 0.99: 99, 1: 100} {
		if got := quantile(waits, part); got != want*time.Millisecond {
			t.Errorf("quantile %v is %v", part, got)
		}
	}
	if quantile(nil, 0.5) != 0 || !math.IsNaN(median(nil)) {
		t.Error("nothing has a middle")
	}
}

// A side is prepared before each round and never measured with it, sides take
// turns, and one that fails or does nothing ends the contest.
func TestContest(t *testing.T) {
	b := &bench{meter: &meter{}}
	var order []string
	side := func(name string, n int, err error) *side {
		return &side{
			name:   name,
			before: func(context.Context) error { order = append(order, "before "+name); return nil },
			run: func(_ context.Context, w *watch) error {
				order = append(order, name)
				w.n = n
				return err
			},
		}
	}
	r, err := b.contest(t.Context(), 2, side("a", 10, nil), side("b", 20, nil))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"before a", "a", "before b", "b", "before a", "a", "before b", "b"}; !slices.Equal(order, want) {
		t.Errorf("the order was %v", order)
	}
	if r[0].rate <= 0 || r[1].rate <= 0 || !math.IsNaN(r[0].server) {
		t.Errorf("the results are %+v", r)
	}
	broken := errors.New("broken")
	if _, err := b.contest(t.Context(), 1, side("a", 1, broken)); !errors.Is(err, broken) {
		t.Errorf("a side that fails: %v", err)
	}
	if _, err := b.contest(t.Context(), 1, side("a", 0, nil)); err == nil {
		t.Error("a side that does nothing has a result")
	}
}

func TestCallers(t *testing.T) {
	var calls atomic.Int64
	w := &watch{meter: &meter{}}
	err := hammer(4, 20*time.Millisecond, func(context.Context, int) (int, error) {
		calls.Add(1)
		return 3, nil
	})(t.Context(), w)
	if err != nil || w.n != 3*int(calls.Load()) || len(w.waits) != int(calls.Load()) || w.took < 20*time.Millisecond {
		t.Errorf("%d calls, n %d, %d waits, %v: %v", calls.Load(), w.n, len(w.waits), w.took, err)
	}
	broken := errors.New("broken")
	calls.Store(0)
	err = spread(t.Context(), 3, 10, func(context.Context, int) error {
		if calls.Add(1) == 5 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("an error was lost: %v", err)
	}
	calls.Store(0)
	if err := spread(t.Context(), 3, 10, func(context.Context, int) error { calls.Add(1); return nil }); err != nil || calls.Load() != 10 {
		t.Errorf("%d calls: %v", calls.Load(), err)
	}
}

// The processes of a server on this machine are found where the system tells.
func TestProcessorTime(t *testing.T) {
	s, err := openServer(t.Context(), suite.NewDatabase(t), sizesOf(options{quick: true}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	m, err := newMeter(t.Context(), s.pool)
	if err != nil {
		t.Fatal(err)
	}
	if m.ahead.Abs() > time.Second {
		t.Errorf("the server's clock is %v ahead on the same machine", m.ahead)
	}
	before := m.read()
	if _, err := s.pool.Exec(t.Context(), "SELECT count(*) FROM generate_series(1, 2000000)"); err != nil {
		t.Fatal(err)
	}
	used := m.read().minus(before)
	_, err = os.Stat("/proc/self/stat")
	if linux := err == nil; used.ok != linux || linux && (used.server <= 0 || m.postmaster == 0) {
		t.Errorf("the server used %v, known: %v", used.server, used.ok)
	}
}
