package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
)

// homeFlags are what the home page shows of an application.
type homeFlags struct {
	NameIn    map[string]string `help:"Its name in another language; empty: none. May be given several times." mapsep:"none" placeholder:"LANG=NAME"`
	Logo      []string          `help:"Its picture, PNG or JPEG, 32 to 1024 pixels a side; for one language only with LANG=FILE. Empty: none." sep:"none" placeholder:"FILE"`
	LaunchURL *string           `name:"launch-url" help:"Where the launcher on home leads, at the origin of a redirect address. Empty: it is not on the launcher." placeholder:"URL"`
	CardsURL  *string           `name:"cards-url" help:"Where a user's card for home is fetched." placeholder:"URL"`
	Order     *int              `help:"Its place on the launcher; small numbers first." placeholder:"N"`
}

// apply applies what belongs to the settings.
func (f homeFlags) apply(h *gatehouse.ApplicationHome) {
	said(&h.LaunchURL, f.LaunchURL)
	said(&h.CardsURL, f.CardsURL)
	said(&h.Order, f.Order)
	if len(f.NameIn) == 0 {
		return
	}
	h.Names = maps.Clone(h.Names)
	if h.Names == nil {
		h.Names = map[string]string{}
	}
	for lang, name := range f.NameIn {
		if h.Names[lang] = name; name == "" {
			delete(h.Names, lang)
		}
	}
}

var languageFirst = regexp.MustCompile(`^([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)=(.*)$`)

// pictures reads the files of logos, by language. They are read before anything is changed.
func (f homeFlags) pictures() (map[string]sso.Logo, error) {
	logos := map[string]sso.Logo{}
	for _, given := range f.Logo {
		lang, file := "", given
		if m := languageFirst.FindStringSubmatch(given); m != nil {
			lang, file = m[1], m[2]
		}
		if file == "" {
			logos[lang] = sso.Logo{}
			continue
		}
		picture, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if logos[lang], err = sso.ReadLogo(picture); err != nil {
			return nil, err
		}
	}
	return logos, nil
}

// setLogos gives an application its logos.
func (o *office) setLogos(a *app, st *site.Site, id string, logos map[string]sso.Logo) error {
	for _, lang := range slices.Sorted(maps.Keys(logos)) {
		if err := o.sso.SetLogo(a.ctx, st, o.caller, id, lang, logos[lang]); err != nil {
			return o.noApplication(err, st, id)
		}
	}
	return nil
}

// inLanguages is a translated text, for people: "de Shop, fr Boutique".
func inLanguages(said map[string]string) string {
	var all []string
	for _, lang := range slices.Sorted(maps.Keys(said)) {
		all = append(all, strings.TrimSpace(lang+" "+said[lang]))
	}
	return strings.Join(all, ", ")
}
