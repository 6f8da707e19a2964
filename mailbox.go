package gatehouse

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// SameMailbox reports whether mail to two addresses arrives in one mailbox. It alone decides
// whether an address changed, is taken, bounced or is confirmed. The look-up keys (NameKey) treat
// more as equal, such as full-width letters, which may belong to another person's mailbox.
func SameMailbox(a, b string) bool { return a == b || Mailbox(a) == Mailbox(b) }

// Mailbox returns the normal form of an address, for comparison only: addresses are shown and
// stored as the user wrote them. The domain is as in the DNS, so "exämple" is "xn--exmple-cua",
// and "straße" is not "strasse", which may be somebody else's. Before the @, only case is folded.
func Mailbox(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return foldLocal(address)
	}
	return foldLocal(address[:at]) + "@" + MailDomain(address[at+1:])
}

// KeepSpelling returns an address as the user wrote it, but with the stored spelling of the domain
// if the browser has replaced it with the DNS form. So submitting an unedited form changes
// nothing.
func KeepSpelling(stored, written string) string {
	was, is := strings.LastIndexByte(stored, '@'), strings.LastIndexByte(written, '@')
	if was < 0 || is < 0 || !isASCII(written[is:]) || isASCII(stored[was:]) || MailDomain(stored[was+1:]) != MailDomain(written[is+1:]) {
		return written
	}
	return written[:is] + stored[was:]
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// MailDomain returns the normal form of a domain: the one that mail is routed by, or lower case if
// it cannot be routed.
func MailDomain(domain string) string {
	if isLowerASCII(domain) && !strings.Contains(domain, "xn--") {
		return domain
	}
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil && ascii != "" {
		return ascii
	}
	return foldLocal(domain)
}

// foldLocal folds case and the ways to write an accent, and nothing else.
func foldLocal(s string) string {
	if isLowerASCII(s) {
		return s
	}
	return compose(strings.Map(foldRune, compose(s)))
}

// foldRune lower-cases a capital if the two letters are a pair. The Kelvin sign, a dotted capital
// I and a long s are separate letters: their lower or upper case belongs to another pair.
func foldRune(r rune) rune {
	if small := unicode.ToLower(r); unicode.ToUpper(small) == r {
		return small
	}
	return r
}

// compose is NFC, except for texts with a character that NFC would replace with a different one
// (the Kelvin sign with K, the Ohm sign with omega): those stay unchanged.
func compose(s string) string {
	for _, r := range s {
		if isSingleton(r) {
			return s
		}
	}
	return norm.NFC.String(s)
}

// isSingleton reports whether a character is canonically one other character.
func isSingleton(r rune) bool {
	if r < 0x340 { // none of those before it
		return false
	}
	one := norm.NFC.String(string(r))
	return one != string(r) && utf8.RuneCountInString(one) == 1
}

// IsAddress reports whether a username is meant as an address, in any spelling of @.
func IsAddress(username string) bool { return strings.ContainsAny(username, "@＠﹫") }
