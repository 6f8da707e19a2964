package operator

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/support"
	"gatehouse/internal/web/console"
	"gatehouse/internal/web/ui"
)

// Find looks for what is typed into the search box, over all sites (C12).
func (o *Operator) Find(w http.ResponseWriter, r *http.Request) error {
	typed := r.URL.Query().Get("q")
	if number, ok := support.ReadNumber(typed); ok && by(r).Operates(gatehouse.OperatorCases) {
		http.Redirect(w, r, ui.OperatorCasesPath+"?"+url.Values{"q": {number}}.Encode(), http.StatusSeeOther)
		return nil
	}
	found, err := o.Directory.Find(r.Context(), by(r), o.Sites.All(), typed)
	if err != nil {
		return err
	}
	return o.page(w, r, http.StatusOK, Find{found})
}

// Find is what was found.
type Find struct{ directory.Found }

func (Find) Template() string { return "operator_find" }
func (v Find) Title(p *ui.Page) string {
	if v.Query.Typed == "" {
		return p.T("operator.find")
	}
	return p.T("operator.found", "query", v.Query.Typed)
}

// UserPath is the page of a user that was found.
func (Find) UserPath(f directory.FoundUser) string { return userPath(f.Site.ID, f.User.ID) }

// CompanyPath is the page of a company that was found.
func (Find) CompanyPath(f directory.FoundCompany) string { return companyPath(f.Site.ID, f.Company.ID) }

func userPath(siteID, id string) string {
	return ui.OperatorUsersPath(siteID) + "/" + url.PathEscape(id)
}

// State is whether the account can be used, in a word.
func (Find) State(p *ui.Page, f directory.FoundUser) console.Badge {
	u := f.User
	if u.Deleted() {
		return console.Badge{Text: p.T("operator.deleted")}
	}
	if !gatehouse.LockedNow(f.Site.Policy.Lockout, u, p.Now) {
		u.LockedAt = time.Time{}
	}
	return console.UserState(p.Words, u)
}

// eventRow is an event that was found.
type eventRow struct {
	directory.FoundEvent
	What, Failed, Path string
	// From is where it came from and the reference of its log line.
	From []string
}

// Rows puts the events into words.
func (v Find) Rows(p *ui.Page) []eventRow {
	var rows []eventRow
	for _, e := range v.Events {
		row := eventRow{FoundEvent: e, What: console.DidText(p.Words, e.Event)}
		if e.Event.Result != gatehouse.ResultOK {
			row.Failed = p.T("result." + string(e.Event.Result))
		}
		if e.User.ID != "" {
			row.Path = userPath(e.Site.ID, e.User.ID)
		}
		for _, s := range []string{e.Event.ActorName, e.Event.IPAddress, e.Event.Reference} {
			if s != "" {
				row.From = append(row.From, s)
			}
		}
		rows = append(rows, row)
	}
	return slices.Clip(rows)
}
