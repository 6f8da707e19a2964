package directory

import (
	"context"

	"gatehouse"
	"gatehouse/internal/mail"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// tellOldAddress tells the mailbox that a user had until now who has changed the address
// (ASVS 6.3.7). Whoever led the mail away reads everything that comes after it, so this is
// the last that reaches the owner; and it is all the more needed where nobody expects it.
func (s *Service) tellOldAddress(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site, was, now gatehouse.User) error {
	if !reachable(was) || gatehouse.SameMailbox(was.Email, now.Email) {
		return nil
	}
	msg := mail.AddressCorrected{Username: was.Username, At: s.Now()}
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
