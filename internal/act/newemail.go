package act

import (
	"gatehouse"
	"gatehouse/internal/mail"
)

// Holder returns the other user who has an email address as the username, if the user's own
// username would become that address; a zero User if there is none.
func (tx *Unit) Holder(u gatehouse.User, address string) (gatehouse.User, error) {
	if !gatehouse.UsernameIsEmail(tx.Site.SignInWith, u) {
		return gatehouse.User{}, nil
	}
	other, err := tx.UserByUsername(tx, tx.Site.ID, address)
	if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && other.ID == u.ID {
		return gatehouse.User{}, nil
	}
	return other, err
}

// AskNewEmail sends the link that confirms a change of address to the new one. If that is another
// user's username, that user is notified instead, the link goes to nobody, and the requester sees
// no difference (invariant 7).
func (tx *Unit) AskNewEmail(u gatehouse.User, change gatehouse.EmailChange, token string) error {
	other, err := tx.Holder(u, change.New)
	if err != nil {
		return err
	}
	if other.ID == "" {
		// It is not yet known whose address it is: the mail must not contain a name that the
		// requester chose.
		_, err := tx.Mail(mail.To(tx.Site, u).Elsewhere(change.New), mail.ConfirmAddress{Username: u.Username, Token: token, ExpiresAt: change.ConfirmUntil})
		return err
	}
	if other.State == gatehouse.Deactivated {
		return nil
	}
	return tx.Tell(other, mail.AddressTaken{Username: other.Username, At: tx.Now()})
}
