package storetest

import (
	"encoding/json"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

func createClauses() []Clause {
	return []Clause{
		{Name: "every field is kept", run: func(p *probe) {
			cb := full()
			p.create(cb)
			p.same("callback", p.get("c1"), cb)
		}},
		{Name: "numbers keep their text", run: func(p *probe) {
			const account = "900719925474099303"
			cb := New("c1", func(cb *callback.Callback) {
				cb.Properties = callback.Values{"_account": json.Number(account), "_list": []any{json.Number("1.50"), json.Number("-0")}}
				cb.UserData = callback.Values{"tree": map[string]any{"n": json.Number("1E+30")}, "n": json.Number("0.10")}
				cb.SearchValues = []callback.SearchValue{{Key: "_account", Value: account}}
			})
			p.apply(Write(cb))
			p.same("callback", p.get("c1"), cb)
			c := Revise(p.get("c1"), func(cb *callback.Callback) { cb.Detail = "changed" })
			p.apply(c)
			p.same("changed callback", p.get("c1"), c.Record)
			for n, want := range map[string][]callback.ID{account: {"c1"}, "900719925474099302": nil, "900719925474099304": nil, "900719925474099303.0": nil} {
				p.same("search by "+n, ids(p.search(callback.Query{Tenant: Tenant, SearchValues: []callback.Match{{Key: "_account", Value: n}}}).Callbacks), want)
				p.same("search by the property "+n, ids(p.search(callback.Query{Tenant: Tenant, Properties: []callback.Match{{Key: "_account", Value: n}}}).Callbacks), want)
			}
		}},
		{Name: "every field is kept by a later change", run: func(p *probe) {
			p.create(New("c1"))
			next := full()
			next.Revision = 2
			p.apply(Write(next))
			p.same("callback", p.get("c1"), next)
			bare := New("c1")
			bare.Revision = 3
			p.apply(Write(bare))
			p.same("callback without optional fields", p.get("c1"), bare)
		}},
		{Name: "creating an existing callback is a conflict", run: func(p *probe) {
			p.create(New("c1"))
			other := New("c1")
			other.Detail = "an impostor"
			p.unchanged(func() { p.refused("creating an existing callback", Write(other), callback.ErrConflict) })
		}},
		{Name: "creating a callback that has been changed is a conflict", run: func(p *probe) {
			p.create(New("c1"))
			p.apply(Revise(p.get("c1")))
			p.unchanged(func() { p.refused("creating an existing callback", Write(New("c1")), callback.ErrConflict) })
		}},
		{Name: "a new callback has no lease and epoch 0", run: func(p *probe) {
			cb := New("c1")
			cb.Lease = callback.Lease{Owner: "forged", Epoch: 7, Until: At(time.Hour)}
			p.create(cb)
			p.same("lease", p.get("c1").Lease, callback.Lease{})
		}},
		{Name: "creation under an epoch is a conflict", run: func(p *probe) {
			c := Write(New("c1"))
			c.Epoch = 1
			p.refused("creating with an epoch", c, callback.ErrConflict)
			p.missing(callback.By{Tenant: Tenant, ID: "c1"})
		}},
		{Name: "a missing callback is not found", run: func(p *probe) {
			p.missing(callback.By{Tenant: Tenant, ID: "c1"})
			p.missing(callback.By{Tenant: Tenant, Key: "k1"})
			p.missing(callback.By{Tenant: Tenant})
			later := New("c1")
			later.Revision = 2
			p.refused("changing a missing callback", Write(later), callback.ErrNotFound)
			p.refused("giving back a lease of a missing callback", Unclaim(New("c1"), Start()), callback.ErrNotFound)
			p.missing(callback.By{Tenant: Tenant, ID: "c1"})
		}},
		{Name: "a creation with a source needs it at its revision", run: func(p *probe) {
			p.create(New("s1"), New("s2", In("other", Service)))
			p.apply(Revise(p.get("s1")))
			copied := func(id callback.ID, source callback.ID, revision int64) callback.Change {
				return copyOfSource(takes(Write(New(id)), callback.Permit{Key: seat(1), N: 1, Max: 9}), source, revision)
			}
			p.refused("an old revision", copied("c1", "s1", 1), callback.ErrConflict)
			p.refused("a revision to come", copied("c1", "s1", 3), callback.ErrConflict)
			p.refused("no such callback", copied("c1", "s9", 1), callback.ErrNotFound)
			p.refused("a callback of another tenant", copied("c1", "s2", 1), callback.ErrNotFound)
			p.missing(callback.By{Tenant: Tenant, ID: "c1"})
			p.uses("taken by refused creations", seat(1), 0)
			p.same("history of a refused creation", p.history("c1"), []callback.Event{})
			source := p.get("s1")
			p.apply(copied("c1", "s1", 2))
			p.same("the source", p.get("s1"), source)
			p.erase(p.get("s1"))
			p.refused("an erased callback", copied("c2", "s1", 2), callback.ErrNotFound)
			p.same("the copy stays", p.get("c1").Revision, int64(1))
		}},
		{Name: "a source is checked as of the changes before", run: func(p *probe) {
			p.create(New("s1"), New("s2"))
			next := Revise(p.get("s1"))
			p.apply(copyOfSource(Write(New("c1")), "s1", 1), next, copyOfSource(Write(New("c2")), "s1", 2), copyOfSource(Write(New("c3")), "c2", 1))
			p.applyErrs("after the source changed", []error{nil, callback.ErrConflict, nil},
				Revise(p.get("s2")), copyOfSource(Write(New("c4")), "s2", 1), copyOfSource(Write(New("c5")), "s2", 2))
		}},
		{Name: "conflicts come before the source, permits after", run: func(p *probe) {
			p.apply(takes(Write(New("c1", keyed("k1"))), callback.Permit{Key: seat(1), N: 1, Max: 1}))
			p.refused("the ID is taken", copyOfSource(Write(New("c1")), "s9", 1), callback.ErrConflict)
			p.refused("the key is taken", copyOfSource(Write(New("c2", keyed("k1"))), "s9", 1), callback.ErrConflict)
			p.refused("no seat is left", copyOfSource(takes(Write(New("c2")), callback.Permit{Key: seat(1), N: 1, Max: 1}), "s9", 1), callback.ErrNotFound)
		}},
	}
}

// copyOfSource is a creation that needs its source at a revision.
func copyOfSource(c callback.Change, source callback.ID, revision int64) callback.Change {
	c.Source = &callback.Precondition{ID: source, Revision: revision}
	return c
}

// full is a callback in which every field has a value.
func full() *callback.Callback {
	cb := New("c1", Queued(At(3*time.Minute)))
	cb.Reason = callback.Reason("SOMETHING_NEW")
	cb.Detail = "why"
	cb.Priority = scheduler.Priority(2)
	cb.Customer = callback.Customer{
		Number: Number(1), Alternative: Number(2), ID: "customer-1", Account: "account", ModeID: "mode",
		CampaignID: "campaign", ContactID: "contact",
	}
	cb.Agent = callback.Agent{
		Target: "skill", Queue: "vq", Personal: "hans", Comments: "be kind", Description: "wants a loan",
		LeadScore: 0.5, TargetAmount: 1250.75,
	}
	cb.Origin = callback.Origin{
		Creator: "Luware.API", Initiator: "web", Supervisor: "boss", CallerID: "crm", ExternalID: "ext-1",
		IncomingURI: "sip:in@example.com", AppPool: "pool", SessionID: "s-1", InteractionID: "ixn-1", ContextURL: "https://example.com/1",
		RetryType: "SingleSession",
	}
	cb.Interaction = &callback.Interaction{
		MediaType: "voice", ResponseType: "Voice", Type: "Inbound", SubType: "New", ParentID: "p", ThreadID: "t",
		OwnerID: 1, CreatorAppID: 2, CategoryID: "cat", Subject: "loan", Text: "text", StructuredText: "https://example.com/s",
		StructuredMIME: "text/xml", BinaryContent: "https://example.com/b", BinaryMIME: "image/png", BinarySize: 3,
		TimeShift: -60, NoChildren: true, DN: "dn", Location: "loc", ServerID: "srv",
	}
	cb.Properties = callback.Values{"_one": "1", "_list": []any{"a", json.Number("1.50"), true, nil}, "_tree": map[string]any{"a": map[string]any{"b": "c"}}}
	cb.UserData = callback.Values{"vip": true, "score": json.Number("12.5"), "text": "ein Wort, \"zitiert\" \u00fc\u4e2d", "empty": "", "none": nil}
	cb.SearchValues = []callback.SearchValue{{Key: "_one", Value: "1"}, {Key: "vip", Value: "false", Former: true}}
	cb.Until, cb.Zone, cb.Immediate = At(4*time.Hour), "Europe/Berlin", true
	cb.Bucket = At(time.Hour)
	cb.Retry = &callback.RetryLimits{MaxAttempts: 3, Delay: 90 * time.Second}
	cb.ReadyAt, cb.RemindAt, cb.DeadlineAt, cb.EndedAt = At(5*time.Minute), At(6*time.Minute), At(7*time.Minute), At(8*time.Minute)
	cb.Offer = &callback.Offer{Kind: callback.OfferPreview, Until: At(time.Minute), CanReject: true}
	cb.Attempts = []callback.Attempt{
		{
			N: 1, Key: callback.NewAttemptKey("c1", 1), Epoch: 4, Ref: "call-1", Stage: callback.StageCustomer, Agent: "hans",
			Began: At(time.Minute), Placed: At(61 * time.Second), Ended: At(2 * time.Minute),
			Outcome: callback.Outcome{
				Result: callback.ResultBusy, Certainty: callback.Known, Reached: callback.StagePlaced, By: callback.PartyNetwork,
				SIP: 486, Q850: 17, Raw: "busy here", Ring: time.Second, Talk: time.Minute, RetryAfter: 5 * time.Second,
			},
			Lookups: 2,
		},
		{N: 2, Key: callback.NewAttemptKey("c1", 2), Epoch: 5, Began: At(3 * time.Minute)},
	}
	cb.Submits, cb.Rejects, cb.LostLeases = 1, 2, 3
	cb.PausedAt, cb.PausedFor, cb.ClosedFrom, cb.Offset = At(9*time.Minute), 10*time.Minute, At(11*time.Minute), -3*time.Hour
	cb.Reservation = &callback.Reservation{ID: "r-1", Agent: "hans", Address: "sip:hans@example.com"}
	cb.Owed = []callback.Owed{
		{Since: cb.Created, Release: &callback.Release{Tenant: cb.Tenant, Service: cb.Service, Callback: cb.ID, Reservation: *cb.Reservation, Talked: true}},
		{Since: cb.Created, Until: cb.Created.Add(time.Hour), Hangup: &callback.Hangup{Tenant: cb.Tenant, Key: "c.1", Ref: "x", Reason: callback.ReasonCancelled}},
	}
	cb.Held = []callback.Held{
		{Key: seat(1), N: 1},
		{Key: callback.PermitKey{Kind: callback.PermitNumber, Service: Service, Name: "n", Subject: "s"}, N: 2},
	}
	cb.Idempotency = callback.Idempotency{Key: "key-c1", Hash: "digest"}
	cb.CopiedFrom, cb.SessionID, cb.AccessNumber, cb.AccessCode = "c0", "session", "access", "1234"
	return cb
}
