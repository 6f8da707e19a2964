package mail

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// plainName makes a name, of a person or a company, fit to stand in a mail: mail programs
// make links of everything that looks like a URL, a domain or a telephone number, and
// people choose their names themselves. Blanks break it where everybody sees them, because
// mail programs read on over invisible characters; "J.R. Smith" and "O'Neil & Sons Ltd."
// stay as they are.
func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' { // but what joins letters
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

// mayLink reports what no web address, domain or telephone number is without. Most names
// have none of it, and are not searched.
func mayLink(r rune) bool { return r != ' ' && r != '-' && r != '\'' && !unicode.IsLetter(r) }

// linkSign is what addresses, web addresses and Windows shares are known by.
var linkSign = regexp.MustCompile(`([@\x{ff20}\x{fe6b}]+|[/\x{ff0f}]{2,}|\\+)`)

// scheme is a word with a colon that something follows: "tel:", "mailto:".
var scheme = regexp.MustCompile(`(\pL)([:\x{ff1a}\x{fe55}]+)`)

// telephone is a run of digits with what stands between those of a number.
var telephone = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[+\x{ff0b}]?\(?\p{Nd}(?:[\s\p{Pd}.()\[\]~\x{b7}+\x{ff0b}/\x{ff0f}\x{200c}\x{200d}\pM\x{3002}\x{ff0e}\x{ff61}\x{2024}\x{fe52}]*\p{Nd})+`)
})

// breakDigits sets the groups of a run with as many digits as a number has apart, with a
// mark that no number is written with.
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

// dots are the full stop and what is taken for one in a domain.
const dots = ".\u3002\uff0e\uff61\u2024\ufe52"

// internetAddress is four numbers, which mail programs make links of, however short.
var internetAddress = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\pN{1,3}(?:[` + dots + `]\pN{1,3}){3}`)
})

// breakDots sets the numbers of an IP address apart.
func breakDots(found string) string {
	return strings.Join(strings.FieldsFunc(found, func(r rune) bool { return strings.ContainsRune(dots, r) }), ". ")
}

// innerDot is a dot before two letters or digits at least: no top-level domain is shorter.
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

// withPlainNames returns a message whose names are plain.
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
