package sso

import (
	"context"
	"errors"
	"time"

	"gatehouse"
	"gatehouse/internal/act"
	"gatehouse/internal/site"
)

// Reasons of errors about the state of an application.
const (
	ReasonDeleted    = "deleted"     // Conflict
	ReasonNotDeleted = "not-deleted" // Conflict
	ReasonNoSecret   = "no-secret"   // Conflict: it authenticates in another way
)

// Delete turns off an application. When gatehouse.ApplicationGrace is over, it is removed with
// everything that belongs to it, unless it is restored before.
//
// Errors: Forbidden, NotFound, Conflict (ReasonDeleted), Unavailable.
func (s *Service) Delete(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (gatehouse.Application, error) {
	return s.turn(ctx, st, c, id, gatehouse.EventApplicationDeleted, func(a *gatehouse.Application, now time.Time) error {
		if a.Deleted() {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonDeleted}
		}
		a.State, a.DeletedAt = gatehouse.ApplicationDeleted, now
		return nil
	})
}

// Restore undoes a deletion. The application stays off until it is turned on: it may have been
// deleted because something was wrong with it.
//
// Errors: Forbidden, NotFound, Conflict (ReasonNotDeleted), Unavailable.
func (s *Service) Restore(ctx context.Context, st *site.Site, c gatehouse.Caller, id string) (gatehouse.Application, error) {
	return s.turn(ctx, st, c, id, gatehouse.EventApplicationRestored, func(a *gatehouse.Application, _ time.Time) error {
		if !a.Deleted() {
			return &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonNotDeleted}
		}
		a.State, a.DeletedAt = gatehouse.ApplicationDisabled, time.Time{}
		return nil
	})
}

func (s *Service) turn(ctx context.Context, st *site.Site, c gatehouse.Caller, id string, kind gatehouse.EventKind, to func(*gatehouse.Application, time.Time) error) (a gatehouse.Application, err error) {
	if err := operatorOnly(c); err != nil {
		return a, err
	}
	err = s.Do(ctx, st, c, func(tx *act.Unit) (err error) {
		if a, err = tx.Application(tx, st.ID, id); err != nil {
			return err
		}
		if err := to(&a, tx.Now()); err != nil {
			return err
		}
		if err := tx.UpdateApplication(tx, a); err != nil {
			return err
		}
		if err := errors.Join(tx.DeleteCardsOf(tx, st.ID, id), endLogins(tx, a)); err != nil {
			return err
		}
		return tx.Record(gatehouse.User{}, kind, gatehouse.ResultOK, about(a, "name", a.Name))
	})
	return a, err
}

// changeable returns an application that was not deleted. A deleted one cannot be changed.
func changeable(tx *act.Unit, id string) (gatehouse.Application, error) {
	a, err := tx.Application(tx, tx.Site.ID, id)
	if err == nil && a.Deleted() {
		err = &gatehouse.Error{Kind: gatehouse.Conflict, Reason: ReasonDeleted}
	}
	return a, err
}

// RemoveDeleted removes the applications of a site that can no longer be restored. It may run in
// several processes: each application is removed and reported by one.
func (s *Service) RemoveDeleted(ctx context.Context, st *site.Site) error {
	before := s.Now().Add(-gatehouse.ApplicationGrace)
	gone, err := s.Store.Read().DeletedApplications(ctx, st.ID, before)
	if err != nil {
		return err
	}
	for _, a := range gone {
		err := s.Do(ctx, st, gatehouse.Caller{Kind: gatehouse.System, SiteID: st.ID}, func(tx *act.Unit) error {
			mine, err := tx.RemoveApplication(tx, st.ID, a.ID, before)
			if err != nil || !mine {
				return err
			}
			return tx.Record(gatehouse.User{}, gatehouse.EventApplicationRemoved, gatehouse.ResultOK, about(a, "name", a.Name))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
