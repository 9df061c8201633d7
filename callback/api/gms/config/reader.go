package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// optionFault says what is wrong with a value: a rule it breaks and, where the
// option is used nevertheless, what is used. The zero fault is none.
type fault struct{ rule, used string }

// optionReader reads a value to where it was made for. A fault without used has
// changed nothing.
type reader func(value string) fault

// readNothing takes an option that is read elsewhere.
func readNothing(string) fault { return fault{} }

// into makes a reader of a parser.
func into[T any](at *T, parse func(value string) (T, string)) reader {
	return func(value string) fault {
		v, rule := parse(value)
		if rule == "" {
			*at = v
		}
		return fault{rule: rule}
	}
}

func readList(at *[]string) reader        { return into(at, parseList) }
func readSpan(at *callback.Span) reader   { return into(at, parseSpan) }
func readInstant(at *time.Time) reader    { return into(at, parseInstant) }
func readText(at *string) reader          { return into(at, parseText) }
func readTarget(at *string) reader        { return into(at, parseTarget) }
func readCountry(at *string) reader       { return into(at, parseCountry) }
func readBucket(at *time.Duration) reader { return into(at, parseBucket) }
func readGUID(at *string) reader          { return into(at, parseGUID) }
func readSIP(at *string) reader           { return into(at, parseSIP) }
func readPreviewData(at *[]string) reader { return into(at, parsePreviewData) }
func readReason(at *string) reader        { return into(at, parseReason) }

// readFlag reads true or false, negated where the field says the opposite.
func readFlag(at *bool, negate bool) reader {
	return readWord(at, words[bool]{"true": !negate, "false": negate}, "is neither true nor false")
}

// words are the values of an option that takes a few, in any case.
type words[T any] map[string]T

func readWord[T any](at *T, known words[T], rule string) reader {
	return into(at, func(value string) (T, string) {
		for word, v := range known {
			if strings.EqualFold(value, word) {
				return v, ""
			}
		}
		var none T
		return none, rule
	})
}

// readSeconds reads a number of seconds. Zero becomes what zero says; a value
// beyond low or high becomes that bound.
func readSeconds(at *time.Duration, low, high time.Duration, zero zeroMeans) reader {
	return readNumber(int64(low/time.Second), int64(high/time.Second), zero, " seconds", func(n int64) {
		if *at = time.Duration(n) * time.Second; n == 0 {
			*at = time.Duration(zero)
		}
	})
}

// readCount is readSeconds for a plain number.
func readCount(at *int, low, high int, zero zeroMeans) reader {
	return readNumber(int64(low), int64(high), zero, "", func(n int64) {
		if *at = int(n); n == 0 {
			*at = int(zero)
		}
	})
}

// zeroMeans is what a field gets for an option that is 0: in this library the
// zero value of most fields is their default.
type zeroMeans int64

const (
	zeroRefused zeroMeans = iota - 2 // 0 cannot be meant
	zeroIsOff                        // -1: nothing, or none at all
	zeroIsZero                       // 0: no bound
	zeroIsLeast                      // 1: the shortest time there is
)

// readNumber reads a whole number. A positive one out of range is brought to the
// nearest bound; a negative one, and a zero that cannot be meant, are no value.
func readNumber(low, high int64, zero zeroMeans, unit string, set func(int64)) reader {
	return func(value string) fault {
		n, err := strconv.ParseInt(value, 10, 64)
		if isWhole(value) && err != nil {
			n, err = high+1, nil // too large for the type
		}
		rule := fmt.Sprintf("is not between %d and %d%s", low, high, unit)
		switch {
		case err != nil:
			return fault{rule: "is not a whole number" + strings.Replace(unit, " ", " of ", 1)}
		case n < 0, n == 0 && zero == zeroRefused:
			return fault{rule: rule}
		case n > 0 && n < low:
			set(low)
			return fault{rule, strconv.FormatInt(low, 10)}
		case n > high:
			set(high)
			return fault{rule, strconv.FormatInt(high, 10)}
		}
		set(n)
		return fault{}
	}
}

func isWhole(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
