package lcm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/internal/ownkey"
	"github.com/ringback-go/ringback/callback/internal/text"
	"github.com/ringback-go/ringback/callback/manager"
)

type setMessage struct {
	CallID   string     `json:"callid"`
	Response setResult  `json:"response"`
	Error    *wireError `json:"error,omitempty"`
}

type setResult struct {
	Success bool `json:"success"`
}

func notSet(callID string, told *wireError) any { return setMessage{CallID: callID, Error: told} }

// set creates a callback for any agent of the campaign.
func (c *call) set(ctx context.Context) (any, error) { return c.start(ctx, false) }

// setPersonal creates a callback for one agent.
func (c *call) setPersonal(ctx context.Context) (any, error) { return c.start(ctx, true) }

func (c *call) start(ctx context.Context, personal bool) (any, error) {
	req, err := c.request(personal)
	if err != nil {
		return nil, err
	}
	if req.Service, err = c.service(ctx, req.Account, req.ModeID); err != nil {
		return nil, err
	}
	cb, err := c.handler.config.Manager.Tenant(c.caller.Tenant).Start(ctx, req)
	if err != nil {
		return nil, renamed(err)
	}
	if cb.State == callback.Completed {
		return nil, errOver
	}
	return setMessage{CallID: c.callID, Response: setResult{Success: true}}, nil
}

// errOver: the callback of a repeated message has completed, or the service
// completes callbacks at once.
var errOver = fmt.Errorf("the callback of this message has ended: %w", callback.ErrInvalidOperation)

// request reads all fields of the request except the service.
func (c *call) request(personal bool) (manager.Request, error) {
	account := c.data.required(keyAccount)
	w := c.handler.readWindow(c.data, "StartDate", keyStartTime, "EndDate", keyEndTime)
	modeID, user := c.data.numeral(keyMode), c.data.required(keyUser)
	agent := c.data.agent()
	if err := c.data.Err(); err != nil {
		return manager.Request{}, err
	}
	if personal {
		agent.Personal = user
	}
	req := manager.Request{
		Account: account, ModeID: modeID, Agent: agent, Actor: c.caller.Name, Desired: w.start,
		Origin: callback.Origin{Creator: channelLCM, Initiator: user, CallerID: c.source, ExternalID: account, InteractionID: c.callID},
	}
	if w.end.After(w.start) {
		req.Until = w.end
	}
	var err error
	req.Key, err = keyOf(personal, w, &req)
	return req, err
}

// agent reads the fields that the agent enters.
func (o members) agent() callback.Agent {
	if !o.Has(keyComments) {
		o.Refuse(keyComments, "is required")
	}
	// The Manager accepts single-line text only.
	comments := strings.Join(strings.FieldsFunc(o.text(keyComments), isBreak), " ")
	if rule := text.Rule(comments, maxComments); rule != "" {
		o.Refuse(keyComments, rule)
	}
	return callback.Agent{Comments: comments, LeadScore: o.amount(keyScore), TargetAmount: o.amount(keyAmount)}
}

func isBreak(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }

// keyOf returns the idempotency key of a message, which a message bus may
// deliver twice.
func keyOf(personal bool, w window, req *manager.Request) (string, error) {
	text, err := json.Marshal([]any{personal, req.Origin.InteractionID, req.Account, req.ModeID, req.Origin.Initiator, req.Origin.CallerID,
		w.start.UTC().Format(time.RFC3339), w.end.UTC().Format(time.RFC3339), req.Agent.Comments, req.Agent.LeadScore, req.Agent.TargetAmount})
	if err != nil {
		return "", fmt.Errorf("making a key: %w", err)
	}
	sum := sha256.Sum256(text)
	return ownkey.Made + hex.EncodeToString(sum[:]), nil
}

// service returns the service for an account and contact mode.
func (c *call) service(ctx context.Context, account, modeID string) (string, error) {
	config := c.handler.config
	if config.ServiceOf == nil {
		return config.Service, nil
	}
	modes, err := config.Manager.Tenant(c.caller.Tenant).ContactModes(ctx, account)
	if err != nil {
		return "", renamed(err)
	}
	m, ok := modeOf(modes, modeID)
	if !ok {
		return "", invalid(keyMode, "is not a contact mode of the account")
	}
	name, err := config.ServiceOf(ctx, c.caller.Tenant, account, m.CampaignID)
	switch {
	case err != nil && !errors.Is(err, callback.ErrInvalidParameter):
		return "", fmt.Errorf("choosing the service: %w", err)
	case err != nil || name == "":
		return "", invalid(keyAccount, "has no callback service")
	}
	return name, nil
}
