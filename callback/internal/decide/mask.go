package decide

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// Completed returns what a completed callback needs whose NextAt has come. It
// needs no policy: the times were fixed when the callback completed, and a
// callback whose service was removed is masked and erased like any other.
func Completed(cb *callback.Callback, now time.Time, actor string) (duty, *Draft) {
	past := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	switch {
	case past(cb.DeadlineAt):
		return DutyErase, nil
	case past(cb.MaskAt):
		return DutyWrite, mask(cb, now, actor)
	}
	return dutyNone, nil
}

// mask removes what identifies the customer from a completed callback: the
// numbers, all properties and search values, and the texts that requests and
// dialers supplied. Identifiers of the host, times, outcomes, the reason and the
// idempotency key stay.
func mask(cb *callback.Callback, now time.Time, actor string) *Draft {
	d := NewDraft(cb, nil, now, callback.EventMasked, actor)
	d.Epoch, d.MaskEvents = cb.Lease.Epoch, true
	d.Event.Reason = cb.Reason
	cb = d.Callback
	cb.MaskAt, cb.MaskedAt = time.Time{}, now
	cb.Customer.Number, cb.Customer.Alternative = phonenum.Address{}, phonenum.Address{}
	cb.Properties, cb.UserData, cb.SearchValues = nil, nil, nil
	cb.Agent.Comments, cb.Agent.Description = "", ""
	cb.Detail, cb.AccessCode = "", ""
	cb.Source.Address, cb.Source.Session = "", ""
	if in := cb.Interaction; in != nil {
		in.Subject, in.Text, in.StructuredText, in.BinaryContent, in.DN, in.Location = "", "", "", "", "", ""
	}
	for i := range cb.Attempts {
		cb.Attempts[i].Outcome.Raw = ""
	}
	return d
}
