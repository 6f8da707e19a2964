package directory

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// tellOldAddress tells the mailbox that a user had until now who has changed the address
// (ASVS 6.3.7). Whoever led the mail away reads everything that comes after it, so this is
// the last that reaches the owner; and it is all the more needed where nobody expects it. waits: the new address has to be
// confirmed first.
func (s *Service) tellOldAddress(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site, was, now gatehouse.User, waits bool) error {
	if !reachable(was) || gatehouse.SameMailbox(was.Email, now.Email) {
		return nil
	}
	msg := mail.AddressCorrected{Username: was.Username, At: s.Now(), Waits: waits}
	if now.Email != "" {
		msg.NewAddress = gatehouse.MaskEmail(now.Email)
	}
	if c.Kind == gatehouse.SignedIn {
		admin, err := q.User(ctx, st.ID, c.UserID)
		if err != nil {
			return err
		}
		msg.By = admin.DisplayName()
	}
	return s.Outbox.Enqueue(ctx, q, st, mail.To(st, was), msg)
}

// recordMove writes a change of address that the company has made into the chain of the
// user's changes (gatehouse.KeeperOf), and ends those that the user has asked for: they
// were asked about another address. Nobody has a link to it.
func recordMove(ctx context.Context, q store.Queries, now time.Time, was, u gatehouse.User) error {
	if _, err := q.DropEmailChanges(ctx, u.SiteID, u.ID, ""); err != nil {
		return err
	}
	return q.InsertEmailChange(ctx, secret.HashToken(secret.NewToken()), gatehouse.EmailChange{ID: store.NewID("eml", now), SiteID: u.SiteID, UserID: u.ID,
		Old: was.Email, New: u.Email, State: gatehouse.EmailConfirmed, AskedAt: now, ConfirmUntil: now, ConfirmedAt: now, ByCompany: true})
}
