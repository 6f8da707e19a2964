package directory

import (
	"context"
	"errors"

	"gatehouse"
	"gatehouse/internal/secret"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// waitsForOwner reports whether a correction waits until it is confirmed from the new
// address. Where the address is the username, whoever may give it to others could try
// which addresses are taken, by people of any company, and keep an owner from the own one.
// Operators know all of that.
func waitsForOwner(c gatehouse.Caller, st *site.Site, was, now gatehouse.User) bool {
	return c.Kind == gatehouse.SignedIn && gatehouse.UsernameIsEmail(st.SignInWith, was) && !gatehouse.SameMailbox(was.Email, now.Email) && now.Email != ""
}

// askOwner asks the new address of a user for its confirmation. The answer is the same
// whether it is somebody else's or not. What the old mailbox holds ends at once: it is
// the wrong one.
func (s *Service) askOwner(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site, u gatehouse.User, to string) error {
	now, token := s.Now(), secret.NewToken()
	change := gatehouse.EmailChange{ID: store.NewID("eml", now), SiteID: st.ID, UserID: u.ID, Old: u.Email, New: to, ByCompany: true,
		State: gatehouse.EmailAsked, AskedAt: now, ConfirmUntil: now.Add(gatehouse.ConfirmEmailFor)}
	if _, err := q.DropEmailChanges(ctx, st.ID, u.ID, ""); err != nil {
		return err
	}
	will := u
	will.Email = to
	return errors.Join(
		q.InsertEmailChange(ctx, secret.HashToken(token), change),
		s.endMailbox(ctx, q, st, u),
		s.record(ctx, q, c, st, u, gatehouse.EventEmailAsked, nil),
		s.Outbox.AskNewAddress(ctx, q, st, u, change, token, now),
		s.tellOldAddress(ctx, q, c, st, u, will, true))
}

// endMailbox ends what opens the account from a mailbox that is no longer the user's: links,
// codes, trust, sign-ins in progress, mail that waits, and a temporary password.
func (s *Service) endMailbox(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User) error {
	err := errors.Join(
		q.EndRecoveries(ctx, st.ID, u.ID),
		q.EndCodes(ctx, st.ID, u.ID, s.Now()),
		q.EndTrust(ctx, st.ID, u.ID),
		q.DeleteSignInsOf(ctx, st.ID, u.ID),
		q.DropMessages(ctx, st.ID, u.ID, u.Email, s.Now()))
	if err != nil || !mailedPassword(u) {
		return err
	}
	return s.sendAgain(ctx, q, gatehouse.Caller{}, st, u, reissue{})
}
