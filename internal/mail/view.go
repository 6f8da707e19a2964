package mail

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"gatehouse/internal/site"
)

// view is what a source can name: {{.Site.Name}}, {{.To.Name}}, {{.M.Username}},
// {{.Time .M.At}}.
type view struct {
	Site *site.Site
	To   Recipient
	M    Message
	lang string
}

// Time writes a time as a clock at the site shows it, with its zone.
func (v view) Time(t time.Time) string {
	s, lang := dateWords(v.Site, v.lang)
	return s.FormatTime(lang, t)
}

// Clock writes the time of day as a clock at the site shows it, with its zone.
func (v view) Clock(t time.Time) string {
	s, lang := dateWords(v.Site, v.lang)
	return s.FormatClock(lang, t)
}

// Day writes a date as a calendar at the site shows it.
func (v view) Day(t time.Time) string {
	s, lang := dateWords(v.Site, v.lang)
	return s.FormatDay(lang, t)
}

// Span writes how long something takes.
func (v view) Span(d time.Duration) string {
	s, lang := dateWords(v.Site, v.lang)
	return s.FormatDuration(lang, d)
}

// Quote is text that somebody typed, in full: for a block "quote:" only.
func (v view) Quote(text string) quotation { return quote(text) }

// Prose is a line that support has written, in full. The only links in it are those to the site: an
// operator may have copied the others from what a stranger wrote.
func (v view) Prose(text string) quotation {
	words := strings.Split(oneLine(text), " ")
	for i, word := range words {
		if !strings.HasPrefix(word, v.Site.Origin+"/") {
			words[i] = tame.Replace(word)
		}
	}
	return quotation(strings.Join(words, " "))
}

// Form is the plural form of a number in the language: "one", "few", "many", "other"
// and so on.
func (v view) Form(n int) string {
	return pluralNames[plural.Cardinal.MatchPlural(language.Make(v.lang), n, 0, 0, 0, 0)]
}

var pluralNames = map[plural.Form]string{
	plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
}

// dateWords picks the words for writing a time: the site's, if it offers the language
// of the message, for any country; else ours. Otherwise the site would fall back to its
// first language in mid-sentence.
func dateWords(s *site.Site, lang string) (*site.Site, string) {
	if slices.Contains(s.Languages, lang) {
		return s, lang
	}
	for _, own := range s.Languages {
		if baseOf(own) == baseOf(lang) {
			return s, own
		}
	}
	return &site.Site{Zone: s.Zone}, lang
}

// baseOf is a language without its country and script.
func baseOf(tag string) language.Base {
	base, _ := language.Make(tag).Base()
	return base
}
