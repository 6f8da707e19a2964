package gatehouse

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The maximum length in characters of a line that names somebody or something. A username may be
// an address, and an address has at most 254 octets (RFC 5321, 4.5.3.1.3).
const (
	MaxName     = 100
	MaxUsername = 254
)

// InNames reports whether a character may be in a name: no line ends, and no bidi marks, which
// make one name look like another in a list, a mail or the event log. U+FFFD comes from a wrong
// encoding.
func InNames(r rune) bool {
	switch {
	case unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp, unicode.Co, unicode.Noncharacter_Code_Point):
		return false
	case r == utf8.RuneError, r == '\ufeff', r == '\u200e', r == '\u200f', r == '\u061c':
		return false
	}
	return !('\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069')
}

// InKeys reports whether a character may be in a key: nothing invisible, so two different
// usernames do not look the same.
func InKeys(r rune) bool { return InNames(r) && !unicode.Is(unicode.Cf, r) }

// CheckLine checks a line of text in a field. The codes are "character" and "too-long", the latter
// with "max" in Args. ok: nothing is wrong.
func CheckLine(field, value string, most int, allowed func(rune) bool) (bad FieldError, ok bool) {
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return !allowed(r) }):
		return FieldError{Field: field, Reason: "character"}, false
	case utf8.RuneCountInString(value) > most:
		return FieldError{Field: field, Reason: "too-long", Args: map[string]string{"max": strconv.Itoa(most)}}, false
	}
	return FieldError{}, true
}

// NameKey is the look-up key of usernames and addresses: case, surrounding spaces, the Unicode
// form (full-width letters), the dots of Turkish letters and the two spellings of a domain make no
// difference (C01). It finds the intended user; whether two addresses are one mailbox is a
// different question, for SameMailbox.
func NameKey(s string) string {
	s = strings.TrimSpace(s)
	if isLowerASCII(s) && !strings.Contains(s, "xn--") {
		return s
	}
	s = ats.Replace(s)
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return strings.TrimSpace(dotless(Fold(s)))
	}
	return strings.TrimSpace(dotless(Fold(s[:at])) + "@" + domainKey(s[at+1:]))
}

// FormerNameKey is NameKey before it knew domains and Turkish letters. A few old rows keep such a
// key, because their new one belongs to another user.
func FormerNameKey(s string) string { return strings.TrimSpace(Fold(s)) }

// ats are the spellings of @ that Fold unifies.
var ats = strings.NewReplacer("＠", "@", "﹫", "@")

// domainKey returns the domain as in the DNS. One that mail is not routed to is folded like a
// name, and may then be a valid domain.
func domainKey(domain string) string {
	for range 4 {
		routed := MailDomain(domain)
		if domain = dotless(Fold(routed)); domain == routed {
			break
		}
	}
	return domain
}

// dotless maps every folded i to i. Other languages have different capitals for it: in Turkish, I
// is the capital of ı, and İ that of i.
func dotless(s string) string {
	if !strings.ContainsAny(s, "ı\u0307") {
		return s
	}
	var b strings.Builder
	base := rune(0)
	for _, r := range norm.NFD.String(s) {
		switch {
		case r == 'ı':
			r = 'i'
		case r == '\u0307' && base == 'i':
			continue
		}
		if !unicode.Is(unicode.Mn, r) {
			base = r
		}
		b.WriteRune(r)
	}
	return norm.NFKC.String(b.String())
}
