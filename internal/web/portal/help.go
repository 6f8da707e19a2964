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
	return p.page(w, r, http.StatusOK, ui.HelpIndex{
		Pages: v.Site.Help(v.Lang), Query: query, Words: !site.NewQuery(query).Empty(), Hits: v.Site.SearchHelp(v.Lang, query),
	})
}

// HelpPage is one help page.
func (p *Portal) HelpPage(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	page, ok := v.Site.HelpPage(v.Lang, r.PathValue("page"))
	if !ok {
		return p.page(w, r, http.StatusNotFound, ui.HelpMissing{})
	}
	return p.page(w, r, http.StatusOK, ui.HelpArticle{Page: page})
}

// Contact says how to reach the site's support.
func (p *Portal) Contact(w http.ResponseWriter, r *http.Request) error {
	return p.page(w, r, http.StatusOK, ui.Contact{})
}

// Search finds pages of the account and of the help (B18).
func (p *Portal) Search(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	query := queryOf(r)
	return p.page(w, r, http.StatusOK, ui.Search{
		Query: query, Words: !site.NewQuery(query).Empty(), Hits: v.Site.SearchHelp(v.Lang, query),
	})
}

// queryOf is what somebody searches for, as it is shown again.
func queryOf(r *http.Request) string { return strings.TrimSpace(clip(r.URL.Query().Get("q"))) }
