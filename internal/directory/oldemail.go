package directory

import (
	"errors"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/store"
)

// tellOldEmail tells the mailbox that a user had until now who has changed the address
// (ASVS 6.3.7). Anyone who led the mail away reads everything that comes after it, so this is
// the last that reaches the owner; and it is all the more needed where nobody expects it. waits: the new address has to be
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

// recordMove writes a change of address that the company has made into the chain of the
// user's changes (gatehouse.KeeperOf). Nobody has a link to it.
func recordMove(tx *act.Unit, was, u gatehouse.User) error {
	now := tx.Now()
	return tx.InsertEmailChange(tx, secret.HashToken(secret.NewToken()), gatehouse.EmailChange{ID: store.NewID("eml", now), SiteID: u.SiteID, UserID: u.ID,
		Old: was.Email, New: u.Email, State: gatehouse.EmailConfirmed, AskedAt: now, ConfirmUntil: now, ConfirmedAt: now, ByCompany: true})
}
