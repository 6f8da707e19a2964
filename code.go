package gatehouse

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The limits of codes by email, for all sites.
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

// ReadCode reads a code as people type and paste it: with blanks, dashes or any other non-letters
// between its digits, in digits of any script, with words and punctuation around it. It returns
// false if there are not six digits.
func ReadCode(typed string) (code string, ok bool) {
	text := strings.Map(Digit, norm.NFKC.String(typed))
	first, last := strings.IndexAny(text, digits), strings.LastIndexAny(text, digits)
	if first < 0 {
		return "", false
	}
	text = text[first : last+1]
	code = strings.Map(func(r rune) rune {
		if strings.ContainsRune(digits, r) {
			return r
		}
		return -1
	}, text)
	return code, len(code) == codeDigits && !strings.ContainsFunc(text, unicode.IsLetter)
}

const digits = "0123456789"

// Digit converts a decimal digit of any script to ASCII, and leaves everything else alone.
func Digit(r rune) rune {
	for _, block := range unicode.Nd.R16 {
		if uint32(r) >= uint32(block.Lo) && uint32(r) <= uint32(block.Hi) {
			return '0' + (r-rune(block.Lo))%10
		}
	}
	for _, block := range unicode.Nd.R32 {
		if uint32(r) >= block.Lo && uint32(r) <= block.Hi {
			return '0' + (r-rune(block.Lo))%10
		}
	}
	return r
}

// NextCodeAt returns when the next code may be sent, given the times of the codes sent in the last
// hour, newest first. A time not after now means at once.
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

// Code is one that was sent for a sign-in. Only a keyed hash of it is kept.
type Code struct {
	ID        string
	MAC       string
	MessageID string
	SentAt    time.Time
	ExpiresAt time.Time
	UsedAt    time.Time
}
