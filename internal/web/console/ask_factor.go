package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// chosenUsers reads whom a form or an address names: users, or all who have no second factor.
func chosenUsers(q url.Values) (ids []string, all bool) {
	ids = slices.DeleteFunc(slices.Clone(q["user"]), func(id string) bool { return !rowID.MatchString(id) })
	return ids[:min(len(ids), usersOfPage)], q.Get("all") == "yes"
}

// AskFactor says who would be asked, and asks before it is done.
func (c *Console) AskFactor(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	ids, all := chosenUsers(r.URL.Query())
	to, err := c.Directory.ToAsk(r.Context(), v.Site, caller, company, ids, all)
	if err != nil {
		return err
	}
	return c.page(w, r, http.StatusOK, AskFactor{ToAsk: to, IDs: ids, All: all})
}

// AskFactorSubmit does it.
func (c *Console) AskFactorSubmit(w http.ResponseWriter, r *http.Request) error {
	v, caller, company := on(r)
	ids, all := chosenUsers(r.PostForm)
	n, err := c.Directory.AskFactor(r.Context(), v.Site, caller, company, ids, all)
	if err != nil {
		return err
	}
	http.Redirect(w, r, ui.CompanyUsersPath+"?asked="+strconv.Itoa(n), http.StatusSeeOther)
	return nil
}

// AskFactor is the page that asks first.
type AskFactor struct {
	directory.ToAsk
	IDs []string
	All bool
}

func (AskFactor) Template() string        { return "ask_factor" }
func (AskFactor) Title(p *ui.Page) string { return p.T("ask_factor.title") }

// mostNamed is how many users are named.
const mostNamed = 20

// Named are the first of those who will be asked, and More how many more there are.
func (v AskFactor) Named() (names []string) {
	for _, u := range v.Users[:min(len(v.Users), mostNamed)] {
		names = append(names, u.DisplayName())
	}
	return names
}

func (v AskFactor) More() int { return max(0, len(v.Users)-mostNamed) }

// Below: it belongs to the list of users.
func (AskFactor) Below() bool { return true }
