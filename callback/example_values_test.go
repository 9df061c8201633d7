package callback_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// An attempt key identifies one attempt of one callback. The dialer passes it to the
// platform, whose reports contain it.
func ExampleNewAttemptKey() {
	key := callback.NewAttemptKey("0198f3a2-7c11-7d3e-9a51-2f60c1d0a7b4", 2)
	fmt.Println(key)
	// Output:
	// 0198f3a2-7c11-7d3e-9a51-2f60c1d0a7b4.2
}

// Split recognises attempt keys in what a platform sends.
func ExampleAttemptKey_Split() {
	for _, key := range []callback.AttemptKey{"cb000001.2", "tenders/cb000001/1", "cb000001", "cb000001.0", "cb000001/02"} {
		id, n, ok := key.Split()
		fmt.Printf("%q %d %v\n", id, n, ok)
	}
	// Output:
	// "cb000001" 2 true
	// "" 0 false
	// "" 0 false
	// "" 0 false
	// "" 0 false
}

// A state is parsed from its name in any case.
func ExampleState_UnmarshalText() {
	for _, name := range []string{"SCHEDULED", "queued", "asleep"} {
		var state callback.State
		if err := state.UnmarshalText([]byte(name)); err != nil {
			fmt.Println(err, errors.Is(err, callback.ErrInvalidParameter))
			continue
		}
		fmt.Println(state, "final:", state.Final())
	}
	// Output:
	// SCHEDULED final: false
	// QUEUED final: false
	// _callback_state: "asleep" is not a state true
}

// States and results are encoded as names in JSON.
func ExampleState_MarshalText() {
	row := struct {
		State  callback.State      `json:"state"`
		Result callback.CallResult `json:"result"`
	}{callback.Completed, callback.ResultNoAnswer}
	text, err := json.Marshal(row)
	fmt.Println(string(text), err)

	err = json.Unmarshal([]byte(`{"state": "queued", "result": "busy"}`), &row)
	fmt.Println(row.State, row.Result, err)
	// Output:
	// {"state":"COMPLETED","result":"NO_ANSWER"} <nil>
	// QUEUED BUSY <nil>
}

// Call results have the names and numbers of the Callback Interaction resource.
func ExampleCallResult_UnmarshalText() {
	for _, name := range []string{"NO_ANSWER", "sit_vacant", "RANG_TWICE"} {
		var result callback.CallResult
		if err := result.UnmarshalText([]byte(name)); err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(uint8(result), result)
	}
	// Output:
	// 7 NO_ANSWER
	// 12 SIT_VACANT
	// call_result: "RANG_TWICE" is not a call result
}

// The zero State stands for a callback that is being created.
func ExampleCanMove() {
	fmt.Println(callback.CanMove(0, callback.Scheduled))
	fmt.Println(callback.CanMove(callback.Scheduled, callback.Queued))
	fmt.Println(callback.CanMove(callback.Completed, callback.Queued))
	// Output:
	// true
	// true
	// false
}

// This example prints the states that may follow each state.
func ExampleStates() {
	for _, from := range callback.States() {
		fmt.Printf("%s:", from)
		for _, to := range callback.States() {
			if callback.CanMove(from, to) {
				fmt.Printf(" %s", to)
			}
		}
		fmt.Println()
	}
	// Output:
	// SCHEDULED: SCHEDULED QUEUED PAUSED ROUTING PROCESSING COMPLETED
	// QUEUED: SCHEDULED QUEUED PAUSED OFFERED DIALING ROUTING PROCESSING UNRESOLVED COMPLETED
	// PAUSED: SCHEDULED QUEUED PAUSED COMPLETED
	// OFFERED: QUEUED OFFERED DIALING ROUTING PROCESSING COMPLETED
	// DIALING: QUEUED DIALING ROUTING PROCESSING UNRESOLVED COMPLETED
	// ROUTING: QUEUED ROUTING PROCESSING UNRESOLVED COMPLETED
	// PROCESSING: QUEUED PROCESSING UNRESOLVED COMPLETED
	// UNRESOLVED: QUEUED DIALING ROUTING PROCESSING UNRESOLVED COMPLETED
	// COMPLETED: COMPLETED
}

// Only the reason AGENT_CONNECTED is a success.
func ExampleReason_Succeeded() {
	fmt.Println(callback.ReasonAgentConnected, callback.ReasonAgentConnected.Succeeded())
	fmt.Println(callback.ReasonCancelled, callback.ReasonCancelled.Succeeded())
	// Output:
	// AGENT_CONNECTED true
	// CANCELLED false
}

// The length of a span depends on the calendar.
func ExampleSpan_From() {
	month := callback.Span{Months: 1}
	for _, t := range []time.Time{
		time.Date(2026, time.February, 10, 9, 0, 0, 0, time.UTC),
		time.Date(2026, time.July, 10, 9, 0, 0, 0, time.UTC),
	} {
		fmt.Println(month.From(t).Format("2 January"), month.From(t).Sub(t).Hours()/24, "days later")
	}
	// Output:
	// 10 March 28 days later
	// 10 August 31 days later
}

