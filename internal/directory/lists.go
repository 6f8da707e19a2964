package directory

import (
	"context"

	"gatehouse"
	"gatehouse/internal/site"
)

// MaxList is the most that one call of a list returns.
const MaxList = 1000

func clamp(limit int) int { return min(max(limit, 1), MaxList) }

// Companies returns up to limit companies of a site in the order of their account numbers, after
// the given number; only to operators.
func (s *Service) Companies(ctx context.Context, st *site.Site, c gatehouse.Caller, after string, limit int) ([]gatehouse.Company, error) {
	if err := operatorOnly(st, c, gatehouse.OperatorSee); err != nil {
		return nil, err
	}
	return s.Store.Read().Companies(ctx, st.ID, after, clamp(limit))
}

// Company returns a company by ID.
func (s *Service) Company(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (gatehouse.Company, error) {
	return company(ctx, s.Store.Read(), st, c.For(gatehouse.OperatorSee), id)
}

// CompanyByAccount returns a company by its account number.
func (s *Service) CompanyByAccount(ctx context.Context, st *site.Site, c gatehouse.Caller, number string) (gatehouse.Company, error) {
	c = c.For(gatehouse.OperatorSee)
	if err := knock(st, c); err != nil {
		return gatehouse.Company{}, err
	}
	found, err := s.Store.Read().CompanyByAccount(ctx, st.ID, number)
	if err == nil && !c.MayManage(st.ID, found.ID) {
		err = gatehouse.ErrNotFound
	}
	if err != nil {
		return gatehouse.Company{}, err
	}
	return found, nil
}

// CountUsers returns how many users a company has, by state.
func (s *Service) CountUsers(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID string) (map[gatehouse.UserState]int, error) {
	if _, err := company(ctx, s.Store.Read(), st, c.For(gatehouse.OperatorSee), companyID); err != nil {
		return nil, err
	}
	return s.Store.Read().CountUsers(ctx, st.ID, companyID)
}

// Users returns up to limit users of a company in the order of their usernames, after the given
// username.
func (s *Service) Users(ctx context.Context, st *site.Site, c gatehouse.Caller, companyID, after string, limit int) ([]gatehouse.User, error) {
	if _, err := company(ctx, s.Store.Read(), st, c.For(gatehouse.OperatorSee), companyID); err != nil {
		return nil, err
	}
	return bareAll(s.Store.Read().Users(ctx, st.ID, companyID, gatehouse.NameKey(after), clamp(limit)))
}

// SiteUsers is Users over all companies of a site; only to operators.
func (s *Service) SiteUsers(ctx context.Context, st *site.Site, c gatehouse.Caller, after string, limit int) ([]gatehouse.User, error) {
	if err := operatorOnly(st, c, gatehouse.OperatorFind); err != nil {
		return nil, err
	}
	return bareAll(s.Store.Read().UsersOfSite(ctx, st.ID, gatehouse.NameKey(after), clamp(limit)))
}

func bareAll(users []gatehouse.User, err error) ([]gatehouse.User, error) {
	for i := range users {
		users[i] = bare(users[i])
	}
	return users, err
}

// User returns a user by ID.
func (s *Service) User(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (gatehouse.User, error) {
	u, err := user(ctx, s.Store.Read(), st, c.For(gatehouse.OperatorSee), id)
	return bare(u), err
}

// UserByUsername returns a user by username, in any spelling.
func (s *Service) UserByUsername(ctx context.Context, st *site.Site, c gatehouse.Caller, username string) (gatehouse.User, error) {
	c = c.For(gatehouse.OperatorSee)
	if err := knock(st, c); err != nil {
		return gatehouse.User{}, err
	}
	u, err := s.Store.Read().UserByUsername(ctx, st.ID, username)
	u, err = visible(st, c, u, err)
	return bare(u), err
}

// Locks says what locks users out of an account.
type Locks struct {
	// Account: locked for everybody. Devices: locked for strangers, or for one of the devices that
	// have signed in before.
	Account, Devices bool
}

// Locks returns what locks users out of an account now.
func (s *Service) Locks(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (Locks, error) {
	u, err := user(ctx, s.Store.Read(), st, c.For(gatehouse.OperatorSee), id)
	if err != nil {
		return Locks{}, err
	}
	browsers, err := devicesLocked(ctx, s.Store.Read(), st, id, s.Now())
	return Locks{Account: u.Locked(), Devices: browsers}, err
}

// Events returns the newest events about a user, newest first.
func (s *Service) Events(ctx context.Context, st *site.Site, c gatehouse.Caller, userID string, limit int) ([]gatehouse.Event, error) {
	if _, err := user(ctx, s.Store.Read(), st, c.For(gatehouse.OperatorSee), userID); err != nil {
		return nil, err
	}
	return s.Store.Read().EventsOfUser(ctx, st.ID, userID, clamp(limit))
}

// EventsByReference returns the events of one request, by the reference on its error page and in
// its log line (C12). It may be of any site: operators only.
func (s *Service) EventsByReference(ctx context.Context, c gatehouse.Caller, reference string) ([]gatehouse.Event, error) {
	if !c.Operates(gatehouse.OperatorFind) {
		return nil, errForbidden
	}
	return s.Store.Read().EventsByReference(ctx, reference)
}
