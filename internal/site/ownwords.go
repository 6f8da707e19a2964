package site

import (
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/strictyaml"
)

// Own returns a text from site.yaml (tagline, notice, names of links, support hours) in a
// language; unchanged if the site has no translation.
func (s *Site) Own(lang, text string) string {
	for _, wide := range widths(lang) {
		if words, ok := s.own[wide][text]; ok {
			return words
		}
	}
	return text
}

// words checks the translations of texts in site.yaml. A translation of a text that
// does not exist would never be seen.
func (l *loader) words(doc *strictyaml.Doc) {
	s := l.site
	known := []string{s.Tagline, s.Notice.Kicker, s.Notice.Title, s.Notice.LinkText, s.Support.Hours}
	for _, links := range [][]Link{s.Links, s.QuickLinks} {
		for _, link := range links {
			known = append(known, link.Text)
		}
	}
	for lang, words := range l.file.Words {
		if !l.offers(lang) {
			doc.Problem("words."+lang, "is not one of the site's languages: %s", strings.Join(s.Languages, ", "))
		}
		for text, translated := range words {
			key := fmt.Sprintf("words.%s.%s", lang, text)
			if !slices.Contains(known, text) || text == "" {
				hint := ""
				if near := strictyaml.Nearest(text, known); near != "" {
					hint = "; did you mean " + near + "?"
				}
				doc.Problem(key, "is no text of this file%s", hint)
			}
			if translated == "" {
				doc.Problem(key, "is empty")
			}
		}
	}
	s.own = l.file.Words
}
