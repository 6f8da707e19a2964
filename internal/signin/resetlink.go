package signin

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

var errLinkOver = &gatehouse.Error{Kind: gatehouse.Gone, Reason: ReasonLinkOver}

// SendResetLink mails a link to choose a new password to the users of the address (C03), and does
// not reveal whether there are any.
//
// Errors: Invalid with field email, TooMany, Unavailable.
func (s *Service) SendResetLink(ctx context.Context, st *site.Site, c gatehouse.Caller, email string) error {
	var f faults
	f.email("email", email)
	if err := f.Err(); err != nil {
		return err
	}
	defer s.evenly(ctx)()
	send, _, err := s.admitMail(ctx, st, c, "recovery", email)
	if err != nil {
		return err
	}
	if !send {
		return s.notSent(ctx, st, c, gatehouse.EventRecovery)
	}
	email = strings.TrimSpace(email) // a space must not make a difference for unknown addresses only
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		users, err := tx.UsersByEmail(tx, st.ID, email, gatehouse.MostAccounts)
		if err != nil {
			return err
		}
		users = gatehouse.ConfirmedFirst(users)
		if len(users) == 0 { // the same work for an unknown address (invariant 7)
			users = []gatehouse.User{{}}
		}
		for _, u := range users {
			if err := s.sendLink(tx, u, email); err != nil {
				return err
			}
		}
		return nil
	})
}

// sendLink makes a link for an account while holding its row: of two concurrent requests, one is
// the newer. A link for nobody, or for an account that cannot be recovered, is made the same way,
// and its mail written and discarded.
func (s *Service) sendLink(tx *act.Unit, u gatehouse.User, email string) error {
	now, token := tx.Now(), secret.NewToken()
	r := store.Recovery{SiteID: tx.Site.ID, ID: store.NewID("rec", now), Kind: gatehouse.RecoverByLink, Subject: u.ID,
		CreatedAt: now, ExpiresAt: now.Add(tx.Site.Policy.ResetLink)}
	if u.ID != "" {
		var err error
		if u, err = tx.HoldUser(tx, tx.Site.ID, u.ID); err != nil {
			return err
		}
	}
	result := gatehouse.ResultOK
	switch {
	case u.ID == "":
		r.Subject, result = nameSubject(email), gatehouse.ResultUnknown
	case u.Off():
		result = gatehouse.ResultInactive
	case !u.MayRecover():
		result = gatehouse.ResultLocked
	default:
		r.UserID = u.ID
	}
	err := errors.Join(
		tx.KeepRecoveries(tx, tx.Site.ID, u.ID, gatehouse.RecoverByLink, keptLinks-1), // and this one
		tx.InsertRecovery(tx, secret.HashToken(token), r),
		tx.Record(u, gatehouse.EventRecovery, result, nil))
	if err != nil {
		return err
	}
	msg := mail.ResetLink{Username: u.Username, Token: token, ExpiresAt: r.ExpiresAt, At: now, IPAddress: tx.Caller.IPAddress, Place: tx.PlaceFor(u)}
	if r.UserID != "" {
		return tx.Tell(u, msg)
	}
	return tx.Pretend(email, msg)
}

// ResetLink returns the user of a link, and changes nothing; Gone if the link no longer works.
func (s *Service) ResetLink(ctx context.Context, st *site.Site, token string) (gatehouse.User, error) {
	if token == "" {
		return gatehouse.User{}, errLinkOver
	}
	q := s.Store.Read()
	r, err := q.Recovery(ctx, st.ID, secret.HashToken(token))
	if err == nil && (r.Kind != gatehouse.RecoverByLink || !r.UsedAt.IsZero() || !s.Now().Before(r.ExpiresAt)) {
		err = errLinkOver
	}
	var u gatehouse.User
	if err == nil {
		u, err = q.User(ctx, st.ID, r.UserID)
	}
	if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && !u.MayRecover() {
		err = errLinkOver
	}
	return u, err
}

// ResetPassword uses up a link and sets the password, which works for signing in at once.
// Everything that was open for the user ends (invariant 5). It is not a sign-in: a code is
// required as usual.
//
// Errors: Invalid with fields new_password and repeat_password, Gone, Unavailable.
func (s *Service) ResetPassword(ctx context.Context, st *site.Site, c gatehouse.Caller, token string, form NewPassword) error {
	err := s.resetPassword(ctx, st, c, token, form)
	if gatehouse.KindOf(err) == gatehouse.Gone {
		_, err = s.LinkRepeated(ctx, st, c, token, err)
	}
	return err
}

