package mail

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// plainName makes the name of a person or a company safe for a mail: mail programs make
// links of everything that looks like a URL, a domain or a telephone number, and people
// choose their names themselves. Visible spaces break it up, because mail programs read on
// over invisible characters; "J.R. Smith" and "O'Neil & Sons Ltd." stay as they are.
func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' { // except joiners of letters
			return -1
		}
		return r
	}, oneLine(name))
	if !strings.ContainsFunc(name, mayLink) {
		return oneLine(name)
	}
	name = linkSign.ReplaceAllString(name, " $1 ")
	name = scheme.ReplaceAllString(name, "$1$2 ")
	name = telephone().ReplaceAllStringFunc(name, breakDigits)
	name = internetAddress().ReplaceAllStringFunc(name, breakDots)
	name = innerDot().ReplaceAllStringFunc(name, breakDot)
	return oneLine(name)
}

// mayLink reports characters that a web address, domain or telephone number needs. Most
// names have none of them, and are not searched.
func mayLink(r rune) bool { return r != ' ' && r != '-' && r != '\'' && !unicode.IsLetter(r) }

// linkSign is what marks addresses, web addresses and Windows shares.
var linkSign = regexp.MustCompile(`([@\x{ff20}\x{fe6b}]+|[/\x{ff0f}]{2,}|\\+)`)

// scheme is a word and a colon with something after it: "tel:", "mailto:".
var scheme = regexp.MustCompile(`(\pL)([:\x{ff1a}\x{fe55}]+)`)

// telephone is a run of digits with the separators of a phone number.
var telephone = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[+\x{ff0b}]?\(?\p{Nd}(?:[\s\p{Pd}.()\[\]~\x{b7}+\x{ff0b}/\x{ff0f}\x{200c}\x{200d}\pM\x{3002}\x{ff0e}\x{ff61}\x{2024}\x{fe52}]*\p{Nd})+`)
})

// breakDigits separates the digit groups of a run that is long enough for a phone
// number, using a mark that no number is written with.
func breakDigits(enrolment string) string {
	groups := strings.FieldsFunc(enrolment, func(r rune) bool { return !unicode.IsDigit(r) })
	var all []string
	for _, g := range groups {
		for chunk := range slices.Chunk([]rune(g), 4) {
			all = append(all, string(chunk))
		}
	}
	if digits := len([]rune(strings.Join(groups, ""))); digits < 6 {
		return enrolment
	}
	return strings.Join(all, " | ")
}

// dots are the full stop and the characters that domains treat as one.
const dots = ".\u3002\uff0e\uff61\u2024\ufe52"

// internetAddress is four numbers, which mail programs turn into links, however short.
var internetAddress = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\pN{1,3}(?:[` + dots + `]\pN{1,3}){3}`)
})

// breakDots separates the numbers of an IP address.
func breakDots(found string) string {
	return strings.Join(strings.FieldsFunc(found, func(r rune) bool { return strings.ContainsRune(dots, r) }), ". ")
}

// innerDot is a dot before at least two letters or digits: no top-level domain is shorter.
var innerDot = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[` + dots + `]+[\pL\pM\pN\x{200c}\x{200d}_-]*`)
})

func breakDot(found string) string {
	lead := len(found) - len(strings.TrimLeft(found, dots))
	label, n := found[lead:], 0
	for _, r := range label {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	if n < 2 || strings.HasPrefix(label, "-") {
		return found
	}
	return found[:lead] + " " + label
}

// nameFields are the fields of messages that hold names.
var nameFields = []string{"Name", "Company", "By", "Administrator", "StartedName"}

// withPlainNames returns a message with plain names.
func withPlainNames(msg Message) Message {
	v := reflect.New(reflect.TypeOf(msg)).Elem()
	v.Set(reflect.ValueOf(msg))
	plainNames(v)
	return v.Interface().(Message)
}

func plainNames(v reflect.Value) {
	for i := range v.NumField() {
		field, about := v.Field(i), v.Type().Field(i)
		switch {
		case about.Anonymous && field.Kind() == reflect.Struct:
			plainNames(field)
		case field.Type() == reflect.TypeFor[string]() && slices.Contains(nameFields, about.Name):
			field.SetString(plainName(field.String()))
		}
	}
}
