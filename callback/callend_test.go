package callback_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringback-go/ringback/callback"
)

func outcome(t *testing.T, e callback.CallEnd) callback.Outcome {
	t.Helper()
	o, err := e.Outcome()
	if err != nil {
		t.Fatalf("%+v: %v", e, err)
	}
	return o
}

// What is not in the table below is what the last status of its class is.
func wantStatus(status int) (callback.CallResult, callback.Certainty) {
	switch status {
	case 401, 407:
		return callback.ResultDialError, callback.NotPlaced
	case 404, 484, 485, 604:
		return callback.ResultSITInvalidNumber, callback.Known
	case 408, 480, 487:
		return callback.ResultNoAnswer, callback.Known
	case 410:
		return callback.ResultSITVacant, callback.Known
	case 482:
		return callback.ResultSystemError, callback.MayHaveRung
	case 486:
		return callback.ResultBusy, callback.Known
	case 483:
		return callback.ResultSwitchError, callback.Known
	case 503:
		return callback.ResultSITNoCircuit, callback.Known
	case 603, 607, 608:
		return callback.ResultRemoteRelease, callback.Known
	case 606:
		return callback.ResultDialError, callback.Known
	}
	switch status / 100 {
	case 1:
		return callback.ResultSystemError, callback.MayHaveRung
	case 2:
		return callback.ResultAnswer, callback.Known
	case 3:
		return callback.ResultGeneralError, callback.Known
	case 4:
		return callback.ResultDialError, callback.Known
	case 5:
		return callback.ResultSwitchError, callback.Known
	}
	return callback.ResultBusy, callback.Known
}

func TestEveryStatusHasAnOutcome(t *testing.T) {
	for status := 100; status <= 699; status++ {
		o := outcome(t, callback.CallEnd{SIP: status})
		result, certainty := wantStatus(status)
		if o.Result != result || o.Certainty != certainty || o.SIP != status {
			t.Errorf("%d: %v, %v, SIP %d, want %v, %v", status, o.Result, o.Certainty, o.SIP, result, certainty)
		}
		if rang := outcome(t, callback.CallEnd{SIP: status, Stage: callback.StageRinging}); rang.Certainty == callback.NotPlaced || rang.Reached < callback.StageRinging {
			t.Errorf("%d after ringing: %v, reached %v", status, rang.Certainty, rang.Reached)
		}
	}
}

func wantCause(cause int) (callback.CallResult, callback.Certainty) {
	switch cause {
	case 0: // none is known
		return callback.ResultSystemError, callback.MayHaveRung
	case 1, 2, 3, 28:
		return callback.ResultSITInvalidNumber, callback.Known
	case 4:
		return callback.ResultSITUnknown, callback.Known
	case 5, 29:
		return callback.ResultDialError, callback.Known
	case 17:
		return callback.ResultBusy, callback.Known
	case 18, 19, 20, 102:
		return callback.ResultNoAnswer, callback.Known
	case 21:
		return callback.ResultRemoteRelease, callback.Known
	case 22, 23:
		return callback.ResultSITVacant, callback.Known
	case 25:
		return callback.ResultSwitchError, callback.Known
	case 27, 34:
		return callback.ResultSITNoCircuit, callback.Known
	}
	switch {
	case cause >= 32 && cause <= 47:
		return callback.ResultAllTrunksBusy, callback.Known
	case cause >= 48 && cause <= 95:
		return callback.ResultDialError, callback.Known
	case cause >= 96 && cause <= 111:
		return callback.ResultSwitchError, callback.Known
	}
	return callback.ResultUnknown, callback.MayHaveRung
}

func TestEveryCauseHasAnOutcome(t *testing.T) {
	for cause := 0; cause <= 127; cause++ {
		o := outcome(t, callback.CallEnd{Q850: cause})
		result, certainty := wantCause(cause)
		if o.Result != result || o.Certainty != certainty || o.Q850 != cause {
			t.Errorf("%d: %v, %v, Q850 %d, want %v, %v", cause, o.Result, o.Certainty, o.Q850, result, certainty)
		}
		// An answered call is one, whatever ended it.
		for _, e := range []callback.CallEnd{{SIP: 200, Q850: cause}, {Q850: cause, Stage: callback.StageCustomer}} {
			if o := outcome(t, e); o.Result != callback.ResultAnswer || o.Certainty != callback.Known {
				t.Errorf("%+v: %v, %v", e, o.Result, o.Certainty)
			}
		}
		if o := outcome(t, callback.CallEnd{Q850: cause, Stage: callback.StageBridged}); o.Result != callback.ResultBridged {
			t.Errorf("cause %d of a call that was talked on: %v", cause, o.Result)
		}
	}
}

