package account

import (
	"context"

	"gatehouse"
	"gatehouse/internal/site"
)

// Contacts returns whom a signed-in user can ask at their own company; none for anybody else.
//
// Errors: Unavailable.
func (s *Service) Contacts(ctx context.Context, st *site.Site, c gatehouse.Caller) ([]gatehouse.Contact, error) {
	if c.Kind != gatehouse.SignedIn || c.CompanyID == "" {
		return nil, nil
	}
	d, err := s.Store.Read().CompanyDetails(ctx, st.ID, c.CompanyID)
	return d.Contacts, err
}
