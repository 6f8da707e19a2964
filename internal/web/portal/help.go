package portal

import (
	"net/http"
	"strings"

	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

// Help is the main help page; with a query, what the help has about it (A13).
func (p *Portal) Help(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	query := queryOf(r)
	saved, err := p.searchesOf(r, v)
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, HelpIndex{
		Pages: v.Site.Help(v.Lang), Query: query, Words: !site.NewQuery(query).Empty(), Hits: v.Site.SearchHelp(v.Lang, query), Searches: saved,
	})
}

// HelpPage is one help page.
func (p *Portal) HelpPage(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	page, ok := v.Site.HelpPage(v.Lang, r.PathValue("page"))
	if !ok {
		return p.page(w, r, http.StatusNotFound, HelpMissing{})
	}
	return p.page(w, r, http.StatusOK, HelpArticle{Page: page})
}

// queryOf is what somebody searches for, in the form shown again.
func queryOf(r *http.Request) string { return strings.TrimSpace(clip(r.URL.Query().Get("q"))) }

// reading is a page to read, for everybody: it needs longer lines than a form.
type reading struct{}

func (reading) Wide() bool { return true }

// HelpIndex is the main help page, with what a search in the help has found.
type HelpIndex struct {
	reading
	Pages []site.HelpPage
	// Query is what was typed; Words says that there is a word in it.
	Query string
	Words bool
	Hits  []site.HelpHit
	// Searches are the saved ones next to it.
	Searches ui.Searches
}

func (HelpIndex) Template() string        { return "help" }
func (HelpIndex) Title(p *ui.Page) string { return p.T("help.title") }

// Alike: the index is the same for everybody; a search is not.
func (v HelpIndex) Alike() string {
	v.Pages = nil // of the site
	if !ui.Nothing(v) {
		return ""
	}
	return "/help"
}

// HelpArticle is one help page.
type HelpArticle struct {
	reading
	Page site.HelpPage
}

func (HelpArticle) Template() string          { return "help_page" }
func (v HelpArticle) Title(p *ui.Page) string { return v.Page.Title }

// Alike: a help page is part of the site.
func (v HelpArticle) Alike() string { return "/help/" + v.Page.Name }

// longPage is how many sections a page with a table of contents has.
const longPage = 4

// IsLong reports whether the page shows a table of contents.
func (v HelpArticle) IsLong() bool { return len(v.Page.Sections) >= longPage }

// HelpMissing is the page for a help page that does not exist.
type HelpMissing struct{ reading }

func (HelpMissing) Template() string        { return "help_missing" }
func (HelpMissing) Title(p *ui.Page) string { return p.T("help.missing_title") }

// searchField is the field of a search, for the template "search-field".
type searchField struct{ Action, Label, Button, Query string }

// Field searches the help.
func (v HelpIndex) Field(p *ui.Page) searchField { return helpField(p, v.Query) }
func (HelpMissing) Field(p *ui.Page) searchField { return helpField(p, "") }

func helpField(p *ui.Page, query string) searchField {
	return searchField{"/help", p.T("help.search"), p.T("help.search_button"), query}
}
