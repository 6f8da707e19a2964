package ui

import (
	"html/template"

	"gatehouse"
	"gatehouse/internal/site"
)

// HelpIndex is the main help page, with what a search in the help has found.
type HelpIndex struct {
	Pages []site.HelpPage
	// Query is what was typed; Words says that there is a word in it.
	Query string
	Words bool
	Hits  []site.HelpHit
}

func (HelpIndex) template() string     { return "help" }
func (HelpIndex) title(p *page) string { return p.T("help.title") }
func (HelpIndex) failed() bool         { return false }

// HelpArticle is one help page.
type HelpArticle struct {
	Page site.HelpPage
}

func (HelpArticle) template() string       { return "help_page" }
func (v HelpArticle) title(p *page) string { return v.Page.Title }
func (HelpArticle) failed() bool           { return false }

// longPage is how many sections a page has that shows a table of its contents.
const longPage = 4

// IsLong reports whether the page shows a table of its contents.
func (v HelpArticle) IsLong() bool { return len(v.Page.Sections) >= longPage }

// HelpMissing is the page for a help page that is not there.
type HelpMissing struct{}

func (HelpMissing) template() string     { return "help_missing" }
func (HelpMissing) title(p *page) string { return p.T("help.missing_title") }
func (HelpMissing) failed() bool         { return false }

// Contact says how to reach the site's support, and what to have ready (C07).
type Contact struct{}

func (Contact) template() string     { return "contact" }
func (Contact) title(p *page) string { return p.T("contact.title") }
func (Contact) failed() bool         { return false }

// Search is the search of whoever is signed in: over the pages of their account and
// the help (B18).
type Search struct {
	Query string
	// Words: there is a word in what was typed.
	Words bool
	Hits  []site.HelpHit
}

func (Search) template() string     { return "search" }
func (Search) title(p *page) string { return p.T("search.title") }
func (Search) failed() bool         { return false }

// searchField is the field of a search, for the template "search-field".
type searchField struct {
	Page                         *page
	Action, Label, Button, Query string
}

// HelpField is the field that searches the help.
func (p *page) HelpField(query string) searchField {
	return searchField{p, "/help", p.T("help.search"), p.T("help.search_button"), query}
}

// AccountField is the field that searches everything.
func (p *page) AccountField(query string) searchField {
	return searchField{p, "/search", p.T("search.label"), p.T("search.button"), query}
}

// Prose is HTML that package site has made of Markdown: it holds what Markdown can
// say, links that were checked, and nothing that runs.
func (p *page) Prose(html string) template.HTML { return template.HTML(html) }

// OtherLang is the language of a text where it is not the page's (WCAG 3.1.2), or
// empty.
func (p *page) OtherLang(lang string) string {
	if lang == p.Lang {
		return ""
	}
	return lang
}

// foundPage is a page of the site that a search finds.
type foundPage struct{ Title, Path string }

// searchPages are the pages that a search looks at: the part of their texts' keys,
// the path, and where they are.
var searchPages = []struct {
	key, path string
	on        func(*site.Site) bool // nil: every site
}{
	{"home", "/", nil},
	{"profile", "/account/profile", nil},
	{"password", "/account/password", nil},
	{"challenge", "/account/challenge", func(s *site.Site) bool { return s.Recovery == gatehouse.RecoverByChallenge }},
	{"devices", "/account/devices", nil},
	{"activity", "/account/activity", nil},
	{"terms", "/terms", func(s *site.Site) bool { return s.TermsVersion != "" }},
	{"help", "/help", nil},
	{"contact", "/contact", nil},
}

// FoundPages are the pages of the signed-in user whose name or words have every word
// of a query.
func (p *page) FoundPages(query string) []foundPage {
	q := site.NewQuery(query)
	var found []foundPage
	for _, s := range searchPages {
		title := p.T("search.page_" + s.key)
		if (s.on == nil || s.on(p.Site)) && q.Matches(title, p.T("search.page_"+s.key+"_words")) {
			found = append(found, foundPage{title, s.path})
		}
	}
	return found
}
