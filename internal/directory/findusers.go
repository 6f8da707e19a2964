package directory

import (
	"context"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
)

// UserFilter selects users of a company.
type UserFilter struct {
	// Search is a part of a name, username or address; empty: everybody.
	Search string
	// Group and Role are empty for any.
	Group gatehouse.UserGroup
	Role  gatehouse.Role
	// Factor selects by the kind of a second factor; empty for any.
	Factor gatehouse.FactorFilter
	// After is the last username of the previous page; empty: the first page.
	After string
	// Limit is how many to return at most.
	Limit int
}

// FoundUsers is a page of a company's users.
type FoundUsers struct {
	Users []gatehouse.User
	// Reachable are those of them, by ID, whose address mail can be sent to.
	Reachable map[string]bool
	// More: there is another page after this one.
	More bool
	// Found is how many match in all, Before how many of them come before this page, and Total how
	// many the company has.
	Found, Before, Total int
	// Groups are how many users are in each group; one may be in several.
	Groups map[gatehouse.UserGroup]int
	// Asked is when users were last asked to set up a second factor, by ID.
	Asked map[string]time.Time
	// Bare is how many of the company's active users have no second factor.
	Bare int
}

// FindUsers returns users of a company in the order of their usernames, and the size of each group
// (B01: each number links to the users). It reads all users of the company once: a rule decides
// the groups, and no rule is in SQL.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) FindUsers(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, f UserFilter) (FoundUsers, error) {
	if _, err := company(ctx, s.Store.Read(), st, c, companyID); err != nil {
		return FoundUsers{}, err
	}
	asked, err := s.Store.Read().FactorAsksOf(ctx, st.ID, companyID)
	if err != nil {
		return FoundUsers{}, err
	}
	p := FoundUsers{Groups: map[gatehouse.UserGroup]int{}, Reachable: map[string]bool{}, Asked: asked}
	needle, after, limit := gatehouse.NameKey(f.Search), gatehouse.NameKey(f.After), clamp(f.Limit)
	err = s.Store.Read().AllUsers(ctx, st.ID, companyID, func(u gatehouse.User) error {
		can := reachable(u)
		p.Total++
		if u.Factors == 0 && u.State != gatehouse.Deactivated {
			p.Bare++
		}
		in := f.Group == ""
		for _, g := range gatehouse.GroupsOf(u, can) {
			p.Groups[g]++
			in = in || g == f.Group
		}
		if !in || f.Role != "" && u.Role != f.Role || !f.Factor.Fits(u) || !matches(u, needle) {
			return nil
		}
		p.Found++
		switch {
		case after != "" && gatehouse.NameKey(u.Username) <= after:
			p.Before++
		case len(p.Users) == limit:
			p.More = true
		default:
			p.Users, p.Reachable[u.ID] = append(p.Users, u), can
		}
		return nil
	})
	return p, err
}

func matches(u gatehouse.User, needle string) bool {
	for _, field := range []string{u.Username, u.FirstName + " " + u.LastName, u.Email} {
		if needle == "" || strings.Contains(gatehouse.NameKey(field), needle) {
			return true
		}
	}
	return false
}
