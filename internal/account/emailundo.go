package account

import (
	"context"
	"strconv"
	"strings"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// undoPurpose is the purpose of the links to old addresses. They are a keyed hash of the change's
// ID and not stored, so a later mail can contain the same one.
const undoPurpose = "undo-address"

func (s *Service) undoToken(c gatehouse.EmailChange) string {
	return c.ID + "." + s.Keys.MAC(undoPurpose, c.SiteID, c.ID)
}

// undoable returns the change of a token, its user, and whether its link restores the old address
// or stops the change.
func (s *Service) undoable(ctx context.Context, q store.Queries, read func(context.Context, string, string) (gatehouse.User, error),
	st *site.Site, token string) (change gatehouse.EmailChange, u gatehouse.User, restores bool, err error) {
	id, mac, _ := strings.Cut(token, ".")
	if !s.Keys.CheckMAC(undoPurpose, mac, st.ID, id) {
		return change, u, false, errLinkOver
	}
	if change, err = q.EmailChange(ctx, st.ID, id); err != nil {
		return change, u, false, over(err)
	}
	if u, err = read(ctx, st.ID, change.UserID); err != nil {
		return change, u, false, over(err)
	}
	// Again, with the account held: the same link may be used at this moment.
	if change, err = q.EmailChange(ctx, st.ID, id); err != nil {
		return change, u, false, over(err)
	}
	changes, err := q.EmailChanges(ctx, st.ID, u.ID)
	if err != nil {
		return change, u, false, err
	}
	restores, ok := change.Undo(u, changes, s.Now())
	if !ok {
		err = errLinkOver
	}
	return change, u, restores, err
}

// UndoLink returns what a link to an old address does, and changes nothing; its errors
// are those of UndoEmail.
func (s *Service) UndoLink(ctx context.Context, st *site.Site, token string) (EmailLink, error) {
	q := s.Store.Read()
	change, u, restores, err := s.undoable(ctx, q, q.User, st, token)
	link := EmailLink{Username: u.Username, Change: change, Restores: restores}
	if gatehouse.UsernameIsEmail(st.SignInWith, u) { // not what it is now
		link.Username = change.Old
	}
	if restores { // not the result of this change, which others may have followed
		link.Change.New = u.Email
	}
	return link, err
}

// UndoEmail stops a change of address, or undoes it together with all that followed: an attacker
// may have changed it twice. It closes everything that was open in the account, because somebody
// else may have opened it. After undoing, the password no longer works either: anyone who changed
// the address knew it, or has set it.
//
// Errors: Gone; Conflict with ReasonEmailTaken; Unavailable.
func (s *Service) UndoEmail(ctx context.Context, st *site.Site, c gatehouse.Caller, token string) (restored bool, err error) {
	restored, err = s.undoEmail(ctx, st, c, token)
	switch gatehouse.KindOf(err) {
	case gatehouse.Gone, gatehouse.Conflict: // used up by this very form, perhaps
		var did string
		did, err = s.SignIn.LinkRepeated(ctx, st, c, token, err)
		restored = err == nil && did == didRestore
	}
	return restored, err
}

// didRestore is stored for a form that has restored an address; for one that has stopped a change,
// nothing is.
const didRestore = "restored"

func (s *Service) undoEmail(ctx context.Context, st *site.Site, c gatehouse.Caller, token string) (restored bool, err error) {
	spare, err := s.spare(ctx, st, token)
	if err != nil {
		return false, err
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		change, u, restores, err := s.undoable(tx, tx.Queries, tx.HoldUser, st, token)
		if err != nil {
			return err
		}
		restored = restores
		did, ends := "", gatehouse.AddressStopped
		if restored {
			did, ends = didRestore, gatehouse.AddressRestored
		}
		if err := s.SignIn.KeepLink(tx, u, token, did); err != nil {
			return err
		}
		if err := tx.EndAll(u, ends); err != nil {
			return err
		}
		if restored {
			if u, err = s.restore(tx, u, change.Old, spare); err != nil {
				return err
			}
		}
		return tx.Record(u, gatehouse.EventEmailUndone, gatehouse.ResultOK, map[string]string{"restored": strconv.FormatBool(restored)})
	})
	return restored, err
}

// sparePassword is a temporary password that may be needed; it is empty if a recovery only needs
// the address.
type sparePassword struct{ plain, hash string }

// spare makes a temporary password for a valid link. If recovery uses the challenge question, the
// owner gets a password with the address: an intruder may have chosen the question. It is hashed
// before the transaction, which must not wait for a hash.
func (s *Service) spare(ctx context.Context, st *site.Site, token string) (p sparePassword, err error) {
	if st.Recovery != gatehouse.RecoverByChallenge {
		return p, nil
	}
	if _, err := s.UndoLink(ctx, st, token); err != nil {
		return p, err
	}
	return s.hashedPassword(ctx)
}

// restore restores a user's old address, and locks out anyone who is in the account or knows the
// password.
func (s *Service) restore(tx *act.Unit, u gatehouse.User, address string, spare sparePassword) (gatehouse.User, error) {
	now, err := s.putEmail(tx, u, address)
	if err != nil {
		return u, err
	}
	// An administrator's lock stays, and then no password is sent.
	sends := spare.hash != "" && now.MayRecover() && mail.CanSend(now.Email)
	if err := s.tellUndone(tx, u, now, sends); err != nil {
		return now, err
	}
	if sends {
		return now, s.SignIn.Reclaim(tx, now, spare.plain, spare.hash)
	}
	none := gatehouse.Password{Origin: gatehouse.PasswordRecovery, SetAt: tx.Now()} // nothing fits it
	return now, tx.ReplacePassword(tx, now, none, tx.Site.Policy.Password.History)
}

// tellUndone notifies the restored address, and the previous one: that may be the owner's, and the
// old mailbox in other hands.
func (s *Service) tellUndone(tx *act.Unit, was, now gatehouse.User, sends bool) error {
	err := tx.Tell(now, mail.AddressUndone{Username: now.Username, At: tx.Now(), SendsPassword: sends})
	if err != nil || gatehouse.SameMailbox(was.Email, now.Email) {
		return err
	}
	// With the username as it was: the present one may be the other address.
	return tx.Tell(was, mail.AddressUndone{Username: was.Username, At: tx.Now(), Loses: true})
}
