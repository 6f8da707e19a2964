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

// Deactivate turns off an account: its sessions and unfinished sign-ins end with it, and no
// recovery brings it back (invariant 4). Doing it twice is no error.
//
// Errors: Forbidden, NotFound, Conflict with ReasonOwnAccount, Unavailable.
func (s *Service) Deactivate(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := user(tx, tx.Queries, st, c, id)
		if err != nil {
			return err
		}
		if err := notOwn(c, u); err != nil || u.State == gatehouse.Deactivated {
			return err
		}
		return s.deactivate(tx, u)
	})
}

func (s *Service) deactivate(tx *act.Unit, u gatehouse.User) error {
	if err := tx.SetUserState(tx, tx.Site.ID, u.ID, gatehouse.Deactivated); err != nil {
		return err
	}
	if err := tx.EndAll(u, gatehouse.TurnedOff); err != nil {
		return err
	}
	return tx.Record(u, gatehouse.EventUserDeactivated, gatehouse.ResultOK, nil)
}

// Activate makes a deactivated account usable again, with the password it had. A
// lock stays. Doing it twice is no error.
//
// Errors: Forbidden, NotFound, Conflict with ReasonOwnAccount, Unavailable.
func (s *Service) Activate(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := user(tx, tx.Queries, st, c, id)
		if err != nil {
			return err
		}
		if err := notOwn(c, u); err != nil || u.State != gatehouse.Deactivated {
			return err
		}
		return s.activate(tx, u)
	})
}

func (s *Service) activate(tx *act.Unit, u gatehouse.User) error {
	if err := tx.SetUserState(tx, u.SiteID, u.ID, reactivated(u)); err != nil {
		return err
	}
	if err := tx.EndAll(u, gatehouse.TurnedOn); err != nil {
		return err
	}
	return tx.Record(u, gatehouse.EventUserActivated, gatehouse.ResultOK, nil)
}

// reactivated is the state that a deactivated account returns to.
func reactivated(u gatehouse.User) gatehouse.UserState {
	if u.FirstSignInAt.IsZero() && u.Password.Temporary() {
		return gatehouse.Invited
	}
	return gatehouse.Active
}

// Unlock ends a lock, for all devices, and resets the counts; the owner is notified by mail if
// there was a lock. An administrator cannot end an operator's lock, nor unlock without limit: each
// unlock is a mail, and as many more tries for a guesser.
//
// Errors: Forbidden, also with ReasonLockedByOperator; NotFound; Conflict with
// ReasonOwnAccount; TooMany with ReasonUnlockWait; Unavailable.
func (s *Service) Unlock(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	u, err := unlockable(ctx, s.Store.Read(), st, c, id)
	if err == nil {
		err = s.spare(ctx, c, ReasonUnlockWait, actLimits("unlock", st, u)...)
	}
	if err != nil {
		return err
	}
	return s.unlock(ctx, st, c, id)
}

func unlockable(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, id string) (gatehouse.User, error) {
	u, err := user(ctx, q, st, c, id)
	if err != nil {
		return u, err
	}
	if u.LockReason == gatehouse.LockedByOperator && operatorOnly(c) != nil {
		return u, &gatehouse.Error{Kind: gatehouse.Forbidden, Reason: ReasonLockedByOperator}
	}
	return u, notOwn(c, u)
}

func (s *Service) unlock(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	return s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := unlockable(tx, tx.Queries, st, c, id)
		if err != nil {
			return err
		}
		browsers, err := devicesLocked(tx, tx.Queries, st, u.ID, tx.Now())
		if err != nil {
			return err
		}
		if err := tx.UnlockUser(tx, st.ID, u.ID); err != nil {
			return err
		}
		if err := tx.EndAll(u, gatehouse.Unlocked); err != nil {
			return err
		}
		// Without a lock, the counts are still reset, which is worth an event: it gives a guesser
		// as many more tries.
		scope := lockScope(u, browsers)
		err = tx.Record(u, gatehouse.EventUnlocked, gatehouse.ResultOK, map[string]string{"scope": scope})
		if err != nil || scope == "none" || !reachable(u) || u.State == gatehouse.Deactivated {
			return err
		}
		return s.mailUnlocked(tx, u)
	})
}

