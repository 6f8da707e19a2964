package gatehouse

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The numbers of codes by mail, for all sites.
const (
	// CodeTries is how many codes may be entered in one sign-in; the last wrong one
	// ends it (B06).
	CodeTries = 5
	// CodeDayTries is how many may be entered for one account in a day, over all its
	// sign-ins (ASVS 6.5.5, 6.6.3).
	CodeDayTries = 100
	// CodesAnHour is how many are sent to one person (B07).
	CodesAnHour = 5
	// CodePause is the time between two of them.
	CodePause  = 30 * time.Second
	codeDigits = 6
)

// ReadCode takes a code as people type and paste it: with blanks and dashes in it, or
// in full-width digits; false if what is left is not six digits.
func ReadCode(typed string) (code string, ok bool) {
	code = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(typed))
	return code, len(code) == codeDigits && strings.Trim(code, "0123456789") == ""
}

// NextCodeAt is when the next code may be sent to somebody who got some at the given
// times, newest first, of the last hour; not after now: at once.
func NextCodeAt(sent []time.Time, now time.Time) time.Time {
	next := now
	if len(sent) > 0 {
		next = later(next, sent[0].Add(CodePause))
	}
	if len(sent) >= CodesAnHour {
		next = later(next, sent[CodesAnHour-1].Add(time.Hour))
	}
	return next
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Code is one that was sent for a sign-in. What it was is kept as a keyed hash.
type Code struct {
	ID        string
	MAC       string
	MessageID string
	SentAt    time.Time
	ExpiresAt time.Time
	UsedAt    time.Time
}