// No pair of codes makes a call that was not answered look like one, or claims
// without ground that no phone rang.
func TestPairsOfCodes(t *testing.T) {
	for status := 300; status <= 699; status++ {
		for cause := 0; cause <= 127; cause++ {
			o := outcome(t, callback.CallEnd{SIP: status, Q850: cause})
			if o.Result == callback.ResultAnswer || o.Result == callback.ResultBridged {
				t.Fatalf("%d, cause %d: %v", status, cause, o.Result)
			}
			if (o.Certainty == callback.NotPlaced) != (status == 401 || status == 407) {
				t.Fatalf("%d, cause %d: %v", status, cause, o.Certainty)
			}
		}
	}
	for _, c := range []struct {
		status, cause int
		want          callback.CallResult
	}{
		{500, 17, callback.ResultBusy},            // the cause says more
		{480, 20, callback.ResultNoAnswer},        //
		{404, 34, callback.ResultSITNoCircuit},    // a gateway that takes 404 for everything
		{183, 1, callback.ResultSITInvalidNumber}, // released while an announcement played
		{486, 31, callback.ResultBusy},            // the cause says nothing
		{487, 16, callback.ResultNoAnswer},        // a CANCEL
		{480, 127, callback.ResultNoAnswer},       //
		{503, 60, callback.ResultSITNoCircuit},    // a cause that is not assigned
		{603, 17, callback.ResultRemoteRelease},   // the customer's word
		{604, 34, callback.ResultSITInvalidNumber},
		{407, 21, callback.ResultDialError},
	} {
		if o := outcome(t, callback.CallEnd{SIP: c.status, Q850: c.cause}); o.Result != c.want {
			t.Errorf("%d, cause %d: %v, want %v", c.status, c.cause, o.Result, c.want)
		}
	}
}

func TestCodesOutOfRange(t *testing.T) {
	for _, e := range []callback.CallEnd{
		{SIP: -1}, {SIP: 1}, {SIP: 99}, {SIP: 700}, {SIP: 1 << 40}, {Q850: -1}, {Q850: 128}, {SIP: 486, Q850: 1000}, {Stage: callback.StageBridged + 1},
	} {
		o, err := e.Outcome()
		var field *callback.FieldError
		if !errors.As(err, &field) || !errors.Is(err, callback.ErrInvalidParameter) || o != (callback.Outcome{}) {
			t.Errorf("%+v: %+v, %v", e, o, err)
		}
	}
}

func TestSIPStage(t *testing.T) {
	for status := -1; status <= 1000; status++ {
		want := callback.StageNone
		switch {
		case status == 180:
			want = callback.StageRinging
		case status >= 100 && status <= 199:
			want = callback.StagePlaced
		case status >= 200 && status <= 299:
			want = callback.StageCustomer
		}
		if got := callback.SIPStage(status); got != want {
			t.Errorf("%d: %v, want %v", status, got, want)
		}
	}
}

func TestParseReason(t *testing.T) {
	for _, c := range []struct {
		header string
		want   callback.CallEnd
	}{
		{`Q.850;cause=16;text="Normal call clearing"`, callback.CallEnd{Q850: 16}},
		{`q.850 ; CAUSE = 17 ; location=LN`, callback.CallEnd{Q850: 17}},
		{`Q.850;text="a, \"b\"; cause=3";cause=19`, callback.CallEnd{Q850: 19}},
		{`SIP;cause=200;text="Call completed elsewhere"`, callback.CallEnd{Elsewhere: true}},
		{`SIP;cause=486, Q.850;cause=17`, callback.CallEnd{SIP: 486, Q850: 17}},
		{"Q.850;cause=34\t,\tSIP ;cause=503;text=\"+49 30 123456\"", callback.CallEnd{SIP: 503, Q850: 34}},
		{`Q.850;cause=1,Q.850;cause=2`, callback.CallEnd{Q850: 1}},
		{`preemption;cause=1;text="UA Preemption"`, callback.CallEnd{}},
		{`STIR;cause=436,Q.850;cause=127`, callback.CallEnd{Q850: 127}},
		{`Q.850`, callback.CallEnd{}},
		{`Q.850;flag`, callback.CallEnd{}},
	} {
		got, err := callback.ParseReason(c.header)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", c.header, got, err, c.want)
		}
	}
	for _, header := range []string{
		"", " ", ";cause=16", "Q.850;cause=", "Q.850;cause=x", "Q.850;cause=-1", "Q.850;cause=128", "Q.850;cause=1000", "Q.850;cause=16;cause=17",
		`Q.850;cause="16"`, `Q.850;text="open`, `Q.850;text="a\`, "Q.850;text=\"a\r\nX: y\"", "Q.850;=16", "Q.850;cause=16,", "Q.850;cause=16 SIP",
		"SIP;cause=99", "SIP;cause=700", "Q.850;cause=16\r\nX: y", "Q.850;cause=\u0661\u0666", strings.Repeat("a", 4097),
	} {
		got, err := callback.ParseReason(header)
		if !errors.Is(err, callback.ErrInvalidParameter) || got != (callback.CallEnd{}) {
			t.Errorf("%q: %+v, %v", header, got, err)
		}
	}
}

func FuzzParseReason(f *testing.F) {
	f.Add(`Q.850;cause=16;text="Normal call clearing"`)
	f.Add(`SIP;cause=200;text="Call completed elsewhere", Q.850 ; cause=26`)
	f.Add(`Q.850;text="+493012345678`)
	f.Fuzz(func(t *testing.T, header string) {
		e, err := callback.ParseReason(header)
		if err != nil {
			if !errors.Is(err, callback.ErrInvalidParameter) || e != (callback.CallEnd{}) {
				t.Fatalf("%+v, %v", e, err)
			}
			return
		}
		if o, err := e.Outcome(); err != nil || !o.Result.Valid() || o.Certainty == 0 {
			t.Fatalf("%+v: %+v, %v", e, o, err)
		}
	})
}
