package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback/internal/text"
)

// readCapacities parses all capacity services.
func (b *builder) readCapacities() {
	b.capacity = make(map[string]*availability.Weekly)
	for _, name := range b.servicesOf(kindCapacity) {
		section := b.doc.sections[serviceSection(name)]
		options, readable := b.ownOptions(section, isCapacityOption, kindCapacity)
		table, err := parseCapacity(options)
		if err != nil {
			b.reportConfig(section, err, "the capacity service and services that use it are left out")
		}
		if err != nil || !readable {
			continue
		}
		b.capacity[name] = table
		if section.entry("_capacity_add") == nil && neverSeats(table) {
			b.report(SeverityWarning, section.head(), "", "has no seats at any time: services that use it reject every scheduled request")
		}
	}
}

// neverSeats reports whether a table without dates has no seat in any hour.
func neverSeats(table *availability.Weekly) bool {
	begin := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for hour := range 8 * 24 {
		if table.At(begin.Add(time.Duration(hour)*time.Hour)) > 0 {
			return false
		}
	}
	return true
}

// isCapacityOption reports whether name is an option of capacity services.
func isCapacityOption(name string) bool { return slices.Contains(capacityNames(), name) }

func capacityNames() []string {
	return []string{"_timezone", "_ttl", "_service", "_type", "_capacity", "_capacity_add",
		"_capacity_1", "_capacity_2", "_capacity_3", "_capacity_4", "_capacity_5", "_capacity_6", "_capacity_7"}
}

// parseCapacity builds the table of a capacity service from its options:
//
//	_timezone             IANA id; default UTC
//	_capacity             [Mon, Tue, Wed, Thu, Fri, Sat, Sun]: the days that
//	                      _capacity_1 to _capacity_7 stand for, Monday first by
//	                      default
//	_capacity_1 to _7     {"1":{"0900":10,"1000":12}}: the seats of each bucket
//	                      that begins in the hour; the outer key is the number
//	                      of the option
//	_capacity_add         {"2026-12-24":{"0900":5},"12-31":{}}, or a list of such
//	                      objects: tables that replace that of a date, in every
//	                      year if the date has none
//
// Hours are HHMM on the hour; an absent hour has no seats. _ttl, _service and
// _type are ignored, and an empty value is an absent option. The error joins an
// [availability.ConfigError] per fault, whose Field is the option.
func parseCapacity(options map[string]string) (*availability.Weekly, error) {
	p := capacityParser{order: [7]time.Weekday{1, 2, 3, 4, 5, 6, 0}}
	p.config.Days = make(map[time.Weekday]availability.Hours)
	if value := strings.TrimSpace(options["_capacity"]); value != "" {
		p.faults.add("_capacity", value, p.parseOrder(value))
	}
	for _, name := range numbered(options) {
		if value := strings.TrimSpace(options[name]); value != "" {
			p.faults.add(name, value, p.option(name, value))
		}
	}
	if err := errors.Join(p.faults...); err != nil {
		return nil, err
	}
	return availability.NewWeekly(p.config)
}

type capacityParser struct {
	config availability.WeeklyConfig
	order  [7]time.Weekday // of _capacity_1 to _capacity_7
	faults valueFaults
}

func (p *capacityParser) option(name, value string) (err error) {
	number, isDay := strings.CutPrefix(name, "_capacity_")
	switch {
	case name == "_capacity" || name == "_ttl" || name == "_service" || name == "_type":
	case name == "_timezone":
		p.config.Zone = value
		_, err = availability.LoadZone(value)
	case name == "_capacity_add":
		err = p.parseDates(value)
	case isDay && len(number) == 1 && number >= "1" && number <= "7":
		p.config.Days[p.order[number[0]-'1']], err = parseDay(number, value)
	default:
		err = errors.New("is not an option of a capacity service")
	}
	return err
}

// parseOrder parses the list of days, whose names may be quoted.
func (p *capacityParser) parseOrder(value string) error {
	inner, okL := strings.CutPrefix(value, "[")
	inner, okR := strings.CutSuffix(inner, "]")
	names := strings.Split(inner, ",")
	if !okL || !okR || len(names) != 7 {
		return errors.New("is not a list of the seven days in brackets")
	}
	seen := make(map[time.Weekday]bool)
	for i, name := range names {
		d, err := availability.ParseWeekday(strings.Trim(strings.TrimSpace(name), `"`))
		if err != nil {
			return err
		}
		if seen[d] {
			return fmt.Errorf("lists %s twice", d)
		}
		seen[d], p.order[i] = true, d
	}
	return nil
}

func parseDay(number, value string) (availability.Hours, error) {
	var hours availability.Hours
	err := eachMember(value, func(key string, raw json.RawMessage) (err error) {
		if key != number {
			return fmt.Errorf("key %q is not the day %q of the option", text.Shorten(key, maxKey), number)
		}
		hours, err = parseHours(raw)
		return err
	})
	return hours, err
}

// maxKey is the maximum number of bytes of a JSON key in a report.
const maxKey = 40

func (p *capacityParser) parseDates(value string) error {
	objects := []json.RawMessage{json.RawMessage(value)}
	if strings.HasPrefix(value, "[") {
		if err := json.Unmarshal([]byte(value), &objects); err != nil {
			return errors.New("is not a JSON list of objects")
		}
	}
	for _, object := range objects {
		err := eachMember(string(object), func(key string, raw json.RawMessage) error {
			date, err := availability.ParseDateRule(key)
			if err != nil {
				return err
			}
			hours, err := parseHours(raw)
			if err != nil {
				return fmt.Errorf("date %s: %w", date, err)
			}
			p.config.Dates = append(p.config.Dates, availability.DateHours{Date: date, Hours: hours})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// parseHours parses the seats of one day by hour.
func parseHours(raw json.RawMessage) (availability.Hours, error) {
	hours := make(availability.Hours)
	err := eachMember(string(raw), func(key string, raw json.RawMessage) error {
		hhmm, err := strconv.Atoi(key)
		if len(key) != 4 || !isWhole(key) || err != nil || hhmm%100 != 0 || hhmm > 2300 {
			return fmt.Errorf("hour %q is not 0000 to 2300 on the hour", text.Shorten(key, maxKey))
		}
		n, err := strconv.Atoi(string(bytes.TrimSpace(raw)))
		if err != nil || n < 0 || n > availability.MaxSeats {
			return fmt.Errorf("hour %s: not a number of seats from 0 to %d", key, availability.MaxSeats)
		}
		hours[hhmm/100] = n
		return nil
	})
	return hours, err
}

// eachMember calls member for each member of a JSON object in order. It rejects
// repeated keys, of which encoding/json would keep the last.
func eachMember(object string, member func(key string, value json.RawMessage) error) error {
	var fault error
	seen := make(map[string]bool)
	w := newWalker(object)
	err := w.object(func(key string, _ int) error {
		var value json.RawMessage
		if err := w.decoder.Decode(&value); err != nil {
			return err
		}
		if seen[key] {
			fault = fmt.Errorf("key %q is repeated", text.Shorten(key, maxKey))
			return fault
		}
		seen[key] = true
		fault = member(key, value)
		return fault
	})
	switch {
	case fault != nil:
		return fault
	case err != nil:
		return errors.New("is not a JSON object")
	case !w.atEnd():
		return errors.New("has data after the JSON object")
	}
	return nil
}
