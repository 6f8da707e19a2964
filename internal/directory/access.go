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

// Deactivate ends an account: its sessions and half-finished sign-ins end with it,
// and no recovery brings it back (invariant 4). Doing it twice is no error.
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

// reactivated is the state that a deactivated account comes back with.
func reactivated(u gatehouse.User) gatehouse.UserState {
	if u.FirstSignInAt.IsZero() && u.Password.Temporary() {
		return gatehouse.Invited
	}
	return gatehouse.Active
}

// Unlock ends a lock, for all browsers, and begins the counts again; the owner is
// told by mail if there was a lock. An administrator cannot end an operator's, nor do it
// without end: each unlock is a mail, and as many tries again for a guesser.
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
		// Without a lock the counts still begin again, which is worth a line: it
		// gives a guesser as many tries again.
		scope := lockScope(u, browsers)
		err = tx.Record(u, gatehouse.EventUnlocked, gatehouse.ResultOK, map[string]string{"scope": scope})
		if err != nil || scope == "none" || !reachable(u) || u.State == gatehouse.Deactivated {
			return err
		}
		return s.mailUnlocked(tx, u)
	})
}

// browsersLocked reports whether attempts are locked for strangers or for a browser.
func devicesLocked(ctx context.Context, q store.Queries, st *site.Site, id string, now time.Time) (bool, error) {
	all, err := q.AttemptsOf(ctx, st.ID, id)
	for _, a := range all {
		if !a.LockedAt.IsZero() && !gatehouse.LockOver(st.Policy.Lockout, a, now) {
			return true, err
		}
	}
	return false, err
}

// lockScope is for whom an account is locked, in the words of the event that locked.
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

// ResetPassword replaces a password by a temporary one, which is mailed; see Issued
// for who has no address. Sessions and half-finished sign-ins end (invariant 5).
// The sign-in with it is a recovery, which does not skip two-factor, unless the person was
// invited and has never signed in: that is the invitation once more (B16). A lock
// stays: Unlock is a decision of its own.
//
// Errors: Forbidden, NotFound, Conflict with ReasonOwnAccount or ReasonDeactivated,
// Unavailable.
func (s *Service) ResetPassword(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (Issued, error) {
	return s.reset(ctx, st, c, id, s.resettable)
}

// SendPassword is ResetPassword for who must not see the password: it is mailed, or
// nothing is done. An administrator does it to one user five times an hour.
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

// may is who may be reset: it is asked before the hash is spent, and again in the
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

// originOfReset: who has not yet signed in is invited once more.
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

// mailable is a user to whom SendPassword has something to send.
func (s *Service) mailable(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, id string) (gatehouse.User, error) {
	u, err := s.resettable(ctx, q, st, c, id)
	if err == nil && !gatehouse.MaySendPassword(u, reachable(u)) {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonNoEmail}
	}
	return u, err
}
