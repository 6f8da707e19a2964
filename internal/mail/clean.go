package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"gatehouse"
)

// How many characters of a value a message shows, and of a subject a mail program
// shows. A header line has less than 998 octets, no matter what is in it (E05).
const (
	valueLength   = 200
	subjectLength = 150
	nameLength    = 64
	quoteLength   = 500
)

// tame puts an invisible joiner into text that mail programs would interpret: a web
// address in a name must not become a link, nor "=?" be decoded in a header.
var tame = strings.NewReplacer("://", ":\u2060//", "=?", "=\u2060?")

// clean makes a value safe to show: one line, of limited length.
func clean(s string) string { return shorten(tame.Replace(oneLine(s)), valueLength) }

// quotation is text that a stranger typed, as a message shows it.
type quotation string

// linked finds what mail programs turn into links by themselves: the insides of host
// names, addresses, schemes and Windows shares.
var linked = regexp.MustCompile(`([.@:\\])(\S)`)

// quote makes a stranger's text safe to quote: in full, and with nothing in it a link.
func quote(s string) quotation {
	return quotation(linked.ReplaceAllString(shorten(oneLine(s), quoteLength), "$1\u2060$2"))
}

// oneLine replaces with a space anything that ends a line somewhere (CR, LF, VT, FF,
// NEL, U+2028, U+2029), every other control character, and the marks that change the
// direction of writing, which make one thing look like another.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), turns(r):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

// turns reports whether a rune changes the direction of what follows.
func turns(r rune) bool {
	return r == '\u200e' || r == '\u200f' || r == '\u061c' || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}

func shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
}

// escapeQuery writes a value into a link's query.
func escapeQuery(s string) string { return url.QueryEscape(s) }

// Recipient is who a message goes to.
type Recipient struct {
	UserID    string
	CompanyID string
	// Name is how the message greets; empty: without a name.
	Name  string
	Email string
	// Lang is the BCP 47 tag of the person's language; empty: the site's.
	Lang string
	// Administrator: of the company. Administrators are not told to ask themselves.
	Administrator bool
}

// ErrAddress is why a message with nowhere to go is refused. It is of kind Invalid.
var ErrAddress = errors.New("no mail can be sent to this address")

// CanSend reports whether mail can be sent to an address at all. Callers that enqueue
// in a transaction that must not fail for a bad address ask first.
func CanSend(address string) bool {
	_, err := route(address)
	return err == nil
}

func addressError(address, problem string) error {
	return &gatehouse.Error{Kind: gatehouse.Invalid, Reason: "email-address",
		Err: fmt.Errorf("%w: %q %s", ErrAddress, address, problem)}
}

// route checks an address and returns it as the mail server gets it: the domain as in
// the DNS. Quoted local parts and addresses without a domain name are refused.
func route(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	switch {
	case address == "":
		return "", addressError(address, "is empty")
	case at < 1 || at == len(address)-1:
		return "", addressError(address, "is not of the form name@example.com")
	case len(address) > 254 || at > 64: // RFC 5321, 4.5.3.1
		return "", addressError(address, "is too long")
	}
	local, domain := address[:at], address[at+1:]
	if !utf8.ValidString(local) || !dotAtom(local) {
		return "", addressError(address, "has a character before the @ that cannot be there")
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(ascii, ".") && ascii != "localhost" || strings.HasSuffix(ascii, ".") {
		return "", addressError(address, "has no domain name after the @")
	}
	routed := local + "@" + ascii
	parsed, err := mail.ParseAddress(routed)
	if err != nil || parsed.Address != routed || len(routed) > 254 {
		return "", addressError(address, "is not of the form name@example.com")
	}
	return routed, nil
}

// dotAtom reports whether a local part needs no quotes (RFC 5322, 3.2.3, and RFC 6532:
// any visible character beyond ASCII).
func dotAtom(local string) bool {
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" {
			return false
		}
		for _, r := range atom {
			ascii := r < utf8.RuneSelf
			if ascii && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) ||
				!ascii && (!unicode.IsGraphic(r) || unicode.IsSpace(r) || turns(r)) {
				return false
			}
		}
	}
	return true
}

// isASCII reports whether an address needs no SMTPUTF8 (E06).
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
