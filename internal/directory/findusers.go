package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
)

// UserList is a page of a company's users to look at.
type UserList struct {
	gatehouse.UserFilter
	Sort gatehouse.UserSort
	// Down: from the last to the first.
	Down bool
	// After and Before are places in the list, as FoundUsers.Places has them: the page begins
	// after the one, or ends before the other. Empty, or a place that is gone: the first page.
	After, Before string
	// Limit is how many to return at most.
	Limit int
}

// FoundUsers is a page of a company's users.
type FoundUsers struct {
	Users []gatehouse.User
	// Reachable are those of them, by ID, whose address mail can be sent to.
	Reachable map[string]bool
	// Asked is when they were last asked to set up a second factor, by ID.
	Asked map[string]time.Time
	// Found is how many match in all, Preceding how many of them come before this page, and Total how
	// many the company has.
	Found, Preceding, Total int
	UserCounts
	// Places are those of the users on the page, by ID, for UserList.After and Before.
	Places map[string]string
}

// UserCounts are how many users there would be if one more filter were chosen, or another one in its
// place, with all others as they are.
type UserCounts struct {
	// Ungrouped is the number without any group.
	Ungrouped int
	Groups    map[gatehouse.UserGroup]int
	// Roles and Factors have the number for any under "".
	Roles   map[gatehouse.Role]int
	Factors map[gatehouse.FactorFilter]int
	// Bare is how many of the company's active users have no second factor.
	Bare int
}

// More reports whether there is another page after this one.
func (p FoundUsers) More() bool { return p.Preceding+len(p.Users) < p.Found }

// FindUsers returns a page of a company's users, with the number of users for each filter.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) FindUsers(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, f UserList) (FoundUsers, error) {
	p := FoundUsers{Reachable: map[string]bool{}, Places: map[string]string{}}
	var ids []string
	_, err := s.lookAt(ctx, st, c, companyID, f.UserFilter, func(l *look, r *roll) {
		chosen := r.page(l, f)
		p.Total, p.Found, p.Preceding, p.UserCounts = len(r.people), chosen.found, chosen.preceding, l.counts(chosen.tally)
		for _, one := range chosen.people {
			ids, p.Places[one.id] = append(ids, one.id), placeOf(one, f.Sort)
		}
	})
	if err != nil {
		return FoundUsers{}, err
	}
	if p.Users, err = s.usersOf(ctx, st, companyID, ids); err != nil {
		return FoundUsers{}, err
	}
	for _, u := range p.Users {
		p.Reachable[u.ID] = reachable(u)
	}
	p.Asked, err = s.Store.Read().FactorAsksOfUsers(ctx, st.ID, ids)
	return p, err
}

// eachAtOnce is how many users EachFound reads at a time.
const eachAtOnce = 500

// EachFound calls fn for every user of a company whom a filter means, in the order of their names and
// without their password data. The users are chosen when it begins. They are read batch by batch, so
// it never holds all of them; one who does not fit the filter any longer by then is left out. If fn
// returns an error, it stops and returns it.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) EachFound(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, f gatehouse.UserFilter, fn func(gatehouse.User) error) error {
	var ids []string
	look, err := s.lookAt(ctx, st, c, companyID, f, func(l *look, r *roll) { ids = l.ids(r) })
	if err != nil {
		return err
	}
	return s.eachOf(ctx, st, companyID, look, ids, func(u gatehouse.UserFacts) error { return fn(u.User) })
}

// eachOf calls fn for those of some users who still fit a filter.
func (s *Service) eachOf(ctx context.Context, st *site.Site, companyID string, l *look, ids []string, fn func(gatehouse.UserFacts) error) error {
	for batch := range slices.Chunk(ids, eachAtOnce) {
		users, err := s.usersOf(ctx, st, companyID, batch)
		if err != nil {
			return err
		}
		for _, u := range users {
			facts := l.factsOf(u)
			if !l.filter.Fits(facts) {
				continue
			}
			if err := fn(facts); err != nil {
				return err
			}
		}
	}
	return nil
}

// CountFound returns how many users of a company a filter means.
//
// Errors: as EachFound.
func (s *Service) CountFound(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, f gatehouse.UserFilter) (n int, err error) {
	_, err = s.lookAt(ctx, st, c, companyID, f, func(l *look, r *roll) { n = len(l.ids(r)) })
	return n, err
}

// lookAt looks at the users of a company.
func (s *Service) lookAt(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string, f gatehouse.UserFilter, see func(*look, *roll)) (l *look, err error) {
	firm, err := company(ctx, s.Store.Read(), st, c.For(gatehouse.OperatorSee), companyID)
	if err != nil {
		return nil, err
	}
	need := gatehouse.RulesFor(st.Site, firm.Rule()).Strictest().Require
	err = s.withRoll(ctx, st, firm, func(r *roll) {
		l = newLook(r, f, need, ZoneOf(st, firm), s.Now())
		see(l, r)
	})
	return l, err
}

// usersOf returns the users with these IDs, in their order.
func (s *Service) usersOf(ctx context.Context, st *site.Site, companyID string, ids []string) ([]gatehouse.User, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	all := make(map[string]gatehouse.User, len(ids))
	err := s.Store.Read().UsersWithIDs(ctx, st.ID, companyID, ids, func(u gatehouse.User) error {
		all[u.ID] = u
		return nil
	})
	users := make([]gatehouse.User, 0, len(ids))
	for _, id := range ids {
		if u, there := all[id]; there {
			users = append(users, u)
		}
	}
	return users, err
}

// placeOf is the place of a user in the list: sorted by last sign-in, it is kept with its day,
// because the user may sign in before the next page is looked at.
func placeOf(p *person, by gatehouse.UserSort) string {
	if by == gatehouse.SortSeen {
		return fmt.Sprintf("%s.%d", p.id, p.seen)
	}
	return p.id
}

// at returns who is at a place; nil: it is gone.
func (r *roll) at(place string) *person {
	id, day, dated := strings.Cut(place, ".")
	p := r.byID[id]
	if p == nil || !dated {
		return p
	}
	was := *p
	if n, err := fmt.Sscanf(day, "%d", &was.seen); n != 1 || err != nil {
		return nil
	}
	return &was
}
