package portal

import (
	"cmp"
	"net/http"
	"slices"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/sso"
	"gatehouse/internal/web/ui"
)

// Search finds pages of the account and of the help (B18).
func (p *Portal) Search(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	query := queryOf(r)
	saved, err := p.searchesOf(r, v)
	if err != nil {
		return err
	}
	_, supplied, err := p.supplied(r, v)
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, Search{
		Query: query, Words: !site.NewQuery(query).Empty(), Hits: v.Site.SearchHelp(v.Lang, query), Searches: saved, Supplied: supplied,
	})
}

// Search is the search for signed-in users: over the pages of their account, the help (B18)
// and the cards of home (A06).
type Search struct {
	Query string
	// Words: there is a word in what was typed.
	Words bool
	Hits  []site.HelpHit
	// Searches are the saved ones next to it; Supplied are the cards of home that platforms
	// supply.
	Searches ui.Searches
	Supplied []sso.SuppliedCard
}

func (Search) Template() string        { return "search" }
func (Search) Title(p *ui.Page) string { return p.T("search.title") }

// Field searches everything.
func (v Search) Field(p *ui.Page) searchField {
	return searchField{"/search", p.T("search.label"), p.T("search.button"), v.Query}
}

// foundPage is a page of the site that a search finds.
type foundPage struct{ Title, Path string }

// searchPages are the searchable pages: the part of their text keys, the path, and
// where they are.
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
	{"searches", ui.SearchesPath, nil},
	{"terms", "/terms", func(s *site.Site) bool { return s.TermsVersion != "" }},
	{"help", "/help", nil},
	{"contact", "/contact", nil},
}

// Found are the pages of the signed-in user with every word of the query in their name
// or words.
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

// foundLine is a matching line of a platform's card, or the card itself.
type foundLine struct{ Title, Text, Link, Card string }

// Lines are the lines of cards that have every word of the query. A line without a link leads
// to its card on home.
func (v Search) Lines(p *ui.Page) []foundLine {
	q := site.NewQuery(v.Query)
	var found []foundLine
	for _, c := range v.Supplied {
		card := suppliedOf(p, c)
		home := "/#card-" + string(c.Name())
		if !c.Waiting && q.Matches(card.Body.Title, card.From) {
			found = append(found, foundLine{card.Body.Title, "", cmp.Or(card.Body.Link, home), card.From})
		}
		for _, line := range slices.Concat(card.Lines, card.More) {
			if q.Matches(line.Title, line.Text, line.State) {
				found = append(found, foundLine{line.Title, line.Text, cmp.Or(line.Link, home), card.Body.Title})
			}
		}
	}
	return found
}
