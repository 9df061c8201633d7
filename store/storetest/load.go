package storetest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

func loadClauses() []Clause {
	fill := func(p *probe) {
		c := Write(New("c1"))
		for _, key := range []callback.PermitKey{
			seat(900), seat(600), seat(300), seat(-300),
			{Kind: callback.PermitBucket, Service: "support", Slot: 600},
			{Kind: callback.PermitParameter, Service: Service, Name: "b", Subject: "x", Slot: 600},
			{Kind: callback.PermitParameter, Service: Service, Name: "a", Subject: "y", Slot: 600},
			{Kind: callback.PermitParameter, Service: Service, Name: "a", Subject: "x", Slot: 600},
			{Kind: callback.PermitParameter, Service: Service, Name: "c", Subject: "x", Slot: 300},
		} {
			c = takes(c, callback.Permit{Key: key, N: 1, Max: 9})
		}
		p.apply(c)
		p.apply(takes(Write(New("c2")), callback.Permit{Key: seat(600), N: 3, Max: 9}))
		other := Write(New("c1", In("other", Service)))
		p.apply(takes(other, callback.Permit{Key: seat(600), N: 5, Max: 9}))
	}
	loads := func(p *probe, req callback.LoadRequest) []callback.Counter {
		req.Tenant, req.Service = Tenant, Service
		got, err := p.store.Load(p.ctx, At(time.Minute), req)
		if err != nil {
			p.fatalf("Load: %v", err)
		}
		return got
	}
	parameter := func(name, subject string, slot int64) callback.Counter {
		return callback.Counter{Key: callback.PermitKey{Kind: callback.PermitParameter, Service: Service, Name: name, Subject: subject, Slot: slot}, Used: 1}
	}
	return []Clause{
		{Name: "slots of a range, ends included, in order", run: func(p *probe) {
			p.same("load of nothing", loads(p, callback.LoadRequest{Kind: callback.PermitBucket, To: 1000}), []callback.Counter{})
			fill(p)
			p.same("load", loads(p, callback.LoadRequest{Kind: callback.PermitBucket, From: 300, To: 600}),
				[]callback.Counter{{Key: seat(300), Used: 1}, {Key: seat(600), Used: 4}})
			p.same("load of all", loads(p, callback.LoadRequest{Kind: callback.PermitBucket, From: -1 << 62, To: 1 << 62}),
				[]callback.Counter{{Key: seat(-300), Used: 1}, {Key: seat(300), Used: 1}, {Key: seat(600), Used: 4}, {Key: seat(900), Used: 1}})
			p.same("load of an empty range", loads(p, callback.LoadRequest{Kind: callback.PermitBucket, From: 600, To: 300}), []callback.Counter{})
		}},
		{Name: "ordered by slot, name, subject", run: func(p *probe) {
			fill(p)
			p.same("load", loads(p, callback.LoadRequest{Kind: callback.PermitParameter, To: 1000}),
				[]callback.Counter{parameter("c", "x", 300), parameter("a", "x", 600), parameter("a", "y", 600), parameter("b", "x", 600)})
		}},
		{Name: "filter by name and subject", run: func(p *probe) {
			fill(p)
			p.same("load of a name", loads(p, callback.LoadRequest{Kind: callback.PermitParameter, To: 1000, Name: "a"}),
				[]callback.Counter{parameter("a", "x", 600), parameter("a", "y", 600)})
			p.same("load of a subject", loads(p, callback.LoadRequest{Kind: callback.PermitParameter, To: 1000, Subjects: []string{"x"}}),
				[]callback.Counter{parameter("c", "x", 300), parameter("a", "x", 600), parameter("b", "x", 600)})
			p.same("load of both", loads(p, callback.LoadRequest{Kind: callback.PermitParameter, To: 1000, Name: "b", Subjects: []string{"y"}}), []callback.Counter{})
		}},
		{Name: "filter by several subjects", run: func(p *probe) {
			fill(p)
			p.same("load of two", loads(p, callback.LoadRequest{Kind: callback.PermitParameter, To: 1000, Subjects: []string{"y", "x", "y", "z"}}),
				[]callback.Counter{parameter("c", "x", 300), parameter("a", "x", 600), parameter("a", "y", 600), parameter("b", "x", 600)})
			p.same("load of two and a name", loads(p, callback.LoadRequest{Kind: callback.PermitParameter, To: 1000, Name: "a", Subjects: []string{"x", "y"}}),
				[]callback.Counter{parameter("a", "x", 600), parameter("a", "y", 600)})
			p.same("load of unknown ones", loads(p, callback.LoadRequest{Kind: callback.PermitParameter, To: 1000, Subjects: []string{"z", "w"}}), []callback.Counter{})
		}},
		{Name: "only counters in use", run: func(p *probe) {
			fill(p)
			p.apply(gives(Revise(p.get("c1")), callback.Held{Key: seat(300), N: 1}))
			p.same("load", loads(p, callback.LoadRequest{Kind: callback.PermitBucket, From: 0, To: 600}), []callback.Counter{{Key: seat(600), Used: 4}})
		}},
	}
}
