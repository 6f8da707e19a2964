package account

import (
	"context"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// EmailLink is what a link in a mail about a change of address leads to.
type EmailLink struct {
	Username string
	Change   gatehouse.EmailChange
	// UsernameToo: the address is what the person signs in with.
	UsernameToo bool
	// Restores: the link brings the old address back; else it stops the change.
	Restores bool
}

// ConfirmLink returns what a link to a new address confirms, and changes nothing; Gone
// if it is of no use any more.
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

// over makes what is not there a link that is over.
func over(err error) error {
	if gatehouse.KindOf(err) == gatehouse.NotFound {
		return errLinkOver
	}
	return err
}

// ConfirmEmail makes the change that a link confirms. Whoever holds the link need not
// be signed in, and is not signed in by it.
//
// Errors: Gone; Conflict with CodeEmailTaken; Unavailable.
func (s *Service) ConfirmEmail(ctx context.Context, st *site.Site, token string, c gatehouse.Caller) error {
	again, err := s.passwordAgain(ctx, st, token)
	if err != nil {
		return err
	}
	err = s.Store.Write(ctx, func(q store.Queries) error {
		change, u, err := confirmable(ctx, q, q.HoldUser, st, token)
		if err != nil {
			return err
		}
		now := s.Now()
		if !change.MayConfirm(u, now) {
			return errLinkOver
		}
		first, err := q.ConfirmEmailChange(ctx, st.ID, change.ID, now)
		if err != nil {
			return err
		}
		if !first { // the same link at the same moment (invariant 2)
			return errLinkOver
		}
		if err := s.SignIn.KeepLink(ctx, q, u, token, "", c); err != nil {
			return err
		}
		if err := s.confirmed(ctx, q, st, c, u, change); err != nil || again.hash == "" || !needsPassword(u, change) {
			return err
		}
		return s.mailPasswordAgain(ctx, q, st, u.ID, again)
	})
	if gatehouse.KindOf(err) == gatehouse.Gone {
		_, err = s.SignIn.LinkRepeated(ctx, st, token, c, err)
	}
	if err == nil {
		s.Outbox.Hurry()
	}
	return err
}

// confirmed does what follows from a confirmation. Links to the old address that
// replace the password end: they lie in a mailbox that counts no more.
func (s *Service) confirmed(ctx context.Context, q store.Queries, st *site.Site, c gatehouse.Caller, u gatehouse.User, change gatehouse.EmailChange) error {
	if _, err := q.DropEmailChanges(ctx, st.ID, u.ID, ""); err != nil {
		return err
	}
	now, err := s.putEmail(ctx, q, st, u, change.New)
	if err == nil { // the mail with the link has arrived
		_, err = q.ClearBounce(ctx, st.ID, u.ID, change.New, true)
	}
	if err != nil {
		return err
	}
	if gatehouse.SameMailbox(change.Old, change.New) {
		return s.record(ctx, q, c, now, gatehouse.EventEmailConfirmed, nil)
	}
	if err := q.EndRecoveries(ctx, st.ID, u.ID); err != nil {
		return err
	}
	if err := s.record(ctx, q, c, now, gatehouse.EventEmailChanged, nil); err != nil {
		return err
	}
	return s.tellChanged(ctx, q, st, change, u, now)
}

// tellChanged tells the address that an account had until now, and the one that keeps it
// where that is another: only that one gets the way back, for it was there longer than
// any that came since.
func (s *Service) tellChanged(ctx context.Context, q store.Queries, st *site.Site, change gatehouse.EmailChange, was, now gatehouse.User) error {
	keeper, err := s.keeper(ctx, q, now)
	if err != nil {
		return err
	}
	// The username as it was: the present one can be the new address.
	msg := mail.AddressChanged{Username: was.Username, NewAddress: gatehouse.MaskEmail(now.Email), At: s.Now()}
	again := msg
	if keeper.Is(was.Email) {
		msg.UndoToken, msg.UndoUntil = s.undoToken(change), keeper.Until
	}
	if mail.CanSend(was.Email) {
		err = s.Outbox.Enqueue(ctx, q, st, mail.To(st, was), msg)
	}
	if err != nil || keeper.Is(was.Email) || keeper.Is(now.Email) || !mail.CanSend(keeper.Address) {
		return err
	}
	if gatehouse.UsernameIsEmail(st.SignInWith, was) {
		again.Username = keeper.Address
	}
	again.Again, again.UndoToken, again.UndoUntil = true, s.undoToken(keeper.First), keeper.Until
	return s.Outbox.Enqueue(ctx, q, st, mail.To(st, was).Elsewhere(keeper.Address), again)
}

// putEmail gives a user an address whose mail was read, and the username that goes
// with it.
func (s *Service) putEmail(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User, address string) (gatehouse.User, error) {
	other, err := mail.Holder(ctx, q, st, u, address)
	if err != nil || other.ID != "" {
		return u, taken(err)
	}
	if gatehouse.UsernameIsEmail(st.SignInWith, u) {
		u.Username = address
	}
	was := u.Email
	u.Email, u.EmailConfirmed = address, true
	if err := q.UpdateProfile(ctx, u); err != nil {
		return u, taken(err)
	}
	if gatehouse.SameMailbox(was, address) {
		return u, nil
	}
	// A code in the mailbox that was the account's until now must open nothing.
	return u, q.EndCodes(ctx, st.ID, u.ID, s.Now())
}

// taken is the error for an address that somebody else has; err is what the store
// said, if it said anything.
func taken(err error) error {
	if err == nil || gatehouse.KindOf(err) == gatehouse.Conflict {
		return errTaken
	}
	return err
}
