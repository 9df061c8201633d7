package callback

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/ringback-go/ringback/callback/internal/text"
)

func (c Callback) summary() string {
	return fmt.Sprintf("callback %s of service %q, revision %d, %v %s", c.ID, c.Service, c.Revision, c.State, c.Reason)
}

// String summarises the callback without anything of the person.
func (c Callback) String() string { return strings.TrimSpace(c.summary()) }

// Format prints what String does, for every verb.
func (c Callback) Format(f fmt.State, _ rune) { text.Write(f, c.String()) }

// LogValue is what slog records.
func (c Callback) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tenant", c.Tenant), slog.String("id", string(c.ID)), slog.String("service", c.Service),
		slog.Int64("revision", c.Revision), slog.String("state", c.State.String()), slog.String("reason", string(c.Reason)))
}

// String shows the counters asked for, not the subject.
func (r LoadRequest) String() string {
	return PermitKey{Kind: r.Kind, Service: r.Service, Name: r.Name, Subject: r.Subject, Slot: r.From}.String()
}

// Format prints what String does, for every verb.
func (r LoadRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// LogValue is what slog records.
func (r LoadRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String counts what is to be erased.
func (r EraseRequest) String() string {
	return fmt.Sprintf("erasure of %d callbacks and %d subjects", len(r.Items), len(r.Subjects))
}

// Format prints what String does, for every verb.
func (r EraseRequest) Format(f fmt.State, _ rune) { text.Write(f, r.String()) }

// LogValue is what slog records.
func (r EraseRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// String names the attempt without whom it calls.
func (c Call) String() string { return fmt.Sprintf("attempt %s of service %q", c.Key, c.Service) }

// Format prints what String does, for every verb.
func (c Call) Format(f fmt.State, _ rune) { text.Write(f, c.String()) }

// LogValue is what slog records.
func (c Call) LogValue() slog.Value {
	return slog.GroupValue(slog.String("tenant", c.Tenant), slog.String("attempt", string(c.Key)), slog.String("service", c.Service))
}

// String shows the query without the values it looks for.
func (q Query) String() string {
	return fmt.Sprintf("query of services %q, states %v, limit %d", q.Services, q.States, q.Limit)
}

// Format prints what String does, for every verb.
func (q Query) Format(f fmt.State, _ rune) { text.Write(f, q.String()) }

// LogValue is what slog records.
func (q Query) LogValue() slog.Value { return slog.StringValue(q.String()) }

// String shows the key, not the value.
func (l SearchValue) String() string { return l.Key + "=" + text.Hidden(l.Value) }

// Format prints what String does, for every verb.
func (l SearchValue) Format(f fmt.State, _ rune) { text.Write(f, l.String()) }

// MarshalJSON hides the value.
func (l SearchValue) MarshalJSON() ([]byte, error) {
	type plain SearchValue
	p := plain(l)
	p.Value = text.Hidden(p.Value)
	return json.Marshal(p)
}

// String shows the key, not the value.
func (m Match) String() string { return m.Key + "=" + text.Hidden(m.Value) }

// Format prints what String does, for every verb.
func (m Match) Format(f fmt.State, _ rune) { text.Write(f, m.String()) }

// LogValue is what slog records.
func (m Match) LogValue() slog.Value { return slog.StringValue(m.String()) }

// String names the mode, not the number.
func (c ContactMode) String() string {
	return fmt.Sprintf("contact mode %q, callback %v", text.Redact(c.ID), c.Callback)
}

// Format prints what String does, for every verb.
func (c ContactMode) Format(f fmt.State, _ rune) { text.Write(f, c.String()) }

// LogValue is what slog records.
func (c ContactMode) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON hides the number.
func (c ContactMode) MarshalJSON() ([]byte, error) {
	type plain ContactMode
	p := plain(c)
	p.Value = text.Hidden(p.Value)
	return json.Marshal(p)
}

// String shows the counter, not the subject.
func (k PermitKey) String() string {
	return fmt.Sprintf("%s/%s/%s/%s/%d", k.Kind, k.Service, k.Name, text.Hidden(k.Subject), k.Slot)
}

// Format prints what String does, for every verb.
func (k PermitKey) Format(f fmt.State, _ rune) { text.Write(f, k.String()) }

// MarshalJSON hides the subject.
func (k PermitKey) MarshalJSON() ([]byte, error) {
	type plain PermitKey
	p := plain(k)
	p.Subject = text.Hidden(p.Subject)
	return json.Marshal(p)
}
