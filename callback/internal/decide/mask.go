package decide

import (
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// Completed returns the duty of a completed callback that is due, and the draft
// of a DutyWrite. It needs no policy, because the times are fixed when a
// callback completes: callbacks of removed services are masked and erased as
// well.
func Completed(cb *callback.Callback, now time.Time, actor string) (Duty, *Draft) {
	past := func(t time.Time) bool { return !t.IsZero() && !t.After(now) }
	switch {
	case past(cb.DeadlineAt):
		return DutyErase, nil
	case past(cb.MaskAt):
		return DutyWrite, mask(cb, now, actor)
	}
	return dutyNone, nil
}

// mask removes what identifies the customer from a completed callback: numbers,
// properties, search values, the address and session of the requester, and the
// texts of requests and dialers. Identifiers of the host, times, outcomes, the
// reason and the idempotency key stay.
func mask(cb *callback.Callback, now time.Time, actor string) *Draft {
	d := NewDraft(cb, nil, now, callback.EventMasked, actor)
	d.Epoch, d.MaskEvents = cb.Lease.Epoch, true
	d.Window.From = cb.MaskAt
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
	for _, o := range cb.Owed {
		if o.Release != nil {
			o.Release.Outcome.Raw = ""
		}
	}
	return d
}
