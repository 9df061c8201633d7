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
	keyHeader = "Idempotency-Key"

	defaultRetries = 3
	maxRetries     = 99
	maxGap         = 30 * 24 * 3600 // seconds

	maxText = 1024 // bytes of a text that names a service or a target
	maxName = 128  // bytes of an identifier
)

// create takes a callback (CreateCallbackDto) and answers with it.
func (h *Handler) create(w http.ResponseWriter, r *request) error {
	body, _, err := api.ReadBody(w, r.Request, api.JSON)
	if err != nil {
		return err
	}
	req, service, err := readCreate(body)
	if err != nil {
		return err
	}
	key, err := readKey(r.Header)
	if err != nil {
		return err
	}
	ctx, caller := r.Context(), r.caller
	req.Key = ownkey.Of(caller.Own, key)
	if req.Service, err = h.serviceName(ctx, caller.Tenant, service); err != nil {
		return err
	}
	if req.Service == "" {
		return api.NewFault(http.StatusBadRequest, "ServiceId, ServiceSip", "name no service")
	}
	req.Tenant, req.CustomerID, req.Actor = caller.Tenant, caller.Own, caller.Name
	cb, err := h.manager.Start(ctx, req)
	if err != nil {
		return err
	}
	return happened(h.answer(w, r, cb))
}

// happened says of an answer's failure that what was asked for did happen.
func happened(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: it could not be told: %w", callback.ErrOutcomeUnknown, err)
}

// answer writes one callback.
func (h *Handler) answer(w http.ResponseWriter, r *request, cb *callback.Callback) error {
	v, err := h.view(r.Context(), cb.Tenant)
	if err != nil {
		return err
	}
	dto, err := v.dto(r.Context(), cb)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, dto)
}

// readKey reads the header that makes a create safe to repeat.
func readKey(header http.Header) (string, error) {
	switch keys := header.Values(keyHeader); len(keys) {
	case 0:
		return "", nil
	case 1:
		return strings.TrimSpace(keys[0]), nil
	}
	return "", api.NewFault(http.StatusBadRequest, keyHeader, "is there more than once")
}

// readCreate reads a CreateCallbackDto.
func readCreate(body []byte) (manager.Request, naming, error) {
	o, err := readObject(body)
	if err != nil {
		return manager.Request{}, naming{}, err
	}
	req := manager.Request{Number: o.required("Target"), Alternative: o.text("AlternativeTarget")}
	retries, given := o.integer("MaxRetries", 0, maxRetries)
	if !given {
		retries = defaultRetries
	}
	gap, given := o.integer("SecondsBetweenRetries", 0, maxGap)
	if !given {
		o.refuse("SecondsBetweenRetries", "is required")
	}
	req.Retry = &callback.RetryLimits{MaxAttempts: int(retries) + 1, Delay: time.Duration(gap) * time.Second}
	service := readNaming(o)
	if service.isZero() {
		o.refuse("ServiceId, ServiceSip", "one of them is required")
	}
	req.Origin.IncomingURI = o.text("IncomingServiceSipUri")
	if priority := o.required("Priority"); priority != "" {
		if req.Priority, err = scheduler.ParsePriority(priority); err != nil {
			o.refuse("Priority", "is none of "+priorities())
		}
	}
	req.Origin.ContextURL = o.text("ContextUrl")
	req.Desired = dueDate(o)
	req.Origin.Supervisor = o.text("Supervisor")
	req.Agent.Description = o.text("Description")
	req.Origin.ExternalID = o.text("ExternalTaskId")
	req.Origin.CallerID = o.text("CallerId")
	req.Origin.AppPool = o.text("AppPoolId")
	req.Origin.SessionID = o.text("InitiatingSessionId")
	req.Origin.Initiator = o.text("Initiator")
	req.Origin.Creator = creatorOf(o.text("Creator"))
	req.Origin.RetryType = retryTypeOf(o.text("RetryType"))
	return req, service, o.err()
}

// dueDate reads when to call; zero means now. Dates are written with
// milliseconds, so that nothing finer is kept.
func dueDate(o *object) time.Time {
	return o.date("DueDate").Truncate(time.Millisecond)
}

// creatorOf reads where a callback comes from. A text that LUCS does not know is
// kept.
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

// retryTypeOf reads a RetryType. A value that is not known is kept.
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
