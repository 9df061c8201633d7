package callbacktest

import (
	"time"

	"github.com/ringback-go/ringback/callback"
)

// How long the parts of a call take where neither the step nor the call says.
const (
	setupTime   = time.Second // until the phone rings, or the network refuses
	answerTime  = 5 * time.Second
	noAnswer    = 30 * time.Second
	agentTime   = 2 * time.Second
	patience    = 20 * time.Second // of a customer who waits for an agent
	droppedTalk = time.Second      // of a call that breaks off
)

// A profile is how a call with one result usually runs and what the network
// says about it.
type profile struct {
	reach callback.Stage
	by    callback.Party
	sip   int
	q850  int
}

// profileOf returns the profile of a result. The signalling codes are the
// first of each row of the mapping that dialers use: RFC 3398 and Q.850.
func profileOf(r callback.CallResult) profile {
	const customer, agent, system, network = callback.PartyCustomer, callback.PartyAgent, callback.PartySystem, callback.PartyNetwork
	switch r {
	case callback.ResultAnswer, callback.ResultBridged, callback.ResultTransferred, callback.ResultConferenced, callback.ResultConsult,
		callback.ResultConverseOn, callback.ResultPickedUp, callback.ResultCovered, callback.ResultForwarded, callback.ResultRedirected,
		callback.ResultOnHold, callback.ResultDeafened:
		return profile{callback.StageBridged, customer, 200, 16}
	case callback.ResultWrongParty, callback.ResultWrongNumber, callback.ResultDoNotCall, callback.ResultCancelRecord:
		// An agent says so after a talk.
		return profile{callback.StageBridged, agent, 200, 16}
	case callback.ResultDropped, callback.ResultCallDropped:
		return profile{callback.StageBridged, network, 200, 16}
	case callback.ResultAbandoned:
		return profile{callback.StageCustomer, customer, 200, 16}
	case callback.ResultTransferError, callback.ResultAgentCallbackError, callback.ResultGroupCallbackError, callback.ResultQueueFull,
		callback.ResultOverflowed:
		return profile{callback.StageCustomer, system, 200, 16}
	case callback.ResultAnsweringMachine, callback.ResultFaxDetected, callback.ResultPagerDetected, callback.ResultSilence:
		// A machine is no customer: the call never gets past ringing.
		return profile{callback.StageRinging, system, 200, 16}
	case callback.ResultNoAnswer:
		return profile{callback.StageRinging, network, 480, 19}
	case callback.ResultDroppedNoAnswer:
		return profile{callback.StageRinging, system, 487, 16}
	case callback.ResultRemoteRelease:
		return profile{callback.StageRinging, customer, 603, 21}
	case callback.ResultBusy:
		return profile{callback.StagePlaced, network, 486, 17}
	case callback.ResultSITInvalidNumber:
		return profile{callback.StagePlaced, network, 404, 1}
	case callback.ResultSITVacant:
		return profile{callback.StagePlaced, network, 410, 22}
	case callback.ResultSITNoCircuit, callback.ResultAllTrunksBusy:
		return profile{callback.StagePlaced, network, 503, 34}
	case callback.ResultSITReorder:
		return profile{callback.StagePlaced, network, 503, 42}
	case callback.ResultDialError:
		return profile{callback.StagePlaced, system, 488, 0}
	case callback.ResultGeneralError, callback.ResultSystemError, callback.ResultSwitchError, callback.ResultNoFreePort, callback.ResultStale,
		callback.ResultNoDialTone:
		return profile{callback.StagePlaced, system, 0, 0}
	}
	return profile{callback.StagePlaced, network, 0, 0}
}

// certaintyOf returns how sure a platform is of a result.
func certaintyOf(r callback.CallResult) callback.Certainty {
	if r == callback.ResultUnknown || r == callback.ResultStale {
		return callback.MayHaveRung
	}
	return callback.Known
}

// A moment is a stage reached, counted from the time the call left.
type moment struct {
	after time.Duration
	stage callback.Stage
}

// A course is how one call runs.
type course struct {
	stages  []moment
	length  time.Duration
	outcome callback.Outcome
}

// plan works out the course of a call.
func (s Step) plan(call callback.Call) course {
	result := s.result
	ringing := valueOr(s.ring, answerTime)
	if result == callback.ResultNoAnswer {
		ringing = valueOr(s.ring, noAnswer)
		if s.ring == nil && call.RingTimeout > 0 {
			ringing = bounded(call.RingTimeout)
		}
	}
	if call.RingTimeout > 0 && ringing > call.RingTimeout {
		ringing = call.RingTimeout
		if profileOf(result).reach >= callback.StageRinging {
			result = callback.ResultNoAnswer
		}
	}
	p := profileOf(result)
	if s.ring != nil {
		p.reach = max(p.reach, callback.StageRinging)
	}
	c := course{length: setupTime, outcome: callback.Outcome{
		Result: result, Certainty: certaintyOf(result), Reached: p.reach, By: p.by, SIP: p.sip, Q850: p.q850,
	}}
	reach := func(stage callback.Stage) { c.stages = append(c.stages, moment{c.length, stage}) }
	if p.reach >= callback.StageRinging {
		reach(callback.StageRinging)
		c.length += ringing
		c.outcome.Ring = ringing
	}
	if p.reach >= callback.StageCustomer {
		// With the agent called first, the customer who answers is bridged at
		// once.
		if !call.AgentFirst || p.reach < callback.StageBridged {
			reach(callback.StageCustomer)
		}
		if p.reach < callback.StageBridged {
			c.length += valueOr(s.wait, patience)
		} else if !call.AgentFirst {
			waiting := valueOr(s.wait, agentTime)
			c.length += waiting / 2
			reach(callback.StageAgent)
			c.length += waiting - waiting/2
		}
	}
	if p.reach == callback.StageBridged {
		reach(callback.StageBridged)
		talk := valueOr(s.talk, time.Minute)
		if s.talk == nil && p.by == callback.PartyNetwork {
			talk = droppedTalk
		}
		if call.MaxCall > 0 && talk > call.MaxCall {
			talk, c.outcome.By = call.MaxCall, callback.PartySystem
		}
		c.length += talk
		c.outcome.Talk = talk
	}
	if s.outcome != nil {
		c.outcome = *s.outcome
	}
	if s.has(Early) {
		c.length = 0
		for i := range c.stages {
			c.stages[i].after = 0
		}
	}
	return c
}

func valueOr(d *time.Duration, otherwise time.Duration) time.Duration {
	if d == nil {
		return otherwise
	}
	return *d
}
