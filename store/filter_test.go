package store_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/storetest"
)

// dice generates callbacks and queries whose values are often equal.
type dice struct{ *rand.Rand }

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

// instant returns one of a few times, sometimes the zero time, or one just
// after it.
func (d dice) instant() time.Time {
	if d.IntN(8) == 0 {
		return pick(d, time.Time{}, time.Time{}.Add(time.Nanosecond), time.Unix(0, 0))
	}
	zone := pick(d, time.UTC, time.FixedZone("", 3600))
	return storetest.At(time.Duration(d.IntN(12)) * time.Hour).Add(time.Duration(d.IntN(2))).In(zone)
}

func (d dice) id() callback.ID { return callback.ID(fmt.Sprintf("c%03d", d.IntN(300))) }

func (d dice) number() phonenum.Address {
	if d.IntN(3) == 0 {
		return phonenum.Address{}
	}
	return storetest.Number(d.IntN(4))
}

func (d dice) value() any {
	return pick[any](d, "de", "1", "", 1.0, 1, true, false, nil, "true", []any{"de"}, map[string]any{"1": 1}, 0.5)
}

func (d dice) callback(id callback.ID) *callback.Callback {
	cb := storetest.New(id)
	cb.Service, cb.State, cb.Priority = pick(d, "sales", "support", ""), pick(d, callback.States()...), scheduler.Priority(d.IntN(3))
	cb.Ready = d.IntN(2) == 0
	cb.Reason = pick(d, "", callback.ReasonError, callback.ReasonCancelled)
	cb.Desired, cb.Created, cb.QueuedAt, cb.EndedAt = d.instant(), d.instant(), d.instant(), d.instant()
	cb.Customer = callback.Customer{Number: d.number(), Alternative: d.number(), ID: pick(d, "", "1", "2")}
	cb.Origin.ExternalID, cb.Origin.CallerID, cb.Origin.AppPool = pick(d, "", "e"), pick(d, "", "crm"), pick(d, "", "p")
	cb.Agent.Personal = pick(d, "", "hans")
	for range d.IntN(4) {
		cb.SearchValues = append(cb.SearchValues, callback.SearchValue{Key: pick(d, "city", "vip"), Value: pick(d, "", "1", "2"), Former: d.IntN(2) == 0})
	}
	if d.IntN(4) > 0 {
		cb.Properties = callback.Values{"_lang": d.value(), "both": d.value()}
	}
	if d.IntN(4) > 0 {
		cb.UserData = callback.Values{"lang": d.value(), "both": d.value()}
	}
	return cb
}

func (d dice) match(keys ...string) callback.Match {
	return callback.Match{Key: pick(d, keys...), Value: pick(d, "", "1", "2", "de", "true", "0.5")}
}

// query returns a query with one to three conditions.
func (d dice) query() callback.Query {
	q := callback.Query{Tenant: storetest.Tenant, Order: callback.OrderBy(d.IntN(4)), Desc: d.IntN(2) == 0, Limit: 1000}
	for range 1 + d.IntN(3) {
		switch d.IntN(16) {
		case 0:
			for range d.IntN(20) { // short and long lists
				q.IDs = append(q.IDs, d.id())
			}
		case 1:
			q.Services = []string{pick(d, "sales", "", "none"), "support"}
		case 2:
			q.States = []callback.State{pick(d, callback.States()...), callback.Queued, 0, 200}
		case 3:
			q.NotStates = []callback.State{pick(d, callback.States()...), 0, 200}
		case 4:
			q.Reasons = []callback.Reason{pick(d, "", callback.ReasonError)}
		case 5:
			q.Priorities = []scheduler.Priority{scheduler.Priority(d.IntN(4))}
		case 6:
			q.AnySearchValue = d.IntN(2) == 0
			q.SearchValues = append(q.SearchValues, d.match("city", "vip"), d.match("city", "none"))
		case 7:
			q.SearchValues = append(q.SearchValues, d.match("city", "vip"))
		case 8:
			q.Properties = append(q.Properties, d.match("_lang", "lang", "both", "none"))
		case 9:
			q.Number = storetest.Number(d.IntN(5)).Key()
		case 10:
			q.CustomerID = pick(d, "1", "2", "3")
		case 11:
			q.ExternalID, q.CallerID, q.AppPool, q.Personal = pick(d, "", "e", "x"), pick(d, "", "crm"), pick(d, "", "p"), pick(d, "", "hans")
		case 12:
			q.DesiredFrom, q.DesiredTo = d.instant(), d.instant()
		case 13:
			q.CreatedFrom, q.CreatedTo = d.instant(), d.instant()
		case 14:
			q.EndedFrom, q.EndedTo = d.instant(), d.instant()
		case 15:
			q.QueuedBefore = &callback.Place{QueuedAt: d.instant(), ID: pick(d, "", d.id())}
		}
	}
	return q
}

