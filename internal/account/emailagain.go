package account

import (
	"context"
	"errors"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/site"
)

// needsPassword reports whether a user gets another temporary password once a correction by the
// company is confirmed: the previous one was in the wrong mailbox, and has ended with it.
func needsPassword(u gatehouse.User, change gatehouse.EmailChange) bool {
	return change.ByCompany && u.Password.Temporary() && u.MaySignIn()
}

// passwordAgain makes the temporary password that a confirmation needs; it is empty if none is
// needed. It is hashed before the transaction, which must not wait for a hash.
func (s *Service) passwordAgain(ctx context.Context, st *site.Site, token string) (p sparePassword, err error) {
	q := s.Store.Read()
	change, u, err := confirmable(ctx, q, q.User, st, token)
	if gatehouse.KindOf(err) == gatehouse.Gone || err == nil && (!change.MayConfirm(u, s.Now()) || !needsPassword(u, change)) {
		return p, nil // the transaction returns the error
	}
	if err != nil {
		return p, err
	}
	return s.hashedPassword(ctx)
}

// mailPasswordAgain mails the user the temporary password, to the confirmed address.
func (s *Service) mailPasswordAgain(tx *act.Unit, id string, again sparePassword) error {
	u, err := tx.User(tx, tx.Site.ID, id)
	if err != nil {
		return err
	}
	reason := mail.PasswordForReset
	if u.Password.Origin == gatehouse.PasswordInitial {
		reason = mail.PasswordForAccount
	}
	w := gatehouse.Password{Hash: again.hash, Origin: u.Password.Origin, SetAt: tx.Now(), ExpiresAt: tx.Now().Add(tx.Site.Policy.TemporaryPassword)}
	if err := tx.ReplacePassword(tx, u, w, tx.Site.Policy.Password.History); err != nil {
		return err
	}
	return tx.Tell(u, mail.TemporaryPassword{Username: u.Username, Password: again.plain, ExpiresAt: w.ExpiresAt, For: reason})
}

// hashedPassword makes a temporary password, or returns that the server is too busy.
func (s *Service) hashedPassword(ctx context.Context) (p sparePassword, err error) {
	p.plain = secret.NewTemporaryPassword()
	p.hash, err = s.SignIn.Hasher.Hash(ctx, p.plain)
	if errors.Is(err, secret.ErrBusy) {
		err = &gatehouse.Error{Kind: gatehouse.Unavailable, Reason: signin.ReasonBusy, RetryAfter: 5 * time.Second, Err: err}
	}
	return p, err
}
