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

// Deactivate ends an account: its sessions and half-finished sign-ins end with it,
// and no recovery brings it back (invariant 4). Doing it twice is no error.
//
// Errors: Forbidden, NotFound, Conflict with CodeOwnAccount, Unavailable.
func (s *Service) Deactivate(ctx context.Context, c gatehouse.Caller, st *site.Site, id string) error {
	return s.Store.Write(ctx, func(q store.Queries) error {
		u, err := user(ctx, q, c, st, id)
		if err != nil {
			return err
		}
		if err := notOwn(c, u); err != nil || u.State == gatehouse.Deactivated {
			return err
		}
		return s.deactivate(ctx, q, c, st, u)
	})
}

func (s *Service) deactivate(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site, u gatehouse.User) error {
	if err := q.SetUserState(ctx, st.ID, u.ID, gatehouse.Deactivated); err != nil {
		return err
	}
	if err := q.EndAccess(ctx, u.SiteID, u.ID); err != nil {
		return err
	}
	return s.record(ctx, q, c, st, u, gatehouse.EventUserDeactivated, nil)
}

// Activate makes a deactivated account usable again, with the password it had. A
// lock stays. Doing it twice is no error.
//
// Errors: Forbidden, NotFound, Conflict with CodeOwnAccount, Unavailable.
func (s *Service) Activate(ctx context.Context, c gatehouse.Caller, st *site.Site, id string) error {
	return s.Store.Write(ctx, func(q store.Queries) error {
		u, err := user(ctx, q, c, st, id)
		if err != nil {
			return err
		}
		if err := notOwn(c, u); err != nil || u.State != gatehouse.Deactivated {
			return err
		}
		return s.activate(ctx, q, c, st, u)
	})
}

func (s *Service) activate(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site, u gatehouse.User) error {
	if err := bringBack(ctx, q, u, reactivated(u)); err != nil {
		return err
	}
	return s.record(ctx, q, c, st, u, gatehouse.EventUserActivated, nil)
}

// reactivated is the state that a deactivated account comes back with.
func reactivated(u gatehouse.User) gatehouse.UserState {
	if u.FirstSignInAt.IsZero() && u.Password.Temporary() {
		return gatehouse.Invited
	}
	return gatehouse.Active
}

// bringBack gives a deactivated account its state. Links from before do not come back with it.
func bringBack(ctx context.Context, q store.Queries, u gatehouse.User, state gatehouse.UserState) error {
	if err := q.SetUserState(ctx, u.SiteID, u.ID, state); err != nil {
		return err
	}
	// Nor does the power of an address that the account had before: whoever brings it back
	// may do so for somebody else (decision 0026).
	return errors.Join(q.EndRecoveries(ctx, u.SiteID, u.ID), q.UndoEmailChanges(ctx, u.SiteID, u.ID))
}

// Unlock ends a lock, for all browsers, and begins the counts anew; the owner is
// told by mail if there was a lock. An administrator cannot end an operator's, nor do it
// without end: each unlock is a mail, and as many tries again for a guesser.
//
// Errors: Forbidden, also with CodeLockedByOperator; NotFound; Conflict with
// CodeOwnAccount; TooMany with CodeUnlockWait; Unavailable.
func (s *Service) Unlock(ctx context.Context, c gatehouse.Caller, st *site.Site, id string) error {
	u, err := unlockable(ctx, s.Store.Read(), c, st, id)
	if err == nil {
		err = s.spare(ctx, c, CodeUnlockWait, actLimits("unlock", st, u)...)
	}
	if err == nil {
		err = s.unlock(ctx, c, st, id)
	}
	if err == nil {
		s.Outbox.Hurry()
	}
	return err
}

func unlockable(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site, id string) (gatehouse.User, error) {
	u, err := user(ctx, q, c, st, id)
	if err != nil {
		return u, err
	}
	if u.LockReason == gatehouse.LockedByOperator && operatorOnly(c) != nil {
		return u, &gatehouse.Error{Kind: gatehouse.Forbidden, Code: CodeLockedByOperator}
	}
	return u, notOwn(c, u)
}

func (s *Service) unlock(ctx context.Context, c gatehouse.Caller, st *site.Site, id string) error {
	return s.Store.Write(ctx, func(q store.Queries) error {
		u, err := unlockable(ctx, q, c, st, id)
		if err != nil {
			return err
		}
		browsers, err := browsersLocked(ctx, q, st, u.ID, s.Now())
		if err != nil {
			return err
		}
		if err := q.UnlockUser(ctx, st.ID, u.ID); err != nil {
			return err
		}
		for _, subject := range []string{u.ID, gatehouse.AnswerSubject(u.ID)} {
			if err := q.ForgetAttempts(ctx, st.ID, subject); err != nil {
				return err
			}
		}
		// Without a lock the counts still begin anew, which is worth a line: it
		// gives a guesser as many tries again.
		scope := lockScope(u, browsers)
		err = s.record(ctx, q, c, st, u, gatehouse.EventUnlocked, map[string]string{"scope": scope})
		if err != nil || scope == "none" || !reachable(u) || u.State == gatehouse.Deactivated {
			return err
		}
		return s.mailUnlocked(ctx, q, c, st, u)
	})
}