// Match on every callback selects what Search returns, whichever plan the
// search chose.
func TestFilterAgreesWithSearch(t *testing.T) {
	const n, queries = 300, 3000
	ctx, d, m := t.Context(), dice{rand.New(rand.NewPCG(11, 5))}, store.NewMemory(store.Config{})
	all := make([]*callback.Callback, n)
	for i := range all {
		all[i] = d.callback(callback.ID(fmt.Sprintf("c%03d", i)))
		if errs, err := m.Apply(ctx, storetest.Start(), []callback.Change{storetest.Write(all[i])}); errs != nil || err != nil {
			t.Fatal(errs, err)
		}
	}
	some := 0
	for range queries {
		q := d.query()
		page, err := m.Search(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		var want, got []callback.ID
		for _, cb := range page.Callbacks {
			want = append(want, cb.ID)
		}
		f := store.NewFilter(&q)
		for _, cb := range all {
			if f.Match(cb) {
				got = append(got, cb.ID)
			}
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("the filter of %#v finds %v, the search %v", plainQuery(q), got, want)
		}
		if 0 < len(got) && len(got) < n {
			some++
		}
	}
	if some < queries/2 {
		t.Errorf("only %d of %d queries tell callbacks apart", some, queries)
	}
}

// plainQuery returns a value that prints the query's values, which are random
// here and need no masking.
func plainQuery(q callback.Query) any {
	type plain callback.Query
	return plain(q)
}

// Each condition, alone, keeps one callback and excludes another.
func TestFilterConditions(t *testing.T) {
	at := storetest.At
	with := storetest.New("c1", storetest.Queued(at(time.Hour)), func(cb *callback.Callback) {
		cb.Priority, cb.Reason, cb.EndedAt = scheduler.High, callback.ReasonError, at(time.Hour)
		cb.Customer = callback.Customer{Number: storetest.Number(1), Alternative: storetest.Number(2), ID: "cust"}
		cb.Origin = callback.Origin{ExternalID: "e", CallerID: "crm", AppPool: "pool"}
		cb.Agent.Personal = "hans"
		cb.Properties, cb.UserData = callback.Values{"_lang": "de"}, callback.Values{"score": 5}
		cb.SearchValues = []callback.SearchValue{{Key: "city", Value: "Bern", Former: true}, {Key: "city", Value: "Basel"}}
	})
	without := &callback.Callback{ID: "c2", Service: "none", State: callback.Paused}
	tests := map[string]callback.Query{
		"IDs":            {IDs: []callback.ID{"c0", "c1"}},
		"many IDs":       {IDs: []callback.ID{"1", "2", "3", "4", "5", "6", "7", "8", "9", "c1"}},
		"Services":       {Services: []string{storetest.Service}},
		"States":         {States: []callback.State{callback.Queued}},
		"NotStates":      {NotStates: []callback.State{callback.Paused}},
		"Reasons":        {Reasons: []callback.Reason{callback.ReasonError}},
		"Priorities":     {Priorities: []scheduler.Priority{scheduler.High}},
		"Lookups":        {SearchValues: []callback.Match{{Key: "city", Value: "Bern"}, {Key: "city", Value: "Basel"}}},
		"AnyLookup":      {SearchValues: []callback.Match{{Key: "city", Value: "Rome"}, {Key: "city", Value: "Basel"}}, AnySearchValue: true},
		"Properties":     {Properties: []callback.Match{{Key: "_lang", Value: "de"}, {Key: "score", Value: "5"}}},
		"Number":         {Number: storetest.Number(1).Key()},
		"alternative":    {Number: storetest.Number(2).Key()},
		"CustomerID":     {CustomerID: "cust"},
		"ExternalID":     {ExternalID: "e"},
		"CallerID":       {CallerID: "crm"},
		"AppPool":        {AppPool: "pool"},
		"Personal":       {Personal: "hans"},
		"DesiredFrom":    {DesiredFrom: at(time.Hour)},
		"DesiredTo":      {DesiredTo: at(time.Hour)},
		"CreatedFrom":    {CreatedFrom: at(0)},
		"CreatedTo":      {CreatedTo: at(0)},
		"EndedFrom":      {EndedFrom: at(time.Hour)},
		"EndedTo":        {EndedTo: at(time.Hour)},
		"QueuedBefore":   {QueuedBefore: &callback.Place{QueuedAt: at(time.Hour), ID: "c2"}},
		"before instant": {QueuedBefore: &callback.Place{QueuedAt: at(time.Hour + time.Nanosecond)}},
	}
	for name, q := range tests {
		f := store.NewFilter(&q)
		if !f.Match(with) || f.Match(without) {
			t.Errorf("%s: matches %v and %v, want true and false", name, f.Match(with), f.Match(without))
		}
	}
	for i := range reflect.TypeFor[callback.Query]().NumField() {
		name := reflect.TypeFor[callback.Query]().Field(i).Name
		tested := slices.Contains([]string{"Tenant", "AllTenants", "Order", "Desc", "Limit", "After"}, name)
		for _, q := range tests {
			tested = tested || !reflect.ValueOf(q).Field(i).IsZero()
		}
		if !tested {
			t.Errorf("%s is a condition that this test does not know", name)
		}
	}
	// Match ignores these fields.
	for name, q := range map[string]callback.Query{
		"none": {}, "tenant": {Tenant: "other"}, "place": {Order: 99, Desc: true, Limit: -1, After: "?"}, "AnyLookup alone": {AnySearchValue: true},
	} {
		f := store.NewFilter(&q)
		if !f.Match(with) || !f.Match(without) {
			t.Errorf("%s: matches %v and %v, want both", name, f.Match(with), f.Match(without))
		}
	}
}

func TestFilterTakesAnything(t *testing.T) {
	f := store.NewFilter(&callback.Query{States: []callback.State{0, 10, 255}, NotStates: []callback.State{0, 255}})
	open := store.NewFilter(&callback.Query{})
	for _, cb := range []*callback.Callback{nil, {}, {State: callback.Completed + 1}, {State: 255}} {
		if f.Match(cb) || open.Match(cb) {
			t.Errorf("%v matches", cb)
		}
	}
}

// The caller may modify the query once NewFilter has returned.
func TestFilterKeepsItsQuery(t *testing.T) {
	q := callback.Query{
		IDs: []callback.ID{"c1"}, Services: []string{storetest.Service}, States: []callback.State{callback.Queued}, NotStates: []callback.State{callback.Paused},
		Reasons: []callback.Reason{""}, Priorities: []scheduler.Priority{0}, SearchValues: []callback.Match{{Key: "a", Value: "1"}},
		Properties: []callback.Match{{Key: "b", Value: "2"}}, QueuedBefore: &callback.Place{QueuedAt: storetest.Start(), ID: "c2"},
	}
	cb := storetest.New("c1", storetest.Queued(storetest.Start()), func(cb *callback.Callback) {
		cb.SearchValues, cb.UserData = []callback.SearchValue{{Key: "a", Value: "1"}}, callback.Values{"b": 2}
	})
	f := store.NewFilter(&q)
	q.IDs[0], q.Services[0], q.States[0], q.NotStates[0] = "x", "x", callback.Paused, callback.Queued
	q.Reasons[0], q.Priorities[0], q.SearchValues[0].Value, q.Properties[0].Value = "x", 9, "x", "x"
	*q.QueuedBefore = callback.Place{}
	q.CustomerID = "x"
	if !f.Match(cb) {
		t.Error("changing the query changed the filter")
	}
}

func TestFilterFromManyGoroutines(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(3, 3))}
	q := callback.Query{NotStates: []callback.State{callback.Completed}, Properties: []callback.Match{{Key: "lang", Value: "de"}}}
	f := store.NewFilter(&q)
	all := make([]*callback.Callback, 100)
	var want []bool
	for i := range all {
		all[i] = d.callback(d.id())
		want = append(want, f.Match(all[i]))
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i, cb := range all {
				if f.Match(cb) != want[i] {
					t.Errorf("callback %d: %v at the second time", i, !want[i])
				}
			}
		})
	}
	wg.Wait()
}

