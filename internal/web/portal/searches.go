package portal

import (
	"cmp"
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
	return ui.SearchesOf(all, nil, r.URL.RequestURI()), err // what is shared is among users
}

// Searches lists what the user has saved (A06).
func (p *Portal) Searches(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	all, err := p.Account.SavedSearches(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	shared, err := p.Account.SharedSearches(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	return p.page(w, r, http.StatusOK, SavedSearches{Saved: all, Shared: shared, Did: did(r, "renamed", "deleted", "hidden", "shown")})
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
	mine, err := p.searchesFor(r, address)
	if err != nil {
		return err
	}
	page := NewSearch{Search: search, Mine: mine, Instead: r.PostFormValue("instead"), Typed: clipTo(cmp.Or(r.URL.Query().Get("name"), search.Text), gatehouse.MostSearchName)}
	var e *gatehouse.Error
	status := http.StatusOK
	if errors.As(failed, &e) {
		status = ui.StatusOf(failed)
		page.Typed, page.Share, page.Errors, page.Reason = clip(r.PostFormValue("name")), shares(r), e.Fields, e.Reason
	}
	return p.page(w, r, status, page)
}

// searchesFor are the saved searches of the page that an address is on.
func (p *Portal) searchesFor(r *http.Request, address string) ([]gatehouse.SavedSearch, error) {
	v := ui.VisitOf(r)
	all, err := p.Account.SavedSearches(r.Context(), v.Site, v.Caller(r))
	return ui.SearchesOf(all, nil, address).Saved, err
}

// SaveSearch saves a search, and leads back to it.
func (p *Portal) SaveSearch(w http.ResponseWriter, r *http.Request) error {
	v, address := ui.VisitOf(r), r.PostFormValue("search")
	err := p.Account.SaveSearch(r.Context(), v.Site, v.Caller(r), address, r.PostFormValue("name"), r.PostFormValue("instead"), shares(r))
	var e *gatehouse.Error
	switch {
	case err == nil:
		search, _ := gatehouse.ReadSearch(address)
		http.Redirect(w, r, search.Address(), http.StatusSeeOther)
		return nil
	case errors.As(err, &e) && e.Reason == account.ReasonProfileIncomplete:
		http.Redirect(w, r, "/#card-"+string(gatehouse.CardProfile), http.StatusSeeOther) // which says what is missing
		return nil
	case errors.As(err, &e) && (len(e.Fields) > 0 || e.Kind == gatehouse.Conflict):
		return p.askName(w, r, address, err)
	}
	return err
}

// shares reports whether a form wants a search to be shared.
func shares(r *http.Request) bool { return r.PostFormValue("share") != "" }

// OneSearch shows a saved search, which can be renamed, shared and deleted; or one that another
// administrator shares, which can be copied and hidden.
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
		return p.sharedSearch(w, r)
	}
	page := OneSearch{SavedSearch: all[i], Typed: all[i].Name, Share: all[i].Shared()}
	var e *gatehouse.Error
	status := http.StatusOK
	if errors.As(failed, &e) {
		status, page.Typed, page.Share, page.Errors, page.Reason = ui.StatusOf(failed), clip(r.PostFormValue("name")), shares(r), e.Fields, e.Reason
	}
	return p.page(w, r, status, page)
}

// sharedSearch shows a search that another administrator shares.
func (p *Portal) sharedSearch(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	all, err := p.Account.SharedSearches(r.Context(), v.Site, v.Caller(r))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(s gatehouse.SharedSearch) bool { return s.ID == r.PathValue("id") })
	if i < 0 {
		return gatehouse.ErrNotFound
	}
	return p.page(w, r, http.StatusOK, SharedSearch{all[i]})
}

// ChangeSearch gives a saved search another name, and shares it or no longer does.
func (p *Portal) ChangeSearch(w http.ResponseWriter, r *http.Request) error {
	v := ui.VisitOf(r)
	err := p.Account.ChangeSearch(r.Context(), v.Site, v.Caller(r), r.PathValue("id"), r.PostFormValue("name"), shares(r))
	if kind := gatehouse.KindOf(err); kind == gatehouse.Invalid || kind == gatehouse.Conflict {
		return p.oneSearch(w, r, err)
	}
	if err == nil {
		http.Redirect(w, r, ui.SearchesPath+"?renamed", http.StatusSeeOther)
	}
	return err
}

