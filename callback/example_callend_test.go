package callback_test

import (
	"fmt"

	"github.com/ringback-go/ringback/callback"
)

// The codes of a platform become the outcome that a dialer reports.
func ExampleCallEnd_Outcome() {
	for _, end := range []callback.CallEnd{
		{SIP: 486},
		{SIP: 480, Q850: 19, Stage: callback.StageRinging},
		{SIP: 503},
		{SIP: 407},
		{SIP: 200, Q850: 16},
		{Q850: 16}, // an answered call or a cancelled one
		{SIP: 499}, // as 400
		{},         // no response at all
		{SIP: 700},
	} {
		o, err := end.Outcome()
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%d, cause %d: %v (%v)\n", o.SIP, o.Q850, o.Result, o.Certainty)
	}
	// Output:
	// 486, cause 0: BUSY (known)
	// 480, cause 19: NO_ANSWER (known)
	// 503, cause 0: SIT_NO_CIRCUIT (known)
	// 407, cause 0: DIAL_ERROR (not placed)
	// 200, cause 16: ANSWER (known)
	// 0, cause 16: UNKNOWN (may have rung)
	// 499, cause 0: DIAL_ERROR (known)
	// 0, cause 0: SYSTEM_ERROR (may have rung)
	// sip: 700 is not a status from 100 to 699
}

// A Reason header says more than the status of the response that carries it.
func ExampleParseReason() {
	end, err := callback.ParseReason(`Q.850;cause=17;text="User busy"`)
	if err != nil {
		fmt.Println(err)
		return
	}
	end.SIP = 500 // the status of the response
	o, err := end.Outcome()
	fmt.Println(o.Result, o.Certainty, err)

	end, err = callback.ParseReason(`SIP;cause=200;text="Call completed elsewhere"`)
	fmt.Println(end.Elsewhere, err)
	// Output:
	// BUSY known <nil>
	// true <nil>
}

// A dialer reports the stages that it sees.
func ExampleSIPStage() {
	for _, status := range []int{100, 180, 183, 200} {
		fmt.Println(status, callback.SIPStage(status))
	}
	// Output:
	// 100 placed
	// 180 ringing
	// 183 placed
	// 200 customer
}
