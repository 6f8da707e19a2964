// Package phone reads mobile phone numbers as people write them, and says which country a
// number belongs to.
//
// Numbering plans change several times a year. github.com/nyaruka/phonenumbers knows them,
// but takes 15 ms and 2 MB at every start, for all kinds of numbers. So a generator extracts
// what is needed here: plans.tsv.
package phone

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ./generator

//go:embed plans.tsv
var table string

// Number is the number of a mobile phone.
type Number struct {
	// E164 is the number in its international form: +447400123456 (ITU-T E.164).
	E164 string
	// Country is the two-letter code of ISO 3166-1.
	Country string
}

// Reason is why something is not a number that a text message can be sent to.
type Reason string

// The reasons.
const (
	// NoNumber: it has characters that no number has, or no country has such numbers.
	NoNumber Reason = "phone-form"
	// NoCountry: it does not begin with + and its country is unknown.
	NoCountry Reason = "phone-no-country"
	// NotMobile: the country exists, but its mobile phones have no such numbers: a landline,
	// a premium number, a digit too many.
	NotMobile Reason = "phone-not-mobile"
)

// mostDigits is how many digits a number has at most, with calling code (E.164 6.1), and
// room for prefixes that people dial.
const mostDigits = 15 + 8

// Read reads a number as somebody wrote it: with + or 00 and the calling code, or as
// dialled inside a country. country applies to numbers without a calling code; empty: none.
// The reason is empty if it is a number.
func Read(typed, country string) (Number, Reason) {
	digits, international, ok := clean(typed)
	if !ok {
		return Number{}, NoNumber
	}
	if international {
		return readInternational(digits)
	}
	i := slices.IndexFunc(plans(), func(p *plan) bool { return p.country == country })
	if i < 0 {
		return Number{}, NoCountry
	}
	code := plans()[i].code
	if n, ok := find(code, country, digits); ok {
		return n, ""
	}
	// The calling code without its plus.
	if rest, found := strings.CutPrefix(digits, code); found {
		if n, ok := find(code, "", rest); ok {
			return n, ""
		}
	}
	return Number{}, NotMobile
}

// Known reports whether there are mobile phones in a country.
func Known(country string) bool {
	return slices.ContainsFunc(plans(), func(p *plan) bool { return p.country == country })
}

// Group is a number as it is read out: the calling code, then groups of at most four digits.
func (n Number) Group() string {
	code := codeOf(n.E164[1:])
	rest := n.E164[1+len(code):]
	parts := []string{"+" + code}
	for len(rest) > 4 {
		parts, rest = append(parts, rest[:3]), rest[3:]
	}
	return strings.Join(append(parts, rest), "\u00a0")
}

// clean removes what people put between digits.
func clean(typed string) (digits string, international, ok bool) {
	typed = strings.TrimSpace(typed)
	if rest, found := strings.CutPrefix(typed, "tel:"); found {
		typed = rest
	}
	if international = strings.HasPrefix(typed, "+") || strings.HasPrefix(typed, "＋"); international {
		typed = strings.TrimLeft(typed, "+＋")
	}
	var b strings.Builder
	for _, r := range typed {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '０' && r <= '９':
			b.WriteRune(r - '０' + '0')
		case strings.ContainsRune(" \t\u00a0\u2009\u202f-‐‑‒–—.·/()[]", r):
		default:
			return "", false, false
		}
	}
	digits = b.String()
	if rest, found := strings.CutPrefix(digits, "00"); found && !international {
		digits, international = rest, true
	}
	return digits, international, len(digits) > 0 && len(digits) <= mostDigits
}

func readInternational(digits string) (Number, Reason) {
	code := codeOf(digits)
	if code == "" {
		return Number{}, NoNumber
	}
	if n, ok := find(code, "", digits[len(code):]); ok {
		return n, ""
	}
	return Number{}, NotMobile
}

// codeOf is the calling code at the beginning of digits; no code is a prefix of
// another.
func codeOf(digits string) string {
	for _, p := range plans() {
		if strings.HasPrefix(digits, p.code) {
			return p.code
		}
	}
	return ""
}

// find looks for a mobile number among the countries of a calling code; country is the one
// in which the number was dialled, empty: it was written with its calling code. Then only what is
// dialled in the first country may be too much: a short number after +1 is none of a small country
// whose people leave out their area code.
func find(code, country, digits string) (Number, bool) {
	forms := []string{digits}
	for _, p := range plans() {
		if p.code == code && (p.country == country || country == "" && p.leading == "") {
			forms = append(forms, p.withoutPrefix(digits))
		}
	}
	for _, form := range forms {
		for _, p := range plans() {
			if p.code == code && p.has(form) {
				return Number{"+" + code + form, p.country}, true
			}
		}
	}
	return Number{}, false
}

// plan is what is known about a country's numbers.
type plan struct {
	code, country     string
	leading           string // digits that distinguish the country from others with its calling code
	prefix, transform string
	mobile            string

	once               sync.Once
	isLeading, isFirst *regexp.Regexp
	isMobile           *regexp.Regexp
}

// plans are in the order of the table: the first country of a calling code needs no leading
// digits.
var plans = sync.OnceValue(func() []*plan {
	var list []*plan
	for line := range strings.Lines(table) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		list = append(list, &plan{code: f[0], country: f[1], leading: f[2], prefix: f[3], transform: f[4], mobile: f[5]})
	}
	// Those with leading digits come first: theirs are more specific.
	slices.SortStableFunc(list, func(a, b *plan) int {
		return strings.Compare(a.code, b.code)*2 + second(a) - second(b)
	})
	return list
})

func second(p *plan) int {
	if p.leading == "" {
		return 1
	}
	return 0
}

func (p *plan) compile() {
	p.once.Do(func() {
		p.isMobile = regexp.MustCompile("^(?:" + p.mobile + ")$")
		if p.leading != "" {
			p.isLeading = regexp.MustCompile("^(?:" + p.leading + ")")
		}
		if p.prefix != "" {
			p.isFirst = regexp.MustCompile("^(?:" + p.prefix + ")")
		}
	})
}

func (p *plan) has(national string) bool {
	p.compile()
	return p.isMobile.MatchString(national) && (p.isLeading == nil || p.isLeading.MatchString(national))
}

// withoutPrefix removes what is dialled before a number inside its country.
func (p *plan) withoutPrefix(digits string) string {
	p.compile()
	if p.isFirst == nil {
		return digits
	}
	at := p.isFirst.FindStringSubmatchIndex(digits)
	if at == nil {
		return digits
	}
	last := len(at) - 2
	if p.transform != "" && last > 0 && at[last] >= 0 {
		return string(p.isFirst.ExpandString(nil, expand(p.transform), digits, at)) + digits[at[1]:]
	}
	return digits[at[1]:]
}

var group = regexp.MustCompile(`\$(\d)`)

// expand turns a rule into regexp syntax: what follows a group's number is not part of it.
func expand(rule string) string { return group.ReplaceAllString(rule, `$${$1}`) }
