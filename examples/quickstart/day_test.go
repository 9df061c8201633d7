package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestReadDayRefuses(t *testing.T) {
	const good = `{"at":"2026-03-27T08:00:00Z","who":"A","service":"billing","gms":{}}`
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", "\n\n", "unexpected EOF"},
		{"no JSON", good + "\nhello", "line 2: invalid character"},
		{"an unknown field", `{"at":"2026-03-27T08:00:00Z","who":"A","wen":1}`, `unknown field "wen"`},
		{"no time", `{"who":"A"}`, "line 1: at and who are required"},
		{"nobody", `{"at":"2026-03-27T08:00:00Z"}`, "line 1: at and who are required"},
		{"an unknown order", `{"at":"2026-03-27T08:00:00Z","who":"A","do":"dance"}`, `do: "dance" is not known`},
		{"an unknown call", `{"at":"2026-03-27T08:00:00Z","who":"A","calls":["sings"]}`, `calls: "sings": is not known`},
		{"an empty call", `{"at":"2026-03-27T08:00:00Z","who":"A","calls":[" "]}`, "is empty"},
		{"a call of no length", `{"at":"2026-03-27T08:00:00Z","who":"A","calls":["answered long"]}`, "invalid duration"},
		{"an unknown result", `{"at":"2026-03-27T08:00:00Z","who":"A","do":"resolve","result":"FINE"}`, "call_result"},
		{"disorder", good + "\n" + strings.Replace(good, "08:00", "07:59", 1), "line 2: at 2026-03-27T07:59:00Z lies before"},
		{"a line without end", `{"who":"` + strings.Repeat("x", longest), "token too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readDay(strings.NewReader(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// Another file than the built-in one gets an account as well.
func TestRunAnotherDay(t *testing.T) {
	const in = `{"at":"2027-01-04T10:00:00+01:00","who":"A","service":"support","gms":{"_customer_number":"030 23125 101"}}

{"at":"2027-01-04T10:01:00+01:00","who":"B","service":"support","gms":{"_customer_number":"112"}}
{"at":"2027-01-04T10:02:00+01:00","who":"C","do":"cancel"}`
	var out bytes.Buffer
	if err := run(t.Context(), strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Monday, 4 January 2027: 3 lines", "cb-01", "AGENT_CONNECTED", "emergency", "40030", "Monday 11 January"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the account lacks %q:\n%s", want, &out)
		}
	}
}

func TestDueDateIsReadInBothForms(t *testing.T) {
	want := time.Date(2026, time.March, 27, 13, 0, 56, 0, time.UTC)
	for _, text := range []string{"2026-03-27T13:00:56.000Z", "27.03.2026 13:00:56"} {
		if got, err := parseDueDate(text); err != nil || !got.Equal(want) {
			t.Errorf("parseDueDate(%q) = %v, %v", text, got, err)
		}
	}
	if _, err := parseDueDate("tomorrow"); err == nil {
		t.Error("parseDueDate took a word")
	}
}
