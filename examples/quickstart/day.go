package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/callbacktest"
)

// line is one line of the day: a request in one of four shapes, or an order
// about a callback that was accepted before.
type line struct {
	At time.Time `json:"at"`
	// Who asks; orders name the callback by who asked for it last.
	Who string `json:"who"`
	// Do is "start" (the default), "cancel", "reschedule", "update" or
	// "resolve".
	Do string `json:"do"`
	By string `json:"by"` // who gives the order, when it is somebody else

	Service string `json:"service"`
	Key     string `json:"key"`   // idempotency key
	Copy    string `json:"copy"`  // redial the completed callback of this person, or with this id
	Local   string `json:"local"` // wall-clock time in Zone
	Zone    string `json:"zone"`
	// Number is the one that an LCM contact mode stands for.
	Number string `json:"number"`

	GMS         callback.Values `json:"gms"`
	LUCS        *lucsShape      `json:"lucs"`
	LCM         *lcmShape       `json:"lcm"`
	Interaction *ciShape        `json:"interaction"`

	To     time.Time       `json:"to"`     // reschedule
	Set    callback.Values `json:"set"`    // update
	Result string          `json:"result"` // resolve: what the operator found out

	// Calls scripts the attempts, first to last; the last one repeats. It is
	// the day's telephone network, no part of the request.
	Calls []string `json:"calls"`

	number int // in the file, from 1
}

// longest bounds one line of the file.
const longest = 1 << 20

// readDay reads and checks all lines. They must be in the order of time.
func readDay(in io.Reader) ([]line, error) {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, longest)
	var lines []line
	for n := 1; scanner.Scan(); n++ {
		text := bytes.TrimSpace(scanner.Bytes())
		if len(text) == 0 {
			continue
		}
		l := line{Do: "start", number: n}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&l); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if err := l.check(); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if len(lines) > 0 && l.At.Before(lines[len(lines)-1].At) {
			return nil, fmt.Errorf("line %d: at %s lies before the line above", n, l.At.Format(time.RFC3339))
		}
		lines = append(lines, l)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("reading the day: %w", err)
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("reading the day: %w", io.ErrUnexpectedEOF)
	}
	return lines, nil
}

// actor is who is named in the history.
func (l *line) actor() string {
	if l.By != "" {
		return l.By
	}
	return l.Who
}

func (l *line) check() error {
	if l.At.IsZero() || l.Who == "" {
		return fmt.Errorf("at and who are required")
	}
	switch l.Do {
	case "start", "cancel", "reschedule", "update", "resolve":
	default:
		return fmt.Errorf("do: %q is not known", l.Do)
	}
	if _, err := l.steps(); err != nil {
		return err
	}
	_, err := callback.ParseCallResult(l.result())
	return err
}

// result is the outcome an operator gives to a callback nobody knows about.
func (l *line) result() string {
	if l.Result == "" {
		return callback.ResultUnknown.String()
	}
	return l.Result
}

// steps makes the dialer's script of Calls: an outcome, for answered and
// abandoned calls its length, and how it is reported.
func (l *line) steps() ([]callbacktest.Step, error) {
	steps := make([]callbacktest.Step, 0, len(l.Calls))
	for _, call := range l.Calls {
		step, err := parseStep(call)
		if err != nil {
			return nil, fmt.Errorf("calls: %q: %w", call, err)
		}
		steps = append(steps, step)
	}
	return steps, nil
}

func parseStep(call string) (callbacktest.Step, error) {
	words := strings.Fields(call)
	if len(words) == 0 {
		return callbacktest.Step{}, fmt.Errorf("is empty")
	}
	length := time.Minute
	if len(words) > 1 {
		d, err := time.ParseDuration(words[1])
		if err != nil {
			return callbacktest.Step{}, err
		}
		length = d
	}
	step, ok := map[string]callbacktest.Step{
		"answered":   callbacktest.Answered(length),
		"garbled":    callbacktest.Answered(length).Twice().Backwards(),
		"abandoned":  callbacktest.Abandoned(length),
		"busy":       callbacktest.Busy(),
		"no-answer":  callbacktest.NoAnswer(),
		"machine":    callbacktest.Machine(),
		"fax":        callbacktest.Fax(),
		"rejected":   callbacktest.Rejected(),
		"congestion": callbacktest.Congestion(),
		"invalid":    callbacktest.InvalidNumber(),
		"not-placed": callbacktest.Refused(),
		"silent":     callbacktest.Silent(),
		"forgotten":  callbacktest.Silent().Forgotten(),
	}[words[0]]
	if !ok {
		return callbacktest.Step{}, fmt.Errorf("is not known")
	}
	return step, nil
}
