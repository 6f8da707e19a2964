package directory

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
)

// ClearBounce removes the bounce mark from a user's address, if somebody knows better. It reports
// whether there was one.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) ClearBounce(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (cleared bool, err error) {
	c = c.For(gatehouse.OperatorMail)
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

// ForgetBounce is ClearBounce by an operator who has seen a mark of this time: one that has been set
// again since stays.
//
// Errors: Forbidden, NotFound; Conflict with ReasonMailChanged; Unavailable.
func (s *Service) ForgetBounce(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, at time.Time) error {
	return s.byMailOperator(ctx, st, c, func(tx *act.Unit) error {
		u, err := user(tx, tx.Queries, st, tx.Caller, id)
		if err != nil {
			return err
		}
		if !u.Bouncing() || !u.Bounce.At.Equal(at) {
			return errMailChanged
		}
		return s.believe(tx, u)
	})
}

// believe removes a mark from a user's address, with an event.
func (s *Service) believe(tx *act.Unit, u gatehouse.User) error {
	was, err := tx.ClearBounce(tx, tx.Site.ID, u.ID, u.Email, true)
	if err != nil || !was {
		return err
	}
	return tx.Record(u, gatehouse.EventBounceCleared, gatehouse.ResultOK, nil)
}
