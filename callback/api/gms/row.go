package gms

import (
	"bytes"
	"net/url"
	"slices"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// row is a callback as a JSON object with ordered members.
type row []member

type member struct {
	key   string
	value any
}

// MarshalJSON implements json.Marshaler.
func (r row) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range r {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := wire.Encode(m.key)
		if err != nil {
			return nil, err
		}
		value, err := wire.Encode(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// alwaysReturned are the members of every row, if the callback has them.
func alwaysReturned() []string {
	return []string{keyID, keyDesired, keyState, keyExpires, keyNumber, keyURL, keyService, keyReason}
}

// rowOf returns the members of a callback for keys. It skips repeated keys and
// members that the callback does not have.
func (h *Handler) rowOf(cb *callback.Callback, keys ...[]string) row {
	r := make(row, 0, 12)
	for _, key := range slices.Concat(keys...) {
		if slices.ContainsFunc(r, func(m member) bool { return m.key == key }) {
			continue
		}
		if value, ok := h.valueOf(cb, key); ok {
			r = append(r, member{key, value})
		}
	}
	return r
}

// valueOf returns a member of a callback by name, or by its former name without
// the underscore unless user data has that name.
func (h *Handler) valueOf(cb *callback.Callback, key string) (any, bool) {
	if value, ok := h.exactly(cb, key); ok {
		return value, true
	}
	if key != "" && key[0] != '_' {
		return h.exactly(cb, "_"+key)
	}
	return nil, false
}

func (h *Handler) exactly(cb *callback.Callback, key string) (any, bool) {
	text := ""
	switch key {
	case keyID, keyServiceID:
		text = string(cb.ID)
	case keyService:
		text = cb.Service
	case keyNumber:
		text = cb.Customer.Number.Reveal()
	case keyState:
		text = wire.GMSState(cb.State)
	case keyReason:
		text = string(cb.Reason)
	case keyDesired:
		text = wire.Time(cb.Desired)
	case keyExpires:
		text = wire.Time(cb.ExpiresAt)
	case keyScheduled:
		text = wire.Time(cb.Created)
	case keyURL:
		text = h.base + "/genesys/1/service/callback/" + url.PathEscape(cb.Service) + "/" + url.PathEscape(string(cb.ID))
	case keyCopyFrom:
		text = string(cb.CopiedFrom)
	case keyOriginating:
		text = cb.Origin.InteractionID
	case keyTarget:
		text = cb.Agent.Target
	default:
		if value, ok := cb.Properties[key]; ok {
			return value, true
		}
		if value, ok := cb.UserData[key]; ok {
			return value, true
		}
		switch key {
		case keySession:
			text = cb.SessionID
		case keyQueue:
			text = cb.Agent.Queue
		case "_access_number":
			text = cb.AccessNumber
		case "_access_code":
			text = cb.AccessCode
		}
	}
	return text, text != ""
}

// columns caches the keys of rows per service: those that are always returned,
// the lookup keys of the service and the returned keys.
type columns struct {
	h     *Handler
	c     *call
	known map[string][]string // by service
}

func (h *Handler) columns(c *call) *columns {
	return &columns{h: h, c: c, known: make(map[string][]string)}
}

func (k *columns) row(cb *callback.Callback) row {
	keys, ok := k.known[cb.Service]
	if !ok {
		keys = slices.Concat(alwaysReturned(), k.h.lookupKeys(k.c, cb.Service), k.h.returnedBy(cb.Tenant, cb.Service))
		k.known[cb.Service] = keys
	}
	return k.h.rowOf(cb, keys)
}

// lookupKeys returns the lookup keys of a service, none if the service no
// longer exists.
func (h *Handler) lookupKeys(c *call, service string) []string {
	policy, err := h.manager.Tenant(c.caller.Tenant).Policy(c.r.Context(), service)
	if err != nil {
		return nil
	}
	return policy.Service().SearchKeys
}

func (h *Handler) returnedBy(tenant, service string) []string {
	v := h.viewOf(tenant)
	if v.options != nil && !h.ownKeys {
		if s, ok := v.options.Settings[service]; ok && s.ReturnedKeys != nil {
			return s.ReturnedKeys
		}
	}
	return v.returnedKeys
}