// devicesLocked reports whether attempts are locked for strangers or for a device.
func devicesLocked(ctx context.Context, q store.Queries, st *site.Site, id string, now time.Time) (bool, error) {
	all, err := q.AttemptsOf(ctx, st.ID, id)
	for _, a := range all {
		if !a.LockedAt.IsZero() && !gatehouse.LockOver(st.Policy.Lockout, a, now) {
			return true, err
		}
	}
	return false, err
}

// lockScope returns for whom an account is locked, in the terms of the lock's event.
func lockScope(u gatehouse.User, browsers bool) string {
	switch {
	case u.Locked():
		return "account"
	case browsers:
		return "strangers"
	}
	return "none"
}

func (s *Service) mailUnlocked(tx *act.Unit, u gatehouse.User) error {
	msg := mail.Unlocked{Username: u.Username, At: tx.Now(), By: mail.UnlockedByOperator}
	admin, err := administrator(tx)
	if admin.ID != "" {
		msg.By, msg.Name = mail.UnlockedByAdministrator, admin.DisplayName()
	}
	return errors.Join(err, tx.Tell(u, msg))
}

// ResetPassword replaces a password with a temporary one, which is mailed; see Issued for users
// without an address. Sessions and unfinished sign-ins end (invariant 5). Signing in with it is a
// recovery, which does not skip two-factor, unless the user was invited and has never signed in:
// then it is the invitation again (B16). A lock stays: Unlock is a separate decision.
//
// Errors: Forbidden, NotFound, Conflict with ReasonOwnAccount or ReasonDeactivated,
// Unavailable.
func (s *Service) ResetPassword(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (Issued, error) {
	return s.reset(ctx, st, c, id, s.resettable)
}

// SendPassword is ResetPassword for callers who must not see the password: it is mailed, or
// nothing is done. An administrator may do it to one user five times an hour.
//
// Errors: as ResetPassword; Conflict with ReasonNoEmail; TooMany with ReasonResendWait.
func (s *Service) SendPassword(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	u, err := s.mailable(ctx, s.Store.Read(), st, c, id)
	if err == nil {
		err = s.spare(ctx, c, ReasonResendWait, actLimits("resend", st, u)...)
	}
	if err == nil {
		_, err = s.reset(ctx, st, c, id, s.mailable)
	}
	return err
}

// may decides who may be reset: it is called before spending the time of a hash, and again in the
// transaction.
func (s *Service) reset(ctx context.Context, st *site.Site, c gatehouse.Caller, id string,
	may func(context.Context, store.Queries, *site.Site, gatehouse.Caller, string) (gatehouse.User, error)) (Issued, error) {
	was, err := may(ctx, s.Store.Read(), st, c, id)
	if err != nil {
		return Issued{}, err
	}
	plain, fresh, err := s.temporary(ctx, st, originOfReset(was))
	if err != nil {
		return Issued{}, err
	}
	var u gatehouse.User
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		var err error
		if u, err = may(tx, tx.Queries, st, c, id); err != nil {
			return err
		}
		password := fresh
		password.Origin = originOfReset(u)
		if err := tx.ReplacePassword(tx, u, password, st.Policy.Password.History); err != nil {
			return err
		}
		if err := tx.EndAll(u, gatehouse.PasswordIssued); err != nil {
			return err
		}
		u.Password = password
		if err := tx.Record(u, gatehouse.EventPasswordReset, gatehouse.ResultOK, nil); err != nil {
			return err
		}
		return s.mailPassword(tx, u, plain, mail.PasswordForReset)
	})
	if err != nil {
		return Issued{}, err
	}
	return issued(u, plain), nil
}

// originOfReset: a user who has not yet signed in is invited again.
func originOfReset(u gatehouse.User) gatehouse.PasswordOrigin {
	if u.State == gatehouse.Invited && u.FirstSignInAt.IsZero() && u.Password.Origin == gatehouse.PasswordInitial {
		return gatehouse.PasswordInitial
	}
	return gatehouse.PasswordRecovery
}

func (s *Service) resettable(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, id string) (gatehouse.User, error) {
	u, err := user(ctx, q, st, c, id)
	if err != nil {
		return u, err
	}
	if u.State == gatehouse.Deactivated {
		return u, &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonDeactivated}
	}
	return u, notOwn(c, u)
}

// mailable returns a user to whom SendPassword has something to send.
func (s *Service) mailable(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, id string) (gatehouse.User, error) {
	u, err := s.resettable(ctx, q, st, c, id)
	if err == nil && !gatehouse.MaySendPassword(u, reachable(u)) {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonNoEmail}
	}
	return u, err
}
