package gatehouse

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
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
		return FieldError{Field: field, Reason: "character"}, false
	case utf8.RuneCountInString(value) > most:
		return FieldError{Field: field, Reason: "too-long", Args: map[string]string{"max": strconv.Itoa(most)}}, false
	}
	return FieldError{}, true
}

// NameKey is what usernames and addresses are looked up by: capitals, spaces around it,
// the Unicode form (full-width letters), the dots of Turkish letters and the two spellings
// of a domain make no difference (C01). It finds whom somebody means; whether two addresses
// are one mailbox is another question, which SameMailbox answers.
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

// FormerNameKey is NameKey as it was before it knew domains and Turkish letters. A few
// rows of then keep such a key, because what it has become belongs to another user.
func FormerNameKey(s string) string { return strings.TrimSpace(Fold(s)) }

// ats are the ways to write an @ that Fold makes one of.
var ats = strings.NewReplacer("＠", "@", "﹫", "@")

// domainKey is the domain as in the DNS. One that mail is not routed to is folded like a
// name, and may then be a domain.
func domainKey(domain string) string {
	for range 4 {
		routed := MailDomain(domain)
		if domain = dotless(Fold(routed)); domain == routed {
			break
		}
	}
	return domain
}

// dotless makes an i of every kind of folded i, whose capitals are not what other
// languages take them for: in Turkish, I is the capital of ı, and İ that of i.
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
