package record

import (
	"github.com/ringback-go/ringback/callback"
)

func (e *encoder) customer(c *callback.Customer) {
	e.address(customerNumber, c.Number)
	e.address(customerAlternative, c.Alternative)
	e.text(customerID, c.ID)
	e.text(customerAccount, c.Account)
	e.text(customerModeID, c.ModeID)
	e.text(customerCampaignID, c.CampaignID)
	e.text(customerContactID, c.ContactID)
}

func (d *decoder) customer(c *callback.Customer) {
	around := d.enter()
	for number := d.next(); number != 0; number = d.next() {
		switch number {
		case customerNumber:
			c.Number = d.address()
		case customerAlternative:
			c.Alternative = d.address()
		case customerID:
			c.ID = d.text()
		case customerAccount:
			c.Account = d.text()
		case customerModeID:
			c.ModeID = d.text()
		case customerCampaignID:
			c.CampaignID = d.text()
		case customerContactID:
			c.ContactID = d.text()
		default:
			d.skip()
		}
	}
	d.leave(around)
}

func (e *encoder) agent(a *callback.Agent) {
	e.text(agentTarget, a.Target)
	e.text(agentQueue, a.Queue)
	e.text(agentPersonal, a.Personal)
	e.text(agentComments, a.Comments)
	e.text(agentDescription, a.Description)
	e.float(agentLeadScore, a.LeadScore)
	e.float(agentTargetAmount, a.TargetAmount)
}

func (d *decoder) agent(a *callback.Agent) {
	around := d.enter()
	for number := d.next(); number != 0; number = d.next() {
		switch number {
		case agentTarget:
			a.Target = d.text()
		case agentQueue:
			a.Queue = d.text()
		case agentPersonal:
			a.Personal = d.text()
		case agentComments:
			a.Comments = d.text()
		case agentDescription:
			a.Description = d.text()
		case agentLeadScore:
			a.LeadScore = d.float()
		case agentTargetAmount:
			a.TargetAmount = d.float()
		default:
			d.skip()
		}
	}
	d.leave(around)
}

func (e *encoder) origin(o *callback.Origin) {
	e.text(originCreator, o.Creator)
	e.text(originInitiator, o.Initiator)
	e.text(originSupervisor, o.Supervisor)
	e.text(originCallerID, o.CallerID)
	e.text(originExternalID, o.ExternalID)
	e.text(originIncomingURI, o.IncomingURI)
	e.text(originAppPool, o.AppPool)
	e.text(originSessionID, o.SessionID)
	e.text(originInteractionID, o.InteractionID)
	e.text(originContextURL, o.ContextURL)
	e.text(originRetryType, o.RetryType)
}

func (d *decoder) origin(o *callback.Origin) {
	around := d.enter()
	for number := d.next(); number != 0; number = d.next() {
		switch number {
		case originCreator:
			o.Creator = d.text()
		case originInitiator:
			o.Initiator = d.text()
		case originSupervisor:
			o.Supervisor = d.text()
		case originCallerID:
			o.CallerID = d.text()
		case originExternalID:
			o.ExternalID = d.text()
		case originIncomingURI:
			o.IncomingURI = d.text()
		case originAppPool:
			o.AppPool = d.text()
		case originSessionID:
			o.SessionID = d.text()
		case originInteractionID:
			o.InteractionID = d.text()
		case originContextURL:
			o.ContextURL = d.text()
		case originRetryType:
			o.RetryType = d.text()
		default:
			d.skip()
		}
	}
	d.leave(around)
}

func (d *decoder) idempotency(i *callback.Idempotency) {
	around := d.enter()
	for number := d.next(); number != 0; number = d.next() {
		switch number {
		case idempotencyKey:
			i.Key = d.text()
		case idempotencyHash:
			i.Hash = d.text()
		default:
			d.skip()
		}
	}
	d.leave(around)
}
