package console

import (
	"net/http"
	"net/url"

	"gatehouse"
	"gatehouse/internal/directory"
	"gatehouse/internal/web/ui"
)

// How many users and messages the pages show at a time.
const (
	usersOfPage    = 50
	messagesOfUser = 20
)

// Users lists the company's users. Unknown values in the query are ignored.
func (c *Console) Users(w http.ResponseWriter, r *http.Request) error {
	v, caller, companyID := on(r)
	asked := r.URL.Query()
	list := readList(asked)
	found, err := c.Directory.FindUsers(r.Context(), v.Site, caller, companyID, list.UserList)
	if err != nil {
		return err
	}
	saved, shared, err := c.Saved(r)
	if err != nil {
		return err
	}
	return c.page(w, r, http.StatusOK, Users{found, list, ui.SearchesOf(saved, shared, r.URL.RequestURI()), asked.Has(nobodyQuery)})
}

// longestSearch is as long as names and addresses get.
const longestSearch = 300

// clip cuts typed text, so that the page that shows it again stays small.
func clip(typed string) string {
	return string([]rune(typed)[:min(longestSearch, len([]rune(typed)))])
}

// Users are the people of a company, page by page (B01, B19).
type Users struct {
	directory.FoundUsers
	// What was asked for.
	List userList
	// Searches are the saved ones.
	Searches ui.Searches
	// Nobody: an act was chosen, but nobody was ticked.
	Nobody bool
}

func (Users) Template() string        { return "users" }
func (Users) Title(p *ui.Page) string { return p.T("users.title") }

// First and Last are the places in the list of the first and the last one on this page.
func (v Users) First() int { return v.Preceding + 1 }
func (v Users) Last() int  { return v.Preceding + len(v.Users) }

// Newest, Previous and Next are the addresses of the first page, and of the pages around this one,
// with the same filters.
func (v Users) Newest() string   { return v.List.paged("", "") }
func (v Users) Previous() string { return v.List.paged("", v.Places[v.Users[0].ID]) }
func (v Users) Next() string     { return v.List.paged(v.Places[v.Users[len(v.Users)-1].ID], "") }

// Acts are what can be done to many users at once.
func (Users) Acts() []gatehouse.UserAct { return gatehouse.BulkActs }

// filterChoice is a group or a column, and how many users there would be with it.
type filterChoice struct {
	Value   string
	Link    string
	Count   int
	Current bool
}

// Filters are those for roles and factors, with the number of users that each choice would show.
func (v Users) Filters(p *ui.Page) []ui.Filter {
	return []ui.Filter{
		counted(p, "role", v.List.Role, gatehouse.Roles, v.UserCounts.Roles),
		counted(p, "factor", v.List.Factor, gatehouse.FactorFilters, v.UserCounts.Factors),
	}
}

func counted[T ~string](p *ui.Page, name string, current T, values []T, counts map[T]int) ui.Filter {
	text := func(v T, word string) string {
		return p.T("users.choice", "name", p.T("users."+name+"_"+word), "n", counts[v])
	}
	return ui.FilterOf(name, p.T("users."+name), text("", "any"), current, values, func(v T) string { return text(v, string(v)) })
}

// forPreview are groups that only a preview leads to: what a choice would ask of them.
var forPreview = gatehouse.SetOf(gatehouse.GroupEnrolled, gatehouse.GroupNoFactor, gatehouse.GroupHasFactor, gatehouse.GroupNoPasskey, gatehouse.GroupHasPasskey)

// Chips are the groups that are not empty: each adds one to those that are chosen, or takes it away.
func (v Users) Chips() []filterChoice {
	chips := []filterChoice{{"", v.List.grouped(0), v.Ungrouped, v.List.Groups == 0}}
	for _, g := range gatehouse.ListGroups {
		switch n, on := v.UserCounts.Groups[g], v.List.Groups.Has(g); {
		case on:
			chips = append(chips, filterChoice{string(g), v.List.grouped(v.List.Groups.Without(g)), n, true})
		case n > 0 && !forPreview.Has(g):
			chips = append(chips, filterChoice{string(g), v.List.grouped(v.List.Groups.With(g)), n, false})
		}
	}
	return chips
}

func userPath(u gatehouse.User) string { return ui.CompanyUsersPath + "/" + url.PathEscape(u.ID) }

// twoFactorLooks are the classes of the states of two-factor; the words are
// users.two_factor_….
var twoFactorLooks = map[gatehouse.TwoFactorState]string{
	gatehouse.TwoFactorOn: "badge-ok", gatehouse.TwoFactorOwn: "badge-ok", gatehouse.TwoFactorFactor: "badge-ok", gatehouse.TwoFactorLater: "badge-info",
	gatehouse.TwoFactorSetUp: "badge-warn", gatehouse.TwoFactorNoEmail: "badge-warn", gatehouse.TwoFactorBouncing: "badge-warn",
}

// required is what the company and its site require of users, at the latest in the end.
func required(p *ui.Page) gatehouse.Requirement {
	return gatehouse.RulesFor(p.Site.Site, p.Company.Rule()).Strictest().Require
}

// twoFactor is a user's two-factor authentication in words; empty if there is none.
func twoFactor(p *ui.Page, required gatehouse.Requirement, u gatehouse.User, reachable bool) Badge {
	state := gatehouse.TwoFactorOf(required, u, reachable)
	if state == gatehouse.TwoFactorNone {
		return Badge{}
	}
	return Badge{p.T("users.two_factor_" + string(state)), twoFactorLooks[state]}
}

// UserState is whether an account can be used. A lock matters unless the account is
// deactivated.
func UserState(p *ui.Words, u gatehouse.User) Badge {
	switch {
	case u.State == gatehouse.Deactivated:
		return Badge{p.T("users.state_deactivated"), ""}
	case u.Locked():
		return Badge{p.T("users.state_locked"), "badge-bad"}
	case u.State == gatehouse.Invited:
		return Badge{p.T("users.state_invited"), "badge-info"}
	}
	return Badge{p.T("users.state_active"), "badge-ok"}
}
