package main

import (
	"fmt"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/scheduler"
)

// lucsShape is the CreateCallbackDto of Luware LUCS.
type lucsShape struct {
	Target                string
	AlternativeTarget     string
	MaxRetries            *int
	SecondsBetweenRetries int
	Priority              string
	DueDate               string
	Description           string
	ExternalTaskId        string
	CallerId              string
}

// ciShape is the Callback Interaction resource of Genesys.
type ciShape struct {
	ResponseType   string          `json:"desired_response_type"`
	StartTime      time.Time       `json:"start_time"`
	EndTime        time.Time       `json:"end_time"`
	CustomerNumber string          `json:"customer_number"`
	CustomerID     string          `json:"customer_id"`
	ExternalID     string          `json:"external_id"`
	Subject        string          `json:"subject"`
	UData          callback.Values `json:"udata"`
}

// lcmShape is the message with which an Acqueon LCM desktop sets a callback.
type lcmShape struct {
	Channel  string  `json:"channel"`
	Topic    string  `json:"topic"`
	Subtopic string  `json:"subtopic"`
	Data     lcmData `json:"data"`
}

type lcmData struct {
	CallID         string `json:"callid"`
	AccountNumber  string
	StartDate      string // DD/MM/YYYY
	StartTime      string // HH:mm
	CallbackModeID int
	UserID         string
	AgentComments  string
	LeadScore      float64
}

// request turns a line into what the Manager takes. What the shapes call by
// different names is one field there.
func (l *line) request(copyFrom callback.ID) (manager.Request, error) {
	req := manager.Request{Service: l.Service, Number: l.Number, Key: l.Key, CopyFrom: copyFrom, Actor: l.actor()}
	var err error
	switch {
	case l.LUCS != nil:
		err = l.LUCS.fill(&req)
	case l.LCM != nil:
		err = l.LCM.fill(&req)
	case l.Interaction != nil:
		l.Interaction.fill(&req)
	default:
		err = fillGMS(&req, l.GMS)
	}
	if err == nil && l.Local != "" {
		err = setLocal(&req, l.Local, l.Zone)
	}
	return req, err
}

// fillGMS takes the body of a GMS start request: keys with an underscore are
// properties, the rest is user data. The Manager reads _customer_number itself.
func fillGMS(req *manager.Request, body callback.Values) error {
	req.Properties = make(callback.Values, len(body))
	for key, value := range body {
		if key != "_desired_time" {
			req.Properties[key] = value
			continue
		}
		text, _ := value.(string)
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return fmt.Errorf("_desired_time: not a time: %w", callback.ErrInvalidParameter)
		}
		req.Desired = at
	}
	return nil
}

func (s *lucsShape) fill(req *manager.Request) error {
	req.Number, req.Alternative = s.Target, s.AlternativeTarget
	req.Agent.Description = s.Description
	req.Origin.ExternalID, req.Origin.CallerID, req.Origin.Creator = s.ExternalTaskId, s.CallerId, "Luware.API"
	if s.MaxRetries != nil {
		req.Retry = &callback.RetryLimits{
			MaxAttempts: *s.MaxRetries + 1,
			Delay:       time.Duration(s.SecondsBetweenRetries) * time.Second,
		}
	}
	var err error
	if s.Priority != "" {
		if req.Priority, err = scheduler.ParsePriority(s.Priority); err != nil {
			return fmt.Errorf("priority: %w: %w", callback.ErrInvalidParameter, err)
		}
	}
	if s.DueDate != "" {
		req.Desired, err = parseDueDate(s.DueDate)
	}
	return err
}

// parseDueDate reads the two forms in which LUCS writes a UTC time.
func parseDueDate(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "02.01.2006 15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("DueDate: not a time: %w", callback.ErrInvalidParameter)
}

func (s *ciShape) fill(req *manager.Request) {
	req.Number, req.CustomerID = s.CustomerNumber, s.CustomerID
	req.Desired, req.Until = s.StartTime, s.EndTime
	req.Origin.ExternalID = s.ExternalID
	req.Interaction.ResponseType, req.Interaction.Subject = s.ResponseType, s.Subject
	req.Properties = s.UData
}

// fill takes an agent's booking. LCM names the time on the wall clock, with no
// word on the zone: it is the service's. The number is named by the mode in
// which the contact is reached.
func (s *lcmShape) fill(req *manager.Request) error {
	d := s.Data
	req.Origin.InteractionID, req.Account = d.CallID, d.AccountNumber
	req.ModeID = fmt.Sprint(d.CallbackModeID)
	req.Agent.Personal, req.Agent.Comments, req.Agent.LeadScore = d.UserID, d.AgentComments, d.LeadScore
	at, err := time.Parse("02/01/2006 15:04", d.StartDate+" "+d.StartTime)
	if err != nil {
		return fmt.Errorf("data.StartDate, data.StartTime: not DD/MM/YYYY and HH:mm: %w", callback.ErrInvalidParameter)
	}
	local := availability.LocalOf(at, time.UTC)
	req.Local, req.Zone = &local, "Europe/Berlin"
	return nil
}

func setLocal(req *manager.Request, text, zone string) error {
	local, err := availability.ParseLocal(text)
	if err != nil {
		return fmt.Errorf("%w: %w", callback.ErrInvalidParameter, err)
	}
	req.Local, req.Zone = &local, zone
	return nil
}
