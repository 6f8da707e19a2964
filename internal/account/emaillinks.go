package account

import (
	"context"
	"strconv"
	"strings"

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
	err := s.Store.Write(ctx, func(q store.Queries) error {
		change, u, err := confirmable(ctx, q, q.HoldUser, st, token)
		if err != nil {
			return err
		}
		now := s.Now()
		if !change.MayConfirm(u, now) {
			return errLinkOver
		}
		change.UndoUntil = now.Add(gatehouse.UndoEmailFor)
		first, err := q.ConfirmEmailChange(ctx, st.ID, change.ID, now, change.UndoUntil)
		if err != nil {
			return err
		}
		if !first { // the same link at the same moment (invariant 2)
			return errLinkOver
		}
		return s.confirmed(ctx, q, st, c, u, change)
	})
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
	if !mail.CanSend(u.Email) {
		return nil
	}
	// The username as it was: the new one can be the new address.
	return s.Outbox.Enqueue(ctx, q, st, mail.To(st, u), mail.AddressChanged{Username: u.Username,
		NewAddress: gatehouse.MaskEmail(change.New), UndoToken: s.undoToken(change), UndoUntil: change.UndoUntil, At: s.Now()})
}

// putEmail gives a user an address whose mail was read, and the username that goes
// with it.
func (s *Service) putEmail(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User, address string) (gatehouse.User, error) {
	other, err := holder(ctx, q, st, u, address)
	if err != nil || other.ID != "" {
		return u, taken(err)
	}
	if gatehouse.UsernameIsEmail(st.SignInWith, u) {
		u.Username = address
	}
	u.Email, u.EmailConfirmed = address, true
	if err := q.UpdateProfile(ctx, u); err != nil {
		return u, taken(err)
	}
	return u, nil
}

// taken is the error for an address that somebody else has; err is what the store
// said, if it said anything.
func taken(err error) error {
	if err == nil || gatehouse.KindOf(err) == gatehouse.Conflict {
		return errTaken
	}
	return err
}

// undoPurpose is what the links to old addresses are made for. They are a keyed hash of
// the change's ID and not kept, so that a later mail can hold the same one.
const undoPurpose = "undo-address"

func (s *Service) undoToken(c gatehouse.EmailChange) string {
	return c.ID + "." + s.Keys.MAC(undoPurpose, c.SiteID, c.ID)
}

// undoable returns the change of a token, its user, and what its link does.
func (s *Service) undoable(ctx context.Context, q store.Queries, read func(context.Context, string, string) (gatehouse.User, error),
	st *site.Site, token string) (change gatehouse.EmailChange, u gatehouse.User, undone gatehouse.Undone, err error) {
	id, mac, _ := strings.Cut(token, ".")
	if !s.Keys.CheckMAC(undoPurpose, mac, st.ID, id) {
		return change, u, undone, errLinkOver
	}
	if change, err = q.EmailChange(ctx, st.ID, id); err != nil {
		return change, u, undone, over(err)
	}
	if u, err = read(ctx, st.ID, change.UserID); err != nil {
		return change, u, undone, over(err)
	}
	// Once more, with the account held: the same link may be used at this moment.
	if change, err = q.EmailChange(ctx, st.ID, id); err != nil {
		return change, u, undone, over(err)
	}
	confirmed, err := q.ConfirmedEmailChanges(ctx, st.ID, u.ID, id)
	if err != nil {
		return change, u, undone, err
	}
	undone, moved, ok := change.Undo(u, confirmed, s.Now())
	switch {
	case moved:
		err = errMoved
	case !ok:
		err = errLinkOver
	}
	return change, u, undone, err
}

// UndoLink returns what a link to an old address does, and changes nothing; its errors
// are those of UndoEmail.
func (s *Service) UndoLink(ctx context.Context, st *site.Site, token string) (EmailLink, error) {
	q := s.Store.Read()
	change, u, undone, err := s.undoable(ctx, q, q.User, st, token)
	link := EmailLink{Username: u.Username, Change: change, Restores: undone.Restores}
	if gatehouse.UsernameIsEmail(st.SignInWith, u) { // not what it has become
		link.Username = change.Old
	}
	return link, err
}

// UndoEmail stops a change of address, or takes it back together with all that followed
// it: who changed it may have changed it twice. After taking back, nothing that was
// open in the account is open any more, because somebody else may have opened it.
//
// Errors: Gone; Conflict with CodeEmailTaken or CodeEmailMoved; Unavailable.
func (s *Service) UndoEmail(ctx context.Context, st *site.Site, token string, c gatehouse.Caller) (restored bool, err error) {
	err = s.Store.Write(ctx, func(q store.Queries) error {
		change, u, undone, err := s.undoable(ctx, q, q.HoldUser, st, token)
		if err != nil {
			return err
		}
		restored = undone.Restores
		detail := map[string]string{"restored": strconv.FormatBool(restored)}
		for _, void := range undone.Void {
			if err := q.UndoEmailChange(ctx, st.ID, void.ID); err != nil {
				return err
			}
		}
		if _, err := q.DropEmailChanges(ctx, st.ID, u.ID, ""); err != nil {
			return err
		}
		if restored {
			if u, err = s.restore(ctx, q, st, u, change.Old); err != nil {
				return err
			}
		}
		return s.record(ctx, q, c, u, gatehouse.EventEmailUndone, detail)
	})
	if err == nil {
		s.Outbox.Hurry()
	}
	return restored, err
}

// restore gives a user the old address back and closes the account to whoever is in it.
func (s *Service) restore(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User, address string) (gatehouse.User, error) {
	now, err := s.putEmail(ctx, q, st, u, address)
	if err != nil {
		return u, err
	}
	for _, end := range []func(context.Context, string, string) error{q.EndAccess, q.ForgetBrowsers, q.EndRecoveries} {
		if err := end(ctx, st.ID, u.ID); err != nil {
			return u, err
		}
	}
	if !mail.CanSend(now.Email) {
		return now, nil
	}
	return now, s.Outbox.Enqueue(ctx, q, st, mail.To(st, now), mail.AddressUndone{Username: now.Username, At: s.Now()})
}
