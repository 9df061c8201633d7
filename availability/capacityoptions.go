package availability

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// ParseCapacity builds a weekly capacity from the options of a GMS capacity
// service:
//
//	_timezone             IANA id; default UTC
//	_capacity             [Mon, Tue, Wed, Thu, Fri, Sat, Sun]: the days that
//	                      _capacity_1 to _capacity_7 stand for, which is Monday
//	                      first unless another order is listed
//	_capacity_1 to _7     {"1":{"0900":10,"1000":12}}: the seats of each bucket
//	                      that begins in the hour; the outer key is the number
//	                      of the option
//	_capacity_add         exceptions that replace the whole table of a date:
//	                      {"2026-12-24":{"0900":5},"12-31":{}}, or a list of such
//	                      objects; a date without a year comes every year
//
// Hours are written HHMM, on the hour; an absent hour has no seats. _ttl,
// _service and _type are ignored, and an empty value is an absent option. The
// error joins a [*ConfigError] naming the option for every fault: an unknown
// option is one.
func ParseCapacity(options map[string]string) (*Weekly, error) {
	p := capacityParser{config: WeeklyConfig{Days: make(map[time.Weekday]Hours)}}
	p.order = [7]time.Weekday{1, 2, 3, 4, 5, 6, 0}
	if value := strings.TrimSpace(options["_capacity"]); value != "" {
		p.fail("_capacity", value, p.parseOrder(value))
	}
	for _, name := range sortedKeys(options) {
		if value := strings.TrimSpace(options[name]); value != "" {
			p.option(name, value)
		}
	}
	if err := p.faults.err(); err != nil {
		return nil, err
	}
	return NewWeekly(p.config)
}

type capacityParser struct {
	config WeeklyConfig
	order  [7]time.Weekday
	faults faults
}

func (p *capacityParser) fail(name, value string, err error) {
	if err != nil {
		p.faults.add(shorten(name), value, "%s", err)
	}
}

func (p *capacityParser) option(name, value string) {
	number, isDay := strings.CutPrefix(name, "_capacity_")
	n, isNumber := digits(number, 1, 1)
	var err error
	switch {
	case name == "_capacity" || name == "_ttl" || name == "_service" || name == "_type":
	case name == "_timezone":
		_, err = LoadZone(value)
		p.config.Zone = value
	case name == "_capacity_add":
		err = p.parseDates(value)
	case isDay && isNumber && 1 <= n && n <= 7:
		p.config.Days[p.order[n-1]], err = parseDay(number, value)
	default:
		err = errors.New("is not an option of a capacity service")
	}
	p.fail(name, value, err)
}

// parseOrder reads the list of days, quoted or not.
func (p *capacityParser) parseOrder(value string) error {
	inner, okL := strings.CutPrefix(value, "[")
	inner, okR := strings.CutSuffix(inner, "]")
	names := strings.Split(inner, ",")
	if !okL || !okR || len(names) != 7 {
		return errors.New("is not a list of the seven days in brackets")
	}
	seen := make(map[time.Weekday]bool)
	for i, name := range names {
		d, err := parseWeekday(strings.Trim(strings.TrimSpace(name), `"`))
		if err != nil {
			return err
		}
		if seen[d] {
			return fmt.Errorf("names %s twice", d)
		}
		seen[d], p.order[i] = true, d
	}
	return nil
}

func parseDay(number, value string) (Hours, error) {
	var hours Hours
	err := eachMember(value, func(key string, raw json.RawMessage) (err error) {
		if key != number {
			return fmt.Errorf("key %q is not the day %q of the option", shorten(key), number)
		}
		hours, err = parseTable(raw)
		return err
	})
	return hours, err
}

func (p *capacityParser) parseDates(value string) error {
	objects := []json.RawMessage{json.RawMessage(value)}
	if strings.HasPrefix(value, "[") {
		if err := json.Unmarshal([]byte(value), &objects); err != nil {
			return errors.New("is not a JSON list of objects")
		}
	}
	for _, object := range objects {
		err := eachMember(string(object), func(key string, raw json.RawMessage) error {
			date, err := ParseDateRule(key)
			if err != nil {
				return err
			}
			hours, err := parseTable(raw)
			if err != nil {
				return fmt.Errorf("date %s: %w", date, err)
			}
			p.config.Dates = append(p.config.Dates, DateHours{Date: date, Hours: hours})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func parseTable(raw json.RawMessage) (Hours, error) {
	hours := make(Hours)
	err := eachMember(string(raw), func(key string, raw json.RawMessage) error {
		hhmm, ok := digits(key, 4, 4)
		if !ok || hhmm%100 != 0 || hhmm > 2300 {
			return fmt.Errorf("hour %q is not 0000 to 2300 on the hour", shorten(key))
		}
		n, err := strconv.Atoi(string(bytes.TrimSpace(raw)))
		if err != nil || n < 0 || n > MaxSeats {
			return fmt.Errorf("hour %s: not a number of seats from 0 to %d", key, MaxSeats)
		}
		hours[hhmm/100] = n
		return nil
	})
	return hours, err
}

// eachMember walks a JSON object in its order and refuses repeated keys, which
// encoding/json would drop silently.
func eachMember(object string, member func(key string, value json.RawMessage) error) error {
	dec := json.NewDecoder(strings.NewReader(object))
	notObject := errors.New("is not a JSON object")
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return notObject
	}
	seen := make(map[string]bool)
	for dec.More() {
		t, err := dec.Token()
		key, ok := t.(string)
		var value json.RawMessage
		if err != nil || !ok || dec.Decode(&value) != nil {
			return notObject
		}
		if seen[key] {
			return fmt.Errorf("key %q comes twice", shorten(key))
		}
		seen[key] = true
		if err := member(key, value); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return notObject
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("has text after the JSON object")
	}
	return nil
}