// HideSearch puts a search that another administrator shares out of sight, or shows it again.
func (p *Portal) HideSearch(w http.ResponseWriter, r *http.Request) error {
	v, hide := ui.VisitOf(r), r.PostFormValue("hidden") == "yes"
	err := p.Account.HideSearch(r.Context(), v.Site, v.Caller(r), r.PathValue("id"), hide)
	if err == nil {
		http.Redirect(w, r, ui.SearchesPath+"?"+map[bool]string{true: "hidden", false: "shown"}[hide], http.StatusSeeOther)
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
	// Shared are those that the company's other administrators share.
	Shared []gatehouse.SharedSearch
	// Did is what has just been done: renamed, deleted, hidden, shown; empty: nothing.
	Did string
}

func (SavedSearches) Template() string        { return "searches" }
func (SavedSearches) Title(p *ui.Page) string { return p.T("searches.title") }

// Of says in words what a search looks for, and where.
func (SavedSearches) Of(p *ui.Page, s gatehouse.Search) string { return searchWords(p, s) }

// searchWords says in words what a search looks for, and where, and how the list looks.
func searchWords(p *ui.Page, s gatehouse.Search) string {
	if s.Place == gatehouse.SearchEvents {
		return eventsWords(p, s.Events)
	}
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
	if len(parts) == 0 {
		parts = append(parts, p.T("searches.everybody"))
	}
	said := p.T("searches.in_"+places[s.Place], "what", strings.Join(parts, p.T("list.comma")))
	if s.UserLook != (gatehouse.UserLook{}) {
		said = p.T("searches.looks", "search", said, "look", strings.Join(lookWords(p, s.UserLook), p.T("list.comma")))
	}
	return said
}

// eventsWords says in words which events a view of the event log has.
func eventsWords(p *ui.Page, f gatehouse.EventFilter) string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, p.T("searches.part", "label", p.T("log."+name), "value", value))
		}
	}
	words := func(known bool, stem, value string) string {
		if known {
			return p.T(stem + value)
		}
		return value
	}
	add("person", f.Person)
	add("company", f.Company)
	add("kind", words(slices.Contains(gatehouse.EventGroups, gatehouse.EventGroup(f.Kind)), "log.group_", f.Kind))
	add("from", f.From)
	add("to", f.To)
	add("actor", f.Actor)
	add("by", words(slices.Contains(gatehouse.CallerKinds, gatehouse.CallerKind(f.By)), "log.by_", f.By))
	add("site", f.Site)
	if f.Result == gatehouse.EventsNotOK {
		add("result", p.T("activity.result_"+f.Result))
	} else {
		add("result", words(slices.Contains(gatehouse.EventResults, gatehouse.EventResult(f.Result)), "result.", f.Result))
	}
	add("address", f.Address)
	add("country", f.Country)
	add("reference", f.Reference)
	return strings.Join(parts, p.T("list.comma"))
}

// sortColumns are the columns that lists of users are sorted by.
var sortColumns = map[gatehouse.UserSort]string{gatehouse.SortName: "name", gatehouse.SortUsername: string(gatehouse.ColumnUsername),
	gatehouse.SortSeen: string(gatehouse.ColumnSeen), gatehouse.SortCreated: string(gatehouse.ColumnCreated)}

// lookWords says in words how a list of users looks.
func lookWords(p *ui.Page, l gatehouse.UserLook) (parts []string) {
	if l.Sort != gatehouse.SortName || l.Down {
		parts = append(parts, p.T("searches.sorted", "by", p.T("users."+sortColumns[l.Sort])))
	}
	if l.Columns != 0 {
		parts = append(parts, p.T("searches.columns"))
	}
	return parts
}

// NewSearch asks for the name of a search.
type NewSearch struct {
	gatehouse.Search
	// Mine are the visitor's searches of that page, of which one can become this one: Instead.
	Mine    []gatehouse.SavedSearch
	Instead string
	Typed   string
	Share   bool
	// Reason is why it was not saved, if that is not about a field.
	Reason string
	Errors []gatehouse.FieldError
}

