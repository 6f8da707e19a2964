package mail

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Holder returns the other user whose username an address is, where a user's username
// would become that address; a zero User if there is none.
func Holder(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User, address string) (gatehouse.User, error) {
	if !gatehouse.UsernameIsEmail(st.SignInWith, u) {
		return gatehouse.User{}, nil
	}
	other, err := q.UserByUsername(ctx, st.ID, address)
	if gatehouse.KindOf(err) == gatehouse.NotFound || err == nil && other.ID == u.ID {
		return gatehouse.User{}, nil
	}
	return other, err
}

// AskNewAddress sends the link that confirms a change of address to the new one. If that is
// the username of somebody else, they are told instead, the link goes to nobody, and
// nothing that the asker sees is different (invariant 7).
func (o *Outbox) AskNewAddress(ctx context.Context, q store.Queries, st *site.Site, u gatehouse.User, change gatehouse.EmailChange, token string, now time.Time) error {
	other, err := Holder(ctx, q, st, u, change.New)
	if err != nil {
		return err
	}
	if other.ID == "" {
		// Whose address it is is not known yet: no name that the asker chose.
		return o.Enqueue(ctx, q, st, To(st, u).Elsewhere(change.New), ConfirmAddress{Username: u.Username, Token: token, ExpiresAt: change.ConfirmUntil})
	}
	if other.State == gatehouse.Deactivated || !CanSend(other.Email) {
		return nil
	}
	return o.Enqueue(ctx, q, st, To(st, other), AddressTaken{Username: other.Username, At: now})
}
