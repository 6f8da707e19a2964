package portal

import (
	"net/http"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/web/ui"
)

// Search finds pages of the account and of the help (B18).
func (p *Portal) Search(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	query := queryOf(r)
	return p.page(w, r, http.StatusOK, Search{
		Query: query, Words: !site.NewQuery(query).Empty(), Hits: v.Site.SearchHelp(v.Lang, query),
	})
}

// Search is the search of anyone who is signed in: over the pages of their account and
// the help (B18).
type Search struct {
	Query string
	// Words: there is a word in what was typed.
	Words bool
	Hits  []site.HelpHit
}

func (Search) Template() string        { return "search" }
func (Search) Title(p *ui.Page) string { return p.T("search.title") }

// Field searches everything.
func (v Search) Field(p *ui.Page) searchField {
	return searchField{"/search", p.T("search.label"), p.T("search.button"), v.Query}
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

// Found are the pages of the signed-in user whose name or words have every word of the
// query.
func (v Search) Found(p *ui.Page) []foundPage {
	q := site.NewQuery(v.Query)
	var found []foundPage
	for _, s := range searchPages {
		title := p.T("search.page_" + s.key)
		if (s.on == nil || s.on(p.Site)) && q.Matches(title, p.T("search.page_"+s.key+"_words")) {
			found = append(found, foundPage{title, s.path})
		}
	}
	return found
}
