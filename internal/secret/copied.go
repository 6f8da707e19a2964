package secret

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"gatehouse"
)

// People copy what this program issues: out of mails that indent it, with a blank, a quotation
// mark or the end of a sentence, through editors that change hyphens, on phones that capitalise.
// Its form is known, so anything that cannot be part of it is dropped. None of this makes it
// easier to guess: all the random characters must be there, in order.

// issued finds the characters of a temporary password, with anything but letters and
// digits between them, and none of those on either side.
var issued = pattern(issuedPattern())

func issuedPattern() string {
	var b strings.Builder
	b.WriteString(`(?i)(?:^|[^\pL\pN])`)
	for i, kind := range strings.ReplaceAll(temporaryPattern, "-", "") {
		if i > 0 {
			b.WriteString(`[^\pL\pN]*`)
		}
		switch kind {
		case 'C', 'c':
			b.WriteString("([" + consonants + "])")
		case 'v':
			b.WriteString("([" + vowels + "])")
		case 'd':
			b.WriteString("([" + digits + "])")
		}
	}
	b.WriteString(`(?:[^\pL\pN]|$)`)
	return b.String()
}

// ReadTemporaryPassword finds a password from NewTemporaryPassword in typed or pasted text; false
// if there is none. Its capitals are restored to their fixed places.
func ReadTemporaryPassword(typed string) (password string, ok bool) {
	found := issued().FindStringSubmatch(plainText(typed))
	if found == nil {
		return "", false
	}
	var b strings.Builder
	next := found[1:]
	for _, kind := range temporaryPattern {
		if kind == '-' {
			b.WriteRune(kind)
			continue
		}
		if kind == 'C' {
			b.WriteString(strings.ToUpper(next[0]))
		} else {
			b.WriteString(strings.ToLower(next[0]))
		}
		next = next[1:]
	}
	return b.String(), true
}

// plainText returns text without invisible characters, with digits of all scripts as ASCII and
// full-width letters as ordinary ones.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Mn) {
			return -1
		}
		return gatehouse.Digit(r)
	}, norm.NFKC.String(s))
}

// reference finds the number of an incident, with any characters other than letters and digits in
// it.
var reference, caseNumber = numbered("GH"), numbered("CS")

func numbered(prefix string) func() *regexp.Regexp {
	return pattern(`(?i)(?:^|[^\pL\pN])` + prefix + `[^\pL\pN]*` + strings.Repeat(`([0-9A-Z])[^\pL\pN]*`, 7) + `([0-9A-Z])(?:[^\pL\pN]|$)`)
}

// ReadReference finds a number from NewReference in typed or pasted text; false if there is none.
// Letters outside its alphabet are read as the digits that they look like.
func ReadReference(typed string) (string, bool) { return readNumber("GH", reference(), typed) }

// ReadCaseNumber is ReadReference for a number from NewCaseNumber.
func ReadCaseNumber(typed string) (string, bool) { return readNumber("CS", caseNumber(), typed) }

func readNumber(prefix string, number *regexp.Regexp, typed string) (string, bool) {
	found := number.FindStringSubmatch(plainText(typed))
	if found == nil {
		return "", false
	}
	all := strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.Join(found[1:], "")))
	return prefix + "-" + all[:4] + "-" + all[4:], true
}
