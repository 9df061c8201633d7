package lcm

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// Limits of a list.
const (
	maxRecords = 500
	maxSkip    = 10_000
)

// row is a personal callback in the format of LCM.
type row struct {
	RowNumber       string `json:"RowNumber"`
	CampaignID      string `json:"CampaignID"`
	ContactID       string `json:"ContactID"`
	ModeID          string `json:"ModeID"`
	ModeDescription string `json:"ModeDescription"`
	Value           string `json:"CValue"`
	StartDate       string `json:"CallStartDate"`
	EndDate         string `json:"CallEndDate"`
	StartTime       string `json:"CallStartTime"`
	EndTime         string `json:"CallEndTime"`
}

type listMessage struct {
	Response []row      `json:"response"`
	Error    *wireError `json:"error,omitempty"`
}

func noList(_ string, told *wireError) any { return listMessage{[]row{}, told} }

// list responds with the open callbacks of an agent, ordered by desired time.
// Records are numbered from 1; 0 is the first as well.
func (c *call) list(ctx context.Context) (any, error) {
	user := c.data.required(keyUser)
	days := c.handler.readDays(c.data, "FromDate", "ToDate")
	first := max(c.data.integer("StartingNoOfRecord", 0, maxSkip), 1)
	count := c.data.integer("NoofRecords", 1, maxRecords)
	if err := c.data.Err(); err != nil {
		return nil, err
	}
	message := listMessage{Response: []row{}}
	names := descriptions{call: c, known: make(map[string][]callback.ContactMode)}
	n := 0
	for cb, err := range c.handler.config.Manager.Tenant(c.caller.Tenant).Search(ctx, callback.Query{
		Personal: user, NotStates: []callback.State{callback.Completed},
		DesiredFrom: days.start, DesiredTo: days.end.Add(-time.Nanosecond), Limit: min(first+count-1, 1000),
	}) {
		if err != nil {
			return nil, err
		}
		if n++; n < first {
			continue
		}
		r, err := c.row(ctx, n, cb, &names)
		if err != nil {
			return nil, err
		}
		if message.Response = append(message.Response, r); len(message.Response) == count {
			break
		}
	}
	return message, nil
}

func (c *call) row(ctx context.Context, n int, cb *callback.Callback, names *descriptions) (row, error) {
	description, err := names.of(ctx, cb.Customer)
	w := windowOf(cb)
	start, end := w.start.In(c.handler.config.Zone), w.end.In(c.handler.config.Zone)
	return row{
		RowNumber: strconv.Itoa(n), CampaignID: cb.Customer.CampaignID, ContactID: cb.Customer.ContactID,
		ModeID: cb.Customer.ModeID, ModeDescription: description, Value: cb.Customer.Target().Reveal(),
		StartDate: start.Format(dateForm), EndDate: end.Format(dateForm),
		StartTime: start.Format(timeForm), EndTime: end.Format(timeForm),
	}, err
}

// descriptions looks up descriptions of contact modes, once per account.
type descriptions struct {
	call  *call
	known map[string][]callback.ContactMode
}

// of returns the description of the contact mode of a customer, empty if it is
// unknown.
func (d *descriptions) of(ctx context.Context, who callback.Customer) (string, error) {
	if who.Account == "" || who.ModeID == "" {
		return "", nil
	}
	modes, ok := d.known[who.Account]
	if !ok {
		found, err := d.call.handler.config.Manager.Tenant(d.call.caller.Tenant).ContactModes(ctx, who.Account)
		if err != nil && !errors.Is(err, callback.ErrNotFound) && !errors.Is(err, callback.ErrConfiguration) {
			return "", err
		}
		modes, d.known[who.Account] = found, found
	}
	m, _ := modeOf(modes, who.ModeID)
	return m.Description, nil
}
