package directory

import (
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// firstPassword is the password of a new user whose invitation is a link: none that anybody knows,
// but with the time that the link lasts.
func (s *Service) firstPassword(st *site.Site) gatehouse.Password {
	now := s.Now()
	return gatehouse.Password{Origin: gatehouse.PasswordInitial, SetAt: now, ExpiresAt: now.Add(st.Policy.TemporaryPassword)}
}

// firstWayIn makes the first password of a new user: none if the invitation is a link. Somebody who
// cannot get a link is handed a temporary password.
func (s *Service) firstWayIn(ctx context.Context, st *site.Site, email string) (plain string, w gatehouse.Password, err error) {
	if st.InvitesByLink && reachable(gatehouse.User{Email: email}) {
		return "", s.firstPassword(st), nil
	}
	return s.temporary(ctx, st, gatehouse.PasswordInitial)
}

// invite gives a user who has never signed in a first way in, and ends any earlier one: a link to
// choose the first password, or a temporary password, as the site says.
func (s *Service) invite(tx *act.Unit, u gatehouse.User, p prepared) error {
	if !tx.Site.InvitesByLink {
		p.password.Origin = gatehouse.PasswordInitial
		return s.issue(tx, u, p, mail.PasswordForAccount)
	}
	return s.issue(tx, u, prepared{password: s.firstPassword(tx.Site)}, mail.PasswordForAccount)
}

// issue replaces a password with a temporary one, or with none if the way in is a link, and mails
// what opens the account. Sessions, unfinished sign-ins and earlier links end (invariant 5).
func (s *Service) issue(tx *act.Unit, u gatehouse.User, p prepared, reason mail.PasswordReason) error {
	if err := tx.ReplacePassword(tx, u, p.password, tx.Site.Policy.Password.History); err != nil {
		return err
	}
	if err := tx.EndAll(u, gatehouse.PasswordIssued); err != nil {
		return err
	}
	kind := gatehouse.EventPasswordReset
	if reason == mail.PasswordForAccount {
		kind = gatehouse.EventUserInvited
	}
	u.Password = p.password
	if err := tx.Record(u, kind, gatehouse.ResultOK, nil); err != nil {
		return err
	}
	return s.mailWayIn(tx, u, p.plain, reason)
}

// mailWayIn mails what opens a new or a reset account: a link if there is no password.
func (s *Service) mailWayIn(tx *act.Unit, u gatehouse.User, plain string, reason mail.PasswordReason) error {
	if u.Password.Hash != "" {
		return s.mailPassword(tx, u, plain, reason)
	}
	return s.mailLink(tx, u)
}

// mailLink makes and mails the link of an invitation.
func (s *Service) mailLink(tx *act.Unit, u gatehouse.User) error {
	_, err := s.makeLink(tx, u)
	return err
}

// makeLink is mailLink; it returns the link's token. The link is used like a reset link, and lasts as
// long as a temporary password would.
func (s *Service) makeLink(tx *act.Unit, u gatehouse.User) (token string, err error) {
	now := tx.Now()
	token = secret.NewToken()
	err = tx.InsertRecovery(tx, secret.HashToken(token), store.Recovery{SiteID: tx.Site.ID, ID: store.NewID("rec", now),
		Kind: gatehouse.RecoverByLink, UserID: u.ID, Subject: u.ID, CreatedAt: now, ExpiresAt: u.Password.ExpiresAt})
	if err != nil {
		return "", err
	}
	msg := mail.Invitation{Username: u.Username, Token: token, ExpiresAt: u.Password.ExpiresAt}
	admin, err := administrator(tx)
	if err == nil && admin.ID != "" {
		var firm gatehouse.Company
		firm, err = tx.Company(tx, tx.Site.ID, admin.CompanyID)
		msg.Name, msg.Company = admin.DisplayName(), firm.Name
	}
	if err != nil {
		return "", err
	}
	return token, tx.Tell(u, msg)
}