func (s *Service) resetPassword(ctx context.Context, st *site.Site, c gatehouse.Caller, token string, form NewPassword) error {
	u, err := s.ResetLink(ctx, st, token)
	if err != nil {
		return err
	}
	pick := choice{site: st, user: u, form: form}
	var f faults
	if err := errors.Join(s.check(ctx, pick, &f), f.Err()); err != nil {
		return err
	}
	if err := s.countUse(ctx, st, c, token); err != nil {
		return err
	}
	if pick.place, err = s.Hasher.Enter(); err != nil {
		return busy(err)
	}
	defer pick.place.Leave()
	ctx, cancel := unhurried(ctx)
	defer cancel()
	pick.proved = true // by the link
	if pick.same, err = s.isPresent(ctx, pick); err != nil {
		return err
	}
	hash, err := s.accept(ctx, pick, &f)
	if err != nil {
		return err
	}
	return s.Do(ctx, st, c, func(tx *act.Unit) error { return s.useLink(tx, u.ID, token, hash) })
}

// mostUses is how often a new password that passes all the rules without hashes may be submitted
// under one link: the rules with hashes reveal whether it is a present or old password.
const mostUses = 10

func (s *Service) countUse(ctx context.Context, st *site.Site, c gatehouse.Caller, token string) error {
	err := s.Do(ctx, st, c, func(tx *act.Unit) error {
		_, err := tx.CountAnswer(tx, st.ID, secret.HashToken(token), gatehouse.RecoverByLink, mostUses, tx.Now())
		return err
	})
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		err = errLinkOver
	}
	return err
}

// isPresent reports whether the new password is the present one, which the page of a link does not
// ask for.
func (s *Service) isPresent(ctx context.Context, c choice) (bool, error) {
	if c.form.New == "" || utf8.RuneCountInString(c.form.New) > gatehouse.MaxPasswordLength {
		return false, nil
	}
	v, err := c.place.Verify(ctx, c.user.Password.Hash, asIssued(c.user.Password, c.form.New))
	if err != nil && ctx.Err() != nil {
		return false, busy(err)
	}
	return v.Match, nil // an unreadable hash is nobody's present password
}

func (s *Service) useLink(tx *act.Unit, userID, token, hash string) error {
	u, err := tx.HoldUser(tx, tx.Site.ID, userID)
	if err != nil {
		return err
	}
	used, err := tx.UseRecovery(tx, tx.Site.ID, secret.HashToken(token), gatehouse.RecoverByLink, tx.Now())
	if err != nil {
		return err
	}
	if !used || !u.MayRecover() {
		return errLinkOver
	}
	w := gatehouse.Password{Hash: hash, Origin: gatehouse.PasswordChosen, SetAt: tx.Now()}
	return errors.Join(
		s.KeepLink(tx, u, token, ""),
		tx.ReplacePassword(tx, u, w, tx.Site.Policy.Password.History),
		s.provedEmail(tx, &u), // the mail with the link has arrived
		s.reopen(tx, u),
		s.recoveredIn(tx, u, token),
		s.tellChanged(tx, u, mail.ChangedByRecovery))
}

// Reclaim does what a completed recovery does for an account that may be recovered, when its owner
// has proved to be the owner in another way. plain is a temporary password, which is mailed; hash
// is its hash.
func (s *Service) Reclaim(tx *act.Unit, u gatehouse.User, plain, hash string) error {
	w := gatehouse.Password{Hash: hash, Origin: gatehouse.PasswordRecovery, SetAt: tx.Now(), ExpiresAt: tx.Now().Add(tx.Site.Policy.TemporaryPassword)}
	return errors.Join(
		tx.ReplacePassword(tx, u, w, tx.Site.Policy.Password.History),
		s.reopen(tx, u),
		tx.Tell(u, mail.TemporaryPassword{Username: u.Username, Password: plain, ExpiresAt: w.ExpiresAt,
			For: mail.PasswordForRecovery, At: tx.Now(), IPAddress: tx.Caller.IPAddress}))
}
