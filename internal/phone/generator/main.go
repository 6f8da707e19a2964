// Generator writes plans.tsv: the parts of every country's numbering plan that are needed to
// read a mobile phone number.
//
//	go generate ./internal/phone
package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

func main() {
	text, err := generate()
	if err == nil {
		err = os.WriteFile("plans.tsv", text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generator:", err)
		os.Exit(1)
	}
}

// generate makes a line for each country: calling code, country, leading digits, national
// prefix, its replacement, mobile numbers. The first country of a calling code gets the
// numbers that no other one claims by its leading digits.
func generate() ([]byte, error) {
	all, err := phonenumbers.MetadataCollection()
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(slices.Clone(all.GetMetadata()), func(m *phonenumbers.PhoneMetadata) bool {
		return m.GetId() == "001" || !textable(m.GetMobile().GetNationalNumberPattern())
	})
	slices.SortFunc(list, func(a, b *phonenumbers.PhoneMetadata) int {
		first := func(m *phonenumbers.PhoneMetadata) int {
			if m.GetMainCountryForCode() {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.GetCountryCode(), b.GetCountryCode()), cmp.Compare(first(a), first(b)), strings.Compare(a.GetId(), b.GetId()))
	})
	var b strings.Builder
	for _, m := range list {
		fmt.Fprintf(&b, "%d\t%s\t%s\t%s\t%s\t%s\n", m.GetCountryCode(), m.GetId(), m.GetLeadingDigits(),
			m.GetNationalPrefixForParsing(), m.GetNationalPrefixTransformRule(), squeeze(m.GetMobile().GetNationalNumberPattern()))
	}
	return []byte(b.String()), nil
}

func textable(pattern string) bool { return pattern != "" && pattern != "NA" }

// squeeze removes white space from a pattern.
func squeeze(pattern string) string { return strings.Join(strings.Fields(pattern), "") }
