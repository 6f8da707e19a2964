package directory

import (
	"context"
	"errors"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// What administrators can make the server mail to others is limited: a stolen session is
// no cannon. Operators are not limited.
func addressLimits(st *site.Site, u gatehouse.User) []store.Limit {
	return []store.Limit{
		{Key: "address:" + st.ID + ":" + u.ID, Every: 12 * time.Minute, Burst: 5},
		{Key: "addresses:" + st.ID + ":" + u.CompanyID, Every: time.Minute, Burst: 100},
	}
}

// actLimits are for what an administrator does to one user, and to all of a company.
func actLimits(act string, st *site.Site, u gatehouse.User) []store.Limit {
	return []store.Limit{
		{Key: act + ":" + st.ID + ":" + u.ID, Every: 12 * time.Minute, Burst: 5},
		{Key: act + "-all:" + st.ID + ":" + u.CompanyID, Every: time.Minute, Burst: 100},
	}
}

// spare takes a call of an administrator from limits.
func (s *Service) spare(ctx context.Context, c gatehouse.Caller, code string, limits ...store.Limit) error {
	if c.Kind != gatehouse.SignedIn {
		return nil
	}
	wait, err := s.Store.Allow(ctx, s.Now(), limits...)
	if err == nil && wait > 0 {
		err = &gatehouse.Error{Kind: gatehouse.TooMany, Code: code, RetryAfter: wait}
	}
	return err
}

// reissue is a temporary password in place of one that lies in a mailbox which is no
// longer the person's.
type reissue struct {
	plain    string
	password gatehouse.Password
}

// prepareMove does what a change of address needs before its transaction: it takes it
// from the limits, and makes the password, whose hash a transaction must not wait for.
func (s *Service) prepareMove(ctx context.Context, c gatehouse.Caller, st *site.Site, id string, change UserChange) (again reissue, err error) {
	u, err := user(ctx, s.Store.Read(), c, st, id)
	if err != nil {
		return again, err
	}
	fields := change.apply(st, u)
	if gatehouse.SameMailbox(fields.Email, u.Email) || checkUser(st, &fields).err() != nil {
		return again, nil
	}
	if err := s.spare(ctx, c, CodeResendWait, addressLimits(st, u)...); err != nil || !mailedPassword(u) || u.State == gatehouse.Deactivated ||
		waitsForOwner(c, st, u, fields.put(u)) {
		return again, err
	}
	again.plain, again.password, err = s.temporary(ctx, st, u.Password.Origin)
	return again, err
}

// mailedPassword reports whether a temporary password is in the user's mailbox.
func mailedPassword(u gatehouse.User) bool {
	return u.Password.Temporary() && reachable(u)
}

// moveMail does what follows from a new address: nothing in the old mailbox opens the
// account any more, neither link nor code nor temporary password, nor a browser that a
// code from there made trusted; what still waits to go there is dropped; and both are
// told.
func (s *Service) moveMail(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site, was, u gatehouse.User, again reissue) error {
	err := errors.Join(
		q.EndRecoveries(ctx, st.ID, u.ID),
		q.EndCodes(ctx, st.ID, u.ID, s.Now()),
		q.EndTrust(ctx, st.ID, u.ID),
		q.DeleteSignInsOf(ctx, st.ID, u.ID),
		q.DropMessages(ctx, st.ID, u.ID, was.Email, s.Now()),
		recordMove(ctx, q, s.Now(), was, u),
		s.tellOldAddress(ctx, q, c, st, was, u, false))
	if err == nil && mailedPassword(was) {
		err = s.sendAgain(ctx, q, c, st, u, again)
	}
	if err != nil {
		return err
	}
	firm, err := q.Company(ctx, st.ID, u.CompanyID)
	if err != nil || !firm.TwoFactor || !gatehouse.Notified(u, reachable(u)) {
		return err
	}
	u.Bounce = gatehouse.Bounce{}
	_, err = s.tellSwitch(ctx, q, st, firm, u)
	return err
}

// sendAgain replaces the temporary password that went to the old address. Where none was
// made, it ends and is asked for anew: a deactivated account gets no mail, and must not
// open to the old mailbox when it is activated again.
func (s *Service) sendAgain(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site, u gatehouse.User, again reissue) error {
	if again.plain == "" {
		again.password = u.Password
		again.password.ExpiresAt = s.Now()
	}
	err := errors.Join(q.ReplacePassword(ctx, u, again.password, st.Policy.Password.History), s.dropPasswords(ctx, q, u))
	if err != nil || again.plain == "" {
		return err
	}
	u.Password = again.password
	reason := mail.PasswordForReset
	if again.password.Origin == gatehouse.PasswordInitial {
		reason = mail.PasswordForAccount
	}
	return s.mailPassword(ctx, q, c, st, u, again.plain, reason)
}
