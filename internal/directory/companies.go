package directory

import (
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// CreateCompany adds a customer to a site; only operators may.
//
// Errors: Forbidden, Invalid with fields (account_number taken), Unavailable.
func (s *Service) CreateCompany(ctx context.Context, st *site.Site, c gatehouse.Caller, fields CompanyFields) (gatehouse.Company, error) {
	if err := operatorOnly(st, c, gatehouse.OperatorCompanies); err != nil {
		return gatehouse.Company{}, err
	}
	if err := checkCompany(&fields).Err(); err != nil {
		return gatehouse.Company{}, err
	}
	now := s.Now()
	made := gatehouse.Company{ID: store.NewID("com", now), SiteID: st.ID, Name: fields.Name,
		AccountNumber: fields.AccountNumber, CreatedAt: now}
	err := s.Do(ctx, st, c, func(tx *act.Unit) error {
		if err := tx.InsertCompany(tx, made); err != nil {
			return taken(err, "account_number")
		}
		return tx.Record(gatehouse.User{CompanyID: made.ID}, gatehouse.EventCompanyCreated, gatehouse.ResultOK, nil)
	})
	if err != nil {
		return gatehouse.Company{}, err
	}
	return made, nil
}

// CompanyChange is what to change about a company; nil fields stay as they are.
type CompanyChange struct{ Name, AccountNumber *string }

// UpdateCompany changes a company. Only operators may: the name appears in the site's mails, so an
// administrator who could choose it could make the site say "Support made an account for you".
//
// Errors: Forbidden, NotFound, Invalid with fields, Unavailable.
func (s *Service) UpdateCompany(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, change CompanyChange) (gatehouse.Company, error) {
	if err := operatorOnly(st, c, gatehouse.OperatorCompanies); err != nil {
		return gatehouse.Company{}, err
	}
	var now gatehouse.Company
	err := s.Do(ctx, st, c, func(tx *act.Unit) error {
		was, err := tx.Company(tx, st.ID, id)
		if err != nil {
			return err
		}
		fields := CompanyFields{Name: was.Name, AccountNumber: was.AccountNumber}
		replace(&fields.Name, change.Name)
		replace(&fields.AccountNumber, change.AccountNumber)
		if err := checkCompany(&fields).Err(); err != nil {
			return err
		}
		now = was
		now.Name, now.AccountNumber = fields.Name, fields.AccountNumber
		if now == was {
			return nil
		}
		if err := tx.UpdateCompany(tx, now); err != nil {
			return taken(err, "account_number")
		}
		return tx.Record(gatehouse.User{CompanyID: id}, gatehouse.EventCompanyChanged, gatehouse.ResultOK, map[string]string{
			"name_before": was.Name, "account_number_before": was.AccountNumber,
		})
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
