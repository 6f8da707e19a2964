package portal

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/account"
	"gatehouse/internal/web/ui"
)

// searchesOf are the saved searches next to the search on a page; none for a stranger.
func (p *Portal) searchesOf(r *http.Request, v *ui.Visit) (ui.Searches, error) {
	if v.Session == nil {
		return ui.Searches{}, nil
	}
	all, err := p.Account.SavedSearches(r.Context(), v.Site, v.Caller(r))
	return ui.SearchesOf(all, r.URL.RequestURI()), err
}

// Searches lists what the user has saved (A06).
func (p *Portal) Searches(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	all, err := p.Account.SavedSearches(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, SavedSearches{Saved: all, Did: did(r, "saved", "renamed", "deleted")})
}

// did is which of these words the address says has just been done; empty: none.
func did(r *http.Request, words ...string) string {
	for _, word := range words {
		if r.URL.Query().Has(word) {
			return word
		}
	}
	return ""
}

// NewSearch asks for the name of a search.
func (p *Portal) NewSearch(w http.ResponseWriter, r *http.Request) error {
	return p.askName(w, r, r.URL.Query().Get("search"), nil)
}

// askName shows the form for the name, with what was wrong with it.
func (p *Portal) askName(w http.ResponseWriter, r *http.Request, address string, failed error) error {
	search, ok := gatehouse.ReadSearch(address)
	if !ok || !search.For(ui.VisitOf(r).User.Role) {
		return gatehouse.ErrNotFound
	}
	page := NewSearch{Search: search, Typed: clipTo(search.Text, gatehouse.MostSearchName)}
	var e *gatehouse.Error
	status := http.StatusOK
	if errors.As(failed, &e) {
		status = ui.StatusOf(failed)
		page.Typed, page.Errors, page.TooMany = clip(r.PostFormValue("name")), e.Fields, e.Reason == account.ReasonTooManySearches
	}
	return p.page(w, r, status, page)
}

// SaveSearch saves a search, and leads back to it.
func (p *Portal) SaveSearch(w http.ResponseWriter, r *http.Request) error {
	v, address := ui.VisitOf(r), r.PostFormValue("search")
	err := p.Account.SaveSearch(r.Context(), v.Site, v.Caller(r), address, r.PostFormValue("name"))
	var e *gatehouse.Error
	switch {
	case err == nil:
		search, _ := gatehouse.ReadSearch(address)
		http.Redirect(w, r, search.Address(), http.StatusSeeOther)
		return nil
	case errors.As(err, &e) && e.Reason == account.ReasonProfileIncomplete:
		http.Redirect(w, r, "/#card-"+string(gatehouse.CardProfile), http.StatusSeeOther) // which says what is missing
		return nil
	case errors.As(err, &e) && (len(e.Fields) > 0 || e.Reason == account.ReasonTooManySearches):
		return p.askName(w, r, address, err)
	}
	return err
}

// OneSearch shows a saved search, which can be renamed and deleted.
func (p *Portal) OneSearch(w http.ResponseWriter, r *http.Request) error {
	return p.oneSearch(w, r, nil)
}

func (p *Portal) oneSearch(w http.ResponseWriter, r *http.Request, failed error) error {
	v := ui.VisitOf(r)
	all, err := p.Account.SavedSearches(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s gatehouse.SavedSearch) bool { return s.ID == r.PathValue("id") })
	if i < 0 {
		return gatehouse.ErrNotFound
	}
	page := OneSearch{SavedSearch: all[i], Typed: all[i].Name}
	var e *gatehouse.Error
	status := http.StatusOK
	if errors.As(failed, &e) {
		status, page.Typed, page.Errors = ui.StatusOf(failed), clip(r.PostFormValue("name")), e.Fields
	}
	return p.page(w, r, status, page)
}

