package directory

import (
	"context"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
)

// ClearBounce removes the bounce mark from a user's address, if somebody knows better. It reports
// whether there was one.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) ClearBounce(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (cleared bool, err error) {
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := user(tx, tx.Queries, st, c, id)
		if err != nil {
			return err
		}
		cleared = u.Bouncing()
		return s.believe(tx, u)
	})
	return cleared, err
}

// believe removes a mark from a user's address, with an event.
func (s *Service) believe(tx *act.Unit, u gatehouse.User) error {
	was, err := tx.ClearBounce(tx, tx.Site.ID, u.ID, u.Email, true)
	if err != nil || !was {
		return err
	}
	return tx.Record(u, gatehouse.EventBounceCleared, gatehouse.ResultOK, nil)
}
