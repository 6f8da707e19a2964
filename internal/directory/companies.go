package directory

import (
	"context"
	"slices"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
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

// CreateCompanyFor adds a customer with its first administrator, who is invited as the site does it:
// both, or neither.
//
// Errors: Forbidden, Invalid with the fields of both (name and account_number are the company's),
// Unavailable.
func (s *Service) CreateCompanyFor(ctx context.Context, st *site.Site, c gatehouse.Caller, fields CompanyFields, first UserFields) (gatehouse.Company, error) {
	if err := operatorOnly(st, c, gatehouse.OperatorCompanies); err != nil {
		return gatehouse.Company{}, err
	}
	first.Role = gatehouse.RoleAdmin
	bad := checkCompany(&fields)
	user := checkUser(st, &first)
	if first.Email == "" && !slices.ContainsFunc(user.Faults, func(f gatehouse.FieldError) bool { return f.Field == "email" }) {
		user.Add("email", FieldRequired)
	}
	bad.Faults = append(bad.Faults, user.Faults...)
	if err := bad.Err(); err != nil {
		return gatehouse.Company{}, err
	}
	plain, password, err := s.firstWayIn(ctx, st, first.Email)
	if err != nil {
		return gatehouse.Company{}, err
	}
	now := s.Now()
	made := gatehouse.Company{ID: store.NewID("com", now), SiteID: st.ID, Name: fields.Name, AccountNumber: fields.AccountNumber, CreatedAt: now}
	u := gatehouse.User{ID: store.NewID("usr", now), SiteID: st.ID, CompanyID: made.ID, Username: first.Username, FirstName: first.FirstName, LastName: first.LastName,
		Email: first.Email, Role: first.Role, State: gatehouse.Invited, Locale: first.Locale, Password: password, CreatedAt: now}
	err = s.Do(ctx, st, c.For(gatehouse.OperatorCompanies), func(tx *act.Unit) error {
		if err := stillLeads(tx, made.ID); err != nil {
			return err
		}
		if err := tx.InsertCompany(tx, made); err != nil {
			return taken(err, "account_number")
		}
		if err := tx.Record(gatehouse.User{CompanyID: made.ID}, gatehouse.EventCompanyCreated, gatehouse.ResultOK, nil); err != nil {
			return err
		}
		if err := tx.InsertUser(tx, u); err != nil {
			return taken(err, "username")
		}
		if err := tx.Record(u, gatehouse.EventUserCreated, gatehouse.ResultOK, map[string]string{"role": string(u.Role)}); err != nil {
			return err
		}
		return s.mailWayIn(tx, u, plain, mail.PasswordForAccount)
	})
	if err != nil {
		return gatehouse.Company{}, err
	}
	return made, nil
}

// ReasonCompanyChanged: somebody else has changed the company since the form was made. Kind Conflict.
const ReasonCompanyChanged = "company-changed"

// CompanyChange is what to change about a company; nil fields stay as they are.
type CompanyChange struct {
	Name, AccountNumber *string
	// Seen is the gatehouse.Company.Version that the form showed; empty: any.
	Seen string
}

// UpdateCompany changes a company. Only operators may: the name appears in the site's mails, so an
// administrator who could choose it could make the site say "Support made an account for you".
//
// Errors: Forbidden, NotFound, Invalid with fields, Conflict with ReasonCompanyChanged, Unavailable.
func (s *Service) UpdateCompany(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, change CompanyChange) (gatehouse.Company, error) {
	if err := operatorOnly(st, c, gatehouse.OperatorCompanies); err != nil {
		return gatehouse.Company{}, err
	}
	var now gatehouse.Company
	err := s.Do(ctx, st, c.For(gatehouse.OperatorCompanies), func(tx *act.Unit) error {
		was, err := heldFirm(tx, id, change.Seen)
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
