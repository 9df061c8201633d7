package record

import (
	"github.com/ringback-go/ringback/callback"
)

// The methods in this file are the tables of fields: each line has the number of
// a field, its kind, which is the method of codec, and where its value is. Both
// encoding and decoding walk them.
//
// Numbers are permanent. A number that was ever written keeps its meaning and
// its kind, a removed field leaves its number unused, and a new field takes the
// next number of its message. Numbers below 32 take one byte.

func (c *codec) callback(v *callback.Callback) {
	c.bool(1, &v.Immediate)
	c.customer(2, &v.Customer)
	c.agent(3, &v.Agent)
	c.origin(4, &v.Origin)
	c.values(5, "Properties", &v.Properties)
	c.values(6, "UserData", &v.UserData)
	c.lookups(7, &v.SearchValues)
	c.time(8, "Desired", &v.Desired)
	c.time(9, "Until", &v.Until)
	c.time(10, "Bucket", &v.Bucket)
	c.time(11, "Created", &v.Created)
	c.time(12, "Updated", &v.Updated)
	c.time(13, "ReleaseAt", &v.ReleaseAt)
	c.time(14, "QueuedAt", &v.QueuedAt)
	c.time(15, "ReadyAt", &v.ReadyAt)
	c.time(16, "ExpiresAt", &v.ExpiresAt)
	c.time(17, "RemindAt", &v.RemindAt)
	c.time(18, "DeadlineAt", &v.DeadlineAt)
	c.time(19, "EndedAt", &v.EndedAt)
	c.attempts(20, &v.Attempts)
	c.held(21, &v.Held)
	c.idempotency(22, &v.Idempotency)
	if c.ended() {
		return // Most callbacks that wait for their call have no later field.
	}
	c.text(23, (*string)(&v.Reason))
	c.text(24, &v.Detail)
	c.text(25, &v.Local)
	c.text(26, &v.Zone)
	c.retry(27, &v.Retry)
	c.offer(28, &v.Offer)
	c.reservation(29, &v.Reservation)
	c.text(30, &v.SessionID)
	c.interaction(31, &v.Interaction)
	c.text(32, (*string)(&v.CancelReason))
	c.int(33, &v.Submits)
	c.int(34, &v.Rejects)
	c.int(35, &v.LostLeases)
	c.text(36, (*string)(&v.CopiedFrom))
	c.text(37, &v.AccessNumber)
	c.text(38, &v.AccessCode)
	c.time(39, "PausedAt", &v.PausedAt)
	c.int64(40, (*int64)(&v.PausedFor))
	c.text(41, &v.Trace.Parent)
	c.text(42, &v.Trace.State)
	c.text(43, &v.Source.Address)
	c.text(44, &v.Source.Key)
	c.text(45, &v.Source.Session)
	c.time(46, "MaskAt", &v.MaskAt)
	c.time(47, "MaskedAt", &v.MaskedAt)
	c.int64(48, (*int64)(&v.Offset))
	c.time(49, "ClosedFrom", &v.ClosedFrom)
	c.owed(50, &v.Owed)
	c.bool(51, &v.CancelledInBulk)
}

func (c *codec) event(v *callback.Event) {
	c.text(1, &v.Service)
	c.time(2, "At", &v.At)
	c.uint8(3, (*uint8)(&v.From))
	c.uint8(4, (*uint8)(&v.To))
	c.text(5, (*string)(&v.Reason))
	c.int(6, &v.Attempt)
	c.uint8(7, (*uint8)(&v.Stage))
	c.uint8(8, (*uint8)(&v.Result))
	c.uint8(9, (*uint8)(&v.Certainty))
	c.time(10, "Next", &v.Next)
	c.int64(11, &v.Epoch)
	c.text(12, &v.Actor)
	c.text(13, &v.Detail)
}

