package directory

import (
	"context"
	"strings"

	"gatehouse"
	"gatehouse/internal/site"
)

// UserFilter says which users of a company are asked for.
type UserFilter struct {
	// Search is a part of a name, username or address; empty: everybody.
	Search string
	// Group and Role are empty for any.
	Group gatehouse.UserGroup
	Role  gatehouse.Role
	// After is the username that the page before ended with; empty: the first page.
	After string
	// Limit is how many are returned at most.
	Limit int
}

// People is a page of a company's users.
type FoundUsers struct {
	Users []gatehouse.User
	// Reachable are those of them, by ID, to whose address mail can be sent.
	Reachable map[string]bool
	// More: another page comes after this one.
	More bool
	// Found is how many match in all, Before how many of them come before this page, and
	// Total how many the company has.
	Found, Before, Total int
	// Groups are how many users are in each group; one may be in several.
	Groups map[gatehouse.UserGroup]int
}

// People returns users of a company in the order of their usernames, and how many there
// are of each group (B01: each number leads to the people). It reads all users of the
// company once: which of them are in a group is a rule, and no rule is in SQL.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) FindUsers(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, f UserFilter) (FoundUsers, error) {
	if _, err := company(ctx, s.Store.Read(), st, c, companyID); err != nil {
		return FoundUsers{}, err
	}
	p := FoundUsers{Groups: map[gatehouse.UserGroup]int{}, Reachable: map[string]bool{}}
	needle, after, limit := gatehouse.NameKey(f.Search), gatehouse.NameKey(f.After), clamp(f.Limit)
	err := s.Store.Read().AllUsers(ctx, st.ID, companyID, func(u gatehouse.User) error {
		can := reachable(u)
		p.Total++
		in := f.Group == ""
		for _, g := range gatehouse.GroupsOf(u, can) {
			p.Groups[g]++
			in = in || g == f.Group
		}
		if !in || f.Role != "" && u.Role != f.Role || !matches(u, needle) {
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
