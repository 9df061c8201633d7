package config_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/config"
)

// Whatever the text, reading it ends, its services can be used, its problems are
// told in one order, and it reads the same again.
func FuzzParse(f *testing.F) {
	full, err := os.ReadFile("testdata/full.ini")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(full)
	f.Add([]byte(tokenConfig))
	f.Add([]byte(`{"callback":{"_ttl":120},"patterns":{"A":["+1900*"]},"service.x":{"_service":"callback","_exceptions":"A","_redirect":"$r$"}}`))
	f.Add([]byte("[service.h]\n_service=office-hours\n_bh_regular1=Mon-Fri 9:00-17:00\n_include_r1=h\n[service.x]\n_business_hours_service=h"))
	f.Add([]byte("[services]\nall=true\n[service.x]\n_redirect=y\n[service.y]\n_redirect=x\n_callback_events_list=L\n[L.properties]\n[L.x]"))
	f.Add([]byte("[service.in]\n_call_direction=USERORIGINATED\n_resource_group=P\n[P]\na=+41446681800"))
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := config.Parse(text)
		if err != nil {
			if o != nil {
				t.Fatal("an error and options")
			}
			return
		}
		if _, err := o.Source(); err != nil {
			t.Fatalf("a service that was returned cannot be used: %v", err)
		}
		last := 0
		for _, p := range o.Problems {
			if p.Line < last && p.Line != 0 || p.Text == "" || p.Severity.String()[0] == 'u' || strings.ContainsAny(p.String(), "\n\r\x00") {
				t.Fatalf("problem %+v after line %d", p, last)
			}
			if last = p.Line; last > bytes.Count(text, []byte("\n"))+1 {
				t.Fatalf("problem %+v of a line that is not there", p)
			}
		}
		for _, s := range o.Services {
			if _, err := o.Resolve(s.Name, callback.Values{"r": "x", "_redirect": "y", "_target": "z"}); err != nil && callback.Code(err) == 50050 {
				t.Fatalf("%s: %v", s.Name, err)
			}
		}
		again, err := config.Parse(text)
		if err != nil || strings.Join(linesOf(o.Problems), "\n") != strings.Join(linesOf(again.Problems), "\n") || len(o.Services) != len(again.Services) {
			t.Fatalf("the second reading differs: %v", err)
		}
	})
}

// A text of the greatest size that makes the most of everything is read in no
// time and gives a bounded list of problems.
func TestOptionBounds(t *testing.T) {
	var services strings.Builder
	services.WriteString("[callback]\n_exceptions=A,B\n_callback_events_list=L\n_redirect_=$x$\n_route_point=$x$\n_throttle_request_parameters=" +
		strings.Repeat("abc,", 200) + "x\n_vq_for_outbound_calls=" + strings.Repeat("$x$ ", 10000) +
		"\n[patterns]\nA=" + strings.Repeat("+1?????????????*,", 490) + "+2\nB=" + strings.Repeat("+3?????????????*,", 490) + "+2\n")
	for i := range 600 {
		services.WriteString("[service.s" + strings.Repeat("x", i%40) + string(rune('a'+i%26)) + strings.Repeat("y", i/40) + "]\n_redirect=sa\n_unknwn=1\n")
	}
	for name, text := range map[string]string{
		"services":  services.String(),
		"rubbish":   "[service.x]\n" + strings.Repeat("x\n", 500_000),
		"names":     "[service.x]\n" + strings.Repeat("_agent_preview_set_notready_reason_atribute=1\n", 20_000),
		"sections":  "[service.x]\n" + strings.Repeat("[x\n", 300_000),
		"brackets":  strings.Repeat("[", config.MaxSize),
		"list":      "[service.x]\n_exceptions=" + strings.Repeat(",", 60_000),
		"JSON list": "[service.x]\n_exceptions=[" + strings.Repeat("[", 60_000),
		"tokens":    "[service.x]\n_target=" + strings.Repeat("$a$", 20_000),
		"dollars":   "[service.x]\n_target=" + strings.Repeat("$ ", 500),
		"quotes":    "[service.x]\n_target=\"" + strings.Repeat(`\"`, 20_000),
		"never":     "[service.x]\n_service=office-hours\n" + strings.Repeat("_effective_dates1=2026-01-01\n", 30_000),
	} {
		begin := time.Now()
		o, err := config.Parse([]byte(text))
		if took := time.Since(begin); took > 30*time.Second {
			t.Errorf("%s: takes %v", name, took)
		}
		if err != nil {
			if name != "brackets" && name != "names" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if n := len(o.Problems); n > 3003 {
			t.Errorf("%s: %d problems", name, n)
		}
	}
	o := readOptions(t, "[service.x]\n"+strings.Repeat("x\n", 5000))
	last := o.Problems[len(o.Problems)-1]
	if len(o.Problems) != 1001+1+1 || last.Text != "more than 1000 problems of this severity: the others are not listed" {
		t.Errorf("%d problems, the last: %v", len(o.Problems), last)
	}
}
