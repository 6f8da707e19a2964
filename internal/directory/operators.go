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

// Operators are users of one company of the operators' site: signing in, factors, lockout, sessions
// and the event log are those of everybody else. Whom they act on is up to their role, and who has
// one is up to the owners and to those who run commands on the server.

// The company of all operators. It is made with the first of them.
const (
	operatorsAccount = "operators"
	operatorsCompany = "Gatehouse operators"
)

// ReasonNoOperators: the configuration has no operator_hosts. Kind NotFound.
const ReasonNoOperators = "no-operators"

var errNoOperators = &gatehouse.Error{Kind: gatehouse.NotFound, Reason: ReasonNoOperators}

// ownersOnly refuses everybody but those who may say who is an operator.
func ownersOnly(st *site.Site, c gatehouse.Caller) error {
	switch {
	case !c.Operates(gatehouse.OperatorOperators):
		return errForbidden
	case st == nil:
		return errNoOperators
	}
	return nil
}

// Operators returns all operators in the order of their usernames. st is the operators' site.
//
// Errors: Forbidden, NotFound with ReasonNoOperators, Unavailable.
func (s *Service) Operators(ctx context.Context, st *site.Site, c gatehouse.Caller) ([]gatehouse.User, error) {
	if err := ownersOnly(st, c); err != nil {
		return nil, err
	}
	return bareAll(s.Store.Read().Operators(ctx))
}

// Operator returns an operator by username, in any spelling.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Operator(ctx context.Context, st *site.Site, c gatehouse.Caller, username string) (gatehouse.User, error) {
	if err := ownersOnly(st, c); err != nil {
		return gatehouse.User{}, err
	}
	return s.UserByUsername(ctx, st, c, username)
}

// CreateOperator adds an operator, who is invited by mail. link is the address of the invitation; it
// is for those who run commands, as long as no mail arrives, and empty for others.
//
// Errors: Forbidden, NotFound with ReasonNoOperators, Invalid with fields, Unavailable.
func (s *Service) CreateOperator(ctx context.Context, st *site.Site, c gatehouse.Caller, fields UserFields) (made gatehouse.User, link string, err error) {
	if err := ownersOnly(st, c); err != nil {
		return made, "", err
	}
	bad := checkUser(st, &fields)
	if fields.Email == "" && !slices.ContainsFunc(bad.Faults, func(f gatehouse.FieldError) bool { return f.Field == "email" }) {
		bad.Add("email", FieldRequired)
	}
	if err := bad.Err(); err != nil {
		return made, "", err
	}
	firm, err := s.operatorsCompany(ctx, st, c)
	if err != nil {
		return made, "", err
	}
	now, c := s.Now(), c.For(gatehouse.OperatorOperators)
	made = gatehouse.User{ID: store.NewID("usr", now), SiteID: st.ID, CompanyID: firm.ID, Username: fields.Username,
		FirstName: fields.FirstName, LastName: fields.LastName, Email: fields.Email, Role: fields.Role,
		State: gatehouse.Invited, Locale: fields.Locale, Password: s.firstPassword(st), CreatedAt: now}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		if err := stillLeads(tx, firm.ID); err != nil {
			return err
		}
		if err := tx.InsertUser(tx, made); err != nil {
			return taken(err, "username")
		}
		if err := tx.Record(made, gatehouse.EventUserCreated, gatehouse.ResultOK, map[string]string{"role": string(made.Role)}); err != nil {
			return err
		}
		if err := s.tellOperators(tx, made, mail.AccountCreated); err != nil {
			return err
		}
		link, err = s.invitationLink(tx, made)
		return err
	})
	if err != nil {
		return gatehouse.User{}, "", err
	}
	return bare(made), shownTo(c, link), nil
}

