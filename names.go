package gatehouse

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How many characters a line may have that names somebody or something. A username
// may be an address, and an address has at most 254 octets (RFC 5321, 4.5.3.1.3).
const (
	MaxName     = 100
	MaxUsername = 254
)

// InNames are the characters of names: none that end a line, and no marks that turn
// the direction of writing, which make one name look like another in a list, a
// mail or the event log. U+FFFD is what a wrong encoding leaves behind.
func InNames(r rune) bool {
	switch {
	case unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp, unicode.Co, unicode.Noncharacter_Code_Point):
		return false
	case r == utf8.RuneError, r == '\ufeff', r == '\u200e', r == '\u200f', r == '\u061c':
		return false
	}
	return !('\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069')
}

// InKeys are the characters of what is compared: nothing invisible, so that no two
// usernames look the same and are not.
func InKeys(r rune) bool { return InNames(r) && !unicode.Is(unicode.Cf, r) }

// CheckLine says what is wrong with a line of text in a field: the codes "character"
// and "too-long", the latter with "max" in Args. ok: nothing is.
func CheckLine(field, value string, most int, allowed func(rune) bool) (bad FieldError, ok bool) {
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return !allowed(r) }):
		return FieldError{Field: field, Code: "character"}, false
	case utf8.RuneCountInString(value) > most:
		return FieldError{Field: field, Code: "too-long", Args: map[string]string{"max": strconv.Itoa(most)}}, false
	}
	return FieldError{}, true
}
