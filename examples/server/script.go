package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// turn is what one attempt meets.
type turn struct {
	name   string // as it was scripted
	result callback.CallResult
	silent bool // taken, and nothing is heard of it
	lost   bool // its end is never known
}

// answered is what attempts meet that nothing was scripted for.
func answered() turn {
	return turn{name: callback.ResultAnswer.String(), result: callback.ResultAnswer}
}

// parseTurn reads a name of a script.
func parseTurn(name string) (turn, error) {
	switch name {
	case "SILENT":
		return turn{name: name, silent: true}, nil
	case "UNKNOWN":
		return turn{name: name, lost: true}, nil
	}
	var result callback.CallResult
	if err := result.UnmarshalText([]byte(name)); err != nil {
		return turn{}, fmt.Errorf("%q is neither a call result nor SILENT nor UNKNOWN", name)
	}
	return turn{name: result.String(), result: result}, nil
}

// scripts are the turns that are still to come, by number.
type scripts struct {
	mu    sync.Mutex
	turns map[string][]turn
}

// set replaces the scripts of the numbers given.
func (s *scripts) set(turns map[string][]turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turns == nil {
		s.turns = make(map[string][]turn)
	}
	for number, list := range turns {
		s.turns[number] = list
	}
}

// next takes the next turn of a number.
func (s *scripts) next(number string) turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.turns[number]
	if len(list) == 0 {
		return answered()
	}
	s.turns[number] = list[1:]
	return list[0]
}

// moment is something that happens in the course of a call.
type moment struct {
	after   time.Duration // from its placing
	stage   callback.Stage
	outcome *callback.Outcome
}

// course is what happens when an attempt meets a turn. The longest ring and the
// longest call are those that were asked for.
func (t turn) course(call callback.Call) []moment {
	end := func(after, talk time.Duration, result callback.CallResult, by callback.Party) moment {
		return moment{after: after, outcome: &callback.Outcome{Result: result, Certainty: callback.Known, By: by, Talk: talk}}
	}
	const ring, pickUp, agent, hangUp = time.Second, 4 * time.Second, 5 * time.Second, 35 * time.Second
	switch t.result {
	case callback.ResultAnswer, callback.ResultBridged, callback.ResultPickedUp:
		return []moment{
			{after: ring, stage: callback.StageRinging},
			{after: pickUp, stage: callback.StageCustomer},
			{after: agent, stage: callback.StageBridged},
			end(hangUp, hangUp-agent, callback.ResultBridged, callback.PartyCustomer),
		}
	case callback.ResultAbandoned:
		return []moment{
			{after: ring, stage: callback.StageRinging},
			{after: pickUp, stage: callback.StageCustomer},
			end(agent, 0, t.result, callback.PartyCustomer),
		}
	case callback.ResultNoAnswer, callback.ResultDroppedNoAnswer:
		long := 20 * time.Second
		if call.RingTimeout > 0 {
			long = min(long, call.RingTimeout)
		}
		return []moment{{after: ring, stage: callback.StageRinging}, end(long, 0, t.result, callback.PartySystem)}
	case callback.ResultAnsweringMachine, callback.ResultFaxDetected, callback.ResultSilence, callback.ResultPagerDetected, callback.ResultWrongParty:
		return []moment{{after: ring, stage: callback.StageRinging}, end(pickUp, 0, t.result, callback.PartyCustomer)}
	}
	return []moment{end(ring, 0, t.result, callback.PartyNetwork)}
}
