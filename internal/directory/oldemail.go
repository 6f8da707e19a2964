package directory

import (
	"errors"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// tellOldEmail notifies the previous mailbox of a user whose address has changed (ASVS 6.3.7). An
// attacker who redirected the mail reads everything that follows, so this is the last message that
// reaches the owner; it is needed most when nobody expects it. waits: the new address has to be
// confirmed first.
func (s *Service) tellOldEmail(tx *act.Unit, was, now gatehouse.User, waits bool) error {
	if !reachable(was) || gatehouse.SameMailbox(was.Email, now.Email) {
		return nil
	}
	msg := mail.AddressCorrected{Username: was.Username, At: tx.Now(), Waits: waits}
	if now.Email != "" {
		msg.NewAddress = gatehouse.MaskEmail(now.Email)
	}
	admin, err := administrator(tx)
	msg.By = admin.DisplayName()
	return errors.Join(err, tx.Tell(was, msg))
}

// recordMove records a change of address by the company in the chain of the user's changes
// (gatehouse.KeeperOf). Nobody has a link to it.
func recordMove(tx *act.Unit, was, u gatehouse.User) error {
	now := tx.Now()
	return tx.InsertEmailChange(tx, secret.HashToken(secret.NewToken()), gatehouse.EmailChange{ID: store.NewID("eml", now), SiteID: u.SiteID, UserID: u.ID,
		Old: was.Email, New: u.Email, State: gatehouse.EmailConfirmed, AskedAt: now, ConfirmUntil: now, ConfirmedAt: now, ByCompany: true})
}
