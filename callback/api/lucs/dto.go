package lucs

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
)

// callbackDto is a callback in the format of LUCS. Members are in the order of
// the product's samples; absent values are null.
type callbackDto struct {
	Target                   *string
	AlternativeTarget        *string
	MaxRetries               int64
	SecondsBetweenRetries    int64
	ServiceID                string `json:"ServiceId"`
	ServiceSip               string
	IncomingServiceSipURI    *string `json:"IncomingServiceSipUri"`
	Priority                 string
	ContextURL               *string `json:"ContextUrl"`
	DueDate                  string
	Supervisor               *string
	Description              *string
	ExternalTaskID           *string `json:"ExternalTaskId"`
	CallerID                 *string `json:"CallerId"`
	ID                       string  `json:"Id"`
	Creator                  string
	LeftInQueueTimeInSeconds int64
	AppPoolID                *string `json:"AppPoolId"`
	InitiatingSessionID      *string `json:"InitiatingSessionId"`
	Initiator                string
	State                    string
	RetryType                string
	RetryCount               int64
}

// hide removes what the requester wrote: numbers, texts and identifiers.
func (d *callbackDto) hide() {
	for _, text := range []**string{
		&d.Target, &d.AlternativeTarget, &d.IncomingServiceSipURI, &d.ContextURL, &d.Supervisor, &d.Description, &d.ExternalTaskID,
		&d.CallerID, &d.AppPoolID, &d.InitiatingSessionID,
	} {
		*text = nil
	}
	d.Creator, d.Initiator, d.RetryType = creatorAPI, initiatorAPI, singleSession
}

// Values of Creator, Initiator and RetryType.
const (
	creatorAPI      = "Luware.API"
	creatorAPIShort = "API" // in some responses of the product
	creatorWeb      = "WebService"
	creatorWorkflow = "WfActivity"

	initiatorWorkflow = "WF Activity"
	initiatorAPI      = "Luware.API"

	singleSession = "SingleSession"
)

// view converts the callbacks of a response, of one tenant at one time.
type view struct {
	h        *Handler
	tenant   string
	now      time.Time
	services map[string]*serviceView
}

type serviceView struct {
	callback.Service
	id, sip string
}

func (h *Handler) view(ctx context.Context, tenant string) (*view, error) {
	now, err := h.manager.Now(ctx)
	if err != nil {
		return nil, err
	}
	return &view{h: h, tenant: tenant, now: now, services: make(map[string]*serviceView, 1)}, nil
}

// service returns a service, or one with defaults if it no longer exists.
func (v *view) service(ctx context.Context, name string) (*serviceView, error) {
	if s, ok := v.services[name]; ok {
		return s, nil
	}
	p, err := v.h.manager.Tenant(v.tenant).Policy(ctx, name)
	if errors.Is(err, callback.ErrInvalidParameter) {
		// The country is required and has no effect: no number is read.
		p, err = callback.NewPolicy(callback.Service{Name: name, Numbers: callback.Numbers{Country: "US"}})
	}
	if err != nil {
		return nil, err
	}
	s := &serviceView{Service: p.Service()}
	s.id, s.sip = ServiceID(v.tenant, s.Service), ServiceSIP(s.Service)
	v.services[name] = s
	return s, nil
}

func (v *view) dto(ctx context.Context, cb *callback.Callback) (*callbackDto, error) {
	s, err := v.service(ctx, cb.Service)
	if err != nil {
		return nil, err
	}
	retries, gap := retryOf(cb, s)
	creator, initiator := origin(cb.Origin)
	d := &callbackDto{
		Target: optional(target(cb.Customer.Number)), AlternativeTarget: optional(target(cb.Customer.Alternative)),
		MaxRetries: retries, SecondsBetweenRetries: gap,
		ServiceID: s.id, ServiceSip: s.sip, IncomingServiceSipURI: optional(cb.Origin.IncomingURI),
		Priority: cb.Priority.String(), ContextURL: optional(cb.Origin.ContextURL), DueDate: wire.Time(cb.Desired),
		Supervisor: optional(cb.Origin.Supervisor), Description: optional(cb.Agent.Description),
		ExternalTaskID: optional(cb.Origin.ExternalID), CallerID: optional(cb.Origin.CallerID),
		ID: string(cb.ID), Creator: creator,
		LeftInQueueTimeInSeconds: int64((left(cb, s.Service, v.now) + time.Second - 1) / time.Second),
		AppPoolID:                optional(cb.Origin.AppPool), InitiatingSessionID: optional(cb.Origin.SessionID),
		Initiator: initiator, State: stateOf(cb).String(), RetryType: cb.Origin.RetryType, RetryCount: retriesBegun(cb),
	}
	if d.RetryType == "" {
		d.RetryType = singleSession
	}
	return d, nil
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// target formats an address: a number is a tel: URI.
func target(a phonenum.Address) string {
	if a.Kind() == phonenum.Phone {
		return "tel:" + a.Reveal()
	}
	return a.Reveal()
}

// retryOf returns the retry limits of the callback, or else of its service.
func retryOf(cb *callback.Callback, s *serviceView) (retries, seconds int64) {
	if cb.Retry != nil {
		return int64(cb.Retry.MaxAttempts - 1), int64(cb.Retry.Delay / time.Second)
	}
	policy := s.Dialing.Retry
	return int64(cmp.Or(policy.MaxAttempts, scheduler.DefaultRetryPolicy().MaxAttempts) - 1),
		int64(policy.Rule(scheduler.NoAnswer).Delay / time.Second)
}

// retriesBegun counts the dials after the first that may have reached the
// network.
func retriesBegun(cb *callback.Callback) int64 { return int64(max(wire.Dials(cb)-1, 0)) }

// origin returns the creator and the initiator of a callback, or their
// defaults.
func origin(o callback.Origin) (creator, initiator string) {
	creator, initiator = o.Creator, o.Initiator
	if creator == "" {
		switch {
		case o.Supervisor != "":
			creator = creatorWeb
		case o.IncomingURI != "":
			creator = creatorWorkflow
		default:
			creator = creatorAPI
		}
	}
	if initiator == "" {
		switch {
		case creator == creatorWeb && o.Supervisor != "":
			initiator = o.Supervisor
		case creator == creatorWorkflow:
			initiator = initiatorWorkflow
		default:
			initiator = initiatorAPI
		}
	}
	return creator, initiator
}
