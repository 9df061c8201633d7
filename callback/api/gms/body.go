package gms

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
)

// parameters takes the parameters of an operation out of a body; what is left
// in the end are properties. It keeps the first fault it meets.
type parameters struct {
	values callback.Values
	err    error
}

// readParameters reads a body that is a JSON object or a form.
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

// take returns a value and takes it out.
func (p *parameters) take(name string) any {
	value := p.values[name]
	delete(p.values, name)
	return value
}

// text takes a text, a number or a truth value as a text; "" when it is absent,
// null or empty.
func (p *parameters) text(name string) string { return p.textOf(name, p.take(name)) }

// peek is text for a parameter that also stays as a property.
func (p *parameters) peek(name string) string { return p.textOf(name, p.values[name]) }

func (p *parameters) textOf(name string, value any) string {
	if value == nil || value == "" {
		return ""
	}
	text, ok := callback.TextOf(value)
	if !ok {
		p.refuse(name, "is no text")
	}
	return text
}

// time takes a time; zero when it is absent.
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

// list takes a list of texts, or one text with commas in it, as forms have it.
// Texts of a list may have commas as well.
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

// truth takes true or false; false when it is absent.
func (p *parameters) truth(name string) bool {
	value, ok := readTruth(p.text(name))
	if !ok {
		p.refuse(name, ruleTruth)
	}
	return value
}

// readTruth reads true or false in any case; nothing is false.
func readTruth(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true":
		return true, true
	case "false", "":
		return false, true
	}
	return false, false
}

const ruleTruth = "is neither true nor false"

// readQuery reads the query of a URL. A semicolon is text, as in names of
// statistics, and separates nothing. The error is a [*api.Fault].
func readQuery(c *call) (url.Values, error) {
	query, err := url.ParseQuery(strings.ReplaceAll(c.r.URL.RawQuery, ";", "%3B"))
	if err != nil {
		return nil, api.NewFault(http.StatusBadRequest, "", "the query of the URL is malformed")
	}
	return query, nil
}

// single returns the one value of a query's parameter; "" when it is absent. A
// parameter that is there twice is refused, because nobody knows which counts.
func single(query url.Values, name string) (text string, ok bool) {
	switch list := query[name]; len(list) {
	case 0:
		return "", true
	case 1:
		return list[0], true
	}
	return "", false
}
