package directory

import (
	"context"
	"errors"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// What administrators can make the server mail to others is limited, so a stolen session cannot
// flood mailboxes. Operators are not limited.
func addressLimits(st *site.Site, u gatehouse.User) []store.Limit {
	return []store.Limit{
		{Key: "address:" + st.ID + ":" + u.ID, Every: 12 * time.Minute, Burst: 5},
		{Key: "addresses:" + st.ID + ":" + u.CompanyID, Every: time.Minute, Burst: 100},
	}
}

// actLimits are for an administrator's acts on one user, and on all of a company.
func actLimits(act string, st *site.Site, u gatehouse.User) []store.Limit {
	return []store.Limit{
		{Key: act + ":" + st.ID + ":" + u.ID, Every: 12 * time.Minute, Burst: 5},
		{Key: act + "-all:" + st.ID + ":" + u.CompanyID, Every: time.Minute, Burst: 100},
	}
}

// spare takes an administrator's call from limits.
func (s *Service) spare(ctx context.Context, c gatehouse.Caller, reason string, limits ...store.Limit) error {
	if c.Kind != gatehouse.SignedIn {
		return nil
	}
	wait, err := s.Store.Allow(ctx, s.Now(), limits...)
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Reason: reason, RetryAfter: wait}
	}
	return err
}

// reissue is a temporary password, or an invitation by link, that replaces one in a mailbox which is
// no longer the user's.
type reissue struct {
	plain    string
	password gatehouse.Password
}

// made reports whether there is one.
func (r reissue) made() bool { return r.password.Origin != "" }

// prepareMove does what a change of address needs before its transaction: it takes it from the
// limits, and makes the password, whose hash a transaction must not wait for.
func (s *Service) prepareMove(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, change UserChange) (again reissue, err error) {
	u, err := user(ctx, s.Store.Read(), st, c, id)
	if err != nil {
		return again, err
	}
	fields := change.apply(st, u)
	if gatehouse.SameMailbox(fields.Email, u.Email) || checkUser(st, &fields).Err() != nil {
		return again, nil
	}
	if err := s.spare(ctx, c, ReasonResendWait, addressLimits(st, u)...); err != nil || !mailedPassword(u) || u.Off() ||
		waitsForOwner(st, c, u, fields.put(u)) {
		return again, err
	}
	if u.WasInvited() && u.Password.Hash == "" { // by a link
		again.password = s.firstPassword(st)
		return again, nil
	}
	again.plain, again.password, err = s.temporary(ctx, st, u.Password.Origin)
	return again, err
}

// mailedPassword reports whether a temporary password is in the user's mailbox.
func mailedPassword(u gatehouse.User) bool {
	return u.Password.Temporary() && reachable(u)
}

// moveMail does what follows from a new address: nothing in the old mailbox still opens the
// account, and both are notified. A temporary password that went there is replaced by a new one;
// if none was made, because a deactivated account gets no mail, it has ended.
func (s *Service) moveMail(tx *act.Unit, was, u gatehouse.User, again reissue) error {
	err := errors.Join(
		tx.EndAll(was, gatehouse.AddressCorrected),
		recordMove(tx, was, u),
		s.tellOldEmail(tx, was, u, false))
	if err == nil && mailedPassword(was) && again.made() {
		err = s.sendAgain(tx, u, again)
	}
	if err != nil {
		return err
	}
	firm, err := tx.Company(tx, tx.Site.ID, u.CompanyID)
	if err != nil || !firm.TwoFactor || !gatehouse.Notified(u, reachable(u)) {
		return err
	}
	u.Bounce = gatehouse.Bounce{}
	_, err = s.tellTwoFactor(tx, firm, u)
	return err
}

// sendAgain replaces the temporary password that went to the old address.
func (s *Service) sendAgain(tx *act.Unit, u gatehouse.User, again reissue) error {
	if err := tx.ReplacePassword(tx, u, again.password, tx.Site.Policy.Password.History); err != nil {
		return err
	}
	u.Password = again.password
	reason := mail.PasswordForReset
	if again.password.Origin == gatehouse.PasswordInitial {
		reason = mail.PasswordForAccount
	}
	return s.mailWayIn(tx, u, again.plain, reason)
}
