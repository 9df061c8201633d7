package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ringback-go/ringback/callback"
)

// fault is the fault of a value: the rule it breaks and, if the option still
// takes effect, the value used instead. The zero fault is none.
type fault struct{ rule, used string }

// reader parses a value and stores the result. If it returns a fault without
// used it has stored nothing.
type reader func(value string) fault

// readNothing accepts an option that is read elsewhere.
func readNothing(string) fault { return fault{} }

// into returns a reader that stores the result of parse.
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

// readFlag reads a boolean; negate inverts it for fields with the opposite
// meaning.
func readFlag(at *bool, negate bool) reader {
	return readWord(at, words[bool]{"true": !negate, "false": negate}, "is neither true nor false")
}

// words maps the words of an option to values; case is ignored.
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

// readSeconds reads a number of seconds. Zero is stored as zero specifies;
// other values out of range are clamped.
func readSeconds(at *time.Duration, low, high time.Duration, zero zeroMeans) reader {
	return readNumber(int64(low/time.Second), int64(high/time.Second), zero, " seconds", func(n int64) {
		if *at = time.Duration(n) * time.Second; n == 0 {
			*at = time.Duration(zero)
		}
	})
}

// readCount is like readSeconds for a plain number.
func readCount[T ~int](at *T, low, high int, zero zeroMeans) reader {
	return readNumber(int64(low), int64(high), zero, "", func(n int64) {
		if *at = T(n); n == 0 {
			*at = T(zero)
		}
	})
}

// zeroMeans is the value that a field gets for an option that is 0, because the
// zero value of most fields is their default.
type zeroMeans int64

const (
	zeroRefused zeroMeans = -3                       // 0 is not allowed
	zeroIsNone            = zeroMeans(callback.None) // of a count: nothing at all
	zeroIsOff             = zeroMeans(callback.Off)  // of a duration: disabled
	zeroIsZero  zeroMeans = 0                        // no limit
	zeroIsLeast zeroMeans = 1                        // shortest duration
)

// readNumber reads an integer. A positive number out of range is clamped. A
// negative number, and zero where it is not allowed, are faults.
func readNumber(low, high int64, zero zeroMeans, unit string, set func(int64)) reader {
	return func(value string) fault {
		n, err := strconv.ParseInt(value, 10, 64)
		if isWhole(value) && err != nil {
			n, err = high+1, nil // out of range of the type
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
