package directory

import (
	"context"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// CreateCompany adds a customer to a site; only operators do.
//
// Errors: Forbidden, Invalid with fields (account_number taken), Unavailable.
func (s *Service) CreateCompany(ctx context.Context, c gatehouse.Caller, st *site.Site, fields CompanyFields) (gatehouse.Company, error) {
	if err := operatorOnly(c); err != nil {
		return gatehouse.Company{}, err
	}
	if err := checkCompany(&fields).err(); err != nil {
		return gatehouse.Company{}, err
	}
	now := s.Now()
	made := gatehouse.Company{ID: store.NewID("com", now), SiteID: st.ID, Name: fields.Name,
		AccountNumber: fields.AccountNumber, CreatedAt: now}
	err := s.Store.Write(ctx, func(q store.Queries) error {
		if err := q.InsertCompany(ctx, made); err != nil {
			return taken(err, "account_number")
		}
		return q.InsertEvent(ctx, event(c, st, now, gatehouse.EventCompanyCreated, made.ID, "", nil))
	})
	if err != nil {
		return gatehouse.Company{}, err
	}
	return made, nil
}

// CompanyChange is what to change of a company; nil stays as it is.
type CompanyChange struct{ Name, AccountNumber *string }

// UpdateCompany changes a company. Only operators do: the name stands in mails that
// the site sends, so an administrator who could choose it could make the site say
// "Support made an account for you".
//
// Errors: Forbidden, NotFound, Invalid with fields, Unavailable.
func (s *Service) UpdateCompany(ctx context.Context, c gatehouse.Caller, st *site.Site, id string, change CompanyChange) (gatehouse.Company, error) {
	if err := operatorOnly(c); err != nil {
		return gatehouse.Company{}, err
	}
	var now gatehouse.Company
	err := s.Store.Write(ctx, func(q store.Queries) error {
		was, err := q.Company(ctx, st.ID, id)
		if err != nil {
			return err
		}
		fields := CompanyFields{Name: was.Name, AccountNumber: was.AccountNumber}
		replace(&fields.Name, change.Name)
		replace(&fields.AccountNumber, change.AccountNumber)
		if err := checkCompany(&fields).err(); err != nil {
			return err
		}
		now = was
		now.Name, now.AccountNumber = fields.Name, fields.AccountNumber
		if now == was {
			return nil
		}
		if err := q.UpdateCompany(ctx, now); err != nil {
			return taken(err, "account_number")
		}
		return q.InsertEvent(ctx, event(c, st, s.Now(), gatehouse.EventCompanyChanged, id, "", map[string]string{
			"name_before": was.Name, "account_number_before": was.AccountNumber,
		}))
	})
	if err != nil {
		return gatehouse.Company{}, err
	}
	return now, nil
}

func replace(value *string, by *string) {
	if by != nil {
		*value = *by
	}
}