func (c *codec) customer(number uint64, v *callback.Customer) {
	if c.present(number, !c.decoding && *v != (callback.Customer{})) {
		outer := c.open(number)
		c.address(1, &v.Number)
		c.address(2, &v.Alternative)
		c.text(3, &v.ID)
		c.text(4, &v.Account)
		c.text(5, &v.ModeID)
		c.text(6, &v.CampaignID)
		c.text(7, &v.ContactID)
		c.leave(outer)
	}
}

func (c *codec) agent(number uint64, v *callback.Agent) {
	if c.present(number, !c.decoding && *v != (callback.Agent{})) {
		outer := c.open(number)
		c.text(1, &v.Target)
		c.text(2, &v.Queue)
		c.text(3, &v.Personal)
		c.text(4, &v.Comments)
		c.text(5, &v.Description)
		c.float(6, &v.LeadScore)
		c.float(7, &v.TargetAmount)
		c.leave(outer)
	}
}

func (c *codec) origin(number uint64, v *callback.Origin) {
	if c.present(number, !c.decoding && *v != (callback.Origin{})) {
		outer := c.open(number)
		c.text(1, &v.Creator)
		c.text(2, &v.Initiator)
		c.text(3, &v.Supervisor)
		c.text(4, &v.CallerID)
		c.text(5, &v.ExternalID)
		c.text(6, &v.IncomingURI)
		c.text(7, &v.AppPool)
		c.text(8, &v.SessionID)
		c.text(9, &v.InteractionID)
		c.text(10, &v.ContextURL)
		c.text(11, &v.RetryType)
		c.leave(outer)
	}
}

func (c *codec) idempotency(number uint64, v *callback.Idempotency) {
	if c.present(number, !c.decoding && *v != (callback.Idempotency{})) {
		outer := c.open(number)
		c.text(1, &v.Key)
		c.text(2, &v.Hash)
		c.leave(outer)
	}
}

func (c *codec) lookups(number uint64, list *[]callback.SearchValue) {
	if c.present(number, *list != nil) {
		outer := openList(c, number, "Lookups", list)
		for i := range *list {
			v, item := &(*list)[i], c.item()
			c.text(1, &v.Key)
			c.text(2, &v.Value)
			c.bool(3, &v.Former)
			c.leave(item)
		}
		c.leave(outer)
	}
}

func (c *codec) held(number uint64, list *[]callback.Held) {
	if c.present(number, *list != nil) {
		outer := openList(c, number, "Held", list)
		for i := range *list {
			v, item := &(*list)[i], c.item()
			c.text(1, (*string)(&v.Key.Kind))
			c.text(2, &v.Key.Service)
			c.text(3, &v.Key.Name)
			c.text(4, &v.Key.Subject)
			c.int64(5, &v.Key.Slot)
			c.int64(6, &v.N)
			c.leave(item)
		}
		c.leave(outer)
	}
}

func (c *codec) attempts(number uint64, list *[]callback.Attempt) {
	if c.present(number, *list != nil) {
		outer := openList(c, number, "Attempts", list)
		for i := range *list {
			v, item := &(*list)[i], c.item()
			c.int(1, &v.N)
			c.text(2, (*string)(&v.Key))
			c.int64(3, &v.Epoch)
			c.text(4, (*string)(&v.Ref))
			c.uint8(5, (*uint8)(&v.Stage))
			c.text(6, &v.Agent)
			c.time(7, "Attempts.Began", &v.Began)
			c.time(8, "Attempts.Placed", &v.Placed)
			c.time(9, "Attempts.Ended", &v.Ended)
			c.outcome(10, &v.Outcome)
			c.int(11, &v.Lookups)
			c.leave(item)
		}
		c.leave(outer)
	}
}

func (c *codec) outcome(number uint64, v *callback.Outcome) {
	if c.present(number, !c.decoding && *v != (callback.Outcome{})) {
		outer := c.open(number)
		c.uint8(1, (*uint8)(&v.Result))
		c.uint8(2, (*uint8)(&v.Certainty))
		c.uint8(3, (*uint8)(&v.Reached))
		c.uint8(4, (*uint8)(&v.By))
		c.int(5, &v.SIP)
		c.int(6, &v.Q850)
		c.text(7, &v.Raw)
		c.int64(8, (*int64)(&v.Ring))
		c.int64(9, (*int64)(&v.Talk))
		c.int64(10, (*int64)(&v.RetryAfter))
		c.bool(11, &v.Confirmed)
		c.leave(outer)
	}
}

