package lcm

import (
	"context"

	"github.com/ringback-go/ringback/callback"
)

// mode is a contact mode in the format of LCM. Unknown values are null.
type mode struct {
	ModeID       string  `json:"ModeID"`
	Description  string  `json:"Description"`
	ChannelType  *string `json:"ChannelType"`
	MinLength    *int    `json:"MinLength"`
	MaxLength    *int    `json:"MaxLength"`
	Value        string  `json:"Cvalue"`
	PEWC         bool    `json:"PEWC"`
	CampaignPEWC bool    `json:"CampaignPEWC"`
}

type modesMessage struct {
	CallID   string     `json:"callid"`
	Response []mode     `json:"response"`
	Error    *wireError `json:"error,omitempty"`
}

func noModes(callID string, told *wireError) any { return modesMessage{callID, []mode{}, told} }

// modes responds with the contact modes of an account.
func (c *call) modes(ctx context.Context) (any, error) {
	account := c.data.required(keyAccount)
	if err := c.data.Err(); err != nil {
		return nil, err
	}
	found, err := c.handler.config.Manager.Tenant(c.caller.Tenant).ContactModes(ctx, account)
	if err != nil {
		return nil, renamed(err)
	}
	list := make([]mode, len(found))
	for i, m := range found {
		list[i] = mode{ModeID: m.ID, Description: m.Description, ChannelType: known(m.Channel), MinLength: known(m.MinLength),
			MaxLength: known(m.MaxLength), Value: m.Value, PEWC: m.PEWC, CampaignPEWC: m.CampaignPEWC}
	}
	return modesMessage{CallID: c.callID, Response: list}, nil
}

func known[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

// modeOf returns a contact mode by id; ok is false if there is none.
func modeOf(modes []callback.ContactMode, id string) (callback.ContactMode, bool) {
	for _, m := range modes {
		if m.ID == id {
			return m, true
		}
	}
	return callback.ContactMode{}, false
}
