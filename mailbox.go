package gatehouse

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// SameMailbox reports whether mail to two addresses arrives in one mailbox. It is the
// one answer to whether an address changed, is taken, bounced or is confirmed. The keys
// of look-ups (NameKey) take more for equal, such as full-width letters, which another
// person's mailbox may have.
func SameMailbox(a, b string) bool { return a == b || Mailbox(a) == Mailbox(b) }

// Mailbox is the normal form of an address, for comparing only: what is shown and stored
// is what the person wrote. The domain is as in the DNS, so that "exämple" is
// "xn--exmple-cua", and "straße" is not "strasse", which may be somebody else's. Before
// the @ capitals make no difference, and nothing else is folded.
func Mailbox(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return foldLocal(address)
	}
	return foldLocal(address[:at]) + "@" + MailDomain(address[at+1:])
}

// KeepSpelling returns an address as somebody wrote it, with the stored spelling of the
// domain where browsers have put that of the DNS in its place: anyone who sends back a form
// has changed nothing then.
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

// MailDomain is the normal form of a domain: the one that mail is routed by, or small
// letters where it is none that can be routed.
func MailDomain(domain string) string {
	if isLowerASCII(domain) && !strings.Contains(domain, "xn--") {
		return domain
	}
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil && ascii != "" {
		return ascii
	}
	return foldLocal(domain)
}

// foldLocal folds capitals and the ways to write an accent, and nothing else.
func foldLocal(s string) string {
	if isLowerASCII(s) {
		return s
	}
	return compose(strings.Map(foldRune, compose(s)))
}

// foldRune makes a capital small where the two are a pair. The Kelvin sign, a dotted
// capital I and a long s are letters of their own: their small or capital letter is the
// pair of another one.
func foldRune(r rune) rune {
	if small := unicode.ToLower(r); unicode.ToUpper(small) == r {
		return small
	}
	return r
}

// compose is NFC, but for texts with a character that NFC would replace by a different
// one (the Kelvin sign by K, the Ohm sign by omega): they stay as they are.
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

// IsAddress reports whether a username is meant as an address, however its @ is written.
func IsAddress(username string) bool { return strings.ContainsAny(username, "@＠﹫") }