func (c *codec) retry(number uint64, p **callback.RetryLimits) {
	if c.present(number, *p != nil) {
		v, outer := openPointer(c, number, p)
		c.int(1, &v.MaxAttempts)
		c.int64(2, (*int64)(&v.Delay))
		c.leave(outer)
	}
}

func (c *codec) offer(number uint64, p **callback.Offer) {
	if c.present(number, *p != nil) {
		v, outer := openPointer(c, number, p)
		c.uint8(1, (*uint8)(&v.Kind))
		c.time(2, "Offer.Until", &v.Until)
		c.bool(3, &v.CanReject)
		c.bool(4, &v.Accepted)
		c.leave(outer)
	}
}

func (c *codec) reservation(number uint64, p **callback.Reservation) {
	if c.present(number, *p != nil) {
		v, outer := openPointer(c, number, p)
		c.text(1, &v.ID)
		c.text(2, &v.Agent)
		c.text(3, &v.Address)
		c.leave(outer)
	}
}

func (c *codec) owed(number uint64, list *[]callback.Owed) {
	if c.present(number, *list != nil) {
		outer := openList(c, number, "Owed", list)
		for i := range *list {
			v, item := &(*list)[i], c.item()
			c.time(1, "Owed.Since", &v.Since)
			c.time(2, "Owed.Until", &v.Until)
			c.release(3, &v.Release)
			c.hangup(4, &v.Hangup)
			c.leave(item)
		}
		c.leave(outer)
	}
}

func (c *codec) release(number uint64, p **callback.Release) {
	if c.present(number, *p != nil) {
		v, outer := openPointer(c, number, p)
		c.text(1, &v.Tenant)
		c.text(2, &v.Service)
		c.text(3, (*string)(&v.Callback))
		c.text(4, &v.Reservation.ID)
		c.text(5, &v.Reservation.Agent)
		c.text(6, &v.Reservation.Address)
		c.outcome(7, &v.Outcome)
		c.bool(8, &v.Talked)
		c.bool(9, &v.Rejected)
		c.bool(10, &v.NotReady)
		c.text(11, &v.Reason)
		c.text(12, &v.ReasonKey)
		c.bool(13, &v.ReasonAttribute)
		c.leave(outer)
	}
}

func (c *codec) hangup(number uint64, p **callback.Hangup) {
	if c.present(number, *p != nil) {
		v, outer := openPointer(c, number, p)
		c.text(1, &v.Tenant)
		c.text(2, (*string)(&v.Key))
		c.text(3, (*string)(&v.Ref))
		c.text(4, (*string)(&v.Reason))
		c.leave(outer)
	}
}

func (c *codec) interaction(number uint64, p **callback.Interaction) {
	if c.present(number, *p != nil) {
		v, outer := openPointer(c, number, p)
		c.text(1, &v.MediaType)
		c.text(2, &v.ResponseType)
		c.text(3, &v.Type)
		c.text(4, &v.SubType)
		c.text(5, &v.ParentID)
		c.text(6, &v.ThreadID)
		c.int64(7, &v.OwnerID)
		c.int64(8, &v.CreatorAppID)
		c.text(9, &v.CategoryID)
		c.text(10, &v.Subject)
		c.text(11, &v.Text)
		c.text(12, &v.StructuredText)
		c.text(13, &v.StructuredMIME)
		c.text(14, &v.BinaryContent)
		c.text(15, &v.BinaryMIME)
		c.int64(16, &v.BinarySize)
		c.int(17, &v.TimeShift)
		c.bool(18, &v.NoChildren)
		c.text(19, &v.DN)
		c.text(20, &v.Location)
		c.text(21, &v.ServerID)
		c.leave(outer)
	}
}
