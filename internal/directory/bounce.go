package directory

import (
	"context"

	"gatehouse"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// ClearBounce takes back that mail comes back from a user's address, where somebody knows
// better. It reports whether that was held against it.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) ClearBounce(ctx context.Context, c gatehouse.Caller, st *site.Site, id string) (cleared bool, err error) {
	err = s.Store.Write(ctx, func(q store.Queries) error {
		u, err := user(ctx, q, c, st, id)
		if err != nil {
			return err
		}
		cleared = u.Bouncing()
		return s.believe(ctx, q, c, st, u)
	})
	return cleared, err
}

// believe takes a mark off a user's address, with an event.
func (s *Service) believe(ctx context.Context, q store.Queries, c gatehouse.Caller, st *site.Site, u gatehouse.User) error {
	was, err := q.ClearBounce(ctx, st.ID, u.ID, u.Email, true)
	if err != nil || !was {
		return err
	}
	return s.record(ctx, q, c, st, u, gatehouse.EventBounceCleared, nil)
}