// A store whose database selects by service only filters and sorts the result.
func ExampleFilter_Match() {
	rows := []*callback.Callback{
		{ID: "c3", State: callback.Queued, UserData: callback.Values{"lang": "de"}},
		{ID: "c2", State: callback.Queued, UserData: callback.Values{"lang": "fr"}},
		{ID: "c1", State: callback.Completed, UserData: callback.Values{"lang": "de"}},
		{ID: "c0", State: callback.Paused, Properties: callback.Values{"lang": "de"}},
	}
	f := store.NewFilter(&store.Query{
		NotStates:  []callback.State{callback.Completed},
		Properties: []callback.Match{{Key: "lang", Value: "de"}},
	})
	rows = slices.DeleteFunc(rows, func(c *callback.Callback) bool { return !f.Match(c) })
	slices.SortFunc(rows, func(a, b *callback.Callback) int {
		return cmp.Or(a.Desired.Compare(b.Desired), strings.Compare(string(a.ID), string(b.ID)))
	})
	for _, c := range rows {
		fmt.Println(c.ID, c.State)
	}
	// Output:
	// c0 PAUSED
	// c3 QUEUED
}

func BenchmarkFilter(b *testing.B) {
	b.ReportAllocs()
	d := dice{rand.New(rand.NewPCG(9, 9))}
	all := make([]*callback.Callback, 1000)
	for i := range all {
		all[i] = d.callback(d.id())
	}
	q := callback.Query{NotStates: []callback.State{callback.Completed}, Properties: []callback.Match{{Key: "lang", Value: "de"}}}
	f := store.NewFilter(&q)
	matched := 0
	for i := 0; b.Loop(); i++ {
		if f.Match(all[i%len(all)]) {
			matched++
		}
	}
	b.ReportMetric(float64(matched)/float64(b.N), "matches/op")
}
