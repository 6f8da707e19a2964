package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

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
	f := directory.UserFilter{Search: clip(asked.Get("q")), Group: gatehouse.UserGroup(asked.Get("group")),
		Role: gatehouse.Role(asked.Get("role")), Factor: gatehouse.FactorFilter(asked.Get("factor")), After: asked.Get("after"), Limit: usersOfPage}
	if !slices.Contains(gatehouse.UserGroups, f.Group) {
		f.Group = ""
	}
	if !slices.Contains(Users{}.Roles(), f.Role) {
		f.Role = ""
	}
	if !slices.Contains(gatehouse.FactorFilters, f.Factor) {
		f.Factor = ""
	}
	found, err := c.Directory.FindUsers(r.Context(), v.Site, caller, companyID, f)
	if err != nil {
		return err
	}
	saved, err := c.Saved(r)
	if err != nil {
		return err
	}
	told, _ := strconv.Atoi(asked.Get("asked")) // 0 for anything else
	return c.page(w, r, http.StatusOK, Users{found, f, ui.SearchesOf(saved, r.URL.RequestURI()), told})
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
	directory.UserFilter
	// Searches are the saved ones.
	Searches ui.Searches
	// Told is how many users were just asked to set up a second factor; 0: it is another visit.
	Told int
}

func (Users) Template() string        { return "users" }
func (Users) Title(p *ui.Page) string { return p.T("users.title") }

// Roles are the choices of the filter, after "any".
func (Users) Roles() []gatehouse.Role {
	return []gatehouse.Role{gatehouse.RoleAdmin, gatehouse.RoleUser}
}

// Factors are the choices of the filter by second factor, after "any".
func (Users) Factors() []gatehouse.FactorFilter { return gatehouse.FactorFilters }

// Filtered reports whether anything but everybody was asked for.
func (v Users) Filtered() bool {
	return v.Search != "" || v.Group != "" || v.Role != "" || v.Factor != ""
}

// First and Last are the places in the list of the first and the last one on this page.
func (v Users) First() int { return v.Before + 1 }
func (v Users) Last() int  { return v.Before + len(v.Users) }

// Newest and Next are the addresses of the first and of the next page, with the same
// filters.
func (v Users) Newest() string { return v.address(v.Group, "") }
func (v Users) Next() string   { return v.address(v.Group, v.Users[len(v.Users)-1].Username) }

func (v Users) address(g gatehouse.UserGroup, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": v.Search, "role": string(v.Role), "factor": string(v.Factor), "group": string(g), "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return ui.CompanyUsersPath
	}
	return ui.CompanyUsersPath + "?" + q.Encode()
}

// groupChip is a group to filter by.
type groupChip struct {
	Name    gatehouse.UserGroup
	Link    string
	Count   int
	Current bool
}

// forPreview are groups that only a preview leads to: what a choice would ask of them.
var forPreview = []gatehouse.UserGroup{gatehouse.GroupNoFactor, gatehouse.GroupHasFactor, gatehouse.GroupNoPasskey, gatehouse.GroupHasPasskey}

// Chips are everybody, and the groups that are not empty.
func (v Users) Chips() []groupChip {
	chips := []groupChip{{"", v.address("", ""), v.Total, v.Group == ""}}
	for _, g := range gatehouse.UserGroups {
		if n := v.Groups[g]; g == v.Group || n > 0 && !slices.Contains(forPreview, g) {
			chips = append(chips, groupChip{g, v.address(g, ""), n, g == v.Group})
		}
	}
	return chips
}

// userRow is a line of the list, for the template "user-row".
type userRow struct {
	Page *ui.Page
	User gatehouse.User
	Link string
	// Asked is when the user was last asked to set up a second factor; zero: never. Boxes: users
	// can be chosen, to be asked; Askable: this one.
	Asked          time.Time
	Boxes, Askable bool
	// TwoFactor and State are in words.
	TwoFactor, State badge
	// Unconfirmed and Bouncing are marks on the address.
	Unconfirmed, Bouncing bool
}

// badge is a state in a word, and the class that colours it.
type badge struct{ Text, Class string }

// Row puts a user into words.
func (v Users) Row(p *ui.Page, u gatehouse.User) userRow {
	reachable := v.Reachable[u.ID]
	return userRow{Page: p, User: u, Link: userPath(u), Asked: v.Asked[u.ID], Boxes: v.Bare > 0, Askable: u.Factors == 0 && u.State != gatehouse.Deactivated, TwoFactor: twoFactor(p, u, reachable), State: userState(p, u),
		Unconfirmed: u.Email != "" && !u.EmailConfirmed, Bouncing: u.Email != "" && (u.Bouncing() || !reachable)}
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
func twoFactor(p *ui.Page, u gatehouse.User, reachable bool) badge {
	state := gatehouse.TwoFactorOf(required(p), u, reachable)
	if state == gatehouse.TwoFactorNone {
		return badge{}
	}
	return badge{p.T("users.two_factor_" + string(state)), twoFactorLooks[state]}
}

// userState is whether an account can be used. A lock matters unless the account is
// deactivated.
func userState(p *ui.Page, u gatehouse.User) badge {
	switch {
	case u.State == gatehouse.Deactivated:
		return badge{p.T("users.state_deactivated"), ""}
	case u.Locked():
		return badge{p.T("users.state_locked"), "badge-bad"}
	case u.State == gatehouse.Invited:
		return badge{p.T("users.state_invited"), "badge-info"}
	}
	return badge{p.T("users.state_active"), "badge-ok"}
}
