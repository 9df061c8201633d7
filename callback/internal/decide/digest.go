package decide

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// digested is a Start as its digest sees it. It has the names and the order of the
// fields of Start, and types that hide nothing, because stored digests must stay
// equal. Key and Actor are always empty.
type digested struct {
	Tenant      string
	Service     string
	Number      string
	Alternative string
	Desired     time.Time
	Local       *availability.LocalTime
	Zone        string
	Until       time.Time
	State       callback.State
	Key         string
	CopyFrom    callback.ID
	Priority    scheduler.Priority
	Retry       *callback.RetryLimits
	CustomerID  string
	Account     string
	ModeID      string
	CampaignID  string `json:",omitempty"`
	ContactID   string `json:",omitempty"`
	Agent       plainAgent
	Origin      plainOrigin
	Interaction plainInteraction
	SessionID   string
	Properties  map[string]any
	Parameters  map[string]string
	Overrides   map[string]string
	Actor       string
}

type (
	plainAgent       callback.Agent
	plainOrigin      callback.Origin
	plainInteraction callback.Interaction
)

// Digest returns a hash of the request without its key and actor.
func (r *Start) Digest() (string, error) {
	text, err := json.Marshal(digested{
		Tenant: r.Tenant, Service: r.Service, Number: r.Number, Alternative: r.Alternative, Desired: r.Desired, Local: r.Local, Zone: r.Zone, Until: r.Until, State: r.State, CopyFrom: r.CopyFrom, Priority: r.Priority, Retry: r.Retry, CustomerID: r.CustomerID, Account: r.Account, ModeID: r.ModeID, CampaignID: r.CampaignID, ContactID: r.ContactID, Agent: plainAgent(r.Agent), Origin: plainOrigin(r.Origin), Interaction: plainInteraction(r.Interaction), SessionID: r.SessionID, Properties: r.Properties.Reveal(), Parameters: r.Parameters, Overrides: r.Overrides,
	})
	if err != nil {
		return "", Invalid("properties", "cannot be written as JSON")
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