// Target returns the alternative number if there is one.
func ExampleCustomer_Target() {
	number := func(text string) phonenum.Address {
		address, err := phonenum.ParseAddress(text, "GB")
		if err != nil {
			fmt.Println(err)
		}
		return address
	}
	customer := callback.Customer{Number: number("020 7946 0123")}
	fmt.Println(customer.Target())
	customer.Alternative = number("+49 30 23125 101")
	fmt.Println(customer.Target())
	// Output:
	// +44••••••0123
	// +49••••••5101
}

// Current returns the last attempt, and nil before the first.
func ExampleCallback_Current() {
	cb := &callback.Callback{ID: "cb000001"}
	fmt.Println(cb.Current() == nil)

	cb.Attempts = append(cb.Attempts, callback.Attempt{N: 1, Key: callback.NewAttemptKey(cb.ID, 1)})
	fmt.Println(cb.Current().Key, "live:", cb.Current().Live())
	cb.Current().Ended = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)
	fmt.Println(cb.Current().Key, "live:", cb.Current().Live())
	// Output:
	// true
	// cb000001.1 live: true
	// cb000001.1 live: false
}

// The host looks the callback up by what it knows of the caller, and checks the code
// that the caller entered.
func ExampleCallback_HasCode() {
	cb := &callback.Callback{AccessNumber: "+41445550001", AccessCode: "482915"}
	fmt.Println(cb.HasCode("482915"), cb.HasCode("482916"), cb.HasCode(""))
	// Output: true false false
}

// No formatting verb prints the number or the properties.
func ExampleCallback_String() {
	number, err := phonenum.ParseAddress("044 668 18 00", "CH")
	if err != nil {
		fmt.Println(err)
	}
	cb := &callback.Callback{
		ID: "cb000001", Service: "support", Revision: 1, State: callback.Queued,
		Customer: callback.Customer{Number: number}, UserData: callback.Values{"diagnosis": "confidential"},
	}
	fmt.Println(cb)
	fmt.Printf("%+v\n", *cb)
	// Output:
	// callback cb000001 of service "support", revision 1, QUEUED
	// callback cb000001 of service "support", revision 1, QUEUED
}

// A preview shows the values that Preview.Data names.
func ExamplePolicy_PreviewData() {
	policy, err := callback.NewPolicy(callback.Service{
		Name: "support", Numbers: callback.Numbers{Country: "CH"}, Preview: callback.Preview{On: true, Data: []string{"topic", "_product"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(policy.PreviewData(&callback.Callback{
		Properties: callback.Values{"_product": "router"},
		UserData:   callback.Values{"topic": "invoice", "birthday": "1 May"},
	}).Reveal())
	// Output:
	// map[_product:router topic:invoice]
}

// Values are shown only on request.
func ExampleValues_Reveal() {
	values := callback.Values{"diagnosis": "confidential"}
	fmt.Println(values)
	fmt.Println(values.Reveal())
	// Output:
	// Values{diagnosis:***}
	// map[diagnosis:confidential]
}

// To change a clone does not change the original.
func ExampleCallback_Clone() {
	cb := &callback.Callback{ID: "cb000001", UserData: callback.Values{"topic": "invoice"}}
	draft := cb.Clone()
	draft.UserData["topic"] = "refund"
	fmt.Println(cb.UserData["topic"], draft.UserData["topic"])
	// Output:
	// invoice refund
}

// An event prints as one line without numbers.
func ExampleEvent_String() {
	at := time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC)
	fmt.Println(callback.Event{
		Callback: "cb000001", Seq: 3, At: at, Type: callback.EventDialing, From: callback.Queued, To: callback.Dialing, Attempt: 1, Actor: "n1",
	})
	fmt.Println(callback.Event{
		Callback: "cb000001", Seq: 4, At: at.Add(time.Minute), Type: callback.EventAttemptEnded, From: callback.Dialing, To: callback.Queued,
		Attempt: 1, Result: callback.ResultBusy, Certainty: callback.Known, Actor: "n1", Detail: "busy at 044 668 18 00",
	})
	fmt.Println(callback.Event{
		Callback: "cb000001", Seq: 5, At: at.Add(time.Hour), Type: callback.EventCompleted, From: callback.Queued, To: callback.Completed,
		Reason: callback.ReasonCancelled, Actor: "ann",
	})
	// Output:
	// 2026-03-02T09:05:00Z cb000001 #3 dialing: QUEUED -> DIALING, attempt 1, by n1
	// 2026-03-02T09:06:00Z cb000001 #4 attempt_ended: DIALING -> QUEUED, attempt 1, BUSY (known), by n1 (busy at ### ### ## ##)
	// 2026-03-02T10:05:00Z cb000001 #5 completed: QUEUED -> COMPLETED CANCELLED, by ann
}

// A store compares the window of a change with its clock.
func ExampleWindow_Check() {
	noon := time.Date(2026, time.January, 12, 12, 0, 0, 0, time.UTC)
	window := callback.Window{From: noon, Until: noon.Add(time.Hour)}
	for _, now := range []time.Time{noon.Add(-time.Second), noon, noon.Add(time.Hour)} {
		fmt.Println(now.Format(time.TimeOnly), window.Check(now))
	}
	// Output:
	// 11:59:59 too early by the store's clock
	// 12:00:00 <nil>
	// 13:00:00 too late by the store's clock
}