// RenameSearch gives a saved search another name.
func (p *Portal) RenameSearch(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	err := p.Account.RenameSearch(r.Context(), v.Site, v.Caller(r), r.PathValue("id"), r.PostFormValue("name"))
	if gatehouse.KindOf(err) == gatehouse.Invalid {
		return p.oneSearch(w, r, err)
	}
	if err == nil {
		http.Redirect(w, r, ui.SearchesPath+"?renamed", http.StatusSeeOther)
	}
	return err
}

// DeleteSearch removes a saved search. It does not ask first: saving it again takes a
// moment.
func (p *Portal) DeleteSearch(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	err := p.Account.DeleteSearch(r.Context(), v.Site, v.Caller(r), r.PathValue("id"))
	if err == nil {
		http.Redirect(w, r, ui.SearchesPath+"?deleted", http.StatusSeeOther)
	}
	return err
}

// SavedSearches is the list of a user's saved searches.
type SavedSearches struct {
	Saved []gatehouse.SavedSearch
	// Did is what has just been done: saved, renamed, deleted; empty: nothing.
	Did string
}

func (SavedSearches) Template() string        { return "searches" }
func (SavedSearches) Title(p *ui.Page) string { return p.T("searches.title") }

// Of says in words what a search looks for, and where.
func (SavedSearches) Of(p *ui.Page, s gatehouse.Search) string { return searchWords(p, s) }

// searchWords says in words what a search looks for, and where.
func searchWords(p *ui.Page, s gatehouse.Search) string {
	places := map[gatehouse.SearchPlace]string{gatehouse.SearchEverything: "everything", gatehouse.SearchHelp: "help", gatehouse.SearchUsers: "users"}
	var parts []string
	if s.Text != "" {
		parts = append(parts, p.T("searches.text", "query", s.Text))
	}
	for _, g := range s.Groups.All() {
		parts = append(parts, p.T("users.group_"+string(g)))
	}
	if s.Factor != "" {
		parts = append(parts, p.T("users.factor_"+string(s.Factor)))
	}
	if s.Role != "" {
		parts = append(parts, p.T("users.role_"+string(s.Role)))
	}
	return p.T("searches.in_"+places[s.Place], "what", strings.Join(parts, p.T("list.comma")))
}

// NewSearch asks for the name of a search.
type NewSearch struct {
	gatehouse.Search
	Typed string
	// TooMany: the maximum number has been reached.
	TooMany bool
	Errors  []gatehouse.FieldError
}

func (NewSearch) Template() string           { return "search_new" }
func (NewSearch) Title(p *ui.Page) string    { return p.T("searches.new_title") }
func (v NewSearch) Failed() bool             { return v.TooMany }
func (v NewSearch) Words(p *ui.Page) string  { return searchWords(p, v.Search) }
func (NewSearch) Most() int                  { return gatehouse.MostSavedSearches }
func (v NewSearch) Here() string             { return ui.SaveSearchPath(v.Search) }
func (NewSearch) MayArrange(p *ui.Page) bool { return PlatformOrder{}.MayArrange(p) }

func (v NewSearch) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return searchName(p, v.Typed), v.Errors
}

// searchName is the field for the name of a search.
func searchName(p *ui.Page, typed string) []ui.Field {
	return []ui.Field{{Name: "name", Label: p.T("searches.name"), Value: typed, Autocomplete: "off", Prose: true, Missing: "search_name"}}
}

// OneSearch is a saved search, which can be renamed and deleted.
type OneSearch struct {
	gatehouse.SavedSearch
	Typed  string
	Errors []gatehouse.FieldError
}

func (OneSearch) Template() string          { return "search_one" }
func (v OneSearch) Title(p *ui.Page) string { return p.T("searches.one_title") }

func (v OneSearch) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return searchName(p, v.Typed), v.Errors
}

// Words says what it looks for; Path is the target of its forms.
func (v OneSearch) Words(p *ui.Page) string { return searchWords(p, v.Search) }
func (v OneSearch) Path() string            { return ui.SearchesPath + "/" + url.PathEscape(v.ID) }
