package directory

import (
	"context"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
	"gatehouse/internal/store"
)

// Erasable returns what Erase would do.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Erasable(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (gatehouse.Erasure, error) {
	c = c.For(gatehouse.OperatorErase)
	if err := mayErase(st, c); err != nil {
		return gatehouse.Erasure{}, err
	}
	u, err := user(ctx, s.Store.Read(), st, c, id)
	if err != nil {
		return gatehouse.Erasure{}, err
	}
	return erasable(ctx, s.Store.Read(), u, s.Now())
}

// Erase removes everything that is known about a user at once and for good, and makes nameless what has
// to stay: on request of the person (GDPR, article 17). Nothing of it can be undone. What is open ends
// first, so platforms are told that the user has signed out.
//
// Errors: Forbidden, NotFound, Unavailable.
func (s *Service) Erase(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (receipt gatehouse.Erasure, err error) {
	c = c.For(gatehouse.OperatorErase)
	if err := mayErase(st, c); err != nil {
		return receipt, err
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) error {
		u, err := s.acting(tx, id)
		if err != nil {
			return err
		}
		if receipt, err = erasable(tx, tx.Queries, u, tx.Now()); err != nil {
			return err
		}
		if err := tx.EndAll(u, gatehouse.TurnedOff); err != nil {
			return err
		}
		if err := tx.Erase(tx, u, tx.Now().Add(-gatehouse.KeepDeleted)); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{ID: id, CompanyID: u.CompanyID}, gatehouse.EventUserErased, gatehouse.ResultOK, nil)
	})
	return receipt, err
}

// mayErase: operators themselves are not erased, because the event log of all sites says who did what.
func mayErase(st *site.Site, c gatehouse.Caller) error {
	if st.ForOperators() {
		return errForbidden
	}
	return operatorOnly(st, c, gatehouse.OperatorErase)
}

func erasable(ctx context.Context, q store.Queries, u gatehouse.User, now time.Time) (e gatehouse.Erasure, err error) {
	e = gatehouse.Erasure{SiteID: u.SiteID, CompanyID: u.CompanyID, UserID: u.ID, At: now}
	if e.Platforms, err = q.PlatformsKnowing(ctx, u.SiteID, u.ID); err != nil {
		return e, err
	}
	e.Tables, err = q.Erasable(ctx, u)
	return e, err
}
