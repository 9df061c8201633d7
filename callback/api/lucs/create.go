package lucs

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/ownkey"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

const (
	defaultRetries = 3
	maxRetries     = 99
	maxGap         = 30 * 24 * 3600 // seconds

	maxText = 1024 // bytes of a service name or a target
	maxName = 128  // bytes of an identifier
)

// create creates a callback (CreateCallbackDto) and responds with it.
func (h *Handler) create(w http.ResponseWriter, r *request) error {
	body, _, err := api.ReadBody(w, r.Request, api.JSON)
	if err != nil {
		return err
	}
	req, service, err := readCreate(body, h.contexts)
	if err != nil {
		return err
	}
	ctx, caller := r.Context(), r.caller
	if req.Key, err = ownkey.Read(r.Header, caller.Own); err != nil {
		return err
	}
	if req.Service, err = h.serviceName(ctx, caller.Tenant, service); err != nil {
		return err
	}
	if req.Service == "" {
		return api.NewFault(http.StatusBadRequest, "ServiceId, ServiceSip", "match no service")
	}
	req.CustomerID, req.Actor = caller.Own, caller.Name
	cb, err := h.manager.Tenant(caller.Tenant).Start(ctx, req)
	if err != nil {
		return err
	}
	// A repeated request may meet a callback that was changed after its creation.
	return happened(h.answer(w, r, cb, mayRead(caller) || cb.Revision == 1))
}

// happened wraps an error of the response after the operation has succeeded.
func happened(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: the answer failed: %w", callback.ErrOutcomeUnknown, err)
}

// answer responds with a callback, and without what it says about persons and
// other systems if the caller may not read it.
func (h *Handler) answer(w http.ResponseWriter, r *request, cb *callback.Callback, readable bool) error {
	v, err := h.view(r.Context(), cb.Tenant)
	if err != nil {
		return err
	}
	dto, err := v.dto(r.Context(), cb)
	if err != nil {
		return err
	}
	if !readable {
		dto.hide()
	}
	return writeJSON(w, http.StatusOK, dto)
}

// readCreate parses a CreateCallbackDto.
func readCreate(body []byte, contexts contextURLs) (manager.Request, naming, error) {
	o, err := readObject(body)
	if err != nil {
		return manager.Request{}, naming{}, err
	}
	req := manager.Request{Number: o.required("Target"), Alternative: o.Text("AlternativeTarget")}
	retries, given := o.integer("MaxRetries", maxRetries)
	if !given {
		retries = defaultRetries
	}
	gap, given := o.integer("SecondsBetweenRetries", maxGap)
	if !given {
		o.Refuse("SecondsBetweenRetries", "is required")
	}
	req.Retry = &callback.RetryLimits{MaxAttempts: int(retries) + 1, Delay: time.Duration(gap) * time.Second}
	service := readNaming(o)
	if service.isZero() {
		o.Refuse("ServiceId, ServiceSip", "one of them is required")
	}
	req.Origin.IncomingURI = o.Text("IncomingServiceSipUri")
	if priority := o.required("Priority"); priority != "" {
		if req.Priority, err = scheduler.ParsePriority(priority); err != nil {
			o.Refuse("Priority", "is not one of "+priorities())
		}
	}
	req.Origin.ContextURL = o.Text("ContextUrl")
	if !contexts.accept(req.Origin.ContextURL) {
		o.Refuse("ContextUrl", "is not an https URL")
	}
	req.Desired = dueDate(o)
	req.Origin.Supervisor = o.Text("Supervisor")
	req.Agent.Description = o.Text("Description")
	req.Origin.ExternalID = o.Text("ExternalTaskId")
	req.Origin.CallerID = o.Text("CallerId")
	req.Origin.AppPool = o.Text("AppPoolId")
	req.Origin.SessionID = o.Text("InitiatingSessionId")
	req.Origin.Initiator = o.Text("Initiator")
	req.Origin.Creator = creatorOf(o.Text("Creator"))
	req.Origin.RetryType = retryTypeOf(o.Text("RetryType"))
	return req, service, o.Err()
}

// dueDate reads the desired time, zero for now. It is truncated to
// milliseconds, the resolution of responses.
func dueDate(o members) time.Time {
	return o.date("DueDate").Truncate(time.Millisecond)
}

// creatorOf normalizes a Creator. Unknown values are kept.
func creatorOf(text string) string {
	for _, known := range []string{creatorAPI, creatorWeb, creatorWorkflow} {
		if strings.EqualFold(text, known) {
			return known
		}
	}
	if strings.EqualFold(text, creatorAPIShort) {
		return creatorAPI
	}
	return text
}

// retryTypeOf normalizes a RetryType. Unknown values are kept.
func retryTypeOf(text string) string {
	if strings.EqualFold(text, singleSession) {
		return singleSession
	}
	return text
}

func priorities() string {
	var names []string
	for _, p := range scheduler.Priorities() {
		names = append(names, p.String())
	}
	return strings.Join(names, ", ")
}
