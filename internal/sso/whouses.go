package sso

import (
	"context"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Use is a user of an application, and when they went to it.
type Use = store.UseOfPlatform

// The users of an application: as many on a page, and as many are counted.
const (
	usesOfPage  = 50
	MostCounted = 10_000
)

// WhoUses returns an application with those who have gone to it, after the user with an ID; there are
// more if more.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) WhoUses(ctx context.Context, st *site.Site, c gatehouse.Caller, id, after string) (a gatehouse.Application, all []Use, more bool, err error) {
	if _, err = operates(st, c, gatehouse.OperatorSee); err != nil {
		return a, nil, false, err
	}
	q := s.Store.Read()
	if a, err = q.Application(ctx, st.ID, id); err != nil {
		return a, nil, false, err
	}
	all, err = q.UsersOfPlatform(ctx, st.ID, id, after, usesOfPage+1)
	if more = len(all) > usesOfPage; more {
		all = all[:usesOfPage]
	}
	return a, all, more, err
}

// CountUsers counts who has gone to an application; more than MostCounted if it returns that and one.
//
// Errors: Forbidden, Unavailable.
func (s *Service) CountUsers(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (int, error) {
	if _, err := operates(st, c, gatehouse.OperatorSee); err != nil {
		return 0, err
	}
	return s.Store.Read().CountUsersOfPlatform(ctx, st.ID, id, MostCounted+1)
}