// browsersLocked reports whether attempts are locked for strangers or for a browser.
func browsersLocked(ctx context.Context, q store.Queries, st *site.Site, id string, now time.Time) (bool, error) {
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

func (s *Service) mailUnlocked(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site, u gatehouse.User) error {
	msg := mail.Unlocked{Username: u.Username, At: s.Now(), By: mail.UnlockedByOperator}
	if c.Kind == gatehouse.SignedIn {
		admin, err := q.User(ctx, st.ID, c.UserID)
		if err != nil {
			return err
		}
		msg.By, msg.Name = mail.UnlockedByAdministrator, admin.DisplayName()
	}
	return s.Outbox.Enqueue(ctx, q, st, mail.To(st, u), msg)
}

// ResetPassword replaces a password by a temporary one, which is mailed; see Issued
// for who has no address. Sessions and half-finished sign-ins end (invariant 5).
// The sign-in with it is a recovery, which skips no second step, unless the person was
// invited and has never signed in: that is the invitation once more (B16). A lock
// stays: Unlock is a decision of its own.
//
// Errors: Forbidden, NotFound, Conflict with CodeOwnAccount or CodeDeactivated,
// Unavailable.
func (s *Service) ResetPassword(ctx context.Context, c gatehouse.Caller, st *site.Site, id string) (Issued, error) {
	return s.reset(ctx, c, st, id, s.resettable)
}

// SendPassword is ResetPassword for who must not see the password: it is mailed, or
// nothing is done. An administrator does it to one user five times an hour.
//
// Errors: as ResetPassword; Conflict with CodeNoAddress; TooMany with CodeResendWait.
func (s *Service) SendPassword(ctx context.Context, c gatehouse.Caller, st *site.Site, id string) error {
	u, err := s.mailable(ctx, s.Store.Read(), c, st, id)
	if err == nil {
		err = s.spare(ctx, c, CodeResendWait, actLimits("resend", st, u)...)
	}
	if err == nil {
		_, err = s.reset(ctx, c, st, id, s.mailable)
	}
	if err == nil {
		s.Outbox.Hurry()
	}
	return err
}

// may is who may be reset: it is asked before the hash is spent, and again in the
// transaction.
func (s *Service) reset(ctx context.Context, c gatehouse.Caller, st *site.Site, id string,
	may func(context.Context, store.Queries, gatehouse.Caller, *site.Site, string) (gatehouse.User, error)) (Issued, error) {
	was, err := may(ctx, s.Store.Read(), c, st, id)
	if err != nil {
		return Issued{}, err
	}
	plain, fresh, err := s.temporary(ctx, st, originOfReset(was))
	if err != nil {
		return Issued{}, err
	}
	var u gatehouse.User
	err = s.Store.Write(ctx, func(q store.Queries) error {
		var err error
		if u, err = may(ctx, q, c, st, id); err != nil {
			return err
		}
		password := fresh
		password.Origin = originOfReset(u)
		if err := q.ReplacePassword(ctx, u, password, st.Policy.Password.History); err != nil {
			return err
		}
		if err := q.EndAccess(ctx, u.SiteID, u.ID); err != nil {
			return err
		}
		u.Password = password
		if err := q.ForgetBrowsers(ctx, st.ID, id); err != nil {
			return err
		}
		if err := q.EndRecoveries(ctx, st.ID, id); err != nil {
			return err
		}
		if err := s.dropPasswords(ctx, q, u); err != nil {
			return err
		}
		if err := s.record(ctx, q, c, st, u, gatehouse.EventPasswordReset, nil); err != nil {
			return err
		}
		return s.mailPassword(ctx, q, c, st, u, plain, mail.PasswordForReset)
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

func (s *Service) resettable(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site, id string) (gatehouse.User, error) {
	u, err := user(ctx, q, c, st, id)
	if err != nil {
		return u, err
	}
	if u.State == gatehouse.Deactivated {
		return u, &gatehouse.Error{Kind: gatehouse.Conflict, Code: CodeDeactivated}
	}
	return u, notOwn(c, u)
}

// mailable is a user to whom SendPassword has something to send.
func (s *Service) mailable(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site, id string) (gatehouse.User, error) {
	u, err := s.resettable(ctx, q, c, st, id)
	if err == nil && !gatehouse.MaySendPassword(u, reachable(u)) {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Code: CodeNoAddress}
	}
	return u, err
}

// dropPasswords keeps back the mails whose temporary password has been replaced, as far as
// they still wait: two that arrive together would be tried in the wrong order.
func (s *Service) dropPasswords(ctx context.Context, q store.Queries, u gatehouse.User) error {
	return q.DropMessagesOf(ctx, u.SiteID, u.ID, mail.TemporaryPassword{}.Kind(), s.Now())
}
