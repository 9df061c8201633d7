package config

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/gms/internal/token"
	"github.com/ringback-go/ringback/phonenum"
)

// Parsers return a value, or the rule that the text breaks.

// parseText accepts any text except {specify}, the placeholder in templates of
// GMS.
func parseText(value string) (string, string) {
	switch {
	case value == "{specify}":
		return "", neverFilled
	case len(value) > maxText:
		return "", fmt.Sprintf("has more than %d bytes", maxText)
	}
	return value, ""
}

const (
	neverFilled = "is a placeholder"
	maxText     = 4096 // bytes of one text
)

// parseCount parses a number of a request, which must be in range.
func parseCount(value string, low, high int) (int, string) {
	n, err := strconv.Atoi(value)
	if err != nil || n < low || n > high {
		return 0, fmt.Sprintf("is not a number between %d and %d", low, high)
	}
	return n, ""
}

// parseSeconds is like parseCount for seconds.
func parseSeconds(value string, low, high time.Duration) (time.Duration, string) {
	n, rule := parseCount(value, int(low/time.Second), int(high/time.Second))
	return time.Duration(n) * time.Second, rule
}

// parseInstant parses an ISO 8601 time, yyyy-MM-ddTHH:mm:ss.SSSZ.
func parseInstant(value string) (time.Time, string) {
	t, err := time.Parse("2006-01-02T15:04:05Z07:00", value) // accepts fractions
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, "is not a time like 2013-05-28T15:30:00.000Z between the years 1970 and 9999"
	}
	return t.UTC(), ""
}

// parseSpan parses a calendar duration such as 1M, in years, months, weeks,
// days, hours or minutes, up to ten years.
func parseSpan(value string) (callback.Span, string) {
	const rule = "is not a positive number followed by y, M, w, d, h or m, up to 10 years"
	if len(value) < 2 || !isWhole(value[:len(value)-1]) {
		return callback.Span{}, rule
	}
	n, err := strconv.Atoi(value[:len(value)-1])
	if err != nil || n < 1 {
		return callback.Span{}, rule
	}
	var s callback.Span
	most := 10
	switch value[len(value)-1] {
	case 'y':
		s.Years = n
	case 'M':
		s.Months, most = n, 120
	case 'w':
		s.Days, most = 7*min(n, 1000), 521
	case 'd':
		s.Days, most = n, 3652
	case 'h':
		s.Clock, most = time.Duration(min(n, 100_000))*time.Hour, 87_648
	case 'm':
		s.Clock, most = time.Duration(min(n, 10_000_000))*time.Minute, 5_258_880
	default:
		return callback.Span{}, rule
	}
	if n > most {
		return callback.Span{}, rule
	}
	return s, ""
}

// parseList parses comma-separated names or a JSON array of strings and drops
// repetitions.
func parseList(value string) ([]string, string) {
	if len(value) > maxList {
		return nil, fmt.Sprintf("has more than %d bytes", maxList)
	}
	items := strings.Split(value, ",")
	if strings.HasPrefix(value, "[") {
		items = nil
		if err := json.Unmarshal([]byte(value), &items); err != nil {
			return nil, "is not a list of names"
		}
	}
	list, seen := make([]string, 0, len(items)), make(map[string]bool, len(items))
	for _, item := range items {
		item = strings.TrimSpace(item)
		if item == "" || seen[item] {
			continue
		}
		if len(item) > token.MaxName || strings.ContainsFunc(item, token.IsControl) {
			return nil, fmt.Sprintf("has a name of more than %d bytes or with control characters", token.MaxName)
		}
		seen[item] = true
		list = append(list, item)
	}
	switch {
	case len(list) == 0:
		return nil, "has no names"
	case len(list) > maxListed:
		return nil, fmt.Sprintf("has more than %d names", maxListed)
	}
	return list, ""
}

// Limits of one list.
const (
	maxList   = 8 << 10
	maxListed = 256
)

// parseTarget parses a routing target. A JSON array must contain objects; their
// content is up to the router.
func parseTarget(value string) (string, string) {
	if strings.HasPrefix(value, "[") {
		var list []struct {
			Target string `json:"target"`
		}
		if err := json.Unmarshal([]byte(value), &list); err != nil || len(list) == 0 || len(list) > 15 {
			return "", "is not a JSON list of 1 to 15 objects"
		}
	}
	return parseText(value)
}

// parsePreviewData parses the keys to show to an agent. The placeholder in
// templates of GMS is "Value 1,Value 2,...".
func parsePreviewData(value string) ([]string, string) {
	list, rule := parseList(value)
	if rule == "" && !slices.ContainsFunc(list, func(key string) bool {
		return !strings.HasPrefix(key, "Value ") || !isWhole(key[len("Value "):])
	}) {
		return nil, neverFilled
	}
	return list, rule
}

// parseReason parses the not-ready reason of an agent; N/A is none.
func parseReason(value string) (string, string) {
	if value == "N/A" {
		return "", ""
	}
	return parseText(value)
}

// parseGUID parses the id of a service for LUCS clients.
func parseGUID(value string) (string, string) {
	id, err := uuid.Parse(value)
	if err != nil {
		return "", "is not a GUID"
	}
	return id.String(), ""
}

// parseSIP parses the address of a service for LUCS clients.
func parseSIP(value string) (string, string) {
	if a, err := phonenum.ParseAddress(value, ""); err != nil || a.Kind() != phonenum.SIP {
		return "", "is not a SIP URI"
	}
	return value, ""
}

func parseCountry(value string) (string, string) {
	if !phonenum.KnownRegion(value) {
		return "", "is not a two-letter ISO 3166 region"
	}
	return strings.ToUpper(value), ""
}

func parseBucket(value string) (time.Duration, string) {
	n, err := strconv.Atoi(value)
	if err != nil || !slices.Contains([]int{5, 10, 15, 20, 30, 60, 120}, n) {
		return 0, "is not 5, 10, 15, 20, 30, 60 or 120"
	}
	return time.Duration(n) * time.Minute, ""
}
