package account

import (
	"context"
	"errors"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// EmailLink is the target of a link in a mail about a change of address.
type EmailLink struct {
	Username string
	Change   gatehouse.EmailChange
	// UsernameToo: the address is also the username.
	UsernameToo bool
	// Restores: the link restores the old address; otherwise it stops the change.
	Restores bool
}

// ConfirmLink returns what a link to a new address confirms, and changes nothing; Gone if it no
// longer works.
func (s *Service) ConfirmLink(ctx context.Context, st *site.Site, token string) (EmailLink, error) {
	q := s.Store.Read()
	change, u, err := confirmable(ctx, q, q.User, st, token)
	if err == nil && !change.MayConfirm(u, s.Now()) {
		err = errLinkOver
	}
	return EmailLink{Username: u.Username, Change: change, UsernameToo: gatehouse.UsernameIsEmail(st.SignInWith, u)}, err
}

func confirmable(ctx context.Context, q store.Queries, read func(context.Context, string, string) (gatehouse.User, error),
	st *site.Site, token string) (change gatehouse.EmailChange, u gatehouse.User, err error) {
	if change, err = q.EmailChangeByToken(ctx, st.ID, secret.HashToken(token)); err == nil {
		u, err = read(ctx, st.ID, change.UserID)
	}
	return change, u, over(err)
}

// over returns the same error for a link that does not exist as for an expired one.
func over(err error) error {
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return errLinkOver
	}
	return err
}

// ConfirmEmail makes the change that a link confirms. The holder of the link need not be signed
// in, and is not signed in by it.
//
// Errors: Gone; Conflict with ReasonEmailTaken; Unavailable.
func (s *Service) ConfirmEmail(ctx context.Context, st *site.Site, c gatehouse.Caller, token string) error {
	again, err := s.passwordAgain(ctx, st, token)
	if err != nil {
		return err
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		change, u, err := confirmable(tx, tx.Queries, tx.HoldUser, st, token)
		if err != nil {
			return err
		}
		now := tx.Now()
		if !change.MayConfirm(u, now) {
			return errLinkOver
		}
		first, err := tx.ConfirmEmailChange(tx, st.ID, change.ID, now)
		if err != nil {
			return err
		}
		if !first { // the same link at the same moment (invariant 2)
			return errLinkOver
		}
		if err := s.SignIn.KeepLink(tx, u, token, ""); err != nil {
			return err
		}
		if err := s.confirmed(tx, u, change); err != nil || again.hash == "" || !needsPassword(u, change) {
			return err
		}
		return s.mailPasswordAgain(tx, u.ID, again)
	})
	if gatehouse.KindOf(err) == gatehouse.Gone {
		_, err = s.SignIn.LinkRepeated(ctx, st, c, token, err)
	}
	return err
}

// confirmed does what follows a confirmation.
func (s *Service) confirmed(tx *act.Unit, u gatehouse.User, change gatehouse.EmailChange) error {
	now, err := s.putEmail(tx, u, change.New)
	if err == nil { // the mail with the link has arrived
		_, err = tx.ClearBounce(tx, tx.Site.ID, u.ID, change.New, true)
	}
	if err != nil {
		return err
	}
	if gatehouse.SameMailbox(change.Old, change.New) {
		_, err := tx.DropEmailChanges(tx, tx.Site.ID, u.ID, "")
		return errors.Join(err, tx.Record(now, gatehouse.EventEmailConfirmed, gatehouse.ResultOK, nil))
	}
	moves := gatehouse.AddressChanged
	if change.ByCompany {
		moves = gatehouse.AddressCorrected
	}
	if err := tx.EndAll(u, moves); err != nil {
		return err
	}
	if err := tx.Record(now, gatehouse.EventEmailChanged, gatehouse.ResultOK, nil); err != nil {
		return err
	}
	return s.tellChanged(tx, change, u, now)
}

// tellChanged notifies the account's previous address, and the one that keeps the account if that
// is different: only that one can undo the change, because it was there longer than any later one.
func (s *Service) tellChanged(tx *act.Unit, change gatehouse.EmailChange, was, now gatehouse.User) error {
	keeper, err := s.keeper(tx, tx.Queries, now)
	if err != nil {
		return err
	}
	// The username as it was: the present one may be the new address.
	msg := mail.AddressChanged{Username: was.Username, NewAddress: gatehouse.MaskEmail(now.Email), At: tx.Now()}
	again := msg
	if keeper.Is(was.Email) {
		msg.UndoToken, msg.UndoUntil = s.undoToken(change), keeper.Until
	}
	if err = tx.Tell(was, msg); err != nil || keeper.Is(was.Email) || keeper.Is(now.Email) || !mail.CanSend(keeper.Email) {
		return err
	}
	if gatehouse.UsernameIsEmail(tx.Site.SignInWith, was) {
		again.Username = keeper.Email
	}
	again.Again, again.UndoToken, again.UndoUntil = true, s.undoToken(keeper.First), keeper.Until
	_, err = tx.Mail(mail.To(tx.Site, was).Elsewhere(keeper.Email), again)
	return err
}

// putEmail gives a user an address that was proved, and the username that goes with it.
func (s *Service) putEmail(tx *act.Unit, u gatehouse.User, address string) (gatehouse.User, error) {
	other, err := tx.Holder(u, address)
	if err != nil || other.ID != "" {
		return u, taken(err)
	}
	if gatehouse.UsernameIsEmail(tx.Site.SignInWith, u) {
		u.Username = address
	}
	u.Email, u.EmailConfirmed = address, true
	if err := tx.UpdateProfile(tx, u, tx.Now()); err != nil {
		return u, taken(err)
	}
	return u, nil
}

// taken is the error for an address that another user has; err is the store's error, if any.
func taken(err error) error {
	if err == nil || gatehouse.KindOf(err) == gatehouse.Conflict {
		return errTaken
	}
	return err
}
