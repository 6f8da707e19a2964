package account

import (
	"context"

	"gatehouse"
	"gatehouse/internal/site"
)

// Acceptances returns the terms that the caller has accepted, newest first (A03). A site without
// terms has no such page, unless the caller accepted some when it had them.
func (s *Service) Acceptances(ctx context.Context, st *site.Site, c gatehouse.Caller) ([]gatehouse.Acceptance, error) {
	if !isOwn(st, c) {
		return nil, errForbidden
	}
	all, err := s.Store.Read().Acceptances(ctx, st.ID, c.UserID)
	if err == nil && len(all) == 0 && st.TermsVersion == "" {
		return nil, gatehouse.ErrNotFound
	}
	return all, err
}

// AcceptedText returns one acceptance of the caller, and the exact text.
func (s *Service) AcceptedText(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (gatehouse.Acceptance, string, error) {
	if !isOwn(st, c) {
		return gatehouse.Acceptance{}, "", errForbidden
	}
	if !rowID.MatchString(id) {
		return gatehouse.Acceptance{}, "", gatehouse.ErrNotFound
	}
	return s.Store.Read().AcceptedText(ctx, st.ID, c.UserID, id)
}