// InviteOperator mails another invitation to an operator who has never signed in, and ends the
// earlier one. link is as for CreateOperator.
//
// Errors: Forbidden, NotFound, Conflict with a gatehouse.ActRefusal, Unavailable.
func (s *Service) InviteOperator(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (link string, err error) {
	if err := ownersOnly(st, c); err != nil {
		return "", err
	}
	c = c.For(gatehouse.OperatorOperators)
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := s.acting(tx, id)
		if err != nil {
			return err
		}
		why, err := s.allowed(tx, tx.Queries, st, c, gatehouse.ActInviteAgain, u)
		if err == nil {
			err = refused(why)
		}
		if err != nil {
			return err
		}
		password := s.firstPassword(st)
		if err := tx.ReplacePassword(tx, u, password, st.Policy.Password.History); err != nil {
			return err
		}
		if err := tx.EndAll(u, gatehouse.PasswordIssued); err != nil {
			return err
		}
		if err := tx.Record(u, gatehouse.EventUserInvited, gatehouse.ResultOK, nil); err != nil {
			return err
		}
		u.Password = password
		link, err = s.invitationLink(tx, u)
		return err
	})
	return shownTo(c, link), err
}

// shownTo is a link for those who may see it: a page shows nobody a way into another account.
func shownTo(c gatehouse.Caller, link string) string {
	if c.SignedInOperator() {
		return ""
	}
	return link
}

// invitationLink mails the link with which an operator chooses the first password, and returns it.
func (s *Service) invitationLink(tx *act.Unit, u gatehouse.User) (string, error) {
	token, err := s.makeLink(tx, u)
	return tx.Site.Origin + "/reset-password?token=" + token, err
}

// operatorsCompany is the company of all operators, made if there is none. Several may make it at
// once: its account number is taken only once.
func (s *Service) operatorsCompany(ctx context.Context, st *site.Site, c gatehouse.Caller) (gatehouse.Company, error) {
	find := func() (gatehouse.Company, error) {
		return s.Store.Read().CompanyByAccount(ctx, st.ID, operatorsAccount)
	}
	firm, err := find()
	if gatehouse.KindOf(err) != gatehouse.NotFound || err == nil {
		return firm, err
	}
	now := s.Now()
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		firm = gatehouse.Company{ID: store.NewID("com", now), SiteID: st.ID, Name: operatorsCompany, AccountNumber: operatorsAccount, CreatedAt: now}
		if err := tx.InsertCompany(tx, firm); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{CompanyID: firm.ID}, gatehouse.EventCompanyCreated, gatehouse.ResultOK, nil)
	})
	if gatehouse.KindOf(err) == gatehouse.Conflict {
		return find()
	}
	return firm, err
}

// tellOperators tells an operator what was done to the account, and all owners who did not do it. A
// new one has the invitation instead.
func (s *Service) tellOperators(tx *act.Unit, u gatehouse.User, what mail.AccountAct) error {
	by, err := administrator(tx)
	if err != nil {
		return err
	}
	msg := mail.OperatorChanged{Username: u.Username, Name: u.DisplayName(), What: what, Role: u.Role, By: by.DisplayName(), At: tx.Now()}
	told, err := tx.Administrators(tx, tx.Site.ID, u.CompanyID, u.ID, mostAnnounced)
	if what != mail.AccountCreated {
		told = append(told, u)
	}
	for _, to := range told {
		if err == nil && to.ID != by.ID {
			err = tx.Tell(to, msg)
		}
	}
	return err
}

// SetOperatorRole gives an operator another role. The last owner who can sign in stays one.
//
// Errors: Forbidden, NotFound, Invalid with fields, Conflict with a gatehouse.ActRefusal,
// Unavailable.
func (s *Service) SetOperatorRole(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, role gatehouse.Role) error {
	if err := ownersOnly(st, c); err != nil {
		return err
	}
	if !slices.Contains(gatehouse.OperatorRoles, role) {
		var f faults
		f.Add("role", FieldRole, "known", knownRoles(st))
		return f.Err()
	}
	c = c.For(gatehouse.OperatorOperators)
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := s.acting(tx, id)
		if err != nil {
			return err
		}
		facts, err := s.actFacts(tx, tx.Queries, st, c, u)
		if err != nil {
			return err
		}
		switch {
		case u.Role == role:
			return nil
		case u.Deleted():
			return refused(gatehouse.RefusedDeleted)
		case facts.Own:
			return refused(gatehouse.RefusedOwn)
		case u.Leads() && role != gatehouse.RoleOwner && !facts.OthersLead:
			return refused(gatehouse.RefusedLast)
		}
		return s.setRole(tx, u, role)
	})
}