func (NewSearch) Template() string          { return "search_new" }
func (NewSearch) Title(p *ui.Page) string   { return p.T("searches.new_title") }
func (v NewSearch) Failed() bool            { return v.TooMany() || v.TooManyShared() }
func (v NewSearch) Words(p *ui.Page) string { return searchWords(p, v.Search) }
func (NewSearch) Most() int                 { return gatehouse.MostSavedSearches }
func (NewSearch) MostShared() int           { return gatehouse.MostSharedSearches }
func (v NewSearch) Here() string            { return ui.SaveSearchPath(v.Search) }
func (NewSearch) MayArrange(p *ui.Page) bool {
	return p.ForOperators() || PlatformOrder{}.MayArrange(p)
}

// TooMany and TooManyShared: the maximum number has been reached.
func (v NewSearch) TooMany() bool       { return v.Reason == account.ReasonTooManySearches }
func (v NewSearch) TooManyShared() bool { return v.Reason == account.ReasonTooManyShared }

// MayShare reports whether the visitor can share it; see Shareable.
func (v NewSearch) MayShare(p *ui.Page) bool { return v.Shareable(p.User.Role) }

func (v NewSearch) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	options := []ui.Option{{Text: p.T("searches.instead_none")}}
	for _, one := range v.Mine {
		options = append(options, ui.Option{Value: one.ID, Text: one.Name})
	}
	return append(searchFields(p, v.Typed, v.Share), ui.Field{Name: "instead", Label: p.T("searches.instead"), Hint: p.T("searches.instead_hint"), Control: ui.Choose,
		Options: ui.OptionsOf("instead", v.Instead, options...), Autocomplete: "off", Optional: true}), v.Errors
}

// searchFields are the fields of a saved search.
func searchFields(p *ui.Page, typed string, share bool) []ui.Field {
	return []ui.Field{{Name: "name", Label: p.T("searches.name"), Value: typed, Autocomplete: "off", Prose: true, Missing: "search_name"},
		{Name: "share", Label: p.T("searches.share"), Hint: p.T("searches.share_hint"), Control: ui.Box, Optional: true, Ticked: share}}
}

// OneSearch is a saved search, which can be renamed, shared and deleted.
type OneSearch struct {
	gatehouse.SavedSearch
	Typed string
	Share bool
	// Reason is why it was not saved, if that is not about a field.
	Reason string
	Errors []gatehouse.FieldError
}

func (OneSearch) Template() string           { return "search_one" }
func (v OneSearch) Title(p *ui.Page) string  { return p.T("searches.one_title") }
func (v OneSearch) Failed() bool             { return v.TooManyShared() }
func (v OneSearch) TooManyShared() bool      { return v.Reason == account.ReasonTooManyShared }
func (OneSearch) MostShared() int            { return gatehouse.MostSharedSearches }
func (v OneSearch) MayShare(p *ui.Page) bool { return v.Shareable(p.User.Role) }

func (v OneSearch) Form(p *ui.Page) ([]ui.Field, []gatehouse.FieldError) {
	return searchFields(p, v.Typed, v.Share), v.Errors
}

// Words says what it looks for; Path is the target of its forms.
func (v OneSearch) Words(p *ui.Page) string { return searchWords(p, v.Search) }
func (v OneSearch) Path() string            { return ui.SearchesPath + "/" + url.PathEscape(v.ID) }

// SharedSearch is a search that another administrator shares: it can be opened, copied and hidden.
type SharedSearch struct{ gatehouse.SharedSearch }

func (SharedSearch) Template() string          { return "search_shared" }
func (SharedSearch) Title(p *ui.Page) string   { return p.T("searches.shared_title") }
func (v SharedSearch) Words(p *ui.Page) string { return searchWords(p, v.Search) }
func (v SharedSearch) Path() string            { return ui.SearchesPath + "/" + url.PathEscape(v.ID) }

// Copy is where a search of the visitor's own is saved that looks for the same.
func (v SharedSearch) Copy() string {
	return ui.SaveSearchPath(v.Search) + "&" + url.Values{"name": {v.Name}}.Encode()
}
