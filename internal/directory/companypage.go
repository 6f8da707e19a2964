package directory

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"gatehouse"
	"gatehouse/internal/site"
)

// CompanyPage is what operators see of a company (C12).
type CompanyPage struct {
	gatehouse.Company
	Details gatehouse.CompanyDetails
	Policy  PolicyState
	// Switched is who switched Enhanced Security last; its zero value: nobody ever did.
	Switched gatehouse.Enrolment
	Counts   map[gatehouse.UserState]int
	// Administrators are the first of them by username, and Users a page of all users.
	Administrators, Users []gatehouse.User
	// More: there are users after these.
	More bool
}

// How many companies and users a page has.
const (
	companiesAtOnce = 50
	usersAtOnce     = 50
)

// NamedCompanies returns up to a page of companies of a site: in the order of their account numbers
// after the given one or, if something is typed, those whose account number or name begins with it.
// more: there are others.
//
// Errors: Forbidden, Unavailable.
func (s *Service) NamedCompanies(ctx context.Context, st *site.Site, c gatehouse.Caller, typed, after string) (all []gatehouse.Company, more bool, err error) {
	if err := operatorOnly(st, c, gatehouse.OperatorSee); err != nil {
		return nil, false, err
	}
	if typed == "" {
		all, err = s.Store.Read().Companies(ctx, st.ID, after, companiesAtOnce+1)
	} else {
		all, err = s.Store.Read().CompaniesNamed(ctx, st.ID, typed, companiesAtOnce+1)
		slices.SortFunc(all, func(a, b gatehouse.Company) int {
			return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.AccountNumber, b.AccountNumber))
		})
	}
	return all[:min(len(all), companiesAtOnce)], len(all) > companiesAtOnce, err
}

// CompanyPage returns what operators see of a company, with the users after a username.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) CompanyPage(ctx context.Context, st *site.Site, c gatehouse.Caller, id, after string) (p CompanyPage, err error) {
	if err := operatorOnly(st, c, gatehouse.OperatorSee); err != nil {
		return p, err
	}
	q := s.Store.Read()
	if p.Company, err = q.Company(ctx, st.ID, id); err != nil {
		return p, err
	}
	if p.Details, err = q.CompanyDetails(ctx, st.ID, id); err != nil {
		return p, err
	}
	if p.Policy, err = s.CompanyPolicy(ctx, st, c, id); err != nil {
		return p, err
	}
	runs, err := q.Enrolments(ctx, st.ID, id, "", 1)
	if err != nil {
		return p, err
	}
	if len(runs) > 0 {
		p.Switched = runs[0]
	}
	if p.Counts, err = q.CountUsers(ctx, st.ID, id); err != nil {
		return p, err
	}
	enough := errors.New("enough")
	err = q.AllAdministrators(ctx, st.ID, id, func(u gatehouse.User) error {
		if len(p.Administrators) == usersAtOnce {
			return enough
		}
		p.Administrators = append(p.Administrators, bare(u))
		return nil
	})
	if err != nil && !errors.Is(err, enough) {
		return p, err
	}
	users, err := s.Users(ctx, st, c, id, after, usersAtOnce+1)
	p.More = len(users) > usersAtOnce
	p.Users = users[:min(len(users), usersAtOnce)]
	return p, err
}
