package site

import (
	"fmt"
	"slices"

	"golang.org/x/text/language"

	"gatehouse/internal/phone"
	"gatehouse/internal/strictyaml"
)

// textMessages reads the countries that codes are sent to: the price of a text message varies
// by a factor of a hundred, and fraudsters who earn from messages that others pay for pick the
// expensive ones.
func (l *loader) textMessages(doc *strictyaml.Doc) {
	f := l.file.Texts
	if !f.Offered {
		if len(f.Countries) > 0 {
			doc.Problem("text_messages.countries", "is of no use without text_messages.offered: true")
		}
		return
	}
	for i, country := range f.Countries {
		key := fmt.Sprintf("text_messages.countries[%d]", i)
		switch {
		case !phone.Known(country):
			doc.Problem(key, "is %q, must be two letters of a country such as GB", country)
		case slices.Contains(f.Countries[:i], country):
			doc.Problem(key, "is in the list already")
		}
	}
	countries := f.Countries
	if len(countries) == 0 {
		region, _ := language.Make(l.site.Languages[0]).Region()
		if !phone.Known(region.String()) {
			doc.Problem("text_messages.offered", "needs text_messages.countries: the site's first language has no country")
		}
		countries = []string{region.String()}
	}
	l.site.TextCountries = countries
}
