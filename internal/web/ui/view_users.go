package ui

import (
	"net/url"

	"gatehouse"
)

// Users are the people of a company, page by page (B01, B19).
type Users struct {
	// Search, Group and Role are what was asked for; empty: everybody.
	Search string
	Group  gatehouse.PeopleGroup
	Role   gatehouse.Role
	// List are those of this page, Reachable those of them to whom mail can be sent.
	List      []gatehouse.User
	Reachable map[string]bool
	// More: another page comes after this one.
	More bool
	// Found is how many match in all, Before how many of them come before this page, and
	// Total how many the company has.
	Found, Before, Total int
	// Groups are how many people are in each group.
	Groups map[gatehouse.PeopleGroup]int
}

func (Users) template() string     { return "users" }
func (Users) title(p *page) string { return p.T("people.title") }
func (Users) failed() bool         { return false }

// Roles are the choices of the filter, after "any".
func (Users) Roles() []gatehouse.Role {
	return []gatehouse.Role{gatehouse.RoleAdmin, gatehouse.RoleUser}
}

// Filtered reports whether anything but everybody was asked for.
func (v Users) Filtered() bool { return v.Search != "" || v.Group != "" || v.Role != "" }

// First and Last are the places in the list of the first and the last one on this page.
func (v Users) First() int { return v.Before + 1 }
func (v Users) Last() int  { return v.Before + len(v.List) }

// Newest and Next are the addresses of the first and of the next page, with the same
// filters.
func (v Users) Newest() string { return v.address(v.Group, "") }
func (v Users) Next() string   { return v.address(v.Group, v.List[len(v.List)-1].Username) }

func (v Users) address(g gatehouse.PeopleGroup, after string) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": v.Search, "role": string(v.Role), "group": string(g), "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return CompanyUsersPath
	}
	return CompanyUsersPath + "?" + q.Encode()
}

// groupChip is a group that can be asked for.
type groupChip struct {
	Name    gatehouse.PeopleGroup
	Link    string
	Count   int
	Current bool
}

// Chips are everybody, and the groups that somebody is in.
func (v Users) Chips() []groupChip {
	chips := []groupChip{{"", v.address("", ""), v.Total, v.Group == ""}}
	for _, g := range gatehouse.PeopleGroups {
		if n := v.Groups[g]; n > 0 || g == v.Group {
			chips = append(chips, groupChip{g, v.address(g, ""), n, g == v.Group})
		}
	}
	return chips
}

// userRow is a line of the list, for the template "user-row".
type userRow struct {
	Page *page
	User gatehouse.User
	Link string
	// TwoFactor and State are in words.
	TwoFactor, State badge
	// Unconfirmed and Bouncing are marks at the address.
	Unconfirmed, Bouncing bool
}

// badge is a state in a word, and the class that colours it.
type badge struct{ Text, Class string }

// UserRow puts a user into words.
func (p *page) UserRow(u gatehouse.User) userRow {
	reachable := p.View.(Users).Reachable[u.ID]
	return userRow{Page: p, User: u, Link: userPath(u), TwoFactor: p.twoFactor(u, reachable), State: p.userState(u),
		Unconfirmed: u.Email != "" && !u.EmailConfirmed, Bouncing: u.Email != "" && (u.Bouncing() || !reachable)}
}

func userPath(u gatehouse.User) string { return CompanyUsersPath + "/" + url.PathEscape(u.ID) }

// twoFactorLooks are the classes of the states of two-factor; the words are
// people.two_factor_….
var twoFactorLooks = map[gatehouse.TwoFactorState]string{
	gatehouse.TwoFactorOn: "badge-ok", gatehouse.TwoFactorOwn: "badge-ok", gatehouse.TwoFactorLater: "badge-info",
	gatehouse.TwoFactorNoAddress: "badge-warn", gatehouse.TwoFactorBouncing: "badge-warn",
}

// twoFactor is a user's two-factor sign-in in words; without any where there is none.
func (p *page) twoFactor(u gatehouse.User, reachable bool) badge {
	state := gatehouse.TwoFactorOf(p.Company.TwoFactor, u, reachable)
	if state == gatehouse.TwoFactorNone {
		return badge{}
	}
	return badge{p.T("people.two_factor_" + string(state)), twoFactorLooks[state]}
}

// userState is whether an account can be used. A lock keeps out whoever is not
// deactivated.
func (p *page) userState(u gatehouse.User) badge {
	switch {
	case u.State == gatehouse.Deactivated:
		return badge{p.T("people.state_deactivated"), ""}
	case u.Locked():
		return badge{p.T("people.state_locked"), "badge-bad"}
	case u.State == gatehouse.Invited:
		return badge{p.T("people.state_invited"), "badge-info"}
	}
	return badge{p.T("people.state_active"), "badge-ok"}
}

// InitialsOf stand in for a picture of a user.
func (p *page) InitialsOf(u gatehouse.User) string {
	if s := initial(u.FirstName) + initial(u.LastName); s != "" {
		return s
	}
	return initial(u.Username)
}
