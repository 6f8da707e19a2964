package directory

import (
	"errors"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// waitsForOwner reports whether a correction waits until it is confirmed from the new address. If
// the address is the username, an administrator could otherwise probe which addresses are taken,
// in any company, and keep owners from their own address. Operators know all of that anyway.
func waitsForOwner(st *site.Site, c gatehouse.Caller, was, now gatehouse.User) bool {
	return c.Kind == gatehouse.SignedIn && gatehouse.UsernameIsEmail(st.SignInWith, was) && !gatehouse.SameMailbox(was.Email, now.Email) && now.Email != ""
}

// askOwner asks for confirmation from a user's new address. The response is the same whether or
// not it is somebody else's. What the old mailbox holds ends at once: it is the wrong one.
func (s *Service) askOwner(tx *act.Unit, u gatehouse.User, to string) error {
	now, token := tx.Now(), secret.NewToken()
	change := gatehouse.EmailChange{ID: store.NewID("eml", now), SiteID: tx.Site.ID, UserID: u.ID, Old: u.Email, New: to, ByCompany: true,
		State: gatehouse.EmailAsked, AskedAt: now, ConfirmUntil: now.Add(gatehouse.ConfirmEmailFor)}
	will := u
	will.Email = to
	return errors.Join(
		tx.EndAll(u, gatehouse.AddressCorrected),
		tx.InsertEmailChange(tx, secret.HashToken(token), change),
		tx.Record(u, gatehouse.EventEmailAsked, gatehouse.ResultOK, nil),
		tx.AskNewEmail(u, change, token),
		s.tellOldEmail(tx, u, will, true))
}
