package site

import "strings"

// figures are how a language writes numbers and currencies.
type figures struct {
	group, decimal string
	after          bool // the currency follows the number
}

var figuresOf = map[string]figures{
	"de": {".", ",", true},
	"fr": {"\u202f", ",", true},
}

// symbols are the currencies with a well-known sign. A sign that several countries share is
// clear in only one of them.
var symbols = map[string]string{"GBP": "£", "EUR": "€", "JPY": "¥", "INR": "₹"}

var ownSymbols = map[string]string{"en-AU AUD": "$", "en-US USD": "$", "en-CA CAD": "$", "en-NZ NZD": "$"}

// FormatAmount is an amount of money, a decimal number in a currency (ISO 4217), as a
// language writes it: £41,280.00, 41.280,00 €, CHF 12.50.
func (s *Site) FormatAmount(lang, number, currency string) string {
	base, _, _ := strings.Cut(lang, "-")
	f, known := figuresOf[base]
	if !known {
		f = figures{",", ".", false}
	}
	number, negative := strings.CutPrefix(number, "-")
	whole, fraction, _ := strings.Cut(number, ".")
	var text strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			text.WriteString(f.group)
		}
		text.WriteRune(digit)
	}
	if fraction != "" {
		text.WriteString(f.decimal + fraction)
	}
	sign := symbols[currency]
	if own := ownSymbols[lang+" "+currency]; own != "" {
		sign = own
	}
	amount := text.String()
	switch {
	case f.after && sign != "":
		amount += "\u00a0" + sign
	case f.after:
		amount += "\u00a0" + currency
	case sign != "":
		amount = sign + amount
	default:
		amount = currency + "\u00a0" + amount
	}
	if negative {
		return "\u2212" + amount
	}
	return amount
}
