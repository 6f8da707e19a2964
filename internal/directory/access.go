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
// Errors: as Act.
func (s *Service) Deactivate(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	return s.Act(ctx, st, c, id, gatehouse.ActDeactivate, "")
}

func (s *Service) deactivate(tx *act.Unit, u gatehouse.User) error {
	if err := tx.SetUserState(tx, tx.Site.ID, u.ID, gatehouse.Deactivated); err != nil {
		return err
	}
	if err := tx.EndAll(u, gatehouse.TurnedOff); err != nil {
		return err
	}
	if err := tx.Record(u, gatehouse.EventUserDeactivated, gatehouse.ResultOK, nil); err != nil {
		return err
	}
	return s.tellAct(tx, u, mail.AccountDeactivated, time.Time{})
}

// Activate makes a deactivated account usable again, with the password it had. A
// lock stays. Doing it twice is no error.
//
// Errors: as Act.
func (s *Service) Activate(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	return s.Act(ctx, st, c, id, gatehouse.ActActivate, "")
}

func (s *Service) activate(tx *act.Unit, u gatehouse.User) error {
	if err := tx.SetUserState(tx, u.SiteID, u.ID, reactivated(u)); err != nil {
		return err
	}
	if err := tx.EndAll(u, gatehouse.TurnedOn); err != nil {
		return err
	}
	if err := tx.Record(u, gatehouse.EventUserActivated, gatehouse.ResultOK, nil); err != nil {
		return err
	}
	return s.tellAct(tx, u, mail.AccountActivated, time.Time{})
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
// Errors: as Act.
func (s *Service) Unlock(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	return s.Act(ctx, st, c, id, gatehouse.ActUnlock, "")
}

func (s *Service) unlock(tx *act.Unit, u gatehouse.User) error {
	browsers, err := devicesLocked(tx, tx.Queries, tx.Site, u.ID, tx.Now())
	if err != nil {
		return err
	}
	if err := tx.UnlockUser(tx, tx.Site.ID, u.ID); err != nil {
		return err
	}
	if err := tx.EndAll(u, gatehouse.Unlocked); err != nil {
		return err
	}
	// Without a lock, the counts are still reset, which is worth an event: it gives a guesser
	// as many more tries.
	scope := lockScope(u, browsers)
	err = tx.Record(u, gatehouse.EventUnlocked, gatehouse.ResultOK, map[string]string{"scope": scope})
	if err != nil || scope == "none" || !reachable(u) || u.Off() {
		return err
	}
	return s.mailUnlocked(tx, u)
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
	u, err := user(ctx, s.Store.Read(), st, c, id)
	if err == nil {
		err = resettable(c, u)
	}
	if err != nil {
		return Issued{}, err
	}
	ready, err := s.prepare(ctx, st, gatehouse.ActPassword, u)
	if err != nil {
		return Issued{}, err
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) (err error) {
		if u, err = s.acting(tx, id); err == nil {
			err = resettable(c, u)
		}
		if err != nil {
			return err
		}
		return s.perform(tx, gatehouse.ActPassword, u, ready)
	})
	if err != nil {
		return Issued{}, err
	}
	u.Password = ready.password
	u.Password.Origin = originOfReset(u)
	return issued(u, ready.plain), nil
}

func resettable(c gatehouse.Caller, u gatehouse.User) error {
	switch {
	case u.State == gatehouse.Deactivated:
		return refused(gatehouse.RefusedDeactivated)
	case u.Suspended():
		return refused(gatehouse.RefusedSuspended)
	}
	return notOwn(c, u)
}

// SendPassword is ResetPassword for callers who must not see the password: it is mailed, or
// nothing is done. An administrator may do it to one user five times an hour.
//
// Errors: as Act.
func (s *Service) SendPassword(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) error {
	return s.Act(ctx, st, c, id, gatehouse.ActPassword, "")
}

// originOfReset: a user who has not yet signed in is invited again.
func originOfReset(u gatehouse.User) gatehouse.PasswordOrigin {
	if u.State == gatehouse.Invited && u.FirstSignInAt.IsZero() && u.Password.Origin == gatehouse.PasswordInitial {
		return gatehouse.PasswordInitial
	}
	return gatehouse.PasswordRecovery
}
