package gms

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// parameters reads the parameters of an operation from a body and removes them;
// the rest are properties. It keeps the first error.
type parameters struct {
	values callback.Values
	err    error
}

// readParameters reads a JSON object or a form.
func readParameters(c *call) (*parameters, error) {
	values, err := api.ReadValues(c.w, c.r)
	if err != nil {
		return nil, err
	}
	return &parameters{values: values}, nil
}

func (p *parameters) refuse(name, rule string) {
	if p.err == nil {
		p.err = invalidParameter(name, rule)
	}
}

// take removes a value and returns it.
func (p *parameters) take(name string) any {
	value := p.values[name]
	delete(p.values, name)
	return value
}

// text takes a string, number or boolean as a string; "" if it is absent, null
// or empty.
func (p *parameters) text(name string) string { return p.textOf(name, p.take(name)) }

// peek is like text but leaves the value in place as a property.
func (p *parameters) peek(name string) string { return p.textOf(name, p.values[name]) }

func (p *parameters) textOf(name string, value any) string {
	if value == nil || value == "" {
		return ""
	}
	s, ok := callback.TextOf(value)
	switch {
	case !ok:
		p.refuse(name, "is not a string")
	case !text.Whole(value):
		p.refuse(name, text.RuleWhole)
	}
	return s
}

// time takes a time; zero if it is absent.
func (p *parameters) time(name string) time.Time {
	text := p.text(name)
	if text == "" {
		return time.Time{}
	}
	t, ok := readTime(text)
	if !ok {
		p.refuse(name, ruleTime)
	}
	return t
}

// list takes an array of strings or, as in forms, one string. Commas separate
// items in both.
func (p *parameters) list(name string) []string {
	var texts []string
	switch v := p.take(name).(type) {
	case nil:
	case []any:
		for _, item := range v {
			texts = append(texts, p.textOf(name, item))
		}
	default:
		texts = append(texts, p.textOf(name, v))
	}
	var list []string
	for _, text := range texts {
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
	}
	return list
}

// truth takes a boolean; false if it is absent.
func (p *parameters) truth(name string) bool {
	value, ok := wire.ParseTruth(p.text(name))
	if !ok {
		p.refuse(name, ruleTruth)
	}
	return value
}

const ruleTruth = "is neither true nor false"

// cacheBuster is a parameter with a number that libraries of browsers add, so that
// no cache answers.
const cacheBuster = "_"

// readQuery parses the query of the URL without cacheBuster. A semicolon is part of a
// value, as in names of statistics, and not a separator. The error is an [*api.Fault].
func readQuery(c *call) (url.Values, error) {
	query, err := url.ParseQuery(strings.ReplaceAll(c.r.URL.RawQuery, ";", "%3B"))
	if err != nil {
		return nil, api.NewFault(http.StatusBadRequest, "", "the query of the URL is malformed")
	}
	delete(query, cacheBuster)
	return query, nil
}

// single returns the value of a query parameter, "" if it is absent. ok is
// false if the parameter is repeated.
func single(query url.Values, name string) (text string, ok bool) {
	switch list := query[name]; len(list) {
	case 0:
		return "", true
	case 1:
		return list[0], true
	}
	return "", false
}
